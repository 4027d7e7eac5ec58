//! Step 5, streamed answers: the same checks, piece by piece. What was masked is restored even where a placeholder is
//! cut between two pieces; the last piece waits until the record is on disk; a stream that breaks ends with a failure
//! and never with a clean end. What a bare model says in the caller's own dialect, while nothing was masked, is given to the
//! letter: every event of it, also those that say nothing to us; from the one that ends the answer on they are held. An
//! answer that must be judged before its first word (`Prepared::holds`) was asked for
//! whole and is replayed from here.

use crate::ask::{Asked, Chunks};
use crate::check_output::{self, Judged, take_marks};
use crate::error::Error;
use crate::given::{AnswerBody, Answered, Ended, Piece, WholeAnswer};
use crate::prepared::Prepared;
use crate::trail::{End, Trail};
use crate::unsure;
use futures_util::stream::{self, StreamExt};
use guardrails::{Restorer, Stopped, Vault, Watch};
use ledger::Status;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use usecase::{AttemptEnd, Choice, ChoiceDelta, Chunk, Completion, Dialect, Message, Passage, Role, Usage, Verdict};

/// Begins a streamed answer. The record that the request began is on disk before this returns.
pub(crate) async fn start(
    prepared: &Arc<Prepared>,
    mut trail: Trail,
    asked: Asked,
    chunks: Chunks,
) -> Result<Answered, Error> {
    if let Err(error) = trail.begun_on_disk().await {
        return Err(trail.fail(error).await);
    }
    let (trace, bundle, model) = (trail.trace(), trail.bundle(), asked.model.to_string());
    let (upstream_headers, warnings) = (asked.upstream_headers.clone(), asked.warnings.clone());
    let flow = Flow {
        prepared: Arc::clone(prepared),
        passages: asked.open_passages(),
        trail,
        asked,
        chunks,
        voices: BTreeMap::new(),
        finish: Chunk { choices: Vec::new(), usage: None, rest: Map::new(), raw: None },
        held: Vec::new(),
        usage: None,
        said_nothing: false,
        calls_tools: false,
    };
    let pieces = stream::unfold(Some(flow), |flow| async move {
        let (piece, flow) = flow?.next().await;
        Some((piece, flow))
    });
    Ok(Answered { trace, bundle, model, upstream_headers, warnings, body: AnswerBody::Stream(pieces.boxed()) })
}

/// A streamed answer under way. Dropping it records what happened until then: the trail sees to that.
struct Flow {
    prepared: Arc<Prepared>,
    passages: Arc<[Passage]>,
    trail: Trail,
    asked: Asked,
    chunks: Chunks,
    voices: BTreeMap<u32, Voice>,
    /// The finish reasons, held back until the end.
    finish: Chunk,
    /// Pieces to the letter from the one that ended the answer on, held back until it is recorded.
    held: Vec<Chunk>,
    usage: Option<Usage>,
    said_nothing: bool,
    calls_tools: bool,
}

/// One choice of the answer as it is being said.
struct Voice {
    /// Judges the words as the model says them, before values are put back: those are the caller's own.
    watch: Option<Watch>,
    content: Restorer,
    /// Every other text of the deltas, by its path: `refusal`, `tool_calls/0/function/arguments`, what is new tomorrow.
    others: BTreeMap<String, Restorer>,
    /// What was given out so far.
    text: String,
    /// The words that end it where it was refused.
    refusal: String,
    /// Its end is among the pieces that are held.
    has_ended: bool,
}

impl Voice {
    fn new(vault: &Vault, watch: Option<Watch>) -> Self {
        Self {
            watch,
            content: vault.restorer(),
            others: BTreeMap::new(),
            text: String::new(),
            refusal: String::new(),
            has_ended: false,
        }
    }

    /// What of a piece may go out by now.
    fn hear(&mut self, piece: String, masked: bool) -> String {
        let piece = match &mut self.watch {
            Some(watch) => watch.push(&piece),
            None => piece,
        };
        let given = if masked { self.content.push(&piece) } else { piece };
        self.text.push_str(&given);
        given
    }

    /// The voice has said everything: what was held of it, and what was decided.
    fn fall_silent(&mut self) -> (String, Vec<Verdict>, Option<Stopped>) {
        let (rest, verdicts, stopped) = self.watch.take().map(Watch::finish).unwrap_or_default();
        let tail = self.content.push(&rest) + &self.content.finish();
        self.text.push_str(&tail);
        (tail, verdicts, stopped)
    }

