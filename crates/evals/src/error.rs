//! What can go wrong around a run. Inside a run nothing is an error of the room: a case that gets no answer is a
//! result, with the outcome `Error`.

use usecase::{Fault, Remedy};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the eval runs cannot be read or kept: {0}")]
    Storage(#[from] storage::Error),

    #[error("the eval run could not be entered in the ledger: {0}")]
    Ledger(#[from] ledger::Error),

    /// A newer version of Shipway wrote it, or the folder was edited by hand.
    #[error("the stored eval run {run} cannot be read: {reason}")]
    UnreadableRun { run: String, reason: String },

    #[error("the report cannot be written: {0}")]
    Report(String),
}

impl Error {
    pub fn fault(&self) -> Fault {
        match self {
            Self::Storage(cause) => match cause.blame() {
                storage::Blame::Operator => Fault::Operator,
                storage::Blame::Us => Fault::Us,
            },
            Self::Ledger(cause) => cause.fault(),
            Self::UnreadableRun { .. } => Fault::Operator,
            Self::Report(_) => Fault::Us,
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Storage(cause) if cause.may_pass() => Remedy::RetrySame,
            Self::Ledger(cause) => cause.remedy(),
            _ => Remedy::Fail,
        }
    }
}
