//! The items of an answer, put together piece by piece: reasoning, messages, function calls. Every step tells the events
//! that a stream shows of it; a whole answer takes the items and leaves the events.

use super::sealed;
use crate::fields::list_in;
use crate::openai::response::annotations;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use usecase::{ChoiceDelta, Citation, TraceId};

pub(super) struct Items {
    trace: TraceId,
    pub(super) list: Vec<Value>,
    /// The item that has begun and is not done.
    open: Option<usize>,
    /// The item of each function call, by the call's index.
    calls: BTreeMap<u64, usize>,
    /// The item and the part of it that hold the text.
    text: Option<(usize, usize)>,
    /// What the model found on the web itself.
    found: Vec<Value>,
    pub(super) refused: bool,
}

/// An item's kind: its `type` and the beginning of its id.
type Kind = (&'static str, &'static str);

const REASONING: Kind = ("reasoning", "rs");
const MESSAGE: Kind = ("message", "msg");
const CALL: Kind = ("function_call", "fc");

impl Items {
    pub(super) fn new(trace: TraceId) -> Self {
        Self {
            trace,
            list: Vec::new(),
            open: None,
            calls: BTreeMap::new(),
            text: None,
            found: Vec::new(),
            refused: false,
        }
    }

    pub(super) fn take(&mut self, choice: ChoiceDelta, events: &mut Vec<Value>) {
        let ChoiceDelta { text, mut delta, rest, .. } = choice;
        self.think(&mut delta, events);
        let refusal = delta.get("refusal").and_then(Value::as_str).filter(|refusal| !refusal.is_empty());
        // A refusal of ours says the same in both places.
        if let Some(text) = text.filter(|text| !text.is_empty() && Some(text.as_str()) != refusal) {
            let logprobs = rest.get("logprobs").and_then(|logprobs| logprobs.get("content")?.as_array().cloned());
            self.say("output_text", "text", &text, logprobs.unwrap_or_default(), events);
        }
        if let Some(refusal) = refusal {
            self.refused = true;
            self.say("refusal", "refusal", refusal, Vec::new(), events);
        }
        self.found.extend(list_in(&mut delta, "annotations"));
        for (place, call) in list_in(&mut delta, "tool_calls").iter().enumerate() {
            self.call(call["index"].as_u64().unwrap_or(place as u64), call, events);
        }
    }

    /// The end: where the answer rests on something it says so, and what is open is done. `status` is that of the item.
    pub(super) fn finish(&mut self, citations: &[Citation], status: &str, events: &mut Vec<Value>) {
        let cited = match annotations(citations) {
            Value::Array(ours) if !ours.is_empty() => ours,
            _ => std::mem::take(&mut self.found),
        };
        if let Some((at, part)) = self.text {
            for (number, annotation) in cited.iter().map(flat).enumerate() {
                events.push(json!({
                    "type": "response.output_text.annotation.added", "item_id": self.id(at), "output_index": at,
                    "content_index": part, "annotation_index": number, "annotation": annotation,
                }));
                if let Some(list) = self.list[at]["content"][part]["annotations"].as_array_mut() {
                    list.push(annotation);
                }
            }
        }
        if let (Some(at), true) = (self.open, status != "completed") {
            self.list[at]["status"] = json!(status);
        }
        self.close(events);
    }

    /// Thoughts come in pieces, then what its provider signed of them; an answer replayed as a stream brings whole blocks.
    fn think(&mut self, delta: &mut Map<String, Value>, events: &mut Vec<Value>) {
        let blocks = list_in(delta, "thinking_blocks");
        let said = |block: &Value| block["thinking"].as_str().is_some_and(|thinking| !thinking.is_empty());
        let whole = blocks.iter().any(said);
        let thoughts = delta.get("reasoning_content").and_then(Value::as_str);
        if let Some(thoughts) = thoughts.filter(|thoughts| !whole && !thoughts.is_empty()) {
            self.summarise(thoughts, events);
        }
        for mut block in blocks {
            if let Some(thinking) = block["thinking"].as_str().filter(|thinking| !thinking.is_empty()) {
                self.summarise(thinking, events);
            }
            let at = self.begin(REASONING, json!({ "summary": [] }), events);
            if let (true, Some(text)) = (block["type"] == "thinking", self.list[at]["summary"][0].get("text")) {
                block["thinking"] = text.clone();
            }
            self.list[at]["encrypted_content"] = json!(sealed::seal(&[block]));
            self.close(events);
        }
    }

    fn summarise(&mut self, thoughts: &str, events: &mut Vec<Value>) {
        let at = self.begin(REASONING, json!({ "summary": [] }), events);
        if self.list[at]["summary"] == json!([]) {
            let part = json!({ "type": "summary_text", "text": "" });
            events.push(self.summary_event(at, "part.added", "part", &part));
            self.list[at]["summary"] = json!([part]);
        }
        append(&mut self.list[at]["summary"][0]["text"], thoughts);
        events.push(self.summary_event(at, "text.delta", "delta", &json!(thoughts)));
    }

    fn summary_event(&self, at: usize, kind: &str, name: &str, value: &Value) -> Value {
        json!({
            "type": format!("response.reasoning_summary_{kind}"), "item_id": self.id(at), "output_index": at,
            "summary_index": 0, name: value,
        })
    }

