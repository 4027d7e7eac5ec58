//! Going on with a stream that broke off after its first words, where the use case allows it: the next target is given
//! the conversation with the words so far and asked to go on, and the app sees one stream.
//!
//! It is not done once a tool call has begun (half a call cannot be finished by another model), with several choices, or
//! where the answer must be JSON (a model that is asked for JSON begins anew). What the next one repeats of the last
//! words is cut off. Each attempt is recorded and paid for: those that broke off go to the journal, and the handle of the
//! first stands for the one that went on.

use super::{Limits, race};
use crate::error::Error;
use crate::journal::Journal;
use crate::reply::{Call, ChunkStream, ReplyBody, Running};
use crate::residency::Cleared;
use crate::tokens;
use futures_util::StreamExt;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use usecase::{ChatRequest, ChoiceDelta, Chunk, Message, Role};

/// What the next model is told. Chat formats have no word for "go on": without it most models begin a new answer.
const GO_ON: &str = "Your last message was cut off. Go on exactly where it ends: begin with the very next word, repeat \
                     nothing, explain nothing.";

/// So much of a continuation is looked at for a repetition of the last words before any of it is given out, in bytes.
const SEAM: usize = 64;
/// The shortest repetition that is taken for one, in bytes.
const SHORTEST_REPETITION: usize = 8;
/// The least that a limit of tokens leaves for the rest of an answer.
const FEWEST_TOKENS: u64 = 16;

/// A stream that goes on with the rest of the chain when it breaks off.
pub(super) fn unbroken(
    stream: ChunkStream,
    running: &Running,
    rest: Vec<Cleared>,
    call: Arc<Call>,
    journal: Journal,
    limits: Arc<Limits>,
) -> ChunkStream {
    // What answers from the passages cannot go on in another's words.
    let rest: Vec<Cleared> = rest.into_iter().filter(|cleared| !cleared.is_last_resort()).collect();
    if rest.is_empty() || !can_be_continued(&call.request) {
        return stream;
    }
    let relay = Relay {
        stream: Some(stream),
        handle: running.clone(),
        current: running.clone(),
        rest,
        call,
        journal,
        limits,
        said: String::new(),
        heading: None,
        seam: None,
        broken: None,
        settled: false,
    };
    futures_util::stream::unfold(relay, |mut relay| async move {
        let piece = relay.next().await?;
        Some((piece, relay))
    })
    .boxed()
}

fn can_be_continued(request: &ChatRequest) -> bool {
    let several = request.rest.get("n").and_then(Value::as_u64).is_some_and(|choices| choices > 1);
    let format = request.rest.get("response_format").and_then(|format| format.get("type")).and_then(Value::as_str);
    !several && format.is_none_or(|format| format == "text")
}

struct Relay {
    /// `None` after its end.
    stream: Option<ChunkStream>,
    /// The attempt that the caller holds, and the one that speaks now.
    handle: Running,
    current: Running,
    rest: Vec<Cleared>,
    call: Arc<Call>,
    journal: Journal,
    limits: Arc<Limits>,
    said: String,
    /// `id`, `model` and the like of the first stream: those of the whole one.
    heading: Option<Map<String, Value>>,
    /// The beginning of a continuation, until it is clear what of it repeats the words before.
    seam: Option<String>,
    /// Why the last stream ended, until somebody takes over.
    broken: Option<Error>,
    /// Too much was said for another to go on: a tool call, a finish reason.
    settled: bool,
}

impl Relay {
    async fn next(&mut self) -> Option<Result<Chunk, Error>> {
        loop {
            if let Some(error) = self.broken.take()
                && (self.settled || !self.take_over(&error).await)
            {
                return Some(Err(error));
            }
            match self.stream.as_mut()?.next().await {
                Some(Ok(chunk)) => {
                    if let Some(chunk) = self.receive(chunk) {
                        return Some(Ok(chunk));
                    }
                    continue;
                }
                Some(Err(error)) => self.broken = Some(error),
                None => {}
            }
            self.stream = None;
            if let Some(chunk) = self.seam.take().and_then(|held| self.spoken(&held)) {
                return Some(Ok(chunk));
            }
            self.broken.as_ref()?;
        }
    }

