//! Documents that say the same twice, and those that say it differently: the old version of a policy beside the new one is
//! the commonest reason why an answer with a good source is wrong. Nothing is refused for it; a person is told.
//!
//! In reading order: `sketch` (which documents are nearly the same, without comparing every two), `contradiction` (what two
//! of them disagree on), `note` (the first at the end of a run, the second when somebody asks).

mod contradiction;
mod note;
mod sketch;

pub(crate) use note::{compared, note};
pub(crate) use sketch::Sketch;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Two documents of a use case that are nearly the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Twins {
    /// Feed and document, the one whose name comes first first.
    pub one: TwinDocument,
    pub other: TwinDocument,
    /// The share of their words in sequence that they have in common, 0 to 1, as estimated.
    pub similarity: f32,
    /// Sentences of both that differ in a number, a date or a negation only.
    pub disagreements: Vec<Disagreement>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TwinDocument {
    pub feed: String,
    pub document: String,
}

/// How alike two documents are, the one whose name comes first first.
pub(crate) type Pairs = BTreeMap<(TwinDocument, TwinDocument), f32>;

/// Two sentences of two documents that cannot both hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    pub one: String,
    pub other: String,
}

#[cfg(test)]
mod tests;
