//! What can go wrong on the way to the disk: few kinds, each with what the operator should do. This room knows no
//! other, so it has its own two-word answer to "whose fault"; the rooms above translate it.

use rusqlite::ffi;
use std::sync::Arc;

pub type Result<T> = std::result::Result<T, Error>;

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Whoever runs this installation: the disk, the folder, another process.
    Operator,
    /// Shipway itself: a wrong statement, a panic.
    Us,
}

/// Cloneable, because one failed commit is the answer to every job of its batch.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the data folder cannot grow: the disk, a quota or the file size limit is full. Nothing of this write was \
         kept. Free some space or raise the limit; writing goes on by itself once there is room"
    )]
    Full,
    #[error(
        "the database is locked by another process and stayed so. Nothing of this write was kept. Stop the other \
         process (a copy, a long sqlite3 session, a second Shipway on this folder) and try again"
    )]
    Locked,
    #[error(
        "the database file is damaged or is no database: {0}. Stop Shipway, keep a copy of the data folder, and \
         restore the last good one"
    )]
    Corrupt(String),
    #[error("the data folder cannot be used: {0}. Check that it exists, is writable and that its disk is healthy")]
    Io(String),
    /// The name of the file only: callers over the network may see this text, and need not know the folder.
    #[error(
        "the database file {0} was moved, replaced or deleted while Shipway was running; nothing more is written or \
         read. Stop Shipway, put the file back or restore the whole data folder from a backup, and start again"
    )]
    Moved(&'static str),
    #[error("{0}")]
    Migration(String),
    #[error("a write was given up because its code panicked: {0}. This is a bug in Shipway; nothing of it was kept")]
    Panicked(String),
    #[error("the writer of the database has stopped; restart Shipway")]
    Closed,
    #[error("a database statement failed: {0}. This is a bug in Shipway")]
    Query(Arc<rusqlite::Error>),
    /// The job itself said no, with an error of its own room; its savepoint was rolled back.
    #[error("{0}")]
    Refused(Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// For a job that wants to undo what it did and give its own room's error back to its caller.
    pub fn refuse(reason: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Refused(Arc::new(reason))
    }

    /// The reason given to [`Error::refuse`], when it was of this type.
    pub fn refusal<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Refused(reason) => reason.downcast_ref(),
            _ => None,
        }
    }

    pub fn blame(&self) -> Blame {
        match self {
            Self::Full | Self::Locked | Self::Corrupt(_) | Self::Io(_) | Self::Moved(_) | Self::Migration(_) => {
                Blame::Operator
            }
            Self::Panicked(_) | Self::Closed | Self::Query(_) | Self::Refused(_) => Blame::Us,
        }
    }

    /// True when the same write may work later without anything being changed in Shipway.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Full | Self::Locked | Self::Io(_))
    }

    pub(crate) fn io(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded | std::io::ErrorKind::FileTooLarge => {
                Self::Full
            }
            _ => Self::Io(format!("{doing} {}: {error}", path.display())),
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let rusqlite::Error::SqliteFailure(failure, ref message) = error else {
            return Self::Query(Arc::new(error));
        };
        let text = || message.clone().unwrap_or_else(|| failure.to_string());
        match failure.code {
            ErrorCode::DiskFull => Self::Full,
            // SQLite reports only ENOSPC as "full"; a quota (EDQUOT) and a file size limit (EFBIG) arrive as these.
            ErrorCode::SystemIoFailure if is_failure_to_grow(failure.extended_code) => Self::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Locked,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt(text()),
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::FileLockingProtocolFailed => Self::Io(text()),
            _ => Self::Query(Arc::new(error)),
        }
    }
}

fn is_failure_to_grow(extended_code: i32) -> bool {
    matches!(extended_code, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE | ffi::SQLITE_IOERR_TRUNCATE)
}
