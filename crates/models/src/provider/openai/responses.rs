//! Answers of OpenAI's `/responses`, for an app that speaks that dialect to a server that has it. Everything goes through
//! to the letter; what is read here is what we act on ourselves: the text, the calls, the end, and what it took.
//!
//! Source: platform.openai.com/docs/api-reference/responses and /responses-streaming, read in November 2026.

use super::super::blocks::answer;
use super::super::refusal;
use super::super::tool_calls::expect_calls;
use super::super::transport::ReadEvents;
use super::wire;
use crate::error::Error;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use usecase::declared::ModelRef;
use usecase::{Choice, ChoiceDelta, Chunk, Completion, Content, Dialect, Message, Raw, Role};

/// Reads a whole response, or says in one clause what is wrong with it.
pub(super) fn completion(body: &Value) -> Result<Completion, String> {
    let items = body.get("output").and_then(Value::as_array).ok_or("`output` is missing")?;
    let reason = finish_reason(body)?;
    let (mut texts, mut thoughts) = (None::<String>, String::new());
    let (mut calls, mut rest) = (Vec::new(), Map::new());
    for item in items {
        for (kind, words) in words(item) {
            match kind {
                "output_text" => texts.get_or_insert_default().push_str(words),
                "refusal" => drop(rest.insert("refusal".to_owned(), words.into())),
                _ => thoughts.push_str(words),
            }
        }
        calls.extend(call(item).map(|(id, name)| {
            let arguments = item["arguments"].as_str().or_else(|| item["input"].as_str()).unwrap_or_default();
            answer::call(None, id, name, arguments)
        }));
    }
    if !thoughts.is_empty() {
        rest.insert("reasoning_content".to_owned(), thoughts.into());
    }
    if !calls.is_empty() {
        rest.insert("tool_calls".to_owned(), calls.into());
    }
    let content = texts.map_or(Content::Absent, Content::Text);
    let message = Message { role: Role::Assistant, content, rest };
    let choice = Choice { index: 0, message, finish_reason: Some(reason.to_owned()), rest: Map::new() };
    let usage = body.get("usage").and_then(wire::usage);
    Ok(Completion { choices: vec![choice], usage, rest: header(body), raw: None })
}

/// The words of an item, each with the type of its part.
fn words(item: &Value) -> impl Iterator<Item = (&str, &str)> {
    let parts = ["content", "summary"].iter().filter_map(|name| item.get(*name)?.as_array()).flatten();
    parts.filter_map(|part| {
        let kind = part["type"].as_str()?;
        Some((kind, part.get("text").or_else(|| part.get("refusal"))?.as_str()?))
    })
}

/// The id and the name of a call that the app is to answer.
fn call(item: &Value) -> Option<(&str, &str)> {
    let is_call = matches!(item["type"].as_str(), Some("function_call" | "custom_tool_call"));
    is_call.then(|| Some((item["call_id"].as_str()?, item["name"].as_str()?))).flatten()
}

/// Why a response ended, in the words of chat completions.
fn finish_reason(body: &Value) -> Result<&'static str, String> {
    let calls = || body["output"].as_array().into_iter().flatten().any(|item| call(item).is_some());
    Ok(match (body["status"].as_str(), body.pointer("/incomplete_details/reason").and_then(Value::as_str)) {
        (Some("completed"), _) if calls() => "tool_calls",
        (Some("completed"), _) => "stop",
        (Some("incomplete"), Some("content_filter")) => "content_filter",
        (Some("incomplete"), _) => "length",
        _ => return Err("it is neither complete nor incomplete".to_owned()),
    })
}

/// What clients of chat completions expect around an answer.
fn header(body: &Value) -> Map<String, Value> {
    let names = [("id", "id"), ("created", "created_at"), ("model", "model"), ("service_tier", "service_tier")];
    let said = |(ours, theirs): (&str, &str)| {
        let value = body.get(theirs).filter(|value| !value.is_null())?;
        Some((ours.to_owned(), value.clone()))
    };
    names.into_iter().filter_map(said).collect()
}

