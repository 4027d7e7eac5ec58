//! Answers made of blocks, put together as ours: the message, why it ended, what it took.

use super::Piece;
use crate::provider::exchange::believed;
use serde_json::{Map, Value, json};
use usecase::{Choice, Completion, Content, Message, Role, Timestamp, Usage};

/// Why an answer ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::provider) struct Stop {
    /// The provider's own name for it.
    pub(in crate::provider) reason: String,
    /// Which of the request's stop sequences came up.
    pub(in crate::provider) sequence: Option<String>,
    /// What the provider says about why it refused.
    pub(in crate::provider) explanation: Option<String>,
}

impl Stop {
    /// The reason in our words. One that cannot be read is an answer that cannot be read.
    pub(super) fn finish_reason(&self) -> Result<&'static str, String> {
        Ok(match self.reason.as_str() {
            "end_turn" | "stop_sequence" | "pause_turn" => "stop",
            "max_tokens" | "model_context_window_exceeded" => "length",
            "tool_use" => "tool_calls",
            "refusal" | "guardrail_intervened" | "content_filtered" => "content_filter",
            "malformed_model_output" | "malformed_tool_use" => return Err("the model's output is malformed".to_owned()),
            other => return Err(format!("it stopped for an unknown reason (`{}`)", super::read::shown(other))),
        })
    }

    /// What a choice holds beside its message.
    pub(super) fn rest(&self) -> Map<String, Value> {
        let sequence = self.sequence.iter().map(|sequence| ("stop_sequence".to_owned(), sequence.as_str().into()));
        sequence.collect()
    }
}

/// Tokens as both providers report them: the input without what was read from or written to the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::provider) struct Tokens {
    pub(in crate::provider) input: u64,
    pub(in crate::provider) read: u64,
    pub(in crate::provider) written: u64,
    pub(in crate::provider) output: u64,
    pub(in crate::provider) thinking: u64,
}

impl Tokens {
    /// Reads a report under the provider's names for the input, what was read, what was written, and the output.
    pub(in crate::provider) fn read(report: &Value, names: [&str; 4]) -> Self {
        let number = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or(0);
        let [input, read, written, output] = names.map(number);
        Self { input, read, written, output, thinking: 0 }
    }

    /// Reports of one stream are running totals, and a later one may leave out what an earlier one said.
    pub(super) fn merge(self, later: Self) -> Self {
        Self {
            input: self.input.max(later.input),
            read: self.read.max(later.read),
            written: self.written.max(later.written),
            output: self.output.max(later.output),
            thinking: self.thinking.max(later.thinking),
        }
    }

    pub(super) fn usage(self) -> Option<Usage> {
        let usage = Usage {
            input_tokens: self.input.saturating_add(self.read).saturating_add(self.written),
            output_tokens: self.output,
            cached_input_tokens: self.read,
            cache_write_tokens: self.written,
            reasoning_tokens: self.thinking.min(self.output),
            estimated: false,
        };
        believed(usage)
    }
}

/// What clients expect around an answer.
pub(in crate::provider) fn header(id: Option<&str>, model: &str, object: &str) -> Map<String, Value> {
    let now = Timestamp::now();
    let id = id.map_or_else(|| format!("chatcmpl-{:x}", now.0), str::to_owned);
    let fields: [(&str, Value); 4] =
        [("id", id.into()), ("object", object.into()), ("created", now.unix_seconds().into()), ("model", model.into())];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(in crate::provider) fn call(index: Option<usize>, id: &str, name: &str, arguments: &str) -> Value {
    let mut call = Map::new();
    if let Some(index) = index {
        call.insert("index".to_owned(), index.into());
    }
    call.insert("id".to_owned(), id.into());
    call.insert("type".to_owned(), "function".into());
    call.insert("function".to_owned(), json!({"name": name, "arguments": arguments}));
    Value::Object(call)
}

/// A whole answer. `id` and `model` are the provider's own.
pub(in crate::provider) fn completion(
    id: Option<&str>,
    model: &str,
    pieces: Vec<Piece>,
    stop: &Stop,
    tokens: Tokens,
) -> Result<Completion, String> {
    let finish_reason = Some(stop.finish_reason()?.to_owned());
    let mut message = message(pieces);
    if let Some(explanation) = &stop.explanation {
        message.rest.insert("refusal".to_owned(), explanation.as_str().into());
    }
    let choice = Choice { index: 0, message, finish_reason, rest: stop.rest() };
    let rest = header(id, model, "chat.completion");
    Ok(Completion { choices: vec![choice], usage: tokens.usage(), rest, raw: None })
}

fn message(pieces: Vec<Piece>) -> Message {
    let (mut text, mut reasoning) = (None::<String>, String::new());
    let (mut blocks, mut calls) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.get_or_insert_default().push_str(&piece),
            Piece::Thinking { text, signature } => {
                reasoning.push_str(&text);
                blocks.push(json!({"type": "thinking", "thinking": text, "signature": signature}));
            }
            Piece::Redacted(data) => blocks.push(json!({"type": "redacted_thinking", "data": data})),
            Piece::Call { id, name, input } => calls.push(call(None, &id, &name, &input.to_string())),
            Piece::Image(_) | Piece::Document { .. } | Piece::Result { .. } | Piece::Other(_) => {}
        }
    }
    let mut rest = Map::new();
    if !reasoning.is_empty() {
        rest.insert("reasoning_content".to_owned(), reasoning.into());
    }
    for (name, values) in [("thinking_blocks", blocks), ("tool_calls", calls)] {
        if !values.is_empty() {
            rest.insert(name.to_owned(), values.into());
        }
    }
    Message { role: Role::Assistant, content: text.map_or(Content::Absent, Content::Text), rest }
}
