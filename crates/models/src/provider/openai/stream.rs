//! A streamed answer: bytes in, chunks out.
//!
//! An answer has ended when `[DONE]` came, or when every choice gave its finish reason. Bytes that stop before either
//! are a broken answer and never look like a whole one.

use super::tool_calls::ToolCalls;
use super::wire;
use crate::error::Error;
use crate::provider::refusal;
use crate::provider::transport::Decode;
use crate::provider::transport::sse::{LARGEST_EVENT, SseError, SseReader};
use crate::reply::ChunkStream;
use futures_util::StreamExt;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use usecase::declared::ModelRef;
use usecase::{Choice, ChoiceDelta, Chunk, Completion};

/// Turns the bytes of an event stream into chunks.
pub(super) struct Decoder {
    model: ModelRef,
    reader: SseReader,
    state: State,
}

/// What the events so far amount to.
struct State {
    ready: VecDeque<Result<Chunk, Error>>,
    choices: BTreeMap<u32, ChoiceState>,
    done: bool,
    salt: String,
}

#[derive(Default)]
struct ChoiceState {
    tool_calls: ToolCalls,
    finished: bool,
}

impl Decoder {
    /// `salt` goes into the ids of tool calls whose upstream gives none.
    pub(super) fn new(model: &ModelRef, salt: String) -> Self {
        let state = State { ready: VecDeque::new(), choices: BTreeMap::new(), done: false, salt };
        Self { model: model.clone(), reader: SseReader::default(), state }
    }

    fn note(&mut self, outcome: &Result<(), SseError>) {
        let model = self.model.clone();
        match outcome {
            Ok(()) => {}
            Err(SseError::TooLarge) => {
                self.state.fail(Error::TooLarge { model, limit_bytes: LARGEST_EVENT, place: "in one event" });
            }
            Err(SseError::NotUtf8) => {
                self.state.fail(Error::Garbage { model, what: "an event of its stream is not UTF-8".to_owned() });
            }
        }
    }
}

impl Decode for Decoder {
    fn push(&mut self, bytes: &[u8]) {
        let (reader, state, model) = (&mut self.reader, &mut self.state, &self.model);
        let outcome = reader.push(bytes, &mut |data| {
            state.take_event(model, data);
            Ok(())
        });
        self.note(&outcome);
    }

    fn finish(&mut self) {
        let (reader, state, model) = (&mut self.reader, &mut self.state, &self.model);
        let outcome = reader.finish(&mut |data| {
            // Half an event is the mark of a cut; it is not also reported as nonsense.
            if data.trim() == "[DONE]" || serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok() {
                state.take_event(model, data);
            }
            Ok(())
        });
        self.note(&outcome);
        if !self.state.done && !self.state.is_complete() {
            let what = if self.state.choices.is_empty() {
                "its stream ended without an answer"
            } else {
                "its stream ended in the middle of the answer"
            };
            self.state.fail(Error::CutOff { model: self.model.clone(), what: what.to_owned() });
        }
        self.state.done = true;
    }

    fn is_done(&self) -> bool {
        self.state.done
    }

    fn is_complete(&self) -> bool {
        self.state.is_complete()
    }

    fn next(&mut self) -> Option<Result<Chunk, Error>> {
        self.state.ready.pop_front()
    }

    fn fail(&mut self, error: Error) {
        self.state.fail(error);
    }
}

impl State {
    fn fail(&mut self, error: Error) {
        if !std::mem::replace(&mut self.done, true) {
            self.ready.push_back(Err(error));
        }
    }

    fn is_complete(&self) -> bool {
        !self.choices.is_empty() && self.choices.values().all(|choice| choice.finished)
    }

    fn take_event(&mut self, model: &ModelRef, data: &str) {
        let data = data.trim();
        if self.done || data.is_empty() {
            return;
        }
        let garbage = |what: &str| Error::Garbage { model: model.clone(), what: what.to_owned() };
        if data == "[DONE]" {
            if self.choices.is_empty() {
                return self.fail(garbage("its stream says that it is done and holds no answer"));
            }
            self.done = true;
            return;
        }
        let Ok(value) = serde_json::from_str::<Value>(data) else {
            return self.fail(garbage("an event of its stream is not JSON"));
        };
        if let Some(upstream) = refusal::report_of(model, None, &value) {
            return self.fail(Error::ErrorInBody(Box::new(upstream)));
        }
        match wire::chunk(value).and_then(|chunk| self.settle(chunk)) {
            Ok(chunk) => self.ready.push_back(Ok(chunk)),
            Err(what) => self.fail(garbage(&what)),
        }
    }

    /// Brings the tool calls of a chunk into canonical form and notes which choices have ended.
    fn settle(&mut self, mut chunk: Chunk) -> Result<Chunk, String> {
        for choice in &mut chunk.choices {
            let state = self.choices.entry(choice.index).or_default();
            if let Some(Value::Array(deltas)) = choice.delta.remove("tool_calls")
                && let Some(written) = state.tool_calls.rewrite(deltas, &self.salt)?
            {
                choice.delta.insert("tool_calls".to_owned(), written);
            }
            if choice.finish_reason.is_some() {
                state.finished = true;
                if !state.tool_calls.all_announced() {
                    return Err("a tool call has no name".to_owned());
                }
            }
        }
        Ok(chunk)
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
