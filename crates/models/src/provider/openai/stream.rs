//! A streamed answer in OpenAI's events: each is a chunk, the last says `[DONE]`.

use super::super::exchange::expect_choices;
use super::super::refusal;
use super::super::splice;
use super::super::tool_calls::ToolCalls;
use super::super::transport::ReadEvents;
use super::wire;
use crate::error::Error;
use crate::reply::ChunkStream;
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::Value;
use std::collections::BTreeMap;
use usecase::declared::ModelRef;
use usecase::{Choice, ChoiceDelta, Chunk, Completion, Dialect, Raw};

/// What the events so far amount to.
pub(super) struct Events {
    model: ModelRef,
    choices: BTreeMap<u32, ChoiceState>,
    salt: String,
    /// The app asked for usage itself. We always do, and what comes of that is not for an app that did not.
    wants_usage: bool,
}

#[derive(Default)]
struct ChoiceState {
    tool_calls: ToolCalls,
    finished: bool,
}

impl Events {
    /// `salt` goes into the ids of tool calls whose upstream gives none.
    pub(super) fn new(model: &ModelRef, salt: String, wants_usage: bool) -> Self {
        Self { model: model.clone(), choices: BTreeMap::new(), salt, wants_usage }
    }

    /// The event as the app would have it, had it asked itself.
    fn as_asked(&self, raw: Raw, says_usage: bool, chunk: &Chunk) -> Option<Raw> {
        if self.wants_usage || !says_usage {
            return Some(raw);
        }
        if chunk.choices.is_empty() && chunk.usage.is_some() {
            return None;
        }
        splice::without_usage(&raw.bytes).map(|bytes| Raw { bytes, ..raw })
    }

    /// Brings the tool calls of a chunk into canonical form and notes which choices have ended.
    fn settle(&mut self, chunk: &mut Chunk, changed: &mut bool) -> Result<(), String> {
        for choice in &mut chunk.choices {
            let begun = self.choices.len() + usize::from(!self.choices.contains_key(&choice.index));
            expect_choices(begun)?;
            let state = self.choices.entry(choice.index).or_default();
            if let Some(Value::Array(deltas)) = choice.delta.remove("tool_calls") {
                let written = state.tool_calls.rewrite(deltas.clone(), &self.salt)?;
                *changed |= written.as_ref().and_then(Value::as_array) != Some(&deltas);
                if let Some(written) = written {
                    choice.delta.insert("tool_calls".to_owned(), written);
                }
            }
            if choice.finish_reason.is_some() {
                state.finished = true;
                if !state.tool_calls.all_announced() {
                    return Err("a tool call has no name".to_owned());
                }
            }
        }
        Ok(())
    }
}

impl ReadEvents for Events {
    fn take(&mut self, data: &str, chunks: &mut Vec<Chunk>) -> Result<bool, Error> {
        let garbage = |what: String| Error::Garbage { model: self.model.clone(), what };
        if data == "[DONE]" {
            return match self.has_begun() {
                true => Ok(true),
                false => Err(garbage("its stream says that it is done and holds no answer".to_owned())),
            };
        }
        let value: Value =
            serde_json::from_str(data).map_err(|_| garbage("an event of its stream is not JSON".to_owned()))?;
        if let Some(upstream) = refusal::report_of(&self.model, None, &value) {
            return Err(Error::ErrorInBody(Box::new(upstream)));
        }
        let raw = Raw::keep(Dialect::Chat, Bytes::copy_from_slice(data.as_bytes()), &value);
        let says_usage = value.get("usage").is_some();
        let mut changed = false;
        let mut chunk = wire::chunk(value, &mut changed).map_err(garbage)?;
        self.settle(&mut chunk, &mut changed).map_err(|what| Error::Garbage { model: self.model.clone(), what })?;
        chunk.raw = raw.filter(|_| !changed).and_then(|raw| self.as_asked(raw, says_usage, &chunk));
        chunks.push(chunk);
        Ok(false)
    }

    fn has_begun(&self) -> bool {
        !self.choices.is_empty()
    }

    fn is_complete(&self) -> bool {
        self.has_begun() && self.choices.values().all(|choice| choice.finished)
    }
}

/// A whole answer as a stream of one chunk, for an upstream that does not stream though it was asked to.
pub(super) fn of_completion(completion: Completion) -> ChunkStream {
    let choices = completion.choices.into_iter().map(whole_delta).collect();
    let mut rest = completion.rest;
    rest.insert("object".to_owned(), "chat.completion.chunk".into());
    let chunk = Chunk { choices, usage: completion.usage, rest, raw: None };
    futures_util::stream::iter([Ok(chunk)]).boxed()
}

fn whole_delta(choice: Choice) -> ChoiceDelta {
    let mut delta = choice.message.rest;
    delta.insert("role".to_owned(), "assistant".into());
    if let Some(Value::Array(calls)) = delta.get_mut("tool_calls") {
        for (at, call) in calls.iter_mut().enumerate() {
            call["index"] = at.into();
        }
    }
    let text = Some(choice.message.content.text()).filter(|text| !text.is_empty());
    let finish_reason = choice.finish_reason.or_else(|| Some("stop".to_owned()));
    ChoiceDelta { index: choice.index, text, delta, finish_reason, rest: choice.rest }
}
