//! One run, from the lock to the record. `refresh` reads like the path of one document.

use crate::content_hash::contract_hash;
use crate::contract::Contract;
use crate::error::{Error, Result};
use crate::intake::{Intake, Taken};
use crate::lock::FeedLock;
use crate::plan::{Before, deletions, quarantine};
use crate::report::{Change, FeedJob, Lineage, Phase, Progress, RunReport, TouchedDocument};
use crate::source::{Since, Source, Walked};
use crate::store::{self, Ended, FeedKey};
use crate::twins;
use ledger::{Event, Ledger};
use retrieval::{Changes, Collections, Commit, Head};
use serde_json::{Value, json};
use std::sync::Arc;
use storage::Storage;
use usecase::Timestamp;
use usecase::declared::{FeedSource, OnViolation};

/// So few documents may go without anybody being asked.
const HANDFUL: usize = 10;

type Told<'a> = &'a (dyn Fn(Progress) + Sync);

/// The rooms that a run needs.
#[derive(Clone)]
pub(crate) struct Rooms {
    pub(crate) storage: Storage,
    pub(crate) ledger: Ledger,
    pub(crate) collections: Collections,
    /// How many documents are staged at once.
    pub(crate) batch: usize,
}

/// Runs a feed once and records how it ended. The source comes as a result, so that a run whose glob is wrong is
/// recorded like any other failure.
pub(crate) fn run(
    rooms: &Rooms,
    job: &FeedJob<'_>,
    source: Result<Box<dyn Source>>,
    told: Told<'_>,
) -> Result<RunReport> {
    let _lock = FeedLock::take(rooms.storage.folder(), job.use_case, job.feed_name)?;
    // Other nodes that fill the same collections have other folders, and other files to lock.
    let Some(_held) = rooms.collections.hold(&job.collection())? else {
        return Err(Error::AlreadyRunning { use_case: job.use_case.to_owned(), feed: job.feed_name.to_owned() });
    };
    let started = Timestamp::now();
    let run = store::begin(&rooms.storage, key(job), started)?;
    let outcome = source.and_then(|source| refresh(rooms, job, (run, started), source.as_ref(), told));
    if let Err(error) = &outcome {
        record_failure(rooms, job, (run, started), error);
    }
    outcome
}

fn refresh(
    rooms: &Rooms,
    job: &FeedJob<'_>,
    run: (u64, Timestamp),
    source: &dyn Source,
    told: Told<'_>,
) -> Result<RunReport> {
    let mut found = look(rooms, job, source, told)?;
    if found.is_stale() {
        // Nothing can be taken out of a change again: what the dead run staged goes as a whole.
        abandon(rooms, job, found.taken.change)?;
        found = look(rooms, job, source, told)?;
    }
    if let Err(refused) = admit(job, &found) {
        abandon(rooms, job, found.taken.change)?;
        return Err(refused);
    }
    told(Progress { phase: Phase::Committing, ..Progress::default() });
    let version = put_in_place(rooms, job, &mut found, run.1, told)?;
    let ended = Arc::new(ended(job, run, found, version));
    record_success(rooms, job, &ended.report)?;
    store::end_good(&rooms.storage, key(job), &ended)?;
    twins::note(rooms, job, &ended.sketches);
    told(Progress { phase: Phase::Done, ..Progress::default() });
    Ok(Arc::try_unwrap(ended).map_or_else(|shared| shared.report.clone(), |ended| ended.report))
}

fn key(job: &FeedJob<'_>) -> FeedKey {
    FeedKey { use_case: job.use_case.to_owned(), feed: job.feed_name.to_owned() }
}

/// What a walk through the source found.
struct Found {
    before: Before,
    contract: Contract,
    walked: Walked,
    taken: Taken,
    deleted: Vec<String>,
    /// Whether everything that exists was seen.
    whole: bool,
}

impl Found {
    /// Whether a run that died staged another version of a document than the one that serves on: it found a change that
    /// is no longer there, or one that is refused now.
    fn is_stale(&self) -> bool {
        let settled = |id: &String| self.taken.learned.put.contains_key(id) || self.deleted.binary_search(id).is_ok();
        !self.before.staged.keys().all(settled)
    }

    /// How many of the documents that readers see are to go.
    fn dropped(&self) -> usize {
        self.deleted.iter().filter(|id| self.before.served.contains_key(*id)).count()
    }
}

