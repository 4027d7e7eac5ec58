//! What a run knows of its source when it has seen all of it: names, hashes and verdicts, and nobody's text.

use crate::contract::Refused;
use crate::parse::Rejected;
use crate::plan::Known;
use crate::report::Change as Touch;
use crate::twins::Sketch;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that was learned from the source.
#[derive(Default)]
pub(crate) struct Learned {
    /// Ids of documents that passed, or that are as they were.
    pub(crate) kept: BTreeSet<String>,
    /// Ids that the source says are gone, and those whose rights were taken away.
    pub(crate) gone: BTreeSet<String>,
    /// By item.
    pub(crate) refused: BTreeMap<String, Vec<Refused>>,
    /// What could not be read, by item.
    pub(crate) rejected: BTreeMap<String, Vec<Rejected>>,
    /// Items whose documents may be there although none was seen: gone while being read, or not readable.
    pub(crate) doubtful: BTreeSet<String>,
    /// Items that are as they were, so that what was quarantined of them still is.
    pub(crate) unchanged_items: BTreeSet<String>,
    /// How much that is.
    pub(crate) held: usize,
    /// Items with the version to be remembered.
    pub(crate) items: BTreeMap<String, Option<String>>,
    pub(crate) remember: BTreeMap<String, Known>,
    /// What the open change holds by the doing of this run, by id.
    pub(crate) put: BTreeMap<String, Put>,
    pub(crate) unchanged: usize,
    pub(crate) bytes: u64,
    pub(crate) personal: BTreeMap<String, usize>,
    pub(crate) injections: usize,
    pub(crate) warnings: Vec<String>,
}

/// A document that was staged.
pub(crate) struct Put {
    pub(crate) path: String,
    pub(crate) content_hash: String,
    /// `None` when it is again what readers see.
    pub(crate) change: Option<Touch>,
    pub(crate) passages: usize,
    pub(crate) sketch: Option<Sketch>,
}

impl Learned {
    /// Documents that failed their contract, or could not be read.
    pub(crate) fn failed(&self) -> usize {
        let refused: usize = self.refused.values().map(Vec::len).sum();
        let rejected: usize = self.rejected.values().map(Vec::len).sum();
        refused + rejected + self.held
    }

    /// Documents found, good and bad.
    pub(crate) fn seen(&self) -> usize {
        self.unchanged + self.put.values().filter(|put| put.change.is_some()).count() + self.failed()
    }
}
