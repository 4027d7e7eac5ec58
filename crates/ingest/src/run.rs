//! One run, from the lock to the record. `refresh` reads like the path of one document.

use crate::contract::Contract;
use crate::error::{Error, Result};
use crate::gather::{Gathered, gather};
use crate::lock::FeedLock;
use crate::plan::{Before, Judged, Plan, plan};
use crate::report::{Change, FeedJob, Lineage, Progress, RunReport};
use crate::source::Source;
use crate::store::{self, Ended, FeedKey};
use ledger::{Event, Ledger};
use retrieval::Collections;
use serde_json::{Value, json};
use storage::Storage;
use usecase::Timestamp;

type Told<'a> = &'a (dyn Fn(Progress) + Sync);

/// The rooms that a run needs.
#[derive(Clone)]
pub(crate) struct Rooms {
    pub(crate) storage: Storage,
    pub(crate) ledger: Ledger,
    pub(crate) collections: Collections,
}

/// Runs a feed once and records how it ended. The source comes as a result, so that a run whose glob is wrong is
/// recorded like any other failure.
pub(crate) fn run(rooms: &Rooms, job: &FeedJob<'_>, source: Result<Box<dyn Source>>, told: Told) -> Result<RunReport> {
    let _lock = FeedLock::take(rooms.storage.folder(), job.use_case, job.feed_name)?;
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
    told: Told,
) -> Result<RunReport> {
    let contract = Contract::of(job.feed)?;
    let mut gathered = gather(source, told)?;
    let before = before(rooms, job)?;
    refuse_emptied(job, &contract, &mut gathered, &before)?;
    contract.admit_count(gathered.seen())?;

    let (passed, refused) = contract.judge(std::mem::take(&mut gathered.candidates));
    let seen = passed.len() + refused.len() + gathered.rejected.len();
    let judged = Judged { passed, refused };
    let mut plan = plan(&before, &gathered, &judged, job.feed_name, job.feed.passage_chars);

    let changes = std::mem::take(&mut plan.changes);
    let forget = changes.delete.clone();
    let embedded = |done, total| told(Progress::Embedding { done, total });
    let snapshot = rooms.collections.apply_with(&job.collection(), changes, &embedded)?;

    let remember = std::mem::take(&mut plan.remember);
    let report = report(job, run, seen, gathered, plan, snapshot);
    record_success(rooms, job, &report)?;
    store::end_good(&rooms.storage, key(job), Ended { report: report.clone(), remember, forget })?;
    told(Progress::Done);
    Ok(report)
}

fn key(job: &FeedJob<'_>) -> FeedKey {
    FeedKey { use_case: job.use_case.to_owned(), feed: job.feed_name.to_owned() }
}

fn before(rooms: &Rooms, job: &FeedJob<'_>) -> Result<Before> {
    let served = rooms.collections.document_hashes(&job.collection())?;
    let (known, quarantined) = rooms.storage.read(|connection| {
        let known = store::known_documents(connection, &key(job))?;
        Ok((known, store::quarantined(connection, job.use_case, Some(job.feed_name))?))
    })?;
    Ok(Before { served, known, quarantined })
}

/// An empty source is more often a folder that was not mounted or a glob that was mistyped than a collection that is
/// to be emptied; who means it declares a `row_count`.
fn refuse_emptied(job: &FeedJob<'_>, contract: &Contract, gathered: &mut Gathered, before: &Before) -> Result<()> {
    if gathered.files > 0 {
        return Ok(());
    }
    let files = job.feed.files.clone();
    if !before.served.is_empty() && !contract.counts_rows() {
        return Err(Error::MatchedNoFile { files, documents: before.served.len() });
    }
    gathered.warnings.push(format!("the feed matched no file: `{files}`"));
    Ok(())
}

fn report(
    job: &FeedJob<'_>,
    (run, started): (u64, Timestamp),
    seen: usize,
    gathered: Gathered,
    plan: Plan,
    snapshot: u64,
) -> RunReport {
    RunReport {
        run,
        use_case: job.use_case.to_owned(),
        feed: job.feed_name.to_owned(),
        started,
        finished: Timestamp::now(),
        seen,
        added: plan.count(Change::Added),
        changed: plan.count(Change::Changed),
        unchanged: plan.unchanged,
        deleted: plan.count(Change::Deleted),
        quarantined: plan.quarantined,
        warnings: gathered.warnings,
        passages: plan.passages,
        snapshot,
        lineage: Lineage { files: job.feed.files.clone(), inputs: gathered.inputs, touched: plan.touched },
    }
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
        "reason": reason,
    });
    let recorded = store::end_failed(&rooms.storage, key(job), run, finished, reason)
        .map_err(Error::from)
        .and_then(|()| append(rooms, job, body));
    if let Err(lost) = recorded {
        tracing::error!(feed = job.collection(), run, %error, %lost, "a failed run could not be recorded");
    }
}
