//! A streamed answer: every event is a whole response with the next parts of its candidates. No event says that it is the
//! last; an answer is over when its candidates are.

use super::wire::{self, Said};
use crate::error::Error;
use crate::provider::exchange::expect_choices;
use crate::provider::refusal;
use crate::provider::transport::ReadEvents;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use usecase::declared::ModelRef;
use usecase::{ChoiceDelta, Chunk};

pub(super) struct Events {
    model: ModelRef,
    salt: String,
    header: Option<Map<String, Value>>,
    choices: BTreeMap<u32, ChoiceState>,
}

#[derive(Default)]
struct ChoiceState {
    calls: usize,
    finished: bool,
}

impl Events {
    /// `salt` goes into the ids of tool calls that come without one.
    pub(super) fn new(model: &ModelRef, salt: String) -> Self {
        Self { model: model.clone(), salt, header: None, choices: BTreeMap::new() }
    }

    fn delta(&mut self, at: usize, candidate: &Value) -> Result<ChoiceDelta, String> {
        let index = wire::index(candidate, at);
        let is_new = !self.choices.contains_key(&index);
        expect_choices(self.choices.len() + usize::from(is_new))?;
        let state = self.choices.entry(index).or_default();
        let said = Said::read(candidate, &format!("{}{index}", self.salt), state.calls, true);
        state.calls += said.calls();
        let reason = wire::finish_reason(candidate, state.calls > 0)?;
        state.finished |= reason.is_some();
        let (text, mut delta) = said.rest();
        if is_new {
            delta.insert("role".to_owned(), "assistant".into());
        }
        let finish_reason = reason.map(str::to_owned);
        Ok(ChoiceDelta { index, text, delta, finish_reason, rest: wire::rest_of_choice(candidate) })
    }

    fn chunk(&mut self, body: &Value) -> Result<Chunk, String> {
        let candidates = body["candidates"].as_array().map_or(&[] as &[Value], Vec::as_slice);
        let deltas = candidates.iter().enumerate().map(|(at, candidate)| self.delta(at, candidate));
        let mut choices = deltas.collect::<Result<Vec<_>, String>>()?;
        if choices.is_empty() && wire::is_blocked(body) {
            self.choices.entry(0).or_default().finished = true;
            let finish_reason = Some("content_filter".to_owned());
            choices.push(ChoiceDelta { index: 0, text: None, delta: Map::new(), finish_reason, rest: Map::new() });
        }
        let model = &self.model.model;
        let header = self.header.get_or_insert_with(|| wire::header(model, body, "chat.completion.chunk"));
        Ok(Chunk { choices, usage: wire::usage(body), rest: header.clone(), raw: None })
    }
}

impl ReadEvents for Events {
    fn take(&mut self, data: &str, chunks: &mut Vec<Chunk>) -> Result<bool, Error> {
        let model = self.model.clone();
        let garbage = |what: String| Error::Garbage { model: model.clone(), what };
        let body: Value =
            serde_json::from_str(data).map_err(|_| garbage("an event of its stream is not JSON".to_owned()))?;
        if let Some(upstream) = refusal::report_of(&self.model, None, &body) {
            return Err(Error::ErrorInBody(Box::new(upstream)));
        }
        chunks.push(self.chunk(&body).map_err(garbage)?);
        Ok(false)
    }

    fn has_begun(&self) -> bool {
        !self.choices.is_empty()
    }

    fn is_complete(&self) -> bool {
        self.has_begun() && self.choices.values().all(|choice| choice.finished)
    }
}