/// Walks through the source, and stages what is new in it.
fn look(rooms: &Rooms, job: &FeedJob<'_>, source: &dyn Source, told: Told<'_>) -> Result<Found> {
    let related = |feed: &str| Ok(rooms.collections.document_hashes(&format!("{}/{feed}", job.use_case))?);
    let mut contract = Contract::of(job.feed, &related)?;
    let head = rooms.collections.head(&job.collection())?;
    let before = before(rooms, job, head.as_ref(), &contract)?;
    let cursor = head.filter(|head| goes_on(job, head, &before)).and_then(|head| head.cursor);
    let since = Since { cursor: cursor.as_ref(), version_of: &|item| before.version_of(item) };

    let mut intake = Intake::begin(job, (&rooms.collections, rooms.batch), &mut contract, &before, told);
    let walked = source.walk(&since, &mut intake)?;
    let taken = intake.end();
    let whole = walked.whole && !walked.more;
    let deleted = deletions(&before, &taken.learned, whole);
    Ok(Found { before, contract, walked, taken, deleted, whole })
}

/// What is served and what is remembered of it. Remembered versions of items count only while the collection is what the
/// last run made of it, under the same contract: not after a rollback, and not when a check has to see every document.
fn before(rooms: &Rooms, job: &FeedJob<'_>, head: Option<&Head>, contract: &Contract) -> Result<Before> {
    let collection = job.collection();
    let (served, staged) = (rooms.collections.document_hashes(&collection)?, rooms.collections.staged(&collection)?);
    let (mut remembered, state) = rooms.storage.read(|connection| store::remembered(connection, &key(job)))?;
    let serving = head.map_or(0, |head| head.serving);
    remembered.as_left = state.as_ref().is_some_and(|state| state.version == serving);
    // Where nothing was served there is nothing that another contract could have let in.
    let contract_now = contract_hash(job.feed);
    remembered.same_contract = state.map_or(served.is_empty(), |state| state.contract == contract_now);
    if !remembered.as_left || !remembered.same_contract || job.how.replay || contract.sees_all() {
        remembered.items.clear();
    }
    Ok(Before::new(served, staged, remembered))
}

/// Whether a source may go on where the last run left off: not when the documents of before have to be judged anew, and
/// not when a rollback took back what that run had put in place. Another node may have been the last to run.
fn goes_on(job: &FeedJob<'_>, head: &Head, before: &Before) -> bool {
    let undone = head.serving != head.newest && !before.remembered.as_left;
    let judged = before.remembered.same_contract || !before.remembered.as_left;
    !job.how.replay && !undone && judged
}

/// Forgets what is staged, by this run or one that died.
fn abandon(rooms: &Rooms, job: &FeedJob<'_>, change: Option<retrieval::Change>) -> Result<()> {
    let collection = job.collection();
    match change {
        Some(change) => change.abandon()?,
        None if rooms.collections.staged(&collection)?.is_empty() => {}
        None => rooms.collections.change(&collection)?.abandon()?,
    }
    Ok(())
}

/// What must hold of the run as a whole before anything of it is seen.
fn admit(job: &FeedJob<'_>, found: &Found) -> Result<()> {
    let Found { before, contract, taken: Taken { learned, .. }, whole, .. } = found;
    let (seen, served) = (learned.seen(), before.served.len());
    // An empty source is more often a folder that was not mounted or a glob that was mistyped than a collection that is
    // to be emptied; who means it declares a `row_count`.
    let emptied = *whole && learned.items.is_empty() && served > 0;
    if emptied && !contract.counts_rows() && !job.how.allow_drop {
        return Err(Error::Emptied { place: source_name(job), documents: served });
    }
    if *whole {
        contract.admit_count(seen)?;
    }
    contract.admit_failed(learned.failed(), seen)?;
    if job.feed.on_violation == OnViolation::Stop
        && let Some(refused) = learned.refused.values().flatten().next()
    {
        let failed = learned.refused.values().map(Vec::len).sum();
        let (document, reason) = (refused.document.clone(), refused.reason.clone());
        return Err(Error::Violated { failed, document, reason });
    }
    let dropped = found.dropped();
    // A handful of documents is no collapse, whatever share it is.
    let too_many = dropped > HANDFUL && dropped as f64 > job.feed.max_drop.fraction() * served as f64;
    if too_many && *whole && !job.how.allow_drop {
        let (use_case, feed) = (job.use_case.to_owned(), job.feed_name.to_owned());
        return Err(Error::Dropped { dropped, served, most: job.feed.max_drop.to_string(), use_case, feed });
    }
    Ok(())
}

/// Commits what was staged with the rest of it. With nothing to change the version stays, and only what is known of the
/// source and of the rights is renewed.
fn put_in_place(
    rooms: &Rooms,
    job: &FeedJob<'_>,
    found: &mut Found,
    started: Timestamp,
    told: Told<'_>,
) -> Result<u64> {
    let collection = job.collection();
    let commit = Commit { cursor: found.walked.cursor.clone(), rights_as_of: Some(started) };
    let taken = &mut found.taken;
    let rest = Changes { upsert: std::mem::take(&mut taken.rest), delete: found.deleted.clone() };
    let nothing = rest.upsert.is_empty() && rest.delete.is_empty() && found.before.staged.is_empty();
    let change = match taken.change.take() {
        None if nothing => {
            let head = rooms.collections.head(&collection)?;
            if head.is_some() {
                rooms.collections.confirm(&collection, commit)?;
            }
            return Ok(head.map_or(0, |head| head.serving));
        }
        None => rooms.collections.change(&collection)?,
        Some(change) => change,
    };
    let embedded = |done, total| told(Progress { phase: Phase::Embedding { done, total }, ..Progress::default() });
    Ok(change.stage_and_commit(rest, commit, &embedded)?)
}

