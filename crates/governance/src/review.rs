//! What a reviewer sees and what they decide.

use crate::words;
use ledger::{RequestDetail, Status};
use serde::{Deserialize, Serialize};
use usecase::{BundleId, Decision, Timestamp, TraceId, Verdict};

/// A request that a guard asked a person to look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReviewItem {
    pub trace: TraceId,
    /// When it was asked.
    pub at: Timestamp,
    pub use_case: String,
    pub bundle: Option<BundleId>,
    /// Why a person should look: one sentence for each verdict that asked, and for each that refused besides.
    pub reasons: Vec<String>,
    /// What was asked, in the clear; `None` once its subject was erased.
    pub question: Option<String>,
    /// What was answered; `None` as above, and when no text was given.
    pub answer: Option<String>,
    /// `None` while it waits.
    pub decided: Option<Decided>,
}

impl ReviewItem {
    pub(crate) fn of(detail: &RequestDetail, decided: Option<Decided>) -> Self {
        let row = &detail.row;
        Self {
            trace: row.trace,
            at: row.at,
            use_case: row.use_case.clone(),
            bundle: row.bundle.clone(),
            reasons: reasons(detail),
            question: detail.payload.as_ref().and_then(|payload| words::question(&payload.request)),
            answer: detail.payload.as_ref().and_then(|payload| words::answer(&payload.answer)),
            decided,
        }
    }
}

fn reasons(detail: &RequestDetail) -> Vec<String> {
    let refused = detail.row.status == Some(Status::Refused);
    let told = |verdict: &Verdict| match verdict.acts() {
        Decision::Review => Some(format!("{} ({}): {}", verdict.guard, verdict.rule, verdict.reason)),
        Decision::Refuse if refused => {
            Some(format!("refused by {} ({}): {}", verdict.guard, verdict.rule, verdict.reason))
        }
        _ => None,
    };
    detail.verdicts.iter().filter_map(told).collect()
}

/// What a person says of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewDecision {
    /// It was right as it was.
    Approve,
    /// It should have been this.
    Correct { text: String },
    /// It should not have been given.
    Reject,
}

/// The kind of a decision, without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Approved,
    Corrected,
    Rejected,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Corrected => "corrected",
            Self::Rejected => "rejected",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Approved, Self::Corrected, Self::Rejected].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// A decision that was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decided {
    pub outcome: Outcome,
    /// The person or key that decided.
    pub by: String,
    pub at: Timestamp,
    /// Minutes of work that it took.
    pub minutes: f64,
    /// What the answer should have been; `None` unless it was corrected, and once its subject was erased.
    pub correction: Option<String>,
    pub note: Option<String>,
}

impl Decided {
    pub(crate) fn new(decision: ReviewDecision, by: &str, minutes: f64, note: Option<String>) -> Self {
        let (outcome, correction) = match decision {
            ReviewDecision::Approve => (Outcome::Approved, None),
            ReviewDecision::Correct { text } => (Outcome::Corrected, Some(text)),
            ReviewDecision::Reject => (Outcome::Rejected, None),
        };
        Self { outcome, by: by.trim().to_owned(), at: Timestamp::now(), minutes, correction, note }
    }

    pub(crate) fn with(self, written: Written) -> Self {
        Self { correction: written.correction, note: written.note, ..self }
    }
}

/// The texts of a decision: the part that is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) correction: Option<String>,
    pub(crate) note: Option<String>,
}

impl Written {
    pub(crate) fn is_empty(&self) -> bool {
        self.correction.is_none() && self.note.is_none()
    }
}
