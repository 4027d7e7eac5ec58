//! Answers made up for tests, in the inner form, and what a dialect writes of them.

use crate::reply::Identity;
use crate::wire::{Asked, Wire};
use axum::http::HeaderMap;
use bytes::Bytes;
use ledger::Status;
use pipeline::{Ended, Facts};
use serde_json::{Map, Value, json};
use usecase::{
    BundleId, Choice, ChoiceDelta, Chunk, Citation, Completion, Cost, DocumentRef, Message, MicroUsd, TraceId, Usage,
};

/// What `support` answers under.
pub(crate) fn identity() -> Identity {
    Identity {
        trace: TraceId::parse("0123456789abcdef0123456789abcdef").expect("a trace"),
        bundle: Some(BundleId::from_stored("b-1")),
        model: "openai/gpt-5-mini".to_owned(),
        asked_model: "support".to_owned(),
        include_usage: true,
        echo: Map::new(),
        warnings: Vec::new(),
        upstream_headers: vec![("x-request-id".to_owned(), "up-1".to_owned())],
    }
}

pub(crate) fn usage() -> Usage {
    Usage {
        input_tokens: 20,
        output_tokens: 7,
        cached_input_tokens: 8,
        cache_write_tokens: 2,
        reasoning_tokens: 3,
        ..Usage::default()
    }
}

/// A citation of the first `end` code points.
pub(crate) fn citation(end: usize) -> Citation {
    let source = DocumentRef {
        collection: "support/handbook".to_owned(),
        document: "returns".to_owned(),
        title: "Returns".to_owned(),
        url: None,
    };
    let quote = Some("return any lamp within 60 days.".to_owned());
    Citation { start: 0, end, source, ordinal: 2, source_start: 40, source_end: 71, quote }
}

pub(crate) fn facts(citations: Vec<Citation>) -> Facts {
    Facts {
        status: Status::Answered,
        citations,
        verdicts: Vec::new(),
        attempts: Vec::new(),
        usage: usage(),
        cost: Cost::known(MicroUsd(30)),
        saved: MicroUsd(0),
        cache: None,
        spans: Vec::new(),
        total_us: 1_500,
        own_us: 500,
        sent: None,
    }
}

fn header() -> Map<String, Value> {
    let header = json!({ "id": "upstream", "created": 1_700_000_000, "system_fingerprint": "fp" });
    header.as_object().cloned().unwrap_or_default()
}

/// A whole answer out of a message and a finish reason of chat completions.
pub(crate) fn completion(message: &Value, finish_reason: &str) -> Completion {
    let mut message = message.clone();
    message["role"] = json!("assistant");
    let mut choice_rest = Map::new();
    if let Some(sequence) = message.as_object_mut().and_then(|fields| fields.shift_remove("stop_sequence")) {
        choice_rest.insert("stop_sequence".to_owned(), sequence);
    }
    let message: Message = serde_json::from_value(message).expect("a message");
    let choice = Choice { index: 0, message, finish_reason: Some(finish_reason.to_owned()), rest: choice_rest };
    Completion { choices: vec![choice], usage: Some(usage()), rest: header(), raw: None }
}

/// A piece of a stream out of a delta of chat completions.
pub(crate) fn chunk(delta: &Value, finish_reason: Option<&str>) -> Chunk {
    let mut delta = delta.as_object().cloned().unwrap_or_default();
    let text = delta.shift_remove("content").and_then(|text| text.as_str().map(str::to_owned));
    let finish_reason = finish_reason.map(str::to_owned);
    let choice = ChoiceDelta { index: 0, text, delta, finish_reason, rest: Map::new() };
    Chunk { choices: vec![choice], usage: None, rest: header(), raw: None }
}

/// The request as a dialect reads it.
pub(crate) fn read(wire: &dyn Wire, body: &Value) -> Result<Asked, String> {
    let body = Bytes::from(body.to_string());
    wire.read(&HeaderMap::new(), &body).map_err(|problem| problem.message)
}

/// What a dialect makes of a request: messages and the rest of the fields.
pub(crate) fn inner(wire: &dyn Wire, body: &Value) -> Value {
    let asked = read(wire, body).expect("a request");
    json!({ "messages": asked.request.messages, "rest": asked.request.rest })
}

/// A whole answer as a dialect writes it.
pub(crate) fn whole(wire: &dyn Wire, message: &Value, finish_reason: &str, citations: Vec<Citation>) -> Value {
    wire.whole(identity(), completion(message, finish_reason), &facts(citations))
}

/// The frames of a stream of these deltas, to the letter.
pub(crate) fn streamed(wire: &dyn Wire, deltas: &[Value], finish_reason: &str, citations: Vec<Citation>) -> String {
    let mut frames = wire.frames(identity());
    let mut out = Vec::new();
    deltas.iter().for_each(|delta| frames.chunk(chunk(delta, None), &mut out));
    let finish = chunk(&json!({}), Some(finish_reason));
    frames.end(Ended { finish, held: Vec::new(), usage: usage(), facts: facts(citations) }, &mut out);
    String::from_utf8(out).expect("text")
}

/// The deltas that every dialect has to show, by name, with the reason of their end.
pub(crate) fn streams() -> Vec<(&'static str, Vec<Value>, &'static str)> {
    let call = |index: u64, id: &str, name: &str| {
        json!({ "tool_calls": [{ "index": index, "id": id, "type": "function",
                                 "function": { "name": name, "arguments": "" } }] })
    };
    let piece = |index: u64, arguments: &str| json!({ "tool_calls": [{ "index": index, "function": { "arguments": arguments } }] });
    let role = json!({ "role": "assistant" });
    let text = |text: &str| json!({ "content": text });
    vec![
        ("text", vec![role.clone(), text("Within "), text("60 days.")], "stop"),
        ("length", vec![text("Within")], "length"),
        (
            "tools",
            vec![
                text("Let me look."),
                call(0, "call_a", "weather"),
                piece(0, "{\"city\":"),
                piece(0, "\"Oslo\"}"),
                call(1, "call_b", "time"),
                piece(1, "{}"),
            ],
            "tool_calls",
        ),
        (
            "reasoning",
            vec![
                json!({ "reasoning_content": "60 days, " }),
                json!({ "reasoning_content": "then." }),
                json!({ "thinking_blocks": [{ "type": "thinking", "thinking": "", "signature": "sig" }] }),
                json!({ "thinking_blocks": [{ "type": "redacted_thinking", "data": "xyz" }] }),
                text("60."),
            ],
            "stop",
        ),
        ("refusal", vec![json!({ "refusal": "I can't " }), json!({ "refusal": "help." })], "stop"),
        (
            "refusal_of_ours",
            vec![json!({ "role": "assistant", "content": "I can't help.", "refusal": "I can't help." })],
            "content_filter",
        ),
        ("nothing", vec![role], "stop"),
    ]
}