/// Where the source stood, as it may be told: the next address of an API is as its server gave it, and may hold a token.
fn told_cursor(job: &FeedJob<'_>, cursor: Option<Value>) -> Option<Value> {
    cursor.filter(|_| !matches!(job.feed.sources().first(), Some(FeedSource::Api(_))))
}

/// What the feed reads, as its report names it.
fn source_name(job: &FeedJob<'_>) -> String {
    job.feed.sources().first().map_or_else(String::new, crate::source::name)
}

fn ended(job: &FeedJob<'_>, (run, started): (u64, Timestamp), found: Found, version: u64) -> Ended {
    let Found { before, walked, taken: Taken { learned, inputs, .. }, mut deleted, whole, .. } = found;
    let quarantined = quarantine(&before, &learned, &deleted, whole, job.feed_name);
    // What was only staged, and never served, is no deletion that anybody would notice.
    deleted.retain(|id| before.served.contains_key(id));
    let seen = learned.seen();
    let mut warnings = walked.warnings;
    warnings.extend(learned.warnings);
    if learned.items.is_empty() && whole {
        warnings.push(format!("the feed found nothing in `{}`", source_name(job)));
    }
    let (mut touched, mut sketches, mut passages) = (Vec::new(), Vec::new(), 0);
    for (document, put) in learned.put {
        sketches.push((document.clone(), put.sketch));
        if let Some(change) = put.change {
            passages += put.passages;
            let (path, content_hash) = (Some(put.path), Some(put.content_hash));
            touched.push(TouchedDocument { document, path, change, content_hash });
        }
    }
    touched.extend(deleted.iter().map(|id| TouchedDocument {
        document: id.clone(),
        path: before.remembered.known.get(id).map(|known| known.path.clone()),
        change: Change::Deleted,
        content_hash: None,
    }));
    let count = |change| touched.iter().filter(|one| one.change == change).count();
    let report = RunReport {
        run,
        use_case: job.use_case.to_owned(),
        feed: job.feed_name.to_owned(),
        started,
        finished: Timestamp::now(),
        seen,
        added: count(Change::Added),
        changed: count(Change::Changed),
        unchanged: learned.unchanged,
        deleted: deleted.len(),
        quarantined,
        warnings,
        passages,
        bytes: learned.bytes,
        personal: learned.personal,
        injections: learned.injections,
        more: walked.more,
        snapshot: version,
        lineage: Lineage { source: source_name(job), inputs, cursor: told_cursor(job, walked.cursor), touched },
    };
    let (remember, items, contract) = (learned.remember, learned.items, contract_hash(job.feed));
    Ended { report, remember, forget: deleted, items, whole, contract, sketches }
}

fn record_success(rooms: &Rooms, job: &FeedJob<'_>, report: &RunReport) -> Result<()> {
    // The reasons of quarantine stay out of the chain: they may quote a person's data, and the chain cannot forget.
    let body = json!({
        "state": "good",
        "feed": report.feed,
        "collection": job.collection(),
        "run": report.run,
        "started": report.started,
        "finished": report.finished,
        "seen": report.seen,
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "deleted": report.deleted,
        "quarantined": report.quarantined.len(),
        "passages": report.passages,
        "snapshot": report.snapshot,
        "lineage": report.lineage,
    });
    append(rooms, job, body)
}

fn append(rooms: &Rooms, job: &FeedJob<'_>, body: Value) -> Result<()> {
    let event = Event { kind: "feed_run", use_case: Some(job.use_case.to_owned()), body, payload: None };
    rooms.ledger.append_blocking(&event)?;
    Ok(())
}

/// Whatever stopped the run may stop its record too (a full disk does); then the log is all that is left.
fn record_failure(rooms: &Rooms, job: &FeedJob<'_>, (run, started): (u64, Timestamp), error: &Error) {
    let (finished, reason) = (Timestamp::now(), error.to_string());
    let body = json!({
        "state": "failed",
        "feed": job.feed_name,
        "collection": job.collection(),
        "run": run,
        "started": started,
        "finished": finished,
        "reason": error.told(),
    });
    let recorded = store::end_failed(&rooms.storage, key(job), run, finished, reason)
        .map_err(Error::from)
        .and_then(|()| append(rooms, job, body));
    if let Err(lost) = recorded {
        tracing::error!(feed = job.collection(), run, error = error.told(), %lost, "a failed run could not be recorded");
    }
}
