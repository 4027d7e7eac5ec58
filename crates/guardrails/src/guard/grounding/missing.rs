//! Which words of a sentence the passages do not have, or have otherwise.

use super::align::{Aligned, State};
use super::best::Best;
use super::index::{Index, carries_meaning};
use super::order;
use crate::words::{Kind, Placed};

/// What is wrong with a stretch of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Number,
    /// A time of day, a weekday, a month or a year.
    Date,
    Name,
    /// A negation that the passages do not have there.
    Negation,
    /// Other words.
    Words,
}

/// A stretch of the answer that no passage supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// First code point in the answer.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    pub what: What,
}

const CALENDAR: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// In the order of the sentence; places are code points of the sentence. Missing words of one kind that follow each other
/// are one stretch.
pub(super) fn missing(
    index: &Index,
    text: &str,
    words: &[Placed],
    aligned: &[Aligned],
    best: Option<&Best>,
) -> Vec<Unsupported> {
    let negated = order::negations(index, words, best).0 > 0.0;
    let mut found: Vec<Unsupported> = Vec::new();
    let mut places = super::CodePoints { text, byte: 0, code_point: 0 };
    let mut adjacent = false;
    for (placed, aligned) in words.iter().zip(aligned) {
        let start = places.at(placed.start);
        let end = places.at(placed.end);
        let what = what(text, placed, aligned, negated);
        match (what, found.last_mut()) {
            (Some(what), Some(last)) if adjacent && last.what == what => last.end = end,
            (Some(what), _) => found.push(Unsupported { start, end, what }),
            (None, _) => {}
        }
        adjacent = what.is_some();
    }
    found
}

fn what(text: &str, placed: &Placed, aligned: &Aligned, negated: bool) -> Option<What> {
    if placed.word.kind == Kind::Negation {
        return negated.then_some(What::Negation);
    }
    if !carries_meaning(placed.word.kind) || aligned.state <= State::Alike {
        return None;
    }
    let raw = text[placed.start..placed.end].to_lowercase();
    let year = raw.len() == 4 && (raw.starts_with("19") || raw.starts_with("20"));
    Some(match placed.word.kind {
        Kind::Number if year || raw.contains(':') || placed.word.stem.contains(':') => What::Date,
        Kind::Number => What::Number,
        _ if CALENDAR.contains(&raw.as_str()) => What::Date,
        Kind::Name => What::Name,
        _ => What::Words,
    })
}
