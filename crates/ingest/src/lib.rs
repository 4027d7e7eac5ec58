//! The path of one document: schedule → source → parse → contract (`Checked`, or quarantine with the reason) → chunk →
//! embed and index (a new snapshot swapped in whole) → record of the run, with its lineage.
//!
//! A feed's run is all or nothing for its readers, and careful with what it cannot see: a document that is broken keeps
//! its old version, a file that cannot be read keeps its documents, an empty source deletes nothing. It is not careful
//! with rights: see `plan`.
//!
//! In reading order: `report` (the nouns of a run), `schedule` (when), `source` (what is there), `parse` (bytes to
//! documents; with `blocks`, the structure of Markdown), `gather` (source and parse together), `contract` (which
//! documents are good), `chunk` (passages), `content_hash` and `plan` (what has to change), `lock`, `store` and `run` (the path).

mod blocks;
mod chunk;
mod content_hash;
mod contract;
mod error;
mod gather;
mod lock;
mod parse;
mod plan;
mod report;
mod run;
mod schedule;
mod source;
mod store;

pub use error::{Error, Result};
pub use report::{
    Change, FeedJob, Freshness, Lineage, Progress, Quarantined, RunReport, RunRow, RunState, TouchedDocument,
};

use ledger::Ledger;
use retrieval::Collections;
use run::Rooms;
use source::Source;
use source::files::FilesSource;
use storage::Storage;
use store::FeedKey;
use usecase::Timestamp;
use usecase::declared::Feed;

/// How many runs `last_runs` gives.
const RUNS_SHOWN: usize = 50;

/// Refreshes feeds and remembers how it went. Clones share everything.
#[derive(Clone)]
pub struct Ingest {
    rooms: Rooms,
}

impl Ingest {
    /// Makes the tables where they are missing.
    ///
    /// # Errors
    /// The database cannot be changed.
    pub fn open(storage: &Storage, ledger: &Ledger, collections: &Collections) -> Result<Self> {
        store::migrate(storage)?;
        let (storage, ledger, collections) = (storage.clone(), ledger.clone(), collections.clone());
        Ok(Self { rooms: Rooms { storage, ledger, collections } })
    }

    /// Refreshes one feed now, whether it is due or not. Blocks until the new snapshot is in place and recorded; call
    /// it from a thread that may wait. The collection is `<use case>/<feed>`.
    ///
    /// # Errors
    /// The feed is already running, its declaration cannot be used, its source is empty or of the wrong size, or
    /// a room below failed. The collection is then as it was, and the failed run is recorded.
    pub fn run(&self, job: &FeedJob<'_>, progress: &(dyn Fn(Progress) + Sync)) -> Result<RunReport> {
        let source = FilesSource::new(job.folder, &job.feed.files).map(|files| Box::new(files) as Box<dyn Source>);
        run::run(&self.rooms, job, source, progress)
    }

    /// The last runs of a use case's feeds, good and bad, newest first: at most 50.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_runs(&self, use_case: &str) -> Result<Vec<RunRow>> {
        Ok(self.rooms.storage.read(|connection| store::last_runs(connection, use_case, RUNS_SHOWN))?)
    }

    /// When the feed's last run began, good or bad: what [`Ingest::next_due`] wants to know.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_attempt(&self, use_case: &str, feed_name: &str) -> Result<Option<Timestamp>> {
        self.last_started(use_case, feed_name, false)
    }

    /// What is quarantined now in all feeds of the use case, by feed and path.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn quarantined(&self, use_case: &str) -> Result<Vec<Quarantined>> {
        Ok(self.rooms.storage.read(|connection| store::quarantined(connection, use_case, None))?)
    }

    /// Whether the feed's last good run is recent enough for its `fresh_within`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn freshness(&self, use_case: &str, feed_name: &str, feed: &Feed, now: Timestamp) -> Result<Freshness> {
        let last_good = self.last_started(use_case, feed_name, true)?;
        Ok(schedule::freshness(feed.fresh_within, last_good, now))
    }

    /// The moment from which the feed is due, given when it last began: at once (the year 1970) when it never did;
    /// `None` when it runs by hand only.
    ///
    /// # Errors
    /// `cron` cannot be read or never comes, `every` is zero, or both are given.
    pub fn next_due(&self, feed: &Feed, last: Option<Timestamp>) -> Result<Option<Timestamp>> {
        schedule::next_due(feed, last)
    }

    fn last_started(&self, use_case: &str, feed_name: &str, good: bool) -> Result<Option<Timestamp>> {
        let key = FeedKey { use_case: use_case.to_owned(), feed: feed_name.to_owned() };
        Ok(self.rooms.storage.read(|connection| store::last_started(connection, &key, good))?)
    }
}

#[cfg(test)]
mod tests;
