//! The texts that the chain is made of. Each is serialised once, stored as that very text and hashed as that text, so
//! no second serialisation ever has to agree with the first; field order is the order below.

use crate::error::{Error, Result};
use crate::outcome::{OutcomeId, OutcomeSubject};
use crate::record::{Arm, Finished, Source, Span, Started, Status};
use crate::row::RequestRow;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usecase::{Attempt, BundleId, Citation, Cost, MicroUsd, Timestamp, TraceId, Usage, Verdict};

/// The kinds that the ledger writes itself.
pub(crate) const REQUEST: &str = "request";
pub(crate) const OUTCOME: &str = "outcome";
pub(crate) const ERASURE: &str = "erasure";

/// The event of a request that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RequestBody {
    pub(crate) use_case: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bundle: Option<BundleId>,
    pub(crate) arm: Arm,
    pub(crate) source: Source,
    pub(crate) key: String,
    pub(crate) run: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) conversation: Option<String>,
    pub(crate) stream: bool,
    pub(crate) started: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) duration_us: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) own_us: Option<u64>,
    pub(crate) status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    pub(crate) usage: Usage,
    pub(crate) cost: Cost,
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub(crate) saved: MicroUsd,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cache: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) attempts: Vec<Attempt>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) verdicts: Vec<Verdict>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) spans: Vec<Span>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) citations: Vec<Citation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) snapshots: Vec<(String, u64)>,
    /// The payload's salted digest in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payload: Option<String>,
}

impl RequestBody {
    pub(crate) fn finished(
        started: &Started,
        run: &str,
        conversation: Option<String>,
        end: Finished,
        digest: String,
    ) -> Self {
        Self {
            use_case: started.use_case.clone(),
            bundle: started.bundle.clone(),
            arm: started.arm,
            source: started.source,
            key: started.key.clone(),
            run: run.to_owned(),
            conversation,
            stream: started.stream,
            started: started.at,
            duration_us: Some(u64::try_from(end.at.0.saturating_sub(started.at.0)).unwrap_or(0)),
            own_us: Some(end.own_us),
            status: end.status,
            error: end.error,
            usage: end.usage,
            cost: end.cost,
            saved: end.saved,
            cache: end.cache,
            attempts: end.attempts,
            verdicts: end.verdicts,
            spans: end.spans,
            citations: end.citations,
            snapshots: end.snapshots,
            payload: Some(digest),
        }
    }

    /// The event of a request whose process died. What it had cost by then nobody knows.
    pub(crate) fn interrupted(row: RequestRow) -> Self {
        Self {
            use_case: row.use_case,
            bundle: row.bundle,
            arm: row.arm,
            source: row.source,
            key: row.key,
            run: row.run,
            conversation: row.conversation,
            stream: row.stream,
            started: row.at,
            duration_us: None,
            own_us: None,
            status: Status::Interrupted,
            error: Some("the process ended before the request did".to_owned()),
            usage: Usage::default(),
            cost: Cost::UNKNOWN,
            saved: MicroUsd::ZERO,
            cache: None,
            attempts: Vec::new(),
            verdicts: Vec::new(),
            spans: Vec::new(),
            citations: Vec::new(),
            snapshots: Vec::new(),
            payload: None,
        }
    }
}

/// The event of a reported outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OutcomeBody {
    pub(crate) id: OutcomeId,
    pub(crate) use_case: String,
    /// A conversation stands here as its pseudonym.
    pub(crate) subject: OutcomeSubject,
    pub(crate) outcome: String,
    pub(crate) success: Option<bool>,
    pub(crate) value: Option<MicroUsd>,
    pub(crate) human_minutes: f64,
    pub(crate) occurred_at: Timestamp,
    pub(crate) key: String,
}

/// The event of an erasure: which keys were destroyed, by their number, which tells nobody whose they were; or of which
/// single requests the salt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ErasureBody {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) subject_keys: Vec<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) traces: Vec<TraceId>,
}

/// Every other event: the facts as they were given, and the digest of the payload that goes with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DecisionBody {
    pub(crate) facts: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payload: Option<String>,
}

/// All that `verify` needs to know of a body before it knows its kind.
#[derive(Deserialize)]
pub(crate) struct PayloadMark {
    #[serde(default)]
    pub(crate) payload: Option<String>,
}

fn is_nothing(money: &MicroUsd) -> bool {
    money.0 == 0
}

/// Room for most bodies and payloads, in bytes.
const USUAL_TEXT: usize = 2048;

pub(crate) fn text(body: &impl Serialize) -> Result<String> {
    let mut text = Vec::with_capacity(USUAL_TEXT);
    serde_json::to_writer(&mut text, body).map_err(|error| Error::Unreadable(error.to_string()))?;
    String::from_utf8(text).map_err(|error| Error::Unreadable(error.to_string()))
}

pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Unreadable(error.to_string()))
}
