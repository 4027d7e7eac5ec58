//! What people decide about answers. A guard that is unsure asks for a person; the request then stands on the review
//! list until somebody approves, corrects or rejects it, and that decision is on record like any other.
//!
//! In reading order: `review` (what a reviewer sees and decides), `words` (question and answer out of a payload), `error`,
//! `store` (the table), and `Governance` here.

mod error;
mod review;
mod store;
#[cfg(test)]
mod tests;
mod words;

pub use error::{Error, Result};
pub use review::{Decided, Outcome, ReviewDecision, ReviewItem};
pub use words::{answer, question};

use ledger::{Event, EventFilter, Ledger, RequestDetail, RequestFilter};
use review::Written;
use serde_json::json;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use storage::Storage;
use store::Store;
use usecase::{Timestamp, TraceId};

/// The ledger's name for a decision of a reviewer.
const REVIEW: &str = "review";

/// Handle to the review list of a data folder. Cheap to clone.
#[derive(Clone)]
pub struct Governance {
    store: Store,
    ledger: Ledger,
    /// One decision at a time, so that two people in one process cannot both decide a request.
    deciding: Arc<Mutex<()>>,
}

impl Governance {
    /// # Errors
    /// The operator's: a database that cannot be changed or is newer than this program.
    pub fn open(storage: &Storage, ledger: &Ledger) -> Result<Self> {
        Ok(Self { store: Store::open(storage)?, ledger: ledger.clone(), deciding: Arc::default() })
    }

    /// Requests that wait for a person, of one use case or of all; the one that has waited longest first. Opens the
    /// payload of each.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn reviews(&self, use_case: Option<&str>) -> Result<Vec<ReviewItem>> {
        let filter =
            RequestFilter { use_case: use_case.map(str::to_owned), review: Some(true), ..RequestFilter::default() };
        let decided = self.store.decided_traces(use_case)?;
        let waiting = self.ledger.requests(&filter)?.into_iter().rev().filter(|row| !decided.contains(&row.trace));
        let mut items = Vec::new();
        for row in waiting {
            let detail = self.ledger.request(&row.trace)?;
            items.extend(detail.map(|detail| ReviewItem::of(&detail, None)));
        }
        Ok(items)
    }

    /// One request that a guard asked a person to look at, decided or not; `None` when there is no such request, or
    /// no guard asked.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn review(&self, trace: &TraceId) -> Result<Option<ReviewItem>> {
        let Some(detail) = self.ledger.request(trace)?.filter(|detail| detail.row.review) else { return Ok(None) };
        let decided = match self.store.decided(trace)? {
            Some(decided) => Some(self.with_texts(decided, &detail)?),
            None => None,
        };
        Ok(Some(ReviewItem::of(&detail, decided)))
    }

    /// Records what a person decided. `minutes` is how long they worked on it; a note (empty for none) and a corrected
    /// text are kept encrypted, beside the chain, because they speak of the person who asked.
    ///
    /// # Errors
    /// The caller's: no such request, no guard asked for a review, decided before, a correction without text or of a
    /// request whose text was erased, minutes that are no number from 0.
    pub fn decide(
        &self,
        trace: TraceId,
        decision: ReviewDecision,
        by: &str,
        minutes: f64,
        note: &str,
    ) -> Result<Decided> {
        check_form(&decision, by, minutes)?;
        let _turn = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        let detail = self.ledger.request(&trace)?.ok_or(Error::NoSuchRequest(trace))?;
        if !detail.row.review {
            return Err(Error::NotAskedFor(trace));
        }
        if let Some(before) = self.store.decided(&trace)? {
            return Err(Error::already(trace, &before));
        }
        if matches!(decision, ReviewDecision::Correct { .. }) && detail.payload.is_none() {
            return Err(Error::Erased(trace));
        }
        let note = Some(note.trim()).filter(|note| !note.is_empty()).map(str::to_owned);
        let decided = Decided::new(decision, by, minutes, note);
        // The record comes first. Cut between the two, the request still waits, and deciding it again completes it.
        self.ledger.append_blocking(&event(&detail, &decided))?;
        self.store.keep(trace, &detail.row.use_case, decided.clone())?;
        Ok(decided)
    }

    /// The texts of a decision, which lie encrypted in the ledger; without them when they were erased.
    fn with_texts(&self, decided: Decided, detail: &RequestDetail) -> Result<Decided> {
        let filter = EventFilter {
            kind: Some(REVIEW.to_owned()),
            use_case: Some(detail.row.use_case.clone()),
            since: Some(detail.row.at),
            limit: None,
        };
        let trace = json!(detail.row.trace);
        let events = self.ledger.events(&filter)?;
        // The newest one: an older one was cut off before it took effect.
        let Some(event) = events.into_iter().find(|event| event.body.get("trace") == Some(&trace)) else {
            return Ok(decided);
        };
        let written = self.ledger.event_payload(&event)?.and_then(|written| serde_json::from_value(written).ok());
        Ok(decided.with(written.unwrap_or_default()))
    }
}

/// The minutes that reviewers worked on requests of a use case, by trace: a part of what its answers cost.
///
/// # Errors
/// When the ledger cannot be read.
pub fn minutes_of_reviewers(ledger: &Ledger, use_case: &str) -> Result<Vec<(TraceId, f64)>> {
    let filter =
        EventFilter { kind: Some(REVIEW.to_owned()), use_case: Some(use_case.to_owned()), ..EventFilter::default() };
    let mut counted = HashSet::new();
    let minutes = ledger.events(&filter)?.into_iter().filter_map(|event| {
        let trace = TraceId::parse(event.body.get("trace")?.as_str()?)?;
        // Only the newest counts: a decision that was cut off before it took effect was made again.
        counted.insert(trace).then_some((trace, event.body.get("minutes")?.as_f64()?))
    });
    Ok(minutes.collect())
}

fn check_form(decision: &ReviewDecision, by: &str, minutes: f64) -> Result<()> {
    if by.trim().is_empty() {
        return Err(Error::Invalid("a decision needs the name of the person who decides".to_owned()));
    }
    if !minutes.is_finite() || minutes < 0.0 {
        return Err(Error::Invalid(format!("the minutes of work are {minutes}, but must be a number from 0")));
    }
    match decision {
        ReviewDecision::Correct { text } if text.trim().is_empty() => {
            Err(Error::Invalid("a correction needs the corrected text; to withhold the answer, reject it".to_owned()))
        }
        _ => Ok(()),
    }
}

fn event(detail: &RequestDetail, decided: &Decided) -> Event {
    let row = &detail.row;
    let body = json!({
        "trace": row.trace,
        "bundle": row.bundle,
        "decision": decided.outcome,
        "by": decided.by,
        "minutes": decided.minutes,
        "waited_us": Timestamp::now().0.saturating_sub(row.at.0),
    });
    let written = Written { correction: decided.correction.clone(), note: decided.note.clone() };
    let payload = (!written.is_empty()).then(|| (words::owner(detail), json!(written)));
    Event { kind: REVIEW, use_case: Some(row.use_case.clone()), body, payload }
}
