//! What the paths hand in: the start of a request, its end, and decisions of other kinds.

use crate::body;
use crate::seal::Owner;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use usecase::{Attempt, BundleId, Citation, Cost, MicroUsd, Timestamp, TraceId, Usage, Verdict};

/// A small closed set of words, the same in JSON, in SQL and in a command line.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$why:meta])* $word:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$why])* $word),+ }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$word => $text),+ }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$word),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// Which side of a release answered.
    Arm {
        Stable = "stable",
        Canary = "canary",
        /// The files as they lie in the folder, not released: `ask` and `eval`.
        Working = "working",
    }
}

words! {
    /// Who asked.
    Source {
        /// An app, through the API.
        Live = "live",
        /// A person at the terminal.
        Ask = "ask",
        /// An eval run.
        Eval = "eval",
        /// An app, through a batch: live work at low priority, which is paid for like all live work.
        Batch = "batch",
    }
}

words! {
    /// How a request ended.
    Status {
        Answered = "answered",
        /// A guard or a rule said no.
        Refused = "refused",
        /// There was no ground for an answer, and the app was told so.
        Abstained = "abstained",
        Failed = "failed",
        /// The app went away first.
        Cancelled = "cancelled",
        /// Our process ended before the request did; found and marked when the ledger was opened next.
        Interrupted = "interrupted",
    }
}

/// The start of a request, before anything leaves the house.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    pub trace: TraceId,
    pub at: Timestamp,
    /// The use case, or the bare model that was called.
    pub use_case: String,
    pub bundle: Option<BundleId>,
    pub arm: Arm,
    pub source: Source,
    /// The caller's public key id.
    pub key: String,
    /// The app's name for the conversation. Only its pseudonym is kept.
    pub conversation: Option<String>,
    /// Whom the data is about, if the app said so. Never kept: it only chooses the key that the payload is sealed with.
    pub subject: Option<String>,
    pub stream: bool,
}

/// One timed step within a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    pub name: Cow<'static, str>,
    /// µs since the request's start.
    pub start_us: u64,
    pub duration_us: u64,
    /// Facts in OpenTelemetry's terms. No text of the payload: spans are not encrypted.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
}

/// What was asked and answered: encrypted, erasable, never part of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    pub request: Value,
    pub answer: Value,
}

/// The same on its way in: JSON already written, since nobody looks into it before it is sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct PayloadText {
    pub request: Written,
    pub answer: Written,
}

impl PayloadText {
    pub fn new(request: &impl Serialize, answer: &impl Serialize) -> Self {
        Self { request: written(request), answer: written(answer) }
    }

    /// The JSON of a [`Payload`].
    pub(crate) fn json(&self) -> Vec<u8> {
        [r#"{"request":"#, &self.request.0, r#","answer":"#, &self.answer.0, "}"].concat().into_bytes()
    }
}

/// JSON text, as [`written`] makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Written(Cow<'static, str>);

impl Written {
    pub const NULL: Self = Self(Cow::Borrowed("null"));
}

/// A value as JSON text. What JSON cannot say (a map whose keys are no text) becomes `null`; none of ours is so.
pub fn written(value: &impl Serialize) -> Written {
    body::text(value).map_or(Written::NULL, |text| Written(text.into()))
}

/// The end of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    pub trace: TraceId,
    /// When it ended.
    pub at: Timestamp,
    pub status: Status,
    /// One sentence, without secrets and without the payload.
    pub error: Option<String>,
    pub attempts: Vec<Attempt>,
    pub verdicts: Vec<Verdict>,
    pub spans: Vec<Span>,
    pub usage: Usage,
    /// Everything that was spent on it, failed attempts included.
    pub cost: Cost,
    /// Money that was not spent, thanks to the provider's prompt cache or to our answer cache, in micro-dollars.
    pub saved: MicroUsd,
    /// `exact` or `semantic` when the answer came from the answer cache.
    pub cache: Option<String>,
    pub citations: Vec<Citation>,
    /// Collections that were searched and the number of the snapshot that answered.
    pub snapshots: Vec<(String, u64)>,
    /// µs that we added ourselves: the whole time less the time spent waiting for models.
    pub own_us: u64,
    pub payload: PayloadText,
}

/// Something else that happened and must not be forgotten: `eval_run`, `release`, `rollback`, `feed_run`,
/// `key_created`, `review`, …
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// In `snake_case`. `request`, `outcome` and `erasure` are the ledger's own.
    pub kind: &'static str,
    pub use_case: Option<String>,
    /// The facts, in the clear.
    pub body: Value,
    /// The part that is about a person, and under whose key it is to be sealed.
    pub payload: Option<(Owner, Value)>,
}
