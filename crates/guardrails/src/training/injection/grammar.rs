//! Writes sentences from patterns: `[a|b|c]` stands for one of its parts (which may hold further brackets), `{name}` for one of
//! a list of fillers.

use statistics::Random;

/// Fillers by name.
pub(super) type Slots = &'static [(&'static str, &'static [&'static str])];

/// One sentence. An unknown name stays as it is: a test finds it.
pub(super) fn write(pattern: &str, slots: Slots, random: &mut Random) -> String {
    let mut written = String::with_capacity(pattern.len());
    expand(pattern, slots, random, &mut written, 0);
    written
}

/// Patterns nest a few levels; a list of fillers that names itself must end.
const DEEPEST: usize = 8;

fn expand(pattern: &str, slots: Slots, random: &mut Random, written: &mut String, depth: usize) {
    let mut rest = pattern;
    while let Some(at) = rest.find(['[', '{']) {
        if depth == DEEPEST {
            break;
        }
        written.push_str(&rest[..at]);
        let opened = &rest[at..];
        if opened.starts_with('{') {
            let Some(end) = opened.find('}') else {
                rest = opened;
                break;
            };
            let name = &opened[1..end];
            match slots.iter().find(|(known, _)| *known == name).and_then(|(_, fillers)| random.one_of(fillers)) {
                Some(filler) => expand(filler, slots, random, written, depth + 1),
                None => written.push_str(&opened[..=end]),
            }
            rest = &opened[end + 1..];
        } else {
            let (parts, end) = alternatives(opened);
            if let Some(part) = random.one_of(&parts) {
                expand(part, slots, random, written, depth + 1);
            }
            rest = &opened[end..];
        }
    }
    written.push_str(rest);
}

/// The parts of a text that begins with `[`, and where it goes on behind the closing bracket.
fn alternatives(opened: &str) -> (Vec<&str>, usize) {
    let (mut parts, mut from, mut open) = (Vec::new(), 1, 0);
    for (at, byte) in opened.bytes().enumerate() {
        match byte {
            b'[' => open += 1,
            b']' => open -= 1,
            b'|' if open == 1 => {
                parts.push(&opened[from..at]);
                from = at + 1;
            }
            _ => {}
        }
        if open == 0 {
            parts.push(&opened[from..at]);
            return (parts, at + 1);
        }
    }
    (vec![&opened[from..]], opened.len())
}