    /// Restores the texts of a delta in place. A tool's arguments are JSON inside of a string: what is put back there
    /// is escaped for it.
    fn restore(&mut self, vault: &Vault, path: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                let is_json = path.ends_with("/arguments");
                let new = || if is_json { vault.json_restorer() } else { vault.restorer() };
                *text = self.others.entry(path.to_owned()).or_insert_with(new).push(text);
            }
            Value::Array(items) => {
                for (place, item) in items.iter_mut().enumerate() {
                    let index = item.get("index").and_then(Value::as_u64).unwrap_or(place as u64);
                    self.restore(vault, &format!("{path}/{index}"), item);
                }
            }
            Value::Object(fields) => {
                // Names and ids tie pieces together and are never text of people.
                let texts =
                    fields.iter_mut().filter(|(name, _)| !["role", "id", "type", "name"].contains(&name.as_str()));
                texts.for_each(|(name, field)| self.restore(vault, &format!("{path}/{name}"), field));
            }
            _ => {}
        }
    }

    /// What is still held of the other texts, as a delta.
    fn tails(&mut self) -> Map<String, Value> {
        let mut delta = Map::new();
        for (path, restorer) in &mut self.others {
            let tail = restorer.finish();
            if !tail.is_empty() {
                put(&mut delta, path.trim_start_matches('/'), tail);
            }
        }
        delta
    }
}

/// Puts a text into a delta at its path; a number stands for the element of a list with that `index`.
fn put(delta: &mut Map<String, Value>, path: &str, text: String) {
    let Some((name, rest)) = path.split_once('/') else {
        delta.insert(path.to_owned(), json!(text));
        return;
    };
    let (index, rest) = match rest.split_once('/') {
        Some((number, rest)) if number.parse::<u64>().is_ok() => (number.parse::<u64>().ok(), rest),
        _ => (None, rest),
    };
    let Some(index) = index else {
        if let Some(inner) = delta.entry(name).or_insert_with(|| json!({})).as_object_mut() {
            put(inner, rest, text);
        }
        return;
    };
    let Some(list) = delta.entry(name).or_insert_with(|| json!([])).as_array_mut() else { return };
    let mut element = Map::from_iter([("index".to_owned(), json!(index))]);
    put(&mut element, rest, text);
    list.push(Value::Object(element));
}

impl Flow {
    /// The next piece, and the flow if there is more.
    async fn next(mut self) -> (Piece, Option<Self>) {
        loop {
            // What a rule ended is not listened to further.
            if self.voices.values().any(|voice| voice.watch.as_ref().is_some_and(has_stopped)) {
                return (self.end().await, None);
            }
            let waiting = Instant::now();
            let arrived = self.chunks.next().await;
            self.trail.waited_since(waiting);
            match arrived {
                Some(Ok(chunk)) => {
                    if let Some(piece) = self.receive(chunk) {
                        return (Piece::Chunk(piece), Some(self));
                    }
                }
                Some(Err(error)) => return (self.fail(error).await, None),
                None => return (self.end().await, None),
            }
        }
    }

    /// Restores a chunk; `None` when there is nothing yet to give out.
    fn receive(&mut self, mut chunk: Chunk) -> Option<Chunk> {
        let usage = chunk.usage.take();
        self.usage = usage.or(self.usage);
        if self.finish.rest.is_empty() {
            self.finish.rest = chunk.rest.clone();
        }
        let raw = chunk.raw.take().filter(|raw| self.goes_to_the_letter(raw.dialect));
        let is_report = usage.is_some() && chunk.choices.is_empty();
        let ends = is_report || chunk.choices.iter().any(|choice| choice.finish_reason.is_some());
        // Once a piece is held, those behind it are too: they keep their order.
        let holds = !self.held.is_empty() || (ends && raw.is_some());
        let mut given = Vec::with_capacity(chunk.choices.len());
        for choice in std::mem::take(&mut chunk.choices) {
            given.extend(self.receive_choice(choice, holds));
        }
        if given.is_empty() && raw.is_none() {
            return None;
        }
        let chunk = Chunk { choices: given, usage: usage.filter(|_| holds), rest: chunk.rest, raw };
        if !holds {
            return Some(chunk);
        }
        self.held.push(chunk);
        None
    }

