//! Why a review is not decided.

use crate::review::Decided;
use storage::Blame;
use usecase::{Fault, Remedy, Timestamp, TraceId};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("no request has the trace {0}")]
    NoSuchRequest(TraceId),
    #[error("no guard asked for a review of {0}: only requests on the review list are decided")]
    NotAskedFor(TraceId),
    #[error("{trace} was {outcome} by {by} at {at} already: a decision is not changed, it stands in the ledger")]
    AlreadyDecided { trace: TraceId, outcome: &'static str, by: String, at: Timestamp },
    #[error("the text of {0} was erased, so there is nothing left to correct: approve or reject it")]
    Erased(TraceId),
    #[error("{0}")]
    Invalid(String),
    #[error("the decision on {0} cannot be read back: {1}")]
    Damaged(TraceId, String),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    Storage(storage::Error),
}

impl Error {
    pub(crate) fn already(trace: TraceId, before: &Decided) -> Self {
        Self::AlreadyDecided { trace, outcome: before.outcome.as_str(), by: before.by.clone(), at: before.at }
    }

    pub fn fault(&self) -> Fault {
        match self {
            Self::NoSuchRequest(_)
            | Self::NotAskedFor(_)
            | Self::AlreadyDecided { .. }
            | Self::Erased(_)
            | Self::Invalid(_) => Fault::Caller,
            Self::Damaged(..) => Fault::Operator,
            Self::Ledger(cause) => cause.fault(),
            Self::Storage(cause) => match cause.blame() {
                Blame::Operator => Fault::Operator,
                Blame::Us => Fault::Us,
            },
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Ledger(cause) => cause.remedy(),
            Self::Storage(cause) if cause.may_pass() => Remedy::RetrySame,
            _ => Remedy::Fail,
        }
    }
}

impl From<storage::Error> for Error {
    /// A job that refused with an error of ours gives it back; everything else is the storage's.
    fn from(error: storage::Error) -> Self {
        match error.refusal::<Self>() {
            Some(ours) => ours.clone(),
            None => Self::Storage(error),
        }
    }
}
