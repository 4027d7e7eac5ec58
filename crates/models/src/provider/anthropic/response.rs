//! An answer of Anthropic's messages API, whole or as its stream of events
//! (<https://platform.claude.com/docs/en/build-with-claude/streaming>).

use crate::error::Error;
use crate::provider::blocks::Piece;
use crate::provider::blocks::answer::{self, Stop, Tokens};
use crate::provider::blocks::stream::{Answering, Delta, Event};
use crate::provider::refusal;
use crate::provider::transport::ReadEvents;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use usecase::declared::ModelRef;
use usecase::{ChoiceDelta, Chunk, Completion, Dialect, Raw};

/// Reads a whole answer, or says in one clause what is wrong with it.
pub(super) fn completion(model: &str, body: &Value) -> Result<Completion, String> {
    let blocks = body.get("content").and_then(Value::as_array).ok_or("`content` is missing")?;
    let pieces = blocks.iter().map(piece).collect::<Result<_, _>>()?;
    let stop = stop(body).ok_or("`stop_reason` is missing")?;
    let id = body.get("id").and_then(Value::as_str);
    let model = body.get("model").and_then(Value::as_str).unwrap_or(model);
    let mut completion = answer::completion(id, model, pieces, &stop, tokens(&body["usage"]))?;
    if let Some(tier) = body.pointer("/usage/service_tier").filter(|tier| tier.is_string()) {
        completion.rest.insert("service_tier".to_owned(), tier.clone());
    }
    Ok(completion)
}

fn piece(block: &Value) -> Result<Piece, String> {
    let text = |name: &str| block.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(match block.get("type").and_then(Value::as_str) {
        Some("text") => Piece::Text(text("text").unwrap_or_default()),
        Some("thinking") => Piece::Thinking {
            text: text("thinking").unwrap_or_default(),
            signature: text("signature").unwrap_or_default(),
        },
        Some("redacted_thinking") => Piece::Redacted(text("data").unwrap_or_default()),
        Some("tool_use") => Piece::Call {
            id: text("id").ok_or("a tool call has no id")?,
            name: text("name").ok_or("a tool call has no name")?,
            input: block.get("input").cloned().unwrap_or_default(),
        },
        Some(_) => Piece::Other(Value::Null),
        None => return Err("a block of the answer has no type".to_owned()),
    })
}

/// `None` while the answer goes on.
fn stop(body: &Value) -> Option<Stop> {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let (sequence, explanation) = (text("/stop_sequence"), text("/stop_details/explanation"));
    Some(Stop { reason: text("/stop_reason")?, sequence, explanation })
}

fn tokens(report: &Value) -> Tokens {
    let names = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens"];
    let thinking = report.pointer("/output_tokens_details/thinking_tokens").and_then(Value::as_u64).unwrap_or(0);
    Tokens { thinking, ..Tokens::read(report, names) }
}

/// The events of a stream, each with its JSON.
pub(super) struct Events {
    model: ModelRef,
    answer: Answering,
    /// The app speaks this dialect: every event is one chunk and goes with it as it came, also where it says nothing in
    /// ours.
    keeps_events: bool,
}

impl Events {
    pub(super) fn new(model: &ModelRef, keeps_events: bool) -> Self {
        Self { model: model.clone(), answer: Answering::new(&model.model, None), keeps_events }
    }

    /// Reads an event and says whether it was the last.
    fn read(&mut self, event: &Value, chunks: &mut Vec<Chunk>) -> Result<bool, String> {
        if event.get("type").and_then(Value::as_str) == Some("message_stop") {
            let why = "its stream says that it is done and gives no reason".to_owned();
            return if self.answer.has_stopped() { Ok(true) } else { Err(why) };
        }
        read(event)?.into_iter().try_for_each(|event| self.answer.take(event, chunks))?;
        Ok(false)
    }
}

/// One chunk of what an event says, with the event itself. One that cannot be passed on as it came is written anew.
fn with_event(data: &str, event: &Value, said: Vec<Chunk>) -> Chunk {
    let raw = Raw::kept_or_anew(Dialect::Messages, Bytes::copy_from_slice(data.as_bytes()), event);
    let mut whole = Chunk { choices: provider_at_work(event), usage: None, rest: Map::new(), raw: Some(raw) };
    for chunk in said {
        whole.choices.extend(chunk.choices);
        whole.usage = chunk.usage.or(whole.usage);
        whole.rest = chunk.rest;
    }
    whole
}

/// A tool that the provider runs itself: to us it says only that the answer is under way.
fn provider_at_work(event: &Value) -> Vec<ChoiceDelta> {
    const OURS: [&str; 4] = ["text", "thinking", "redacted_thinking", "tool_use"];
    let kind = event.pointer("/content_block/type").and_then(Value::as_str).filter(|kind| !OURS.contains(kind));
    let choice = |kind: &str| {
        let delta = Map::from_iter([("provider_calls".to_owned(), json!([kind]))]);
        ChoiceDelta { index: 0, text: None, delta, finish_reason: None, rest: Map::new() }
    };
    kind.map(choice).into_iter().collect()
}

impl ReadEvents for Events {
    fn take(&mut self, data: &str, chunks: &mut Vec<Chunk>) -> Result<bool, Error> {
        let model = self.model.clone();
        let garbage = |what: String| Error::Garbage { model, what };
        let Ok(event) = serde_json::from_str::<Value>(data) else {
            return Err(garbage("an event of its stream is not JSON".to_owned()));
        };
        if let Some(upstream) = refusal::report_of(&self.model, None, &event) {
            return Err(Error::ErrorInBody(Box::new(upstream)));
        }
        let mut said = Vec::new();
        let outcome = self.read(&event, &mut said).map_err(garbage);
        match self.keeps_events && outcome.is_ok() {
            true => chunks.push(with_event(data, &event, said)),
            false => chunks.append(&mut said),
        }
        outcome
    }

    fn has_begun(&self) -> bool {
        self.answer.has_begun()
    }

    fn is_complete(&self) -> bool {
        self.answer.has_stopped()
    }
}

/// What one event says; new kinds of events say nothing.
fn read(event: &Value) -> Result<Vec<Event>, String> {
    let index = event.get("index").and_then(Value::as_u64).unwrap_or(0);
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Ok(match event.get("type").and_then(Value::as_str) {
        Some("message_start") => vec![
            Event::Start { id: text("/message/id"), model: text("/message/model") },
            Event::Tokens(tokens(&event["message"]["usage"])),
        ],
        Some("content_block_start") => vec![Event::Open { index, piece: piece(&event["content_block"])? }],
        Some("content_block_delta") => {
            delta(&event["delta"]).map(|delta| Event::Delta { index, delta }).into_iter().collect()
        }
        Some("content_block_stop") => vec![Event::Close { index }],
        Some("message_delta") => {
            let stop = stop(&event["delta"]).map(Event::Stop);
            stop.into_iter().chain([Event::Tokens(tokens(&event["usage"]))]).collect()
        }
        Some(_) => Vec::new(),
        None => return Err("an event of its stream has no type".to_owned()),
    })
}

fn delta(delta: &Value) -> Option<Delta> {
    let text = |name: &str| delta.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(match delta.get("type").and_then(Value::as_str)? {
        "text_delta" => Delta::Text(text("text")),
        "input_json_delta" => Delta::Input(text("partial_json")),
        "thinking_delta" => Delta::Thinking(text("thinking")),
        "signature_delta" => Delta::Signature(text("signature")),
        _ => return None,
    })
}
