//! What can go wrong with a file or a batch, whose fault it is and what may be done next.

use std::path::{Path, PathBuf};
use storage::Blame;
use usecase::{Fault, Remedy};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no file `{0}`: it was never uploaded with this key, was deleted, or has expired")]
    NoSuchFile(String),
    #[error("there is no batch `{0}` of this key")]
    NoSuchBatch(String),
    #[error("{message}")]
    Invalid { param: &'static str, message: String },
    #[error("the file is larger than {0} bytes, the limit set by `server.max_file_bytes`")]
    TooLarge(u64),
    #[error(
        "the files of this key would hold more than {0} bytes, the limit set by `server.max_key_file_bytes`: delete some"
    )]
    KeyFull(u64),
    #[error("{0} files are being uploaded already, as many as may be at once: try again in a moment")]
    TooManyUploads(usize),
    #[error("the file `{file}` is what the batch `{batch}` reads: cancel the batch first, or wait for its end")]
    InUse { file: String, batch: String },
    #[error("the batch `{id}` is {status} and can no longer be cancelled")]
    NotCancellable { id: String, status: &'static str },
    #[error("this key already has {0} batches that are not finished: wait for one to end, or cancel one")]
    TooManyOpen(u64),
    /// Another process changed the batch in between; whoever meets it reads the batch again.
    #[error("the batch `{id}` cannot become {to}: it is {from}")]
    WrongTurn { id: String, from: &'static str, to: &'static str },
    #[error("{doing} {path} failed: {cause}")]
    Folder { doing: &'static str, path: PathBuf, cause: std::io::Error },
    #[error("the key {0} is missing, and files in the data folder are encrypted with it: restore it from a backup")]
    KeyMissing(PathBuf),
    #[error(
        "{0} is not the key that the files in this data folder are encrypted with, or no key at all: restore it from a backup"
    )]
    KeyWrong(PathBuf),
    #[error("what is kept of `{0}` is damaged and cannot be decrypted")]
    Damaged(String),
    #[error("a worker of ours stopped in the middle of its work")]
    WorkerStopped,
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

impl Error {
    pub(crate) fn folder(doing: &'static str, path: &Path, cause: std::io::Error) -> Self {
        Self::Folder { doing, path: path.to_owned(), cause }
    }

    pub(crate) fn invalid(param: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { param, message: message.into() }
    }

    pub fn fault(&self) -> Fault {
        match self {
            Self::Folder { .. } | Self::KeyMissing(_) | Self::KeyWrong(_) | Self::Damaged(_) => Fault::Operator,
            Self::WorkerStopped | Self::WrongTurn { .. } => Fault::Us,
            Self::Storage(cause) => match cause.blame() {
                Blame::Operator => Fault::Operator,
                Blame::Us => Fault::Us,
            },
            _ => Fault::Caller,
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Storage(cause) if cause.may_pass() => Remedy::RetrySame,
            Self::Folder { .. } | Self::TooManyUploads(_) => Remedy::RetrySame,
            _ => Remedy::Fail,
        }
    }
}

/// What a job of the storage gives back: the storage's own error undoes the job; a refusal of ours came before anything
/// was written, and is the job's answer.
pub(crate) fn answer<T>(result: Result<T>) -> storage::Result<Result<T>> {
    match result {
        Err(Error::Storage(cause)) => Err(cause),
        other => Ok(other),
    }
}
