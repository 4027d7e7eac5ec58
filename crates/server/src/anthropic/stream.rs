//! The way out, streamed: Anthropic's events. Blocks follow one another, each begun and stopped; a failure is an `error`
//! event and nothing after it. What a provider counts is known at the end only, and stands in `message_delta`.

use super::answer::{self, Stop};
use crate::fields::list_in;
use crate::problem::Problem;
use crate::reply::{self, Identity};
use crate::wire::{self, Frames};
use pipeline::Ended;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use usecase::{ChoiceDelta, Chunk, Dialect};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
    Tool,
}

pub(super) struct MessageFrames {
    identity: Identity,
    begun: bool,
    /// The provider's own events are passed on, and nothing is said beside them.
    as_it_came: bool,
    /// The block that has begun and not stopped.
    open: Option<(usize, Kind)>,
    /// The number of the next block.
    next: usize,
    /// The block of each tool call, by the call's index.
    calls: BTreeMap<u64, usize>,
    /// The block of the text, which citations belong to, and what it says.
    text_block: Option<usize>,
    text: String,
    /// What the model found on the web itself.
    annotations: Vec<Value>,
    reason: Option<String>,
    stop_sequence: Option<String>,
    refused: bool,
}

impl MessageFrames {
    pub(super) fn new(identity: Identity) -> Self {
        Self {
            identity,
            begun: false,
            as_it_came: false,
            open: None,
            next: 0,
            calls: BTreeMap::new(),
            text_block: None,
            text: String::new(),
            annotations: Vec::new(),
            reason: None,
            stop_sequence: None,
            refused: false,
        }
    }

    fn say(&mut self, mut chunk: Chunk, out: &mut Vec<u8>) {
        if let Some(bytes) = self.identity.to_the_letter(chunk.raw.take(), Dialect::Messages) {
            self.as_it_came = true;
            return wire::event_as_it_came(out, &bytes);
        }
        if !std::mem::replace(&mut self.begun, true) {
            wire::event(out, &answer::opening(&self.identity));
        }
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            self.say_choice(choice, out);
        }
    }

    fn say_choice(&mut self, choice: ChoiceDelta, out: &mut Vec<u8>) {
        let ChoiceDelta { text, mut delta, finish_reason, rest, .. } = choice;
        self.reason = finish_reason.or(self.reason.take());
        let sequence = rest.get("stop_sequence").and_then(Value::as_str).map(str::to_owned);
        self.stop_sequence = sequence.or(self.stop_sequence.take());
        self.think(&mut delta, out);
        let refusal = delta.get("refusal").and_then(Value::as_str);
        self.refused |= refusal.is_some();
        if let Some(text) = text.as_deref().or(refusal).filter(|text| !text.is_empty()) {
            self.text_block = Some(self.begin(Kind::Text, &answer::text_block("", Vec::new()), out));
            self.text.push_str(text);
            self.delta(self.text_block, &json!({ "type": "text_delta", "text": text }), out);
        }
        self.annotations.extend(list_in(&mut delta, "annotations"));
        for call in list_in(&mut delta, "tool_calls") {
            self.call(&call, out);
        }
    }

    /// Thoughts come in pieces, then their signature; an answer replayed as a stream brings whole blocks.
    fn think(&mut self, delta: &mut Map<String, Value>, out: &mut Vec<u8>) {
        let blocks = list_in(delta, "thinking_blocks");
        let said = |block: &Value| block["thinking"].as_str().is_some_and(|thinking| !thinking.is_empty());
        let whole = blocks.iter().any(said);
        let thoughts = delta.get("reasoning_content").and_then(Value::as_str);
        if let Some(thoughts) = thoughts.filter(|thoughts| !whole && !thoughts.is_empty()) {
            let at = self.begin(Kind::Thinking, &answer::thinking(""), out);
            self.delta(Some(at), &json!({ "type": "thinking_delta", "thinking": thoughts }), out);
        }
        for block in blocks {
            if block["type"] == "thinking" {
                let at = self.begin(Kind::Thinking, &answer::thinking(""), out);
                if said(&block) {
                    self.delta(Some(at), &json!({ "type": "thinking_delta", "thinking": block["thinking"] }), out);
                }
                self.delta(Some(at), &json!({ "type": "signature_delta", "signature": block["signature"] }), out);
            } else {
                self.close(out);
                self.begin(Kind::Thinking, &block, out);
            }
            self.close(out);
        }
    }

    /// The first delta of a call begins its block; a late one of a block that has stopped still finds it by its number.
    fn call(&mut self, call: &Value, out: &mut Vec<u8>) {
        let index = call["index"].as_u64().unwrap_or(0);
        let at = match self.calls.get(&index) {
            Some(at) => *at,
            None => {
                self.close(out);
                let block =
                    json!({ "type": "tool_use", "id": call["id"], "name": call["function"]["name"], "input": {} });
                let at = self.begin(Kind::Tool, &block, out);
                self.calls.insert(index, at);
                at
            }
        };
        if let Some(arguments) = call["function"]["arguments"].as_str().filter(|arguments| !arguments.is_empty()) {
            self.delta(Some(at), &json!({ "type": "input_json_delta", "partial_json": arguments }), out);
        }
    }

    /// The number of the open block of this kind; another one is stopped first.
    fn begin(&mut self, kind: Kind, block: &Value, out: &mut Vec<u8>) -> usize {
        if let Some((at, _)) = self.open.filter(|(_, open)| *open == kind) {
            return at;
        }
        self.close(out);
        let at = self.next;
        self.next += 1;
        self.open = Some((at, kind));
        wire::event(out, &json!({ "type": "content_block_start", "index": at, "content_block": block }));
        at
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if let Some((at, _)) = self.open.take() {
            wire::event(out, &json!({ "type": "content_block_stop", "index": at }));
        }
    }

    fn delta(&self, at: Option<usize>, delta: &Value, out: &mut Vec<u8>) {
        wire::event(out, &json!({ "type": "content_block_delta", "index": at, "delta": delta }));
    }
}

impl Frames for MessageFrames {
    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<u8>) {
        self.say(chunk, out);
    }

    fn end(&mut self, ended: Ended, out: &mut Vec<u8>) {
        let Ended { finish, held, usage, facts } = ended;
        if self.as_it_came {
            reply::closing_comment(&facts, out);
            return held.into_iter().for_each(|chunk| self.say(chunk, out));
        }
        self.say(finish, out);
        let cited = match facts.citations.is_empty() {
            true => answer::foreign_citations(&self.annotations, &self.text),
            false => answer::our_citations(&facts.citations, &self.text),
        };
        for citation in cited.into_iter().filter(|_| self.text_block.is_some()) {
            self.delta(self.text_block, &json!({ "type": "citations_delta", "citation": citation }), out);
        }
        self.close(out);
        reply::closing_comment(&facts, out);
        let stop =
            Stop { reason: self.reason.as_deref(), sequence: self.stop_sequence.as_deref(), refused: self.refused };
        let (reason, sequence) = stop.told();
        let delta = json!({ "stop_reason": reason, "stop_sequence": sequence });
        wire::event(out, &json!({ "type": "message_delta", "delta": delta, "usage": answer::usage_body(usage) }));
        wire::event(out, &json!({ "type": "message_stop" }));
    }

    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) {
        wire::event(out, &problem.anthropic_body());
    }
}
