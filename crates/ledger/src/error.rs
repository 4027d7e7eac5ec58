//! What can go wrong in the ledger, whose fault it is and what may be done.

use std::path::PathBuf;
use storage::Blame;
use usecase::{Fault, Remedy, TraceId};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Storage(storage::Error),
    #[error("request {0} has begun already; every request needs a fresh trace id. This is a bug in Shipway")]
    AlreadyBegun(TraceId),
    #[error("request {0} is not open in this process: it never began, or it is finished. This is a bug in Shipway")]
    NotOpen(TraceId),
    #[error(
        "the use case {use_case:?} has no {subject} on record. Report the trace id of an answer's headers, or the \
         conversation that was sent with the request"
    )]
    UnknownSubject { use_case: String, subject: String },
    #[error("the outcome cannot be recorded: {0}")]
    InvalidOutcome(String),
    #[error(
        "the idempotency key {0:?} was used before for another outcome. Use a fresh key for a new outcome, and the \
         same body when a report is sent again"
    )]
    IdempotencyConflict(String),
    #[error(
        "{0} is missing, and with it the only key to the payloads in this data folder. Put the file back from a \
         backup; Shipway does not make a new one over existing records"
    )]
    MasterKeyMissing(PathBuf),
    #[error("{file} is not a master key: {problem}. It was cut short or overwritten; put the file back from a backup")]
    MasterKeyMalformed { file: PathBuf, problem: String },
    #[error(
        "the data folder {0} holds a master key, but its database is empty or new: restore shipway.db from a backup. To \
         begin anew, without keys and records, move master.key and node away"
    )]
    DatabaseLost(PathBuf),
    #[error("{0} does not open the payloads in this data folder. Put the file back that belongs to it")]
    MasterKeyWrong(PathBuf),
    #[error("{doing} {path}: {reason}. Check that the data folder is writable and its disk healthy")]
    Folder { doing: &'static str, path: PathBuf, reason: String },
    #[error("a record in the ledger cannot be read: {0}. Run `shipway audit verify` to find where it was changed")]
    Unreadable(String),
}

impl Error {
    pub fn fault(&self) -> Fault {
        match self {
            Self::Storage(error) => match error.blame() {
                Blame::Operator => Fault::Operator,
                Blame::Us => Fault::Us,
            },
            Self::AlreadyBegun(_) | Self::NotOpen(_) => Fault::Us,
            Self::UnknownSubject { .. } | Self::InvalidOutcome(_) | Self::IdempotencyConflict(_) => Fault::Caller,
            Self::MasterKeyMissing(_)
            | Self::MasterKeyMalformed { .. }
            | Self::MasterKeyWrong(_)
            | Self::DatabaseLost(_)
            | Self::Folder { .. }
            | Self::Unreadable(_) => Fault::Operator,
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Storage(error) if error.may_pass() => Remedy::RetrySame,
            _ => Remedy::Fail,
        }
    }

    pub(crate) fn folder(doing: &'static str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::Folder { doing, path: path.to_owned(), reason: error.to_string() }
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

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.into())
    }
}
