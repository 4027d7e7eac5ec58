//! The nouns of a run: what it is asked to do, how far it is, and what it reports.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use usecase::declared::Feed;
use usecase::{Period, Timestamp};

/// One feed to be refreshed.
#[derive(Clone, Copy, Debug)]
pub struct FeedJob<'a> {
    pub use_case: &'a str,
    pub feed_name: &'a str,
    pub feed: &'a Feed,
    /// The use case's folder, which `feed.files` is relative to.
    pub folder: &'a Path,
    /// How the run differs from an ordinary one.
    pub how: How,
}

/// How a run differs from an ordinary one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct How {
    /// Reads everything anew, as if nothing were remembered of the source.
    pub replay: bool,
    /// Lets more documents go than the feed's `max_drop` allows, because a person has looked.
    pub allow_drop: bool,
}

impl FeedJob<'_> {
    /// The collection that the feed fills: `<use case>/<feed>`.
    pub fn collection(&self) -> String {
        format!("{}/{}", self.use_case, self.feed_name)
    }
}

/// How far a run is. Told from the thread that runs it, between two steps, so that a slow listener slows the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// Items of the source that were looked at, of how many, once that is known.
    pub items: usize,
    pub expected: Option<usize>,
    /// Documents found, good and bad.
    pub documents: usize,
    /// Passages of new and changed documents.
    pub passages: usize,
    /// Bytes that were read.
    pub bytes: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// The source is being listed or read.
    #[default]
    Reading,
    /// So many of the new passages of this part were embedded.
    Embedding {
        done: usize,
        total: usize,
    },
    /// The new version is put in place.
    Committing,
    Done,
}

/// A document that was not taken over, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    pub feed: String,
    /// The document's id where it could be read; else its path, with `#row` where a file holds many.
    pub document: String,
    /// The item of the source that it stands in: for files the path relative to the use case's folder.
    pub path: String,
    /// What is wrong, for the person who mends it. It may quote the document's fields.
    pub reason: String,
    /// Whether an older version keeps being found meanwhile. It does not when the document is new, nor when the
    /// rights under which it was found no longer hold.
    pub old_version_serves: bool,
    /// Since when it is quarantined without a break.
    pub since: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Added,
    Changed,
    Deleted,
}

/// One document that a run touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TouchedDocument {
    pub document: String,
    /// The item of the source it came from; `None` when that is no longer known.
    pub path: Option<String>,
    pub change: Change,
    /// SHA-256 of the content that is served now, in hex; `None` for a deleted document.
    pub content_hash: Option<String>,
}

/// Where a run's result comes from: enough to tell later which bytes an answer rested on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lineage {
    /// What the feed reads: its kind and its address, glob, query or topic.
    pub source: String,
    /// SHA-256 over the names and contents of every item that was read, in hex.
    pub inputs: String,
    /// Where the source stood after the run, for sources that go on instead of starting over.
    pub cursor: Option<Value>,
    pub touched: Vec<TouchedDocument>,
}

/// What one good run did. All counts are documents unless they say otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    pub run: u64,
    pub use_case: String,
    pub feed: String,
    pub started: Timestamp,
    pub finished: Timestamp,
    /// Documents found in the source, good and bad: added + changed + unchanged + quarantined.
    pub seen: usize,
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// No longer in the source, or withdrawn because the rights under which they were found no longer hold.
    pub deleted: usize,
    pub quarantined: Vec<Quarantined>,
    /// What the operator should know although nothing failed.
    pub warnings: Vec<String>,
    /// Passages of the added and changed documents.
    pub passages: usize,
    /// Bytes that were read from the source.
    pub bytes: u64,
    /// Personal data found in added and changed documents, by kind: how often.
    pub personal: BTreeMap<String, usize>,
    /// Passages of added and changed documents that give orders to the model.
    pub injections: usize,
    /// More is waiting in the source: a limit of the run was reached.
    pub more: bool,
    /// The collection's version after the run.
    pub snapshot: u64,
    pub lineage: Lineage,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    Running,
    Good,
    /// Refused or broken off; the collection is as it was.
    Failed,
    /// The process died; the next run takes up what it left.
    Interrupted,
}

/// One line of the history of a use case's feeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    pub run: u64,
    pub feed: String,
    pub started: Timestamp,
    pub finished: Option<Timestamp>,
    pub state: RunState,
    /// Why it failed.
    pub reason: Option<String>,
    /// What a good run did.
    pub report: Option<RunReport>,
}

/// Whether a feed's data is as fresh as its declaration promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// When the last good run began: its data is at least as new as that.
    pub last_good: Option<Timestamp>,
    pub fresh: bool,
    /// `fresh_within`; without it the data counts as fresh once there was a good run.
    pub within: Option<Period>,
}
