//! What comes back: rows for queries, and the whole of one request.

use crate::body::RequestBody;
use crate::outcome::{OutcomeId, OutcomeSubject};
use crate::record::{Arm, Payload, Source, Span, Status};
use serde::Serialize;
use serde_json::Value;
use usecase::{Attempt, AttemptEnd, BundleId, Citation, Cost, Decision, MicroUsd, Timestamp, TraceId, Usage, Verdict};

/// Which requests; everything that is `None` allows all. Newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestFilter {
    pub use_case: Option<String>,
    /// Started at this moment or later.
    pub since: Option<Timestamp>,
    /// Started before this moment.
    pub until: Option<Timestamp>,
    pub bundle: Option<BundleId>,
    pub arm: Option<Arm>,
    pub source: Option<Source>,
    pub status: Option<Status>,
    pub key: Option<String>,
    /// The app's own name for the conversation.
    pub conversation: Option<String>,
    /// Whether a guard asked for a person to look at it.
    pub review: Option<bool>,
    pub limit: Option<usize>,
}

impl RequestFilter {
    /// What the store's conditions say in SQL, for rows that are not in the store. `conversation` is the pseudonym of the
    /// one that the filter names.
    pub(crate) fn lets_through(&self, row: &RequestRow, conversation: Option<&str>) -> bool {
        fn fits<T: PartialEq + ?Sized>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        fits(self.use_case.as_ref(), Some(&row.use_case))
            && self.since.is_none_or(|since| row.at >= since)
            && self.until.is_none_or(|until| row.at < until)
            && fits(self.bundle.as_ref(), row.bundle.as_ref())
            && fits(self.arm.as_ref(), Some(&row.arm))
            && fits(self.source.as_ref(), Some(&row.source))
            && fits(self.status.as_ref(), row.status.as_ref())
            && fits(self.key.as_ref(), Some(&row.key))
            && fits(conversation, row.conversation.as_deref())
            && fits(self.review.as_ref(), Some(&row.review))
    }
}

/// One request in columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequestRow {
    pub trace: TraceId,
    /// When it began.
    pub at: Timestamp,
    pub use_case: String,
    pub bundle: Option<BundleId>,
    pub arm: Arm,
    pub source: Source,
    pub key: String,
    /// The process that served it.
    pub run: String,
    /// A pseudonym: equal for equal conversations, and no way back to the name.
    pub conversation: Option<String>,
    pub stream: bool,
    /// `None` while it runs.
    pub status: Option<Status>,
    pub error: Option<String>,
    /// The model whose answer was given, as `provider/model`.
    pub model: Option<String>,
    pub usage: Usage,
    pub cost: Cost,
    /// Money that was not spent, thanks to a cache.
    pub saved: MicroUsd,
    /// `exact` or `semantic` when the answer came from the answer cache.
    pub cache: Option<String>,
    /// µs that we added ourselves; `None` while it runs, and when it was interrupted.
    pub own_us: Option<u64>,
    /// µs from start to end; `None` as above.
    pub duration_us: Option<u64>,
    /// µs from the request's start to the first byte of the model that answered.
    pub first_token_us: Option<u64>,
    /// A guard asked for a person to look at it.
    pub review: bool,
}

impl RequestRow {
    /// The row that an event stands for: what `verify` compares the stored row with.
    pub(crate) fn of(trace: TraceId, body: &RequestBody) -> Self {
        let answered = body.attempts.iter().rev().find(|attempt| attempt.end == AttemptEnd::Answered);
        let first_token_us = answered.and_then(|attempt| {
            let before = u64::try_from(attempt.started.0.saturating_sub(body.started.0)).unwrap_or(0);
            Some(before.saturating_add(attempt.first_token_us?))
        });
        Self {
            trace,
            at: body.started,
            use_case: body.use_case.clone(),
            bundle: body.bundle.clone(),
            arm: body.arm,
            source: body.source,
            key: body.key.clone(),
            run: body.run.clone(),
            conversation: body.conversation.clone(),
            stream: body.stream,
            status: Some(body.status),
            error: body.error.clone(),
            model: answered.map(|attempt| attempt.model.clone()),
            usage: body.usage,
            cost: body.cost,
            saved: body.saved,
            cache: body.cache.clone(),
            own_us: body.own_us,
            duration_us: body.duration_us,
            first_token_us,
            review: body.verdicts.iter().any(|verdict| verdict.acts() == Decision::Review),
        }
    }
}

/// Everything about one request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequestDetail {
    pub row: RequestRow,
    pub attempts: Vec<Attempt>,
    pub verdicts: Vec<Verdict>,
    pub spans: Vec<Span>,
    pub citations: Vec<Citation>,
    pub snapshots: Vec<(String, u64)>,
    /// `None` while it runs, when it was interrupted, and once its subject was erased.
    pub payload: Option<Payload>,
}

impl RequestDetail {
    /// With nothing but the row.
    pub(crate) fn of(row: RequestRow) -> Self {
        Self {
            row,
            attempts: Vec::new(),
            verdicts: Vec::new(),
            spans: Vec::new(),
            citations: Vec::new(),
            snapshots: Vec::new(),
            payload: None,
        }
    }
}

/// One reported outcome and the requests that it is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutcomeRow {
    pub id: OutcomeId,
    pub use_case: String,
    pub subject: OutcomeSubject,
    pub outcome: String,
    pub success: Option<bool>,
    pub value: Option<MicroUsd>,
    pub human_minutes: f64,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
    pub key: String,
    /// A later report about the same subject counts instead.
    pub superseded: bool,
    /// The request, or all requests of the conversation so far, oldest first. A trace can stand in an outcome of its
    /// own and in its conversation's: whoever sums costs sums over distinct traces.
    pub traces: Vec<TraceId>,
    /// What these requests cost together.
    pub cost: Cost,
}

/// Which events; newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventFilter {
    pub kind: Option<String>,
    pub use_case: Option<String>,
    pub since: Option<Timestamp>,
    pub limit: Option<usize>,
}

/// One event of the chain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventRow {
    pub node: String,
    pub seq: u64,
    pub at: Timestamp,
    pub kind: String,
    pub use_case: Option<String>,
    pub trace: Option<TraceId>,
    pub body: Value,
    /// The chain's hash up to this event, in hex.
    pub hash: String,
}

/// What was spent since a moment, by key, use case and source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spent {
    pub key: String,
    pub use_case: String,
    pub source: Source,
    pub cost: Cost,
}
