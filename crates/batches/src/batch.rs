//! A batch: what was asked for, how far it is, and which state may follow which.

use crate::error::{Error, Result};
use crate::file;
use crate::line::LineProblem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use usecase::{Period, Timestamp};

/// The one window that OpenAI has, and how long it is.
const WINDOW: &str = "24h";
const WINDOW_LENGTH: Period = Period::from_secs(86_400);
/// OpenAI's bounds of `metadata`: pairs, characters of a name, characters of a value.
const MOST_PAIRS: usize = 16;
const LONGEST_PAIR: (usize, usize) = (64, 512);

/// Which route answers the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Endpoint {
    #[serde(rename = "/v1/chat/completions")]
    ChatCompletions,
    #[serde(rename = "/v1/responses")]
    Responses,
    #[serde(rename = "/v1/embeddings")]
    Embeddings,
}

impl Endpoint {
    const ALL: [Self; 3] = [Self::ChatCompletions, Self::Responses, Self::Embeddings];

    pub fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Embeddings => "/v1/embeddings",
        }
    }

    pub fn parse(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }
}

/// Where a batch stands, in OpenAI's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its lines are being read and checked; none was asked.
    Validating,
    InProgress,
    /// Every line has its answer; the files are being written.
    Finalizing,
    Completed,
    /// A line could not be read, or the input cannot be read any more.
    Failed,
    /// The window ended first: what was answered stands in the output.
    Expired,
    /// No line is begun any more; those under way come to their end.
    Cancelling,
    Cancelled,
}

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Validating,
        Self::InProgress,
        Self::Finalizing,
        Self::Completed,
        Self::Failed,
        Self::Expired,
        Self::Cancelling,
        Self::Cancelled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validating => "validating",
            Self::InProgress => "in_progress",
            Self::Finalizing => "finalizing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
        }
    }

    /// Nothing follows.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Expired | Self::Cancelled)
    }

    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Validating => matches!(next, Self::InProgress | Self::Failed | Self::Cancelling | Self::Expired),
            Self::InProgress => matches!(next, Self::Finalizing | Self::Failed | Self::Cancelling | Self::Expired),
            Self::Finalizing => matches!(next, Self::Completed | Self::Failed),
            Self::Cancelling => matches!(next, Self::Cancelled | Self::Failed),
            Self::Completed | Self::Failed | Self::Expired | Self::Cancelled => false,
        }
    }
}

/// How many lines there are and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub total: u64,
    pub completed: u64,
    pub failed: u64,
}

/// One batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    pub id: String,
    /// The public id of the key that made it: its rights and its budget are those of every line.
    pub key: String,
    pub endpoint: Endpoint,
    pub input_file: String,
    pub metadata: Map<String, Value>,
    pub status: Status,
    /// When each state began.
    pub moments: BTreeMap<Status, Timestamp>,
    /// When the window ends.
    pub expires: Timestamp,
    /// How long the files that come out are kept.
    pub keep_output: Period,
    /// Why it failed before it began, at most a hundred lines.
    pub problems: Vec<LineProblem>,
    /// `completed` and `failed` are kept beside this, line by line.
    pub counts: Counts,
    pub output_file: Option<String>,
    pub error_file: Option<String>,
}

impl Batch {
    /// # Errors
    /// `WrongTurn`: another process was first.
    pub(crate) fn become_now(&mut self, next: Status, now: Timestamp) -> Result<()> {
        if !self.status.may_become(next) {
            let (from, to) = (self.status.as_str(), next.as_str());
            return Err(Error::WrongTurn { id: self.id.clone(), from, to });
        }
        self.status = next;
        self.moments.insert(next, now);
        Ok(())
    }
}

/// What an app asks for.
#[derive(Clone, Debug, Default)]
pub struct NewBatch {
    pub input_file: String,
    pub endpoint: String,
    pub completion_window: String,
    pub metadata: Map<String, Value>,
    /// `output_expires_after`: seconds from the files' creation on.
    pub output_expires_after: Option<u64>,
}

impl NewBatch {
    /// The batch that was asked for, if it can be.
    pub(crate) fn check(self, id: String, key: String, now: Timestamp) -> Result<Batch> {
        let endpoint = Endpoint::parse(&self.endpoint).ok_or_else(|| {
            let paths: Vec<&str> = Endpoint::ALL.iter().map(|endpoint| endpoint.path()).collect();
            Error::invalid("endpoint", format!("`endpoint` must be one of {}", paths.join(", ")))
        })?;
        if self.completion_window != WINDOW {
            return Err(Error::invalid("completion_window", format!("`completion_window` must be \"{WINDOW}\"")));
        }
        check_metadata(&self.metadata)?;
        let keep_output = file::expiry(self.output_expires_after, "output_expires_after")?.unwrap_or(file::KEPT_FOR);
        Ok(Batch {
            id,
            key,
            endpoint,
            input_file: self.input_file,
            metadata: self.metadata,
            status: Status::Validating,
            moments: BTreeMap::from([(Status::Validating, now)]),
            expires: now.plus(WINDOW_LENGTH),
            keep_output,
            problems: Vec::new(),
            counts: Counts::default(),
            output_file: None,
            error_file: None,
        })
    }
}

fn check_metadata(metadata: &Map<String, Value>) -> Result<()> {
    let (name_limit, value_limit) = LONGEST_PAIR;
    let fits = |(name, value): (&String, &Value)| {
        let value = value.as_str().is_some_and(|text| text.chars().count() <= value_limit);
        value && name.chars().count() <= name_limit
    };
    if metadata.len() <= MOST_PAIRS && metadata.iter().all(fits) {
        return Ok(());
    }
    let message = format!(
        "`metadata` may hold {MOST_PAIRS} pairs of texts, names of {name_limit} and values of {value_limit} characters"
    );
    Err(Error::invalid("metadata", message))
}
