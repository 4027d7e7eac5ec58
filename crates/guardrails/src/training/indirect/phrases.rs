//! A grammar of phrases in a line: `{a|b}` stands for one of its parts, drawn from the seed; parts may nest, and `<name>` is a
//! phrase from a table of lists.

use statistics::Random;

/// Lists by name.
pub(super) type Lists = &'static [(&'static str, &'static [&'static str])];

/// One drawing of a pattern.
pub(super) fn drawn(pattern: &str, lists: Lists, random: &mut Random) -> String {
    let mut phrase = String::new();
    draw(pattern, lists, random, &mut phrase);
    phrase
}

/// Draws one of the patterns, then draws from it.
pub(super) fn one_of(patterns: &[&str], lists: Lists, random: &mut Random) -> String {
    drawn(random.one_of(patterns).copied().unwrap_or_default(), lists, random)
}

fn draw(pattern: &str, lists: Lists, random: &mut Random, phrase: &mut String) {
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '<']) {
        phrase.push_str(&rest[..at]);
        let inside = &rest[at + 1..];
        if rest[at..].starts_with('{') {
            let (parts, length) = parts(inside);
            if let Some(part) = random.one_of(&parts) {
                draw(part, lists, random, phrase);
            }
            rest = &inside[length..];
            continue;
        }
        let name = inside.find('>').map(|end| &inside[..end]);
        let list = name.and_then(|name| lists.iter().find(|(known, _)| *known == name));
        match list {
            Some((name, list)) => {
                draw(random.one_of(list).copied().unwrap_or_default(), lists, random, phrase);
                rest = &inside[name.len() + 1..];
            }
            None => {
                phrase.push('<');
                rest = inside;
            }
        }
    }
    phrase.push_str(rest);
}

/// The parts up to the brace that closes, and how many bytes they and the brace take.
fn parts(inside: &str) -> (Vec<&str>, usize) {
    let (mut depth, mut from, mut parts) = (0_usize, 0, Vec::new());
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'|' if depth == 0 => {
                parts.push(&inside[from..at]);
                from = at + 1;
            }
            b'}' if depth == 0 => {
                parts.push(&inside[from..at]);
                return (parts, at + 1);
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    (vec![inside], inside.len())
}