    /// A piece of a message: `kind` is the part's type, `name` the field of it that holds the words.
    fn say(&mut self, kind: &str, name: &str, words: &str, logprobs: Vec<Value>, events: &mut Vec<Value>) {
        let at = self.begin(MESSAGE, json!({ "role": "assistant", "content": [] }), events);
        let parts = self.list[at]["content"].as_array().map_or(0, Vec::len);
        if parts == 0 || self.list[at]["content"][parts - 1]["type"] != kind {
            self.close_part(at, events);
            let mut part = json!({ "type": kind, name: "" });
            if kind == "output_text" {
                self.text = Some((at, parts));
                (part["annotations"], part["logprobs"]) = (json!([]), json!([]));
            }
            if let Some(content) = self.list[at]["content"].as_array_mut() {
                content.push(part.clone());
            }
            events.push(self.part_event(at, "content_part.added", "part", &part));
        }
        let part = self.last_part(at);
        append(&mut self.list[at]["content"][part][name], words);
        let mut delta = self.part_event(at, &format!("{kind}.delta"), "delta", &json!(words));
        if kind == "output_text" {
            if let Some(list) = self.list[at]["content"][part]["logprobs"].as_array_mut() {
                list.extend_from_slice(&logprobs);
            }
            delta["logprobs"] = Value::Array(logprobs);
        }
        events.push(delta);
    }

    fn last_part(&self, at: usize) -> usize {
        self.list[at]["content"].as_array().map_or(0, |parts| parts.len().saturating_sub(1))
    }

    fn part_event(&self, at: usize, kind: &str, name: &str, value: &Value) -> Value {
        json!({
            "type": format!("response.{kind}"), "item_id": self.id(at), "output_index": at,
            "content_index": self.last_part(at), name: value,
        })
    }

    fn call(&mut self, index: u64, call: &Value, events: &mut Vec<Value>) {
        let at = self.calls.get(&index).copied().unwrap_or_else(|| {
            self.close(events);
            let name = &call["function"]["name"];
            self.begin(CALL, json!({ "call_id": call["id"], "name": name, "arguments": "" }), events)
        });
        self.calls.insert(index, at);
        if let Some(piece) = call["function"]["arguments"].as_str().filter(|piece| !piece.is_empty()) {
            append(&mut self.list[at]["arguments"], piece);
            events.push(json!({
                "type": "response.function_call_arguments.delta", "item_id": self.id(at), "output_index": at,
                "delta": piece,
            }));
        }
    }

    /// The place of the open item of this kind; another one is done first.
    fn begin(&mut self, kind: Kind, fields: Value, events: &mut Vec<Value>) -> usize {
        if let Some(at) = self.open.filter(|at| self.list[*at]["type"] == kind.0) {
            return at;
        }
        self.close(events);
        let at = self.list.len();
        let mut item = json!({ "id": format!("{}_{}_{at}", kind.1, self.trace), "type": kind.0 });
        item["status"] = json!("in_progress");
        if let (Value::Object(item), Value::Object(fields)) = (&mut item, fields) {
            item.extend(fields);
        }
        events.push(json!({ "type": "response.output_item.added", "output_index": at, "item": item }));
        self.list.push(item);
        self.open = Some(at);
        at
    }

    fn close(&mut self, events: &mut Vec<Value>) {
        let Some(at) = self.open.take() else { return };
        if self.list[at]["status"] == "in_progress" {
            self.list[at]["status"] = json!("completed");
        }
        self.close_part(at, events);
        let item = &self.list[at];
        if item["type"] == REASONING.0 && item["summary"] != json!([]) {
            let part = item["summary"][0].clone();
            events.push(self.summary_event(at, "text.done", "text", &part["text"]));
            events.push(self.summary_event(at, "part.done", "part", &part));
        }
        if item["type"] == CALL.0 {
            events.push(json!({
                "type": "response.function_call_arguments.done", "item_id": self.id(at), "output_index": at,
                "name": item["name"], "arguments": item["arguments"],
            }));
        }
        events.push(json!({ "type": "response.output_item.done", "output_index": at, "item": item }));
    }

    /// The last part of a message is done.
    fn close_part(&self, at: usize, events: &mut Vec<Value>) {
        let Some(part) = self.list[at]["content"].as_array().and_then(|parts| parts.last()) else { return };
        if part["type"] == "output_text" {
            let mut done = self.part_event(at, "output_text.done", "text", &part["text"]);
            done["logprobs"] = part["logprobs"].clone();
            events.push(done);
        } else {
            events.push(self.part_event(at, "refusal.done", "refusal", &part["refusal"]));
        }
        events.push(self.part_event(at, "content_part.done", "part", part));
    }

    fn id(&self, at: usize) -> Value {
        self.list[at]["id"].clone()
    }
}

/// An annotation of chat completions, whose fields lie one level deeper.
fn flat(annotation: &Value) -> Value {
    let mut flat = json!({ "type": annotation["type"] });
    if let (Value::Object(flat), Some(Value::Object(fields))) = (&mut flat, annotation.get("url_citation")) {
        flat.extend(fields.clone());
    }
    flat
}

fn append(text: &mut Value, piece: &str) {
    if let Value::String(text) = text {
        text.push_str(piece);
    }
}
