//! What stops a whole run. What is wrong with a single document is no error: that document is quarantined, with a
//! reason, and the run goes on.

use std::io;
use std::path::PathBuf;
use thiserror::Error as ThisError;
use usecase::{Fault, Remedy};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, ThisError)]
pub enum Error {
    #[error("feed {use_case}.{feed} is already running; wait for that run to end")]
    AlreadyRunning { use_case: String, feed: String },
    #[error("`files = \"{files}\"` cannot be used: {reason}")]
    Pattern { files: String, reason: String },
    #[error("{path} is a symbolic link that leaves the use case's folder; put the files themselves below it")]
    LeavesFolder { path: String },
    #[error("the folder {} cannot be read: {cause}", path.display())]
    Folder { path: PathBuf, cause: io::Error },
    #[error(
        "the source is empty; nothing was deleted (`{place}` filled {documents} documents before). If it is meant to be \
         empty, declare the check {{ row_count = {{ min = 0 }} }}"
    )]
    Emptied { place: String, documents: usize },
    #[error(
        "the run would delete {dropped} of {served} documents, more than max_drop = \"{most}\" allows; nothing was changed. \
         Look at the source; if they are to go, run `shipway ingest {use_case} --feed {feed} --allow-drop`"
    )]
    Dropped { dropped: usize, served: usize, most: String, use_case: String, feed: String },
    #[error(
        "{failed} documents fail the feed's contract and `on_violation = \"stop\"`; nothing was changed. The first is \
         {document}: {reason}"
    )]
    Violated { failed: usize, document: String, reason: String },
    #[error("the check max_failed refuses the run, nothing was changed: {0}")]
    MaxFailed(String),
    /// `place` names it as it was declared, without any secret.
    #[error("{place} cannot be read: {reason}")]
    Source { place: String, reason: String },
    #[error("the check row_count refuses the run, nothing was changed: {0}")]
    RowCount(String),
    #[error("the check regex on `{field}` has a pattern that cannot be compiled: {reason}")]
    BadRegex { field: String, reason: String },
    #[error("the secret {reference} gives nothing; set it, or change the reference in the feed")]
    MissingSecret { reference: String },
    #[error("the schedule cannot be used: {0}")]
    Schedule(String),
    #[error("the lock file {} cannot be used: {cause}", path.display())]
    Lock { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    Retrieval(#[from] retrieval::Error),
}

impl Error {
    /// Why a run failed, as a log or the chain may keep it: without what a check, or the source itself, quotes of a
    /// document. The whole reason stands in the history of runs, which forgets.
    pub fn told(&self) -> String {
        match self {
            Self::Violated { failed, .. } => {
                format!(
                    "{failed} documents fail the feed's contract and `on_violation = \"stop\"`; nothing was changed"
                )
            }
            Self::Source { place, .. } => format!("{place} cannot be read"),
            other => other.to_string(),
        }
    }

    pub fn fault(&self) -> Fault {
        match self {
            Self::AlreadyRunning { .. } => Fault::Caller,
            Self::Storage(error) => match error.blame() {
                storage::Blame::Operator => Fault::Operator,
                storage::Blame::Us => Fault::Us,
            },
            Self::Ledger(error) => error.fault(),
            Self::Retrieval(error) => error.fault(),
            _ => Fault::Operator,
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            // A run that was refused or broke off has changed nothing that a second one would do twice.
            Self::AlreadyRunning { .. } | Self::Lock { .. } | Self::Source { .. } => Remedy::RetrySame,
            Self::Storage(error) if error.may_pass() => Remedy::RetrySame,
            Self::Ledger(error) => error.remedy(),
            Self::Retrieval(error) => error.remedy(),
            _ => Remedy::Fail,
        }
    }
}