    /// Notes what is said. Tokens are counted where the attempts are, so the figures of one of them go no further.
    fn receive(&mut self, mut chunk: Chunk) -> Option<Chunk> {
        if chunk.usage.take().is_some() {
            chunk.raw = None;
        }
        self.settled |= chunk.choices.iter().any(|choice| {
            let calls = ["tool_calls", "function_call", "refusal"];
            let called =
                |name: &&str| choice.delta.get(*name).is_some_and(|value| !value.is_null() && *value != json!([]));
            choice.index > 0 || choice.finish_reason.is_some() || calls.iter().any(called)
        });
        match &self.heading {
            None => self.heading = Some(chunk.rest.clone()),
            Some(heading) if !self.current.is(&self.handle) => {
                chunk.rest = heading.clone();
                chunk.raw = None;
                for choice in &mut chunk.choices {
                    choice.delta.shift_remove("role");
                }
            }
            Some(_) => {}
        }
        let Some(choice) = chunk.choices.first_mut() else { return Some(chunk) };
        if let (Some(seam), Some(text)) = (&mut self.seam, &choice.text) {
            seam.push_str(text);
            choice.text = None;
        }
        if let Some(seam) = self.seam.take_if(|seam| self.settled || seam.len() >= SEAM) {
            choice.text = Some(after_repetition(&self.said, &seam).to_owned());
        }
        self.said.extend(choice.text.as_deref());
        let says = choice.text.is_some() || !choice.delta.is_empty() || choice.finish_reason.is_some();
        says.then_some(chunk)
    }

    /// The next target goes on. False when none does.
    async fn take_over(&mut self, error: &Error) -> bool {
        if !self.limits.may_call_again() {
            return false;
        }
        let call = Arc::new(self.continued());
        let limits = self.limits.without_deadline();
        let Ok(won) = race::run(&self.rest, &call, &self.journal, &limits).await else { return false };
        let ReplyBody::Stream(stream) = won.answer.body else { return false };
        tracing::warn!(model = %won.running.model(), %error, "a stream broke off and is continued");
        self.journal.ended(&self.current, error);
        self.handle.succeeded_by(won.running.clone());
        self.rest.drain(..=won.place);
        self.limits = Arc::new(limits);
        self.current = won.running;
        self.stream = Some(stream);
        self.seam = (!self.said.is_empty()).then(String::new);
        true
    }

    /// The call with the words so far. When there are none yet it is asked as it was.
    fn continued(&self) -> Call {
        let call = Call::clone(&self.call);
        if self.said.is_empty() {
            return call;
        }
        let mut request = ChatRequest::clone(&call.request);
        request.changed();
        request.messages.push(Message::new(Role::Assistant, self.said.as_str()));
        request.messages.push(Message::new(Role::User, GO_ON));
        for name in ["max_tokens", "max_completion_tokens"] {
            if let Some(limit) = request.rest.get(name).and_then(Value::as_u64) {
                let left = limit.saturating_sub(tokens::of_text(&self.said)).max(FEWEST_TOKENS.min(limit));
                request.rest.insert(name.to_owned(), json!(left));
            }
        }
        Call { request: Arc::new(request), ..call }
    }

    /// What a seam still held when its stream ended.
    fn spoken(&mut self, held: &str) -> Option<Chunk> {
        let text = Some(after_repetition(&self.said, held).to_owned()).filter(|text| !text.is_empty());
        self.said.extend(text.as_deref());
        let choice =
            ChoiceDelta { index: 0, text: Some(text?), delta: Map::new(), finish_reason: None, rest: Map::new() };
        Some(Chunk { choices: vec![choice], usage: None, rest: self.heading.clone().unwrap_or_default(), raw: None })
    }
}

/// The text without what it repeats, word for word, of the end of what was said.
pub(super) fn after_repetition<'a>(said: &str, text: &'a str) -> &'a str {
    let mut ends = text.char_indices().map(|(start, c)| start + c.len_utf8());
    let repeated = ends.rfind(|end| *end >= SHORTEST_REPETITION && said.ends_with(&text[..*end]));
    &text[repeated.unwrap_or(0)..]
}
