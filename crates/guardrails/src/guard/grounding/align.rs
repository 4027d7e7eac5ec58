//! Each word of a sentence held against the place that supports the sentence best, and against all passages.

use super::best::Best;
use super::index::{Index, carries_meaning};
use super::lexicon::{KNOWN, Relation};
use crate::words::{Kind, Lexicon, Placed};
use std::collections::HashSet;

/// Where a word stands, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// At the best place.
    Here,
    /// Elsewhere in the passages.
    Elsewhere,
    /// Another form of it, or a word of one meaning with it, stands in the passages.
    Alike,
    /// The passages have a word that is near in meaning and yet another one: `Tuesday` for `Monday`.
    Sister,
    /// The passages have its opposite.
    Opposite,
    /// Only the question has it.
    Asked,
    Absent,
}

pub(crate) const STATES: usize = 7;

/// What is known about one word of a sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aligned {
    pub(super) state: State,
    /// As [`super::index::Index::weight`].
    pub(super) weight: f64,
    /// Number in the shipped lexicon.
    pub(super) known: Option<u32>,
    /// The first of its like in the sentence.
    pub(super) first: bool,
}

/// The question's words by number; empty without a question.
pub(super) type Asked = HashSet<u32>;

/// One entry per word.
pub(super) fn align(
    index: &Index,
    lexicon: &Lexicon<'_>,
    sentence: &[Placed],
    best: Option<&Best>,
    asked: &Asked,
) -> Vec<Aligned> {
    let mut seen = HashSet::new();
    let here = best.map(|best| (index.places[best.first].from, index.places[best.last].to));
    let one = |placed: &Placed| {
        let state = if here.is_some_and(|(from, to)| index.within(placed.id, from, to).is_some()) {
            State::Here
        } else if !index.occurrences(placed.id).is_empty() {
            State::Elsewhere
        } else if carries_meaning(placed.word.kind) {
            missing(index, lexicon, placed, asked)
        } else if asked.contains(&placed.id) {
            State::Asked
        } else {
            State::Absent
        };
        let known = KNOWN.number(&placed.word.stem);
        Aligned { state, weight: index.weight(placed.id), known, first: seen.insert(placed.id) }
    };
    sentence.iter().map(one).collect()
}

/// What stands in the passages in place of a word that does not.
fn missing(index: &Index, lexicon: &Lexicon<'_>, placed: &Placed, asked: &Asked) -> State {
    let stem = &*placed.word.stem;
    if placed.word.kind == Kind::Number {
        return if asked.contains(&placed.id) { State::Asked } else { State::Absent };
    }
    let mut found = State::Absent;
    if turned_around(index, lexicon, stem) {
        found = State::Opposite;
    } else if let Some(number) = KNOWN.number(stem) {
        for (relation, other) in KNOWN.related(number) {
            if index.of_known(*other).is_none() {
                continue;
            }
            found = found.min(match relation {
                Relation::Same => State::Alike,
                Relation::Opposite => State::Opposite,
                Relation::Wider | Relation::Sister => State::Sister,
            });
            if found == State::Alike {
                break;
            }
        }
    }
    if found > State::Alike && index.form_of(stem).is_some() {
        found = State::Alike;
    }
    if found == State::Absent && asked.contains(&placed.id) { State::Asked } else { found }
}

/// Beginnings that turn a word around.
const TURNING: &[&str] = &["un", "in", "im", "dis", "non", "ir", "il", "mis"];

/// Whether the passages have the word without such a beginning, or with one.
fn turned_around(index: &Index, lexicon: &Lexicon<'_>, stem: &str) -> bool {
    let stands = |stem: &str| lexicon.seen(stem).is_some_and(|id| !index.postings(id).is_empty());
    TURNING.iter().any(|beginning| {
        stem.strip_prefix(beginning).is_some_and(|rest| rest.len() >= 4 && stands(rest))
            || (stem.len() >= 4 && stem.len() < 32 && stands(&format!("{beginning}{stem}")))
    })
}
