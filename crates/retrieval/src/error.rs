//! What can go wrong here, whose fault it is, and what may be done about it.

use std::fmt;
use std::path::PathBuf;
use usecase::{Fault, Remedy};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database could not be read or written.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// A model was asked for that is not in the cache.
    #[error("the model {model} is not in {}; fetch it with `shipway model pull {model}`", folder.display())]
    ModelMissing { model: &'static str, folder: PathBuf },
    /// A model's file is there but cannot be used.
    #[error("{} cannot be used: {reason}; fetch the model again with `shipway model pull minilm`", path.display())]
    ModelDamaged { path: PathBuf, reason: String },
    /// A folder holds a model of a kind that does not run here.
    #[error("{} cannot be used: {reason}", path.display())]
    ModelUnsupported { path: PathBuf, reason: String },
    /// No source could give the model.
    #[error("the model {model} could not be fetched:{}", Attempts(attempts))]
    PullFailed { model: &'static str, attempts: Vec<SourceFailure> },
    /// A file of the cache could not be written.
    #[error("{} cannot be written: {source}", path.display())]
    Cache { path: PathBuf, source: std::io::Error },
    /// A request's filter is not one that can be evaluated, so nothing is searched.
    #[error("the filter on `{field}` is not valid: {expected}")]
    BadFilter { field: String, expected: String },
    /// Postgres could not be reached, or refused.
    #[error(transparent)]
    Postgres(#[from] storage::postgres::Error),
    /// A vector of one space was to be compared with those of another.
    #[error(
        "the collection `{collection}` holds vectors of {holds}, and the question's is of {asked}; move it with `shipway collection reembed {collection}`"
    )]
    OtherSpace { collection: String, holds: String, asked: String },
    /// A version was asked for that is not kept, or never was.
    #[error(
        "the collection `{collection}` has no version {number}; `shipway collection versions {collection}` lists those that are kept"
    )]
    NoSuchVersion { collection: String, number: u64 },
    /// A change was to go on that is open no more: another version was served meanwhile, the collection was moved to
    /// another space, or somebody abandoned it.
    #[error("change {number} of the collection `{collection}` is not open any more; begin it again")]
    NotOpen { collection: String, number: u64 },
    /// Another process of those that share a database is changing the collection.
    #[error("another process is changing the collection `{collection}` now; try again when it is done")]
    ChangeElsewhere { collection: String },
    /// A collection was to change its space before every text had a vector in the new one.
    #[error("{missing} texts of the collection `{collection}` have no vector of {embedder} yet")]
    VectorsMissing { collection: String, embedder: String, missing: u64 },
    /// A passage's place lies outside its document.
    #[error("passage {ordinal} of document `{document}` spans {start}..{end}, but the text has {length} characters")]
    BadPassage { document: String, ordinal: u32, start: usize, end: usize, length: usize },
    /// A provider's model gave no vectors or no scores; the reason names it.
    #[error("{reason}")]
    Provider { reason: String, fault: Fault },
    /// An embedder broke its promise, for instance a vector of another length.
    #[error("the embedder {embedder} failed: {reason}")]
    Embedder { embedder: String, reason: String },
}

/// One source that was tried, and why it did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFailure {
    /// The source as a person would name it: a path, an address, a command.
    pub source: String,
    pub reason: String,
}

struct Attempts<'a>(&'a [SourceFailure]);

impl fmt::Display for Attempts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|attempt| write!(f, "\n  {}: {}", attempt.source, attempt.reason))
    }
}

impl Error {
    /// Who has to act.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Storage(error) => match error.blame() {
                storage::Blame::Operator => Fault::Operator,
                storage::Blame::Us => Fault::Us,
            },
            Self::ModelMissing { .. }
            | Self::ModelDamaged { .. }
            | Self::ModelUnsupported { .. }
            | Self::PullFailed { .. }
            | Self::Cache { .. } => Fault::Operator,
            Self::Postgres(error) => match error.blame() {
                storage::Blame::Operator => Fault::Operator,
                storage::Blame::Us => Fault::Us,
            },
            Self::OtherSpace { .. }
            | Self::NoSuchVersion { .. }
            | Self::NotOpen { .. }
            | Self::ChangeElsewhere { .. } => Fault::Operator,
            Self::BadFilter { .. } => Fault::Caller,
            Self::Provider { fault, .. } => *fault,
            Self::BadPassage { .. } | Self::Embedder { .. } | Self::VectorsMissing { .. } => Fault::Us,
        }
    }

    /// What the code that meets it may do.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Storage(error) if error.may_pass() => Remedy::RetrySame,
            Self::Postgres(error) if error.may_pass() => Remedy::RetrySame,
            Self::PullFailed { .. } | Self::ChangeElsewhere { .. } => Remedy::RetrySame,
            _ => Remedy::Fail,
        }
    }
}
