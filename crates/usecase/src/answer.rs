//! What comes back: whole (`Completion`) or in pieces (`Chunk`), with citations; and the attempts that it took.

use crate::message::Message;
use crate::money::{Cost, MicroUsd};
use crate::passage::DocumentRef;
use crate::raw::Raw;
use crate::time::Timestamp;
use crate::usage::Usage;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A whole answer of a model, one choice or more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    pub choices: Vec<Choice>,
    pub usage: Option<Usage>,
    /// Everything else of the provider's body (`id`, `model`, `system_fingerprint`, …), forwarded as it came.
    pub rest: Map<String, Value>,
    /// The body as it came, while nothing in it was changed.
    #[serde(skip)]
    pub raw: Option<Raw>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    pub index: u32,
    pub message: Message,
    /// OpenAI's reasons: `stop`, `length`, `tool_calls`, `content_filter`, `function_call`.
    pub finish_reason: Option<String>,
    /// `logprobs` and what is not modelled.
    pub rest: Map<String, Value>,
}

/// One piece of a streamed answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    pub choices: Vec<ChoiceDelta>,
    pub usage: Option<Usage>,
    pub rest: Map<String, Value>,
    /// The event's data as it came, while nothing in it was changed.
    #[serde(skip)]
    pub raw: Option<Raw>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChoiceDelta {
    pub index: u32,
    /// The text of this piece; `None` where the delta has none (role, tool calls).
    pub text: Option<String>,
    /// Everything else of the delta: `role`, `tool_calls`, `refusal`, `annotations`.
    pub delta: Map<String, Value>,
    pub finish_reason: Option<String>,
    pub rest: Map<String, Value>,
}

/// A place in the answer and the passage that it rests on. All offsets are code points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// First code point of the cited stretch of the answer's text.
    pub start: usize,
    /// One past its last code point.
    pub end: usize,
    pub source: DocumentRef,
    /// The passage's position in its document, from 0.
    pub ordinal: u32,
    /// Where the supporting words begin in the document's extracted text.
    pub source_start: usize,
    /// One past where they end.
    pub source_end: usize,
    /// These words of the document, for the app alone: whoever stores a citation stores its places.
    #[serde(skip)]
    pub quote: Option<String>,
}

/// How one call of ours to a provider ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "end", content = "reason")]
pub enum AttemptEnd {
    Answered,
    /// The app went away and the call was given up.
    Cancelled,
    /// One sentence: what failed, without secrets and without the payload.
    Failed(String),
}

/// One call of ours to a provider: a retry or a fallback is another attempt, and each is paid for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// `provider/model`, as declared.
    pub model: String,
    pub started: Timestamp,
    /// µs until the first byte of the answer; `None` when none came.
    pub first_token_us: Option<u64>,
    /// µs from start to end.
    pub duration_us: u64,
    pub end: AttemptEnd,
    pub usage: Usage,
    pub cost: Cost,
    /// What the provider's prompt cache saved: the cached tokens at the full price, less what they did cost.
    #[serde(default)]
    pub saved: MicroUsd,
}
