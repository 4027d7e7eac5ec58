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
    /// No source could give the model.
    #[error("the model {model} could not be fetched:{}", Attempts(attempts))]
    PullFailed { model: &'static str, attempts: Vec<SourceFailure> },
    /// A file of the cache could not be written.
    #[error("{} cannot be written: {source}", path.display())]
    Cache { path: PathBuf, source: std::io::Error },
    /// A request's filter is not one that can be evaluated, so nothing is searched.
    #[error("the filter on `{field}` is not valid: {expected}")]
    BadFilter { field: String, expected: String },
    /// A passage's place lies outside its document.
    #[error("passage {ordinal} of document `{document}` spans {start}..{end}, but the text has {length} characters")]
    BadPassage { document: String, ordinal: u32, start: usize, end: usize, length: usize },
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
            Self::ModelMissing { .. } | Self::ModelDamaged { .. } | Self::PullFailed { .. } | Self::Cache { .. } => {
                Fault::Operator
            }
            Self::BadFilter { .. } => Fault::Caller,
            Self::BadPassage { .. } | Self::Embedder { .. } => Fault::Us,
        }
    }

    /// What the code that meets it may do.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Storage(error) if error.may_pass() => Remedy::RetrySame,
            Self::PullFailed { .. } => Remedy::RetrySame,
            _ => Remedy::Fail,
        }
    }
}
