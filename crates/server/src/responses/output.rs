//! The way out: the `response` object, whole, or as the last of a stream's numbered events.

use super::items::Items;
use crate::problem::Problem;
use crate::reply::{self, Identity};
use crate::wire::{self, Frames};
use pipeline::Ended;
use serde_json::{Map, Value, json};
use usecase::{Choice, ChoiceDelta, Chunk, Citation, Completion, Dialect, Timestamp, Usage};

/// A whole answer: the same items as a stream of it would show.
pub(super) fn whole(identity: Identity, completion: Completion, citations: &[Citation]) -> Value {
    let mut frames = ResponseFrames::new(identity);
    frames.date(&completion.rest);
    for choice in completion.choices.into_iter().map(as_delta) {
        frames.take(choice);
    }
    frames.last(citations, completion.usage.unwrap_or_default())
}

fn as_delta(choice: Choice) -> ChoiceDelta {
    let Choice { index, message, finish_reason, rest } = choice;
    ChoiceDelta { index, text: Some(message.content.text()), delta: message.rest, finish_reason, rest }
}

pub(super) struct ResponseFrames {
    identity: Identity,
    /// Seconds since 1970, as the provider says, or when the answer began.
    created: i64,
    items: Items,
    /// Events that are not written yet.
    events: Vec<Value>,
    /// The number of the next event.
    number: u64,
    begun: bool,
    /// The provider's own id, where its events are passed on and nothing is said beside them.
    as_it_came: Option<Value>,
    reason: Option<String>,
}

/// How a response ended.
struct End {
    status: &'static str,
    error: Value,
    incomplete: Value,
    usage: Value,
}

impl ResponseFrames {
    pub(super) fn new(identity: Identity) -> Self {
        let items = Items::new(identity.trace);
        let created = Timestamp::now().unix_seconds();
        Self { identity, created, items, events: Vec::new(), number: 0, begun: false, as_it_came: None, reason: None }
    }

    /// Whether a piece went out to the letter. Their events are numbered from 0 as ours are.
    fn passed_on(&mut self, chunk: &mut Chunk, out: &mut Vec<u8>) -> bool {
        let Some(bytes) = self.identity.to_the_letter(chunk.raw.take(), Dialect::Responses) else { return false };
        self.begun = true;
        self.as_it_came = chunk.rest.shift_remove("id").or(self.as_it_came.take()).or(Some(Value::Null));
        self.number += 1;
        wire::event_as_it_came(out, &bytes);
        true
    }

    fn date(&mut self, rest: &Map<String, Value>) {
        self.created = rest.get("created").and_then(Value::as_i64).unwrap_or(self.created);
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.begun, true) {
            let response = self.response(End::in_progress());
            self.events.push(json!({ "type": "response.created", "response": response }));
            self.events.push(json!({ "type": "response.in_progress", "response": response }));
        }
    }

    /// There is one choice here: the first.
    fn take(&mut self, mut choice: ChoiceDelta) {
        if choice.index == 0 {
            self.reason = choice.finish_reason.take().or(self.reason.take());
            self.items.take(choice, &mut self.events);
        }
    }

    /// Finishes the items and gives the whole response.
    fn last(&mut self, citations: &[Citation], usage: Usage) -> Value {
        let incomplete = match self.reason.as_deref() {
            Some("length") => Some("max_output_tokens"),
            // A refusal is said in the answer, and so is a whole one.
            Some("content_filter") if !self.items.refused => Some("content_filter"),
            _ => None,
        };
        let status = if incomplete.is_some() { "incomplete" } else { "completed" };
        self.items.finish(citations, status, &mut self.events);
        let incomplete = incomplete.map_or(Value::Null, |reason| json!({ "reason": reason }));
        self.response(End { status, error: Value::Null, incomplete, usage: usage_body(usage) })
    }

    fn response(&self, end: End) -> Value {
        let mut response = Map::new();
        let mut put = |name: &str, value: Value| response.insert(name.to_owned(), value);
        let ours = || json!(format!("resp_{}", self.identity.trace));
        put("id", self.as_it_came.clone().unwrap_or_else(ours));
        put("object", json!("response"));
        put("created_at", json!(self.created));
        put("status", json!(end.status));
        put("background", json!(false));
        put("error", end.error);
        put("incomplete_details", end.incomplete);
        put("model", json!(self.identity.asked_model));
        put("output", Value::Array(self.items.list.clone()));
        put("previous_response_id", Value::Null);
        // Nothing can be fetched later, whatever the request asked for.
        put("store", json!(false));
        put("usage", end.usage);
        response.extend(self.identity.echo.clone());
        Value::Object(response)
    }

    fn write(&mut self, out: &mut Vec<u8>) {
        for mut event in std::mem::take(&mut self.events) {
            event["sequence_number"] = json!(self.number);
            self.number += 1;
            wire::event(out, &event);
        }
    }
}

impl Frames for ResponseFrames {
    fn chunk(&mut self, mut chunk: Chunk, out: &mut Vec<u8>) {
        if self.passed_on(&mut chunk, out) {
            return;
        }
        self.date(&chunk.rest);
        self.begin();
        chunk.choices.into_iter().for_each(|choice| self.take(choice));
        self.write(out);
    }

    fn end(&mut self, ended: Ended, out: &mut Vec<u8>) {
        let Ended { finish, held, usage, facts } = ended;
        if self.as_it_came.is_some() {
            reply::closing_comment(&facts, out);
            for mut chunk in held {
                self.passed_on(&mut chunk, out);
            }
            return;
        }
        self.date(&finish.rest);
        self.begin();
        finish.choices.into_iter().for_each(|choice| self.take(choice));
        let response = self.last(&facts.citations, usage);
        let kind = format!("response.{}", response["status"].as_str().unwrap_or_default());
        self.events.push(json!({ "type": kind, "response": response }));
        reply::closing_comment(&facts, out);
        self.write(out);
    }

    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) {
        self.begin();
        let code = match problem.status.as_u16() {
            429 => "rate_limit_exceeded",
            400..=499 => "invalid_prompt",
            _ => "server_error",
        };
        let error = json!({ "code": code, "message": problem.message });
        let response = self.response(End { status: "failed", error, ..End::in_progress() });
        self.events.push(json!({ "type": "response.failed", "response": response }));
        self.write(out);
    }
}

impl End {
    fn in_progress() -> Self {
        Self { status: "in_progress", error: Value::Null, incomplete: Value::Null, usage: Value::Null }
    }
}

fn usage_body(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "input_tokens_details": { "cached_tokens": usage.cached_input_tokens },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning_tokens },
        "total_tokens": usage.input_tokens.saturating_add(usage.output_tokens),
    })
}