    /// A bare model's words in the caller's dialect, with nothing in them to restore. A use case answers under its own name.
    fn goes_to_the_letter(&self, dialect: Dialect) -> bool {
        self.prepared.bundle().is_none() && self.asked.vault().is_empty() && self.asked.dialect() == dialect
    }

    fn receive_choice(&mut self, mut choice: ChoiceDelta, holds: bool) -> Option<ChoiceDelta> {
        let (vault, guards) = (self.asked.vault(), &self.prepared.guards);
        let secret = || check_output::secret(&self.prepared, &self.asked.prompt);
        let watch = || guards.watch(secret()).map(|watch| watch.restoring(vault));
        let voice = self.voices.entry(choice.index).or_insert_with(|| Voice::new(vault, watch()));
        self.said_nothing |= take_marks(&mut choice.rest);
        self.calls_tools |= check_output::calls_tools(&choice.delta);
        if let Some(text) = choice.text.take() {
            let given = voice.hear(text, !vault.is_empty());
            if choice.index == 0 {
                self.trail.said(&given);
            }
            choice.text = Some(given);
        }
        if !vault.is_empty() || voice.watch.is_some() {
            choice.text = choice.text.take().filter(|text| !text.is_empty());
        }
        if !vault.is_empty() {
            let mut delta = Value::Object(std::mem::take(&mut choice.delta));
            voice.restore(vault, "", &mut delta);
            if let Value::Object(delta) = delta {
                choice.delta = delta;
            }
        }
        if holds {
            voice.has_ended |= choice.finish_reason.is_some();
        } else if let Some(reason) = choice.finish_reason.take() {
            self.finish.choices.push(last_words(choice.index, reason));
        }
        let ends = choice.finish_reason.is_some();
        let says_something = choice.text.is_some() || !choice.delta.is_empty() || !choice.rest.is_empty();
        (says_something || ends).then_some(choice)
    }

    /// The upstream said everything: the held tails go out, the answer is judged and recorded, then the last piece.
    async fn end(mut self) -> Piece {
        let (said_of, stopped) = self.release_tails();
        let usage = self.trail.answered(self.usage, AttemptEnd::Answered);
        let step = self.trail.step("guard_output");
        let judge = |voice: &Voice| {
            check_output::judge(&self.prepared, &voice.text, &self.passages, self.said_nothing, self.calls_tools)
        };
        let mut judged = self.voices.values().map(judge).reduce(Judged::with).unwrap_or_else(Judged::nothing);
        judged.verdicts.splice(..0, said_of);
        if stopped {
            judged.status = Status::Refused;
            judged.citations.clear();
        }
        self.trail.end(step);
        let remember = self.asked.prompt.remember.take().filter(|_| judged.status == Status::Answered);
        // Where another model went on with the words of one that broke off, the answer is of neither.
        let remember = remember.filter(|_| self.trail.answered_by() == Some(self.asked.model.to_string().as_str()));
        let said = remember.and_then(|remember| Some((remember, self.said_whole(usage)?)));
        let text = self.voices.into_values().next().map(|voice| voice.text + &voice.refusal).unwrap_or_default();
        self.trail.judged(&judged.verdicts);
        let reasons: Vec<&Option<String>> = self.finish.choices.iter().map(|choice| &choice.finish_reason).collect();
        let answer = ledger::written(&json!({ "text": text, "finish_reasons": reasons }));
        let end = End { status: judged.status, citations: judged.citations, answer };
        match self.trail.finish(end).await {
            Ok(facts) => {
                if let Some((remember, completion)) = said {
                    remember.keep(completion, self.asked.model.to_string(), self.asked.warnings, &facts);
                }
                Piece::End(Box::new(Ended { finish: self.finish, held: self.held, usage, facts }))
            }
            Err(error) => Piece::Failed(error),
        }
    }

    /// What was said as one whole answer; `None` when it was more than one plain text. Log-probabilities that the app
    /// asked for went by piece by piece: without them the answer would not be the same.
    fn said_whole(&self, usage: Usage) -> Option<Completion> {
        if unsure::app_asked(&self.asked.prompt.request.rest) {
            return None;
        }
        let [reason] = self.finish.choices.as_slice() else { return None };
        let voice = self.voices.get(&reason.index).filter(|_| self.voices.len() == 1 && !self.calls_tools)?;
        let message = Message::new(Role::Assistant, &voice.text);
        let choice = Choice { index: 0, message, finish_reason: reason.finish_reason.clone(), rest: Map::new() };
        Some(Completion { choices: vec![choice], usage: Some(usage), rest: self.finish.rest.clone(), raw: None })
    }