/// The events of a streamed response: each is one chunk, also where it says nothing to us.
pub(super) struct Events {
    model: ModelRef,
    header: Map<String, Value>,
    calls: Vec<Value>,
    is_over: bool,
}

impl Events {
    pub(super) fn new(model: &ModelRef) -> Self {
        Self { model: model.clone(), header: Map::new(), calls: Vec::new(), is_over: false }
    }

    fn read(&mut self, event: &Value) -> Result<Chunk, String> {
        let kind = event["type"].as_str().ok_or("an event of its stream has no type")?;
        let mut chunk = Chunk { choices: Vec::new(), usage: None, rest: Map::new(), raw: None };
        let mut choice = ChoiceDelta { index: 0, text: None, delta: Map::new(), finish_reason: None, rest: Map::new() };
        let piece = || event["delta"].as_str().unwrap_or_default().to_owned();
        match kind {
            "response.created" => {
                self.header = header(&event["response"]);
                choice.delta.insert("role".to_owned(), "assistant".into());
            }
            "response.output_text.delta" => choice.text = Some(piece()),
            "response.refusal.delta" => drop(choice.delta.insert("refusal".to_owned(), piece().into())),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                choice.delta.insert("reasoning_content".to_owned(), piece().into());
            }
            "response.output_item.added" => choice.delta.extend(self.added(&event["item"])?),
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                let index = self.calls.iter().position(|id| *id == event["item_id"]).unwrap_or_default();
                let more = json!([{"index": index, "function": {"arguments": piece()}}]);
                choice.delta.insert("tool_calls".to_owned(), more);
            }
            "response.completed" | "response.incomplete" => {
                let response = &event["response"];
                choice.finish_reason = Some(finish_reason(response)?.to_owned());
                chunk.usage = response.get("usage").and_then(wire::usage);
                // The tier that answered is known at the end only.
                self.header.extend(header(response));
                self.is_over = true;
            }
            _ => {}
        }
        if choice.text.is_some() || !choice.delta.is_empty() || choice.finish_reason.is_some() {
            chunk.choices.push(choice);
        }
        chunk.rest = self.header.clone();
        Ok(chunk)
    }

    /// An item begins: a call, or a tool that the provider runs itself.
    fn added(&mut self, item: &Value) -> Result<Option<(String, Value)>, String> {
        if let Some((id, name)) = call(item) {
            let index = self.calls.len();
            expect_calls(index + 1)?;
            self.calls.push(item["id"].clone());
            return Ok(Some(("tool_calls".to_owned(), json!([answer::call(Some(index), id, name, "")]))));
        }
        let kind = item["type"].as_str().filter(|kind| !matches!(*kind, "message" | "reasoning"));
        Ok(kind.map(|kind| ("provider_calls".to_owned(), json!([kind]))))
    }
}

impl ReadEvents for Events {
    fn take(&mut self, data: &str, chunks: &mut Vec<Chunk>) -> Result<bool, Error> {
        let garbage = |what: String| Error::Garbage { model: self.model.clone(), what };
        if data == "[DONE]" {
            return Ok(self.is_over);
        }
        let event: Value =
            serde_json::from_str(data).map_err(|_| garbage("an event of its stream is not JSON".to_owned()))?;
        let failed = match event["type"].as_str() {
            Some("response.failed") => Some(&event["response"]),
            Some("error") if event.get("error").is_none() => Some(&event),
            _ => None,
        };
        let report = failed.map_or_else(
            || refusal::report_of(&self.model, None, &event),
            |failed| refusal::report_of(&self.model, Some(500), failed),
        );
        if let Some(upstream) = report {
            return Err(Error::ErrorInBody(Box::new(upstream)));
        }
        let model = self.model.clone();
        let mut chunk = self.read(&event).map_err(|what| Error::Garbage { model, what })?;
        chunk.raw = Some(Raw::kept_or_anew(Dialect::Responses, Bytes::copy_from_slice(data.as_bytes()), &event));
        chunks.push(chunk);
        Ok(self.is_over)
    }

    fn has_begun(&self) -> bool {
        !self.header.is_empty()
    }

    fn is_complete(&self) -> bool {
        self.is_over
    }
}

#[cfg(test)]
mod tests;
