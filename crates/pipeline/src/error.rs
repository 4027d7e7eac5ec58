//! Why a request got no answer.

use usecase::{Fault, Period, Remedy, TraceId};

/// No answer, and the trace under which that is recorded.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Failure {
    pub trace: TraceId,
    pub error: Error,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the prompt template of `{use_case}` failed: {reason}")]
    Template { use_case: String, reason: String },

    /// A guard's declaration names what there is not.
    #[error("the guards of `{use_case}` cannot be set up: {reason}")]
    Guards { use_case: String, reason: String },

    #[error("the context block `{block}` of `{use_case}` failed: {reason}")]
    Context { use_case: String, block: String, reason: String },

    #[error("there is no use case or provider for the model `{0}`")]
    UnknownModel(String),

    /// A rule that the operator declared keeps the data from every model that could answer.
    #[error("{0}")]
    NotCleared(models::Error),

    /// Every model of the chain failed; the last failure speaks for all, since it is the one that decided.
    #[error("{last}")]
    NoModelAnswered { last: models::Error, attempts: usize },

    #[error("{0}")]
    Filter(String),

    #[error("the passages could not be searched: {0}")]
    Retrieval(#[from] retrieval::Error),

    /// A stale access list is a security fault.
    #[error(
        "the collection `{collection}` is closed: its access groups were not confirmed within {within}. Refresh its feed \
         (`shipway feed status` tells what keeps it)"
    )]
    Closed { collection: String, within: Period },

    /// No answer leaves without its record.
    #[error("the answer could not be recorded and was therefore not given: {0}")]
    Ledger(#[from] ledger::Error),

    #[error("a worker of ours stopped in the middle of the request")]
    WorkerStopped,
}

impl Error {
    pub fn fault(&self) -> Fault {
        match self {
            Self::Template { .. } | Self::Guards { .. } | Self::Context { .. } | Self::Closed { .. } => Fault::Operator,
            Self::UnknownModel(_) | Self::Filter(_) => Fault::Caller,
            Self::NotCleared(cause) => cause.fault(),
            Self::NoModelAnswered { last, .. } => last.fault(),
            Self::Retrieval(cause) => cause.fault(),
            Self::Ledger(cause) => cause.fault(),
            Self::WorkerStopped => Fault::Us,
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            Self::NoModelAnswered { last, .. } => last.remedy(),
            Self::Ledger(cause) => cause.remedy(),
            _ => Remedy::Fail,
        }
    }
}
