//! The way out, streamed: OpenAI's `chat.completion.chunk` frames over server-sent events. A usage chunk comes only when
//! it was asked for, and then every other chunk says `usage: null`. A stream that failed ends with an error frame and
//! no `[DONE]`.

use super::response::{annotations, envelope, usage_body};
use crate::problem::Problem;
use crate::reply::{self, Identity};
use crate::wire::{self, Frames};
use pipeline::Ended;
use serde_json::{Map, Value, json};
use usecase::{ChoiceDelta, Chunk, Citation, Dialect};

pub(super) struct ChatFrames {
    identity: Identity,
    begun: bool,
    /// The provider's own id and names were passed on: what we add ourselves bears them too.
    as_it_came: bool,
}

impl ChatFrames {
    pub(super) fn new(identity: Identity) -> Self {
        Self { identity, begun: false, as_it_came: false }
    }

    fn say(&mut self, mut chunk: Chunk, citations: &[Citation], out: &mut Vec<u8>) {
        let first = !std::mem::replace(&mut self.begun, true);
        if let Some(bytes) = self.identity.to_the_letter(chunk.raw.take(), Dialect::Chat) {
            self.as_it_came = true;
            return wire::data(out, &bytes);
        }
        let mut body = self.envelope(chunk.rest);
        let choices = chunk.choices.into_iter().map(|choice| choice_body(choice, first, citations)).collect();
        body.insert("choices".to_owned(), Value::Array(choices));
        if self.identity.include_usage {
            body.insert("usage".to_owned(), Value::Null);
        }
        wire::data(out, Value::Object(body).to_string().as_bytes());
    }

    fn envelope(&self, rest: Map<String, Value>) -> Map<String, Value> {
        if self.as_it_came {
            return rest;
        }
        envelope(&self.identity, rest, "chat.completion.chunk")
    }
}

impl Frames for ChatFrames {
    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<u8>) {
        self.say(chunk, &[], out);
    }

    fn end(&mut self, ended: Ended, out: &mut Vec<u8>) {
        let Ended { finish, held, usage, facts } = ended;
        let rest = finish.rest.clone();
        if held.is_empty() || !finish.choices.is_empty() {
            self.say(finish, &facts.citations, out);
        }
        let said_usage = held.iter().any(|chunk| chunk.usage.is_some());
        for chunk in held {
            self.say(chunk, &[], out);
        }
        if self.identity.include_usage && !said_usage {
            let mut body = self.envelope(rest);
            body.insert("choices".to_owned(), json!([]));
            body.insert("usage".to_owned(), usage_body(usage));
            wire::data(out, Value::Object(body).to_string().as_bytes());
        }
        reply::closing_comment(&facts, out);
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) {
        wire::data(out, problem.body().to_string().as_bytes());
    }
}

fn choice_body(choice: ChoiceDelta, first: bool, citations: &[Citation]) -> Value {
    let mut delta = Map::new();
    if first && !choice.delta.contains_key("role") {
        delta.insert("role".to_owned(), json!("assistant"));
    }
    delta.extend(choice.delta);
    if let Some(text) = choice.text {
        delta.insert("content".to_owned(), json!(text));
    }
    if choice.index == 0 && !citations.is_empty() {
        delta.insert("annotations".to_owned(), annotations(citations));
    }
    let mut body = Map::new();
    body.insert("index".to_owned(), json!(choice.index));
    body.insert("delta".to_owned(), Value::Object(delta));
    body.insert("finish_reason".to_owned(), json!(choice.finish_reason));
    body.extend(choice.rest);
    Value::Object(body)
}
