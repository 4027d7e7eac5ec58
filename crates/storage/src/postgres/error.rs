//! What can go wrong between here and a Postgres: few kinds, each with what the operator should do. No text holds a password,
//! a value of a statement or a row.

use crate::Blame;
use ::postgres::error::{DbError, SqlState};
use std::sync::Arc;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Says nothing of the address itself: what cannot be read may be a password with a character that had to be encoded.
    #[error(
        "the address of Postgres cannot be read: {0}. It looks like \
         postgres://user:password@host:5432/database?sslmode=verify-full, with characters other than letters, digits and \
         -._~ in the password percent-encoded"
    )]
    Address(String),
    #[error(
        "the schema name {0:?} is not usable: lower-case letters, digits and _, at most 63, not beginning with a digit"
    )]
    Schema(String),
    #[error(
        "Postgres at {server} cannot be reached: {reason}. Check that it runs and that this machine may connect to it"
    )]
    Unreachable { server: String, reason: String },
    #[error("Postgres at {server} does not let us in: {reason}. Check user, password and database of its address")]
    Login { server: String, reason: String },
    #[error(
        "no safe connection to Postgres at {server}: {reason}. Give the certificate that signed the server's with \
         sslrootcert=FILE in the address, or sslmode=disable where the network itself is trusted"
    )]
    Tls { server: String, reason: String },
    #[error("the connection to Postgres was lost: {0}. It is made again with the next use")]
    Lost(String),
    #[error(
        "Postgres took longer than allowed (statement timeout). Try again when it is less busy, or allow more time"
    )]
    TimedOut,
    #[error("what should be changed in Postgres stayed locked by another connection; try again")]
    Locked,
    #[error("this change kept colliding with others in Postgres and nothing of it was kept; try again")]
    Conflict,
    #[error("no connection to Postgres became free within {0:?}: more work at once than `connections` allows")]
    Busy(std::time::Duration),
    #[error("Postgres has reached a limit of its disk or memory: {0}. Free some space or raise the limit")]
    Full(String),
    #[error(
        "Postgres cannot write: {0}. It may be a standby or just changing over to one; point the address at the primary"
    )]
    ReadOnly(String),
    #[error("Postgres does not permit it: {0}. Grant the role of the address what it needs (see the docs on Postgres)")]
    Permission(String),
    #[error(
        "the extension {name} is not in this database and cannot be created: {reason}. Install it on the server if need be, \
         and run `CREATE EXTENSION {name}` in this database as a role that may"
    )]
    Extension { name: String, reason: String },
    #[error("Postgres reports damage: {0}. Look at its log, and restore what is damaged from a backup")]
    Damaged(String),
    #[error("{0}")]
    Migration(String),
    #[error("a statement in Postgres failed: {0}. This is a bug in Shipway")]
    Query(String),
    /// The job itself said no, with an error of its own room; nothing of it was kept.
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
            Self::Query(_) | Self::Refused(_) => Blame::Us,
            _ => Blame::Operator,
        }
    }

    /// True when the same job may work later without anything being changed in Shipway.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Lost(_)
                | Self::TimedOut
                | Self::Locked
                | Self::Conflict
                | Self::Busy(_)
                | Self::Full(_)
                | Self::ReadOnly(_)
        )
    }

    /// What a failed attempt to connect means.
    pub(crate) fn connecting(server: &str, error: &::postgres::Error) -> Self {
        let (server, reason) = (server.to_owned(), innermost(error));
        let Some(code) = error.code() else {
            // The word is tokio-postgres' own for everything that goes wrong while TLS is agreed on.
            let tls = error.to_string().contains("TLS");
            return if tls { Self::Tls { server, reason } } else { Self::Unreachable { server, reason } };
        };
        match code.code() {
            code if code.starts_with("28") || code.starts_with("3D") => Self::Login { server, reason },
            _ => Self::Unreachable { server, reason },
        }
    }
}

impl From<::postgres::Error> for Error {
    fn from(error: ::postgres::Error) -> Self {
        match error.as_db_error() {
            Some(reported) => Self::reported(reported),
            None if error.is_closed() || has_io(&error) => Self::Lost(innermost(&error)),
            None => Self::Query(innermost(&error)),
        }
    }
}

impl Error {
    fn reported(error: &DbError) -> Self {
        let message = error.message().to_owned();
        match error.code() {
            code if *code == SqlState::QUERY_CANCELED => Self::TimedOut,
            code if *code == SqlState::LOCK_NOT_AVAILABLE => Self::Locked,
            code if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED => {
                Self::Conflict
            }
            code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => Self::ReadOnly(message),
            code if *code == SqlState::INSUFFICIENT_PRIVILEGE => Self::Permission(message),
            code => match code.code().as_bytes() {
                [b'0', b'8', ..] | [b'5', b'7', b'P', ..] => Self::Lost(message),
                [b'2', b'5', b'P', b'0', b'3'] => Self::Lost(message),
                [b'5', b'3', ..] => Self::Full(message),
                [b'5', b'8', ..] | [b'X', b'X', ..] => Self::Damaged(message),
                _ => Self::Query(format!("{message} (SQLSTATE {})", code.code())),
            },
        }
    }
}

fn has_io(error: &::postgres::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.is::<std::io::Error>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// The text of what went wrong first: the outer ones only say "error connecting to server".
fn innermost(error: &::postgres::Error) -> String {
    if let Some(reported) = error.as_db_error() {
        return reported.message().to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