    /// What the restorers still held goes out with the finish reasons, in the same last chunk. Some servers give no
    /// finish reason; a choice of theirs ended because it was done. What the watches decided comes back, and whether one
    /// refused: such an answer ends with the words of the refusal.
    fn release_tails(&mut self) -> (Vec<Verdict>, bool) {
        let (mut said_of, mut refused) = (Vec::new(), false);
        for (index, voice) in &mut self.voices {
            let (mut tail, verdicts, stopped) = voice.fall_silent();
            if stopped == Some(Stopped::Refused) {
                let words = check_output::refusal_words(&self.prepared, verdicts.iter().max_by_key(|one| one.acts()));
                let gap = if voice.text.is_empty() { "" } else { "\n\n" };
                // Ours, so they are not judged with what the model said.
                voice.refusal = format!("{gap}{words}");
                tail.push_str(&voice.refusal);
                refused = true;
            }
            said_of.extend(verdicts);
            if *index == 0 {
                self.trail.said(&tail);
            }
            let known = self.finish.choices.iter().position(|choice| choice.index == *index);
            if voice.has_ended && known.is_none() {
                continue;
            }
            let place = known.unwrap_or_else(|| {
                self.finish.choices.push(last_words(*index, "stop".to_owned()));
                self.finish.choices.len() - 1
            });
            let last = &mut self.finish.choices[place];
            last.text = (!tail.is_empty()).then_some(tail);
            last.delta = voice.tails();
            match stopped {
                Some(Stopped::Refused) => last.finish_reason = Some(check_output::REFUSED.to_owned()),
                Some(Stopped::TooLong) => last.finish_reason = Some("length".to_owned()),
                None => {}
            }
        }
        (said_of, refused)
    }

    async fn fail(mut self, error: models::Error) -> Piece {
        self.trail.answered(self.usage, AttemptEnd::Failed(error.to_string()));
        Piece::Failed(self.trail.fail(Error::NoModelAnswered { last: error, attempts: 1 }).await)
    }
}

fn has_stopped(watch: &Watch) -> bool {
    watch.stopped().is_some()
}

/// The chunk's entry that ends a choice.
fn last_words(index: u32, reason: String) -> ChoiceDelta {
    ChoiceDelta { index, text: None, delta: Map::new(), finish_reason: Some(reason), rest: Map::new() }
}

/// A whole answer as the stream that the app asked for: one chunk that says it, one that ends it.
pub(crate) fn replay(whole: WholeAnswer) -> AnswerBody {
    let WholeAnswer { completion, facts } = whole;
    let Completion { choices, rest, usage, .. } = completion;
    let usage = usage.unwrap_or(facts.usage);
    let mut said = Chunk { choices: Vec::new(), usage: None, rest: rest.clone(), raw: None };
    let mut finish = Chunk { choices: Vec::new(), usage: None, rest, raw: None };
    for choice in choices {
        let mut delta = choice.message.rest;
        number_tool_calls(&mut delta);
        delta.insert("role".to_owned(), json!("assistant"));
        let text = check_output::plain_text(&choice.message.content);
        said.choices.push(ChoiceDelta { index: choice.index, text, delta, finish_reason: None, rest: choice.rest });
        finish.choices.push(last_words(choice.index, choice.finish_reason.unwrap_or_else(|| "stop".to_owned())));
    }
    let pieces = [Piece::Chunk(said), Piece::End(Box::new(Ended { finish, held: Vec::new(), usage, facts }))];
    AnswerBody::Stream(stream::iter(pieces).boxed())
}

/// In a stream every tool call carries its index.
fn number_tool_calls(delta: &mut Map<String, Value>) {
    if let Some(Value::Array(calls)) = delta.get_mut("tool_calls") {
        for (index, call) in calls.iter_mut().enumerate() {
            if let Some(fields) = call.as_object_mut() {
                fields.insert("index".to_owned(), json!(index));
            }
        }
    }
}

#[cfg(test)]
mod tests;
