//! What came of an answer in the business, as the app reports it later.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use usecase::{MicroUsd, Timestamp, TraceId};

/// Longest name of an outcome, in bytes: it becomes a label in metrics.
const LONGEST_NAME: usize = 64;

/// `o-` and 16 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutcomeId(pub String);

impl fmt::Display for OutcomeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the outcome is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeSubject {
    Trace(TraceId),
    /// All requests of the conversation in the use case. In a report: the app's own name for it; in rows that are
    /// read back: its pseudonym, which is equal for equal conversations.
    Conversation(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeReport {
    pub use_case: String,
    pub subject: OutcomeSubject,
    /// The app's word: `resolved`, `escalated`, `reopened`, …
    pub outcome: String,
    /// The app's own judgement; `None` leaves it to the use case's list of successes.
    pub success: Option<bool>,
    /// What it was worth, in micro-dollars; may be negative.
    pub value: Option<MicroUsd>,
    /// Minutes of people's work that went into it besides.
    pub human_minutes: f64,
    /// The latest report by this moment counts; the others of the same subject are superseded. `None` is the moment of
    /// recording, and a report that is sent again keeps that of the first.
    pub occurred_at: Option<Timestamp>,
    /// The same report sent twice under the same key is recorded once.
    pub idempotency_key: Option<String>,
    /// The caller's public key id.
    pub key: String,
}

impl OutcomeReport {
    pub(crate) fn check(&self) -> Result<()> {
        let no = |reason: String| Err(Error::InvalidOutcome(reason));
        if self.outcome.trim().is_empty() || self.outcome.len() > LONGEST_NAME {
            return no(format!("`outcome` is a word of 1 to {LONGEST_NAME} bytes, such as \"resolved\""));
        }
        if !self.human_minutes.is_finite() || self.human_minutes < 0.0 {
            return no(format!("`human_minutes` is {}, but must be a number from 0", self.human_minutes));
        }
        match &self.subject {
            OutcomeSubject::Conversation(name) if name.is_empty() => no("`conversation` is empty".to_owned()),
            _ => Ok(()),
        }
    }
}
