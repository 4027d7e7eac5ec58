//! A streamed answer: events of named types, from `message-start` to `message-end`.

use super::wire;
use crate::error::Error;
use crate::provider::blocks::answer;
use crate::provider::refusal;
use crate::provider::tool_calls::ToolCalls;
use crate::provider::transport::ReadEvents;
use serde_json::{Map, Value, json};
use usecase::declared::ModelRef;
use usecase::{ChoiceDelta, Chunk, Usage};

pub(super) struct Events {
    model: ModelRef,
    salt: String,
    header: Option<Map<String, Value>>,
    tool_calls: ToolCalls,
    is_over: bool,
}

impl Events {
    /// `salt` goes into the ids of tool calls that come without one.
    pub(super) fn new(model: &ModelRef, salt: String) -> Self {
        Self { model: model.clone(), salt, header: None, tool_calls: ToolCalls::default(), is_over: false }
    }

    fn chunk(&mut self, choice: ChoiceDelta, usage: Option<Usage>) -> Chunk {
        let made = || answer::header(None, &self.model.model, "chat.completion.chunk");
        let header = self.header.get_or_insert_with(made).clone();
        Chunk { choices: vec![choice], usage, rest: header, raw: None }
    }

    /// A piece with this in its delta.
    fn with(&mut self, name: &str, value: Value) -> Chunk {
        let mut choice = blank();
        choice.delta.insert(name.to_owned(), value);
        self.chunk(choice, None)
    }

    fn event(&mut self, event: &Value) -> Result<Option<Chunk>, String> {
        let delta = &event["delta"];
        let message = &delta["message"];
        Ok(match event["type"].as_str().unwrap_or_default() {
            "message-start" => {
                let id = event["id"].as_str();
                self.header = Some(answer::header(id, &self.model.model, "chat.completion.chunk"));
                Some(self.with("role", "assistant".into()))
            }
            "content-start" | "content-delta" => {
                let piece = |name: &str| message["content"][name].as_str().filter(|piece| !piece.is_empty());
                match (piece("text"), piece("thinking")) {
                    (Some(text), _) => Some(self.chunk(ChoiceDelta { text: Some(text.to_owned()), ..blank() }, None)),
                    (None, Some(thinking)) => Some(self.with("reasoning_content", thinking.into())),
                    (None, None) => None,
                }
            }
            "tool-plan-delta" => {
                let plan = message["tool_plan"].as_str().filter(|plan| !plan.is_empty());
                plan.map(|plan| self.with("reasoning_content", plan.into()))
            }
            "tool-call-start" | "tool-call-delta" => self.call(event)?,
            "citation-start" => {
                let citation = message.get("citations").filter(|citation| !citation.is_null());
                citation.map(|citation| self.with("citations", json!([citation])))
            }
            "message-end" => Some(self.end(delta)?),
            _ => None,
        })
    }

    fn call(&mut self, event: &Value) -> Result<Option<Chunk>, String> {
        let call = &event["delta"]["message"]["tool_calls"];
        // One call as an object; a list of one in older versions.
        let mut call = call.as_array().and_then(|calls| calls.first()).unwrap_or(call).clone();
        if call.is_object()
            && let Some(index) = event.get("index")
        {
            call["index"] = index.clone();
        }
        let written = self.tool_calls.rewrite(vec![call], &self.salt)?;
        Ok(written.map(|calls| self.with("tool_calls", calls)))
    }

    fn end(&mut self, delta: &Value) -> Result<Chunk, String> {
        let reason = wire::finish_reason(&delta["finish_reason"])?;
        if !self.tool_calls.all_announced() {
            return Err("a tool call has no name".to_owned());
        }
        self.is_over = true;
        let choice = ChoiceDelta { finish_reason: Some(reason.to_owned()), ..blank() };
        Ok(self.chunk(choice, wire::usage(&delta["usage"])))
    }
}

fn blank() -> ChoiceDelta {
    ChoiceDelta { index: 0, text: None, delta: Map::new(), finish_reason: None, rest: Map::new() }
}

impl ReadEvents for Events {
    fn take(&mut self, data: &str, chunks: &mut Vec<Chunk>) -> Result<bool, Error> {
        let model = self.model.clone();
        let garbage = |what: String| Error::Garbage { model: model.clone(), what };
        if data == "[DONE]" {
            return Ok(self.is_over);
        }
        let event: Value =
            serde_json::from_str(data).map_err(|_| garbage("an event of its stream is not JSON".to_owned()))?;
        // Errors come as `error`, or as a `message` where an event should be.
        let status = event.get("type").is_none().then_some(500);
        if let Some(upstream) = refusal::report_of(&self.model, status, &event) {
            return Err(Error::ErrorInBody(Box::new(upstream)));
        }
        chunks.extend(self.event(&event).map_err(garbage)?);
        Ok(self.is_over)
    }

    fn has_begun(&self) -> bool {
        self.header.is_some()
    }

    fn is_complete(&self) -> bool {
        self.is_over
    }
}
