//! Gathers what a use case is judged by: its files as they are now, how fresh its feeds are, what its gate said, what its
//! requests left on record, and what serves. The API and the command line judge by the very same facts. Everything
//! here reads the disk and blocks: call it beside the network threads.

use crate::app::Parts;
use evals::{Outcome, Run};
use ingest::{FeedJob, How};
use insight::{
    Evidence, FeedEvidence, GateEvidence, OutcomeFigures, Purpose, Readiness, ReleaseEvidence, Savings, TraceEvidence,
    Worked,
};
use ledger::{Ledger, RequestFilter, RequestRow, Source};
use releases::Kind;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use usecase::declared::Feed;
use usecase::project::UseCase;
use usecase::{BundleId, Diagnostics, Fault, Timestamp};

#[cfg(test)]
mod tests;

/// How many of the newest traces are opened to see that they hold spans.
const TRACES_OPENED: usize = 20;
/// How many of the cases that did not pass are named.
const CASES_NAMED: usize = 3;
/// How many of the newest requests are read, so that judging stays quick however long the ledger has become.
const REQUESTS_READ: usize = 100_000;

/// One use case, judged.
#[derive(Clone, Debug, Serialize)]
pub struct Gathered {
    pub readiness: Readiness,
    pub outcomes: OutcomeFigures,
    /// What the caches saved, over the same requests.
    pub savings: Savings,
    /// What the figures leave out, where they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why a use case cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// Its files cannot be read as a use case.
    #[error("{0}")]
    UseCase(Diagnostics),
    #[error("the feeds cannot be judged: {0}")]
    Ingest(#[from] ingest::Error),
    #[error("the collections cannot be read: {message}")]
    Collections { message: String, fault: Fault },
    #[error(transparent)]
    Evals(#[from] evals::Error),
    #[error(transparent)]
    Releases(#[from] releases::Error),
    #[error(transparent)]
    Governance(#[from] governance::Error),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
}

impl GatherError {
    pub fn fault(&self) -> Fault {
        match self {
            Self::UseCase(_) => Fault::Operator,
            Self::Ingest(cause) => cause.fault(),
            Self::Collections { fault, .. } => *fault,
            Self::Evals(cause) => cause.fault(),
            Self::Releases(cause) => cause.fault(),
            Self::Governance(cause) => cause.fault(),
            Self::Ledger(cause) => cause.fault(),
        }
    }
}

/// Judges the folder as it is now: is it in production as it should be?
///
/// # Errors
/// When its files are wrong or the records cannot be read.
pub fn gather(parts: &Parts, name: &str) -> Result<Gathered, GatherError> {
    gather_for(parts, name, Purpose::Check)
}

/// Judges the folder as it is now: may it be released? That it is not released yet is no fault then.
///
/// # Errors
/// Like `gather`.
pub fn gather_for_release(parts: &Parts, name: &str) -> Result<Gathered, GatherError> {
    gather_for(parts, name, Purpose::Release)
}

fn gather_for(parts: &Parts, name: &str, purpose: Purpose) -> Result<Gathered, GatherError> {
    let use_case = parts.project.use_case(name).map_err(GatherError::UseCase)?;
    let now = Timestamp::now();
    let evidence = Evidence {
        use_case: &use_case,
        feeds: feeds(parts, &use_case, now)?,
        gate: gate(parts, &use_case.bundle)?,
        traces: traces(parts, &use_case)?,
        release: release(parts, &use_case)?,
        now,
    };
    let readiness = insight::judge(&evidence, purpose);
    let (mut outcomes, savings, whole) = outcomes(parts, &use_case, now)?;
    let note = (!whole).then(|| format!("the outcomes' figures are of the newest {REQUESTS_READ} requests"));
    if let Some(note) = &note {
        outcomes.sentence = format!("{} ({note})", outcomes.sentence);
    }
    Ok(Gathered { readiness, outcomes, savings, note })
}

fn feeds(parts: &Parts, use_case: &UseCase, now: Timestamp) -> Result<Vec<FeedEvidence>, GatherError> {
    let folder = parts.project.use_case_folder(&use_case.name);
    let quarantined = parts.ingest.quarantined(&use_case.name)?;
    let documents = documents(parts)?;
    let judged = use_case.declared.feeds.iter().map(|(feed_name, feed)| {
        let job = FeedJob { use_case: &use_case.name, feed_name, feed, folder: &folder, how: How::default() };
        let freshness = parts.ingest.freshness(&use_case.name, feed_name, feed, now)?;
        Ok(FeedEvidence {
            name: feed_name.clone(),
            scheduled: schedule(feed),
            last_good: freshness.last_good,
            fresh: freshness.fresh,
            within: freshness.within,
            documents: documents.get(&job.collection()).copied().unwrap_or_default(),
            quarantined: quarantined.iter().filter(|one| &one.feed == feed_name).count() as u64,
            access: feed.access.is_some(),
        })
    });
    judged.collect()
}

/// How many documents each collection holds, by its name.
fn documents(parts: &Parts) -> Result<HashMap<String, u64>, GatherError> {
    let collections = parts.pipeline.engines().collections.list();
    let collections =
        collections.map_err(|error| GatherError::Collections { fault: error.fault(), message: error.to_string() })?;
    Ok(collections.into_iter().map(|(name, head)| (name, head.documents)).collect())
}

fn schedule(feed: &Feed) -> Option<String> {
    let every = feed.every.map(|period| format!("every {period}"));
    every.or_else(|| feed.cron.as_ref().map(|cron| format!("cron {cron}")))
}

fn gate(parts: &Parts, bundle: &BundleId) -> Result<Option<GateEvidence>, GatherError> {
    let Some(run) = parts.evals.latest(bundle)? else { return Ok(None) };
    let passed = parts.evals.passed(bundle)?;
    Ok(Some(GateEvidence {
        passed: passed.is_some(),
        verdict: passed.map_or_else(|| shortcomings(&run), |passed| passed.verdict().to_owned()),
        at: run.finished,
        cases: run.totals.cases as u64,
        changed_since: changed_since(parts, &run)?,
        bundle: run.bundle,
    }))
}

/// Feeds that brought other documents than those the run was measured on.
fn changed_since(parts: &Parts, run: &Run) -> Result<Vec<String>, GatherError> {
    let later = parts.ingest.last_runs(&run.use_case)?.into_iter().filter(|fed| fed.started > run.started);
    let changed = later
        .filter(|fed| fed.report.as_ref().is_some_and(|report| report.added + report.changed + report.deleted > 0));
    let feeds: BTreeSet<String> = changed.map(|fed| fed.feed).collect();
    Ok(feeds.into_iter().collect())
}

/// What a run that did not pass its gate looked like: `15/20 passed; not evals/a.yaml:3, evals/b.yaml:9 and 3 more`.
fn shortcomings(run: &Run) -> String {
    let mut places = run.cases.iter().filter(|case| case.outcome != Outcome::Passed).map(|case| case.place());
    let named: Vec<String> = places.by_ref().take(CASES_NAMED).collect();
    let more = places.count();
    let counted = format!("{}/{} passed", run.totals.passed, run.totals.cases);
    match (named.is_empty(), more) {
        (true, _) => counted,
        (false, 0) => format!("{counted}; not {}", named.join(", ")),
        (false, more) => format!("{counted}; not {} and {more} more", named.join(", ")),
    }
}

fn traces(parts: &Parts, use_case: &UseCase) -> Result<TraceEvidence, GatherError> {
    let filter = RequestFilter {
        use_case: Some(use_case.name.clone()),
        bundle: Some(use_case.bundle.clone()),
        limit: Some(REQUESTS_READ),
        ..RequestFilter::default()
    };
    let rows = parts.ledger.requests(&filter)?;
    // The newest first; a request that still runs has no trace to look at yet.
    let newest: Vec<&RequestRow> = rows.iter().filter(|row| row.status.is_some()).take(TRACES_OPENED).collect();
    let mut with_spans = 0;
    for row in &newest {
        let detail = parts.ledger.request(&row.trace)?;
        with_spans += u64::from(detail.is_some_and(|detail| !detail.spans.is_empty()));
    }
    Ok(TraceEvidence::of(&insight::traffic(&rows), newest.len() as u64, with_spans))
}

fn release(parts: &Parts, use_case: &UseCase) -> Result<ReleaseEvidence, GatherError> {
    let status = parts.releases.status(&use_case.name)?;
    let rolled_back_last = status.history.first().is_some_and(|decision| decision.kind == Kind::RolledBack);
    let steps = use_case.declared.release.steps.iter().map(ToString::to_string).collect();
    let Some(pointer) = status.pointer else {
        return Ok(ReleaseEvidence { steps, stable: None, canary: None, rolled_back_last });
    };
    let canary = pointer.canary.map(|canary| (canary, pointer.share));
    Ok(ReleaseEvidence { steps, stable: Some(pointer.stable), canary, rolled_back_last })
}

/// What apps asked a use case, live and in batches, the newest first and at most so many; and whether these are all.
///
/// # Errors
/// The ledger's.
pub fn own_requests(
    ledger: &Ledger,
    name: &str,
    since: Option<Timestamp>,
    most: usize,
) -> Result<(Vec<RequestRow>, bool), ledger::Error> {
    let of = |source| {
        let (use_case, source, limit) = (Some(name.to_owned()), Some(source), Some(most.saturating_add(1)));
        ledger.requests(&RequestFilter { use_case, source, since, limit, ..RequestFilter::default() })
    };
    let mut rows = of(Source::Live)?;
    let batches = of(Source::Batch)?;
    if !batches.is_empty() {
        rows.extend(batches);
        rows.sort_by_key(|row| Reverse((row.at, row.trace)));
    }
    let whole = rows.len() <= most;
    rows.truncate(most);
    Ok((rows, whole))
}

/// Over all bundles that ever served, by the rules that are declared now; and whether every request was counted.
fn outcomes(parts: &Parts, use_case: &UseCase, now: Timestamp) -> Result<(OutcomeFigures, Savings, bool), GatherError> {
    let (requests, whole) = own_requests(&parts.ledger, &use_case.name, None, REQUESTS_READ)?;
    let outcomes = parts.ledger.outcomes(&use_case.name)?;
    let reviews: Vec<Worked> = governance::minutes_of_reviewers(&parts.ledger, &use_case.name)?
        .into_iter()
        .map(|(trace, minutes)| Worked { trace, minutes })
        .collect();
    let figures = insight::figures(&outcomes, &requests, &reviews, &use_case.declared.outcome, now);
    Ok((figures, insight::savings(&requests), whole))
}
