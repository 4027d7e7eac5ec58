//! The path of one document: schedule → source → parse → contract (`Checked`, or quarantine with the reason) → chunk →
//! embed and index (a new snapshot swapped in whole) → record of the run, with its lineage.
//!
//! A feed's run is all or nothing for its readers, and careful with what it cannot see: a document that is broken keeps
//! its old version, a file that cannot be read keeps its documents, an empty source deletes nothing. It is not careful
//! with rights: see `plan`.
//!
//! In reading order: `report` (the nouns of a run), `schedule` (when), `source` (what is there), `parse` (bytes to
//! documents; with `blocks`, the structure of Markdown), `contract` (which documents are good), `scan` (personal data and
//! injected orders), `chunk` (passages), `intake` (one item through all of these), `content_hash` and `plan` (what has to
//! change), `twins` (documents that say the same twice, or differently), `lock`, `store` and `run` (the path).

mod blocks;
mod chunk;
mod content_hash;
mod contract;
mod error;
mod intake;
mod lock;
mod parse;
mod plan;
mod report;
mod run;
mod scan;
mod schedule;
mod source;
mod store;
mod twins;

pub use error::{Error, Result};
pub use report::{
    Change, FeedJob, Freshness, How, Lineage, Phase, Progress, Quarantined, RunReport, RunRow, RunState,
    TouchedDocument,
};

pub use twins::{Disagreement, TwinDocument, Twins};

/// Messages that push documents: whether they are what their sender sent, and what they hold.
pub mod webhook {
    pub use crate::source::webhook::{Pushed, PushedItem, Refusal, Refused, Remembered, Signed, verify};
}

use ledger::Ledger;
use retrieval::Collections;
use run::Rooms;
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
        Ok(Self { rooms: Rooms { storage, ledger, collections, batch: intake::BATCH_DOCUMENTS } })
    }

    /// Refreshes one feed now, whether it is due or not. Blocks until the new snapshot is in place and recorded; call
    /// it from a thread that may wait. The collection is `<use case>/<feed>`.
    ///
    /// # Errors
    /// The feed is already running, its declaration cannot be used, its source is empty or of the wrong size, or
    /// a room below failed. The collection is then as it was, and the failed run is recorded.
    pub fn run(&self, job: &FeedJob<'_>, progress: &(dyn Fn(Progress) + Sync)) -> Result<RunReport> {
        let source = source::open(job, self.rooms.storage.folder());
        run::run(&self.rooms, job, source, progress)
    }

    /// Takes over documents that were pushed to the feed. Blocks until they can be found and the run is recorded.
    ///
    /// # Errors
    /// Those of [`Ingest::run`].
    pub fn receive(&self, job: &FeedJob<'_>, pushed: webhook::Pushed) -> Result<RunReport> {
        let source: Box<dyn source::Source> = Box::new(source::webhook::WebhookSource::new(pushed.items));
        run::run(&self.rooms, job, Ok(source), &|_| ())
    }

    /// Forgets what is known of documents that were erased from the feed's collection (`None`: of all, when it was dropped):
    /// where they came from, who may see them, what they resemble, why they are quarantined. Their items are read again at
    /// the next run. The history of runs keeps the ids that its reports name.
    ///
    /// # Errors
    /// The feed is running, or the database cannot be changed.
    pub fn forget(&self, use_case: &str, feed: &str, documents: Option<&[String]>) -> Result<()> {
        let _lock = lock::FeedLock::take(self.rooms.storage.folder(), use_case, feed)?;
        let key = FeedKey { use_case: use_case.to_owned(), feed: feed.to_owned() };
        Ok(store::forget(&self.rooms.storage, key, documents.map(<[String]>::to_vec))?)
    }

    /// The last runs of a use case's feeds, good and bad, newest first: at most 50.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_runs(&self, use_case: &str) -> Result<Vec<RunRow>> {
        Ok(self.rooms.storage.read(|connection| store::last_runs(connection, use_case, RUNS_SHOWN))?)
    }

    /// When the feed's last run began, good or bad, on whichever node that fills the same collections: what
    /// [`Ingest::next_due`] wants to know.
    ///
    /// # Errors
    /// The database or the collections cannot be read.
    pub fn last_attempt(&self, use_case: &str, feed_name: &str) -> Result<Option<Timestamp>> {
        let here = self.last_started(use_case, feed_name, false)?;
        // A good run says when it began, even when it changed nothing.
        let head = self.rooms.collections.head(&format!("{use_case}/{feed_name}"))?;
        Ok(here.max(head.and_then(|head| head.rights_as_of)))
    }

    /// What is quarantined now in all feeds of the use case, by feed and path.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn quarantined(&self, use_case: &str) -> Result<Vec<Quarantined>> {
        Ok(self.rooms.storage.read(|connection| store::quarantined(connection, use_case, None))?)
    }

    /// Who may see a document, as its feed's last good run read it: `None` is everyone.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn groups_of(&self, use_case: &str, feed: &str, document: &str) -> Result<Option<Vec<String>>> {
        let document = TwinDocument { feed: feed.to_owned(), document: document.to_owned() };
        Ok(self.rooms.storage.read(|connection| store::groups_of(connection, use_case, &document))?)
    }

    /// Documents of the use case that are nearly the same, those that disagree first: at most 1,000 pairs. Blocks while
    /// their texts are compared.
    ///
    /// # Errors
    /// The database or the collections cannot be read.
    pub fn twins(&self, use_case: &str) -> Result<Vec<Twins>> {
        twins::compared(&self.rooms, use_case)
    }

    /// Whether the feed's last good run is recent enough for its `fresh_within`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn freshness(&self, use_case: &str, feed_name: &str, feed: &Feed, now: Timestamp) -> Result<Freshness> {
        let here = self.last_started(use_case, feed_name, true)?;
        let head = self.rooms.collections.head(&format!("{use_case}/{feed_name}"))?;
        let last_good = here.max(head.and_then(|head| head.rights_as_of));
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
