//! What Anthropic's messages and Bedrock's Converse have in common: a conversation in alternating turns of typed blocks,
//! with the instructions beside it. Our nouns are taken apart into blocks here once (`read`, `fields`, with `warnings` of what is left out), marked for the
//! prompt cache (`cache`) as the model's own rules want it (`claude`), and answers are put together again (`answer`,
//! `stream`); how a block is spelled is each provider's own affair.
//!
//! A function here that refuses gives the name of the feature that cannot be had, for [`unsupported`].

pub(super) mod answer;
pub(super) mod cache;
pub(super) mod claude;
pub(super) mod fields;
pub(super) mod read;
pub(super) mod stream;
#[cfg(test)]
pub(super) mod tests;
pub(super) mod warnings;

use crate::error::Error;
use serde_json::{Map, Value};
use usecase::declared::ModelRef;

/// The refusal that names the feature.
pub(super) fn unsupported(model: &ModelRef, feature: String) -> Error {
    Error::Unsupported { model: model.clone(), feature }
}

/// Where a picture or a document is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    Inline { media_type: String, base64: String },
    Address(String),
    File(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Image(Source),
    Document {
        source: Source,
        name: Option<String>,
    },
    /// A tool is called; `input` is an object.
    Call {
        id: String,
        name: String,
        input: Value,
    },
    /// What the tool gave back.
    Result {
        id: String,
        blocks: Vec<Block>,
        failed: bool,
    },
    /// The model's own reasoning, signed by its provider.
    Thinking {
        text: String,
        signature: String,
    },
    /// The same, readable by its provider only.
    Redacted(String),
    /// A block that only the provider whose dialect the request came in knows.
    Other(Value),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) piece: Piece,
    /// Anthropic's `cache_control`: the prompt up to here is worth keeping.
    pub(super) cache: Option<Value>,
}

impl From<Piece> for Block {
    fn from(piece: Piece) -> Self {
        Self { piece, cache: None }
    }
}

/// All that one side says before the other side speaks again. Never empty.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Turn {
    pub(super) by_assistant: bool,
    pub(super) blocks: Vec<Block>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Conversation {
    pub(super) system: Vec<Block>,
    pub(super) turns: Vec<Turn>,
}

impl Conversation {
    /// Every block in the order of the prompt, the instructions first.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.system.iter().chain(self.turns.iter().flat_map(|turn| &turn.blocks))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tool {
    Function {
        name: String,
        description: Option<String>,
        schema: Value,
        strict: Option<bool>,
        cache: Option<Value>,
        /// What else the provider whose dialect the request came in knows of tools.
        rest: Map<String, Value>,
    },
    /// A tool of the provider's own, in the dialect that the request came in.
    Other(Value),
}

/// Which tool the model is to call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ToolChoice {
    Auto,
    None,
    Any,
    Named(String),
}

impl ToolChoice {
    /// Whether the answer has to be a call.
    pub(super) fn is_forced(&self) -> bool {
        matches!(self, Self::Any | Self::Named(_))
    }
}
