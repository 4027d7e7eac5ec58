//! Draws the written examples: so many of each kind, from one seed.

use super::foreign::Language;
use super::grammar::{Slots, write};
use super::{Example, english_attacks, english_honest, everyday, foreign};
use statistics::Random;

/// What is drawn: patterns, fillers, whether attacks, how many per pattern, what each counts, and what they are called. What stands
/// for attacks that labelled rows hardly have, and for honest texts that are taken for attacks, counts most.
struct Kind {
    patterns: &'static [&'static str],
    slots: Slots,
    attack: bool,
    count: usize,
    weight: f32,
    source: &'static str,
}

const fn attacks(patterns: &'static [&'static str], weight: f32, source: &'static str) -> Kind {
    Kind { patterns, slots: english_attacks::SLOTS, attack: true, count: 60, weight, source }
}

const fn honest(patterns: &'static [&'static str], count: usize, weight: f32, source: &'static str) -> Kind {
    Kind { patterns, slots: english_honest::SLOTS, attack: false, count, weight, source }
}

const KINDS: &[Kind] = &[
    attacks(english_attacks::OVERRIDES, 0.15, "written/overrides"),
    attacks(english_attacks::ANNOUNCEMENTS, 0.15, "written/announcements"),
    attacks(english_attacks::SOLEMN, 0.15, "written/solemn announcements"),
    attacks(english_attacks::EXTRACTIONS, 0.05, "written/extractions"),
    attacks(english_attacks::PERSONAS, 0.05, "written/personas"),
    honest(english_honest::SHORT, 90, 0.25, "written/honest"),
    honest(english_honest::TRIGGERS, 140, 0.3, "written/trigger words"),
    honest(english_honest::LONG, 110, 0.5, "written/long"),
    Kind { slots: everyday::SLOTS, ..honest(everyday::SERVICE, 150, 0.5, "written/service") },
    Kind { slots: everyday::SLOTS, ..honest(everyday::REQUESTS, 150, 0.5, "written/requests") },
    Kind { slots: everyday::SLOTS, ..honest(everyday::FICTION, 150, 0.4, "written/fiction") },
    Kind { slots: &[], ..honest(foreign::everyday::EVERYDAY, 30, 0.6, "written/foreign everyday") },
];
const PER_FOREIGN: usize = 20;
const FOREIGN_ATTACK: f32 = 0.07;
const FOREIGN_HONEST: f32 = 0.5;
const HIDDEN: f32 = 0.05;

/// So many hundredths of all written examples, at least one per pattern. `documents` are honest prose for the long ones.
pub(super) fn examples(documents: &[String], hundredths: usize, random: &mut Random) -> Vec<Example> {
    let mut drawn = Vec::new();
    let mut draw = |kind: &Kind, random: &mut Random| {
        for pattern in kind.patterns {
            for _ in 0..(kind.count * hundredths).div_ceil(100) {
                let text = varied(&write(pattern, kind.slots, random), random);
                drawn.push(Example::unmeasured(text, kind.attack, kind.weight, kind.source));
            }
        }
    };
    KINDS.iter().for_each(|kind| draw(kind, random));
    for Language { slots, attacks, honest } in foreign::languages() {
        let kind = Kind {
            patterns: attacks,
            slots,
            attack: true,
            count: PER_FOREIGN,
            weight: FOREIGN_ATTACK,
            source: "written/foreign attacks",
        };
        draw(&kind, random);
        draw(
            &Kind { patterns: honest, attack: false, weight: FOREIGN_HONEST, source: "written/foreign honest", ..kind },
            random,
        );
    }
    for example in &mut drawn {
        while example.text.contains(DOCUMENT) {
            let document = random.one_of(documents).map_or("", String::as_str);
            example.text = example.text.replacen(DOCUMENT, document, 1);
        }
    }
    hidden(&mut drawn, documents, random);
    drawn
}

const DOCUMENT: &str = "{document}";

/// Attacks that stand behind, before or within honest prose.
fn hidden(drawn: &mut Vec<Example>, documents: &[String], random: &mut Random) {
    let attacks: Vec<String> = drawn.iter().filter(|one| one.attack).map(|one| one.text.clone()).collect();
    for attack in attacks.iter().filter(|_| random.below(8) == 0).collect::<Vec<_>>() {
        let document = random.one_of(documents).map_or("", String::as_str);
        let text = match random.below(3) {
            0 => format!("{document}\n{attack}"),
            1 => format!("{attack}\n\n{document}"),
            _ => match document.split_once(". ") {
                Some((before, after)) => format!("{before}. {attack} {after}"),
                None => format!("{document} {attack}"),
            },
        };
        drawn.push(Example::unmeasured(text, true, HIDDEN, "written/hidden"));
    }
}

/// People leave out the last full stop or end with another mark.
fn varied(text: &str, random: &mut Random) -> String {
    let text = text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match random.below(8) {
        0 => text.trim_end_matches(['.', '!', '?', ':']).to_owned(),
        1 => text.replace(". ", "! "),
        2 => text.replace(". ", ", "),
        _ => text,
    }
}
