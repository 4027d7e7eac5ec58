//! Views that undo a disguise of letters. Each returns `None` when the text shows no sign of it.

use super::{Builder, View, lookalikes::latin};

/// Single letters in a row that count as spaced writing; initials and enumerations are shorter.
const SHORTEST_SPACED: usize = 5;

/// Folds letters of other alphabets to the Latin ones they look like. The sign is a word that mixes alphabets: text
/// honestly written in Cyrillic or Greek stays as it is.
pub(super) fn lookalikes(plain: &View) -> Option<View> {
    if plain.text.is_ascii() || !mixes_alphabets(&plain.text) {
        return None;
    }
    let mut folded = Builder::with_capacity(plain.text.len());
    for (at, character) in plain.text.char_indices() {
        folded.push(latin(character).unwrap_or(character), plain.place(at));
    }
    Some(folded.view("lookalikes"))
}

fn mixes_alphabets(text: &str) -> bool {
    text.split(|character: char| !character.is_alphabetic()).any(|word| {
        let foreign = word.chars().filter(|character| latin(*character).is_some()).count();
        // Small capitals are Latin to Unicode but no ordinary text is written in them.
        let small_capitals = word.chars().filter(|character| matches!(character, 'ᴀ'..='ᴢ' | 'ʀ' | 'ɪ' | 'ɴ')).count();
        (foreign > 0 && word.chars().any(|character| character.is_ascii_alphabetic())) || small_capitals > 2
    })
}

/// Joins letters that are written one by one: `i g n o r e`, `i-g-n-o-r-e`. A gap other than the run's first one is a
/// blank between words; where all gaps are alike, the rules for this view allow words without blanks.
pub(super) fn joined(plain: &View) -> Option<View> {
    let runs = spaced_runs(&plain.text);
    if runs.is_empty() {
        return None;
    }
    let mut joined = Builder::with_capacity(plain.text.len());
    let mut at = 0;
    for run in runs {
        plain.text[at..run.start].char_indices().for_each(|(offset, c)| joined.push(c, plain.place(at + offset)));
        push_run(plain, run.clone(), &mut joined);
        at = run.end;
    }
    plain.text[at..].char_indices().for_each(|(offset, c)| joined.push(c, plain.place(at + offset)));
    Some(joined.view("joined"))
}

fn push_run(plain: &View, run: std::ops::Range<usize>, joined: &mut Builder) {
    let mut usual: Option<&str> = None;
    let mut gap_start: Option<usize> = None;
    for (offset, character) in plain.text[run.clone()].char_indices() {
        let at = run.start + offset;
        if !character.is_alphanumeric() {
            gap_start.get_or_insert(at);
            continue;
        }
        if let Some(start) = gap_start.take() {
            let gap = &plain.text[start..at];
            if *usual.get_or_insert(gap) != gap {
                joined.push(' ', plain.place(start));
            }
        }
        joined.push(character, plain.place(at));
    }
}

/// Byte ranges of letters that stand alone, one after another, with one to three other characters between them.
fn spaced_runs(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut runs = Vec::new();
    let mut run: Option<(usize, usize, usize)> = None;
    let mut word_start: Option<(usize, usize)> = None;
    let mut close = |run: &mut Option<(usize, usize, usize)>| {
        if let Some((start, end, letters)) = run.take()
            && letters >= SHORTEST_SPACED
        {
            runs.push(start..end);
        }
    };
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        if character.is_alphanumeric() && at < text.len() {
            let length = word_start.map_or(0, |(_, length)| length);
            word_start = Some((word_start.map_or(at, |(start, _)| start), length + 1));
            continue;
        }
        if let Some((start, length)) = word_start.take() {
            // Digits by themselves are tables and matrices, not spelling.
            let single = length == 1 && !text.as_bytes()[start].is_ascii_digit();
            match &mut run {
                Some((_, end, letters)) if single && start - *end <= 3 => (*end, *letters) = (at, *letters + 1),
                _ => {
                    close(&mut run);
                    if single {
                        run = Some((start, at, 1));
                    }
                }
            }
        }
    }
    close(&mut run);
    runs
}

/// Reads digits and signs as the letters they stand for: `1gn0r3 4ll`. The sign is two words that hold both, with the
/// digits not merely at the end.
pub(super) fn leet(plain: &View) -> Option<View> {
    let mixed = plain.text.split(|c: char| c.is_whitespace()).filter(|word| is_leet(word)).count();
    if mixed < 2 {
        return None;
    }
    let mut view = Builder::with_capacity(plain.text.len());
    for (at, character) in plain.text.char_indices() {
        view.push(leet_letter(character), plain.place(at));
    }
    Some(view.view("leet"))
}

fn leet_letter(character: char) -> char {
    match character {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        _ => character,
    }
}

fn is_leet(word: &str) -> bool {
    let core = word.trim_end_matches(|character: char| character.is_ascii_digit() || "!+|.,:;?)".contains(character));
    let letters = core.chars().filter(|character| character.is_ascii_alphabetic()).count();
    let signs = core.chars().filter(|character| leet_letter(*character) != *character).count();
    let others = core.chars().count() - letters - signs;
    letters > 0 && signs > 0 && others == 0 && core.len() >= 3
}

/// Verbs and nouns of an override as they look backwards and in ROT13: the only reason to read a text that way.
const BACKWARDS: &[&str] = &["snoitcurtsni", "erongi", "tpmorp"];
const ROTATED: &[&str] = &["vafgehpgvba", "vtaber", "cebzcg", "qvfertneq"];

pub(super) fn reversed(plain: &View) -> Option<View> {
    if !BACKWARDS.iter().any(|word| plain.text.contains(word)) {
        return None;
    }
    let mut view = Builder::with_capacity(plain.text.len());
    // A range in this view runs backwards in the source, so every character answers with the whole text.
    let whole = (plain.place(0).0, plain.place(plain.text.len() - 1).1);
    plain.text.chars().rev().for_each(|character| view.push(character, whole));
    Some(view.view("reversed"))
}

pub(super) fn rot13(plain: &View) -> Option<View> {
    if !ROTATED.iter().any(|word| plain.text.contains(word)) {
        return None;
    }
    let mut view = Builder::with_capacity(plain.text.len());
    for (at, character) in plain.text.char_indices() {
        let turned = match character {
            'a'..='m' => char::from(character as u8 + 13),
            'n'..='z' => char::from(character as u8 - 13),
            _ => character,
        };
        view.push(turned, plain.place(at));
    }
    Some(view.view("rot13"))
}
