//! A scripted model, for load and fault tests: what it says, how slowly and how it fails is its name (see [`Script`]).
//! The same script gives the same words and fails at the same calls. It is priced by the built-in table (made-up
//! prices, so that costs show), and its tokens are our own count, reported as an upstream would.

mod script;
#[cfg(test)]
mod tests;

pub(crate) use script::Script;

use super::spoken::Spoken;
use crate::error::{Error, Upstream};
use crate::provider::clock::Clock;
use crate::provider::{Adapter, Answer, Asking, extractive};
use crate::reply::{Call, ReplyBody};
use crate::tokens;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use script::{Mode, Speech};
use serde_json::Map;
use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use usecase::declared::ModelRef;
use usecase::{Chunk, Jurisdiction, Usage};

/// Of this many scripts the calls are counted, for `every`; then the counting begins anew.
const MOST_COUNTED: usize = 1024;

/// The scripted provider. It remembers how often each script was called.
#[derive(Default)]
pub(crate) struct Simulated {
    calls: Mutex<BTreeMap<String, u64>>,
}

impl Adapter for Simulated {
    fn expect_model(&self, model: &ModelRef) -> Result<(), Error> {
        let unknown = |expected| Error::UnknownModel { model: model.clone(), expected };
        Script::parse(&model.model).map(drop).map_err(unknown)
    }

    fn price_host(&self) -> &str {
        "simulated"
    }

    fn home(&self) -> Option<Jurisdiction> {
        Some(Jurisdiction::here())
    }

    fn ask<'a>(&'a self, call: &'a Call, asking: Asking<'a>) -> BoxFuture<'a, Result<Answer, Error>> {
        Box::pin(self.play(call, asking))
    }
}

impl Simulated {
    async fn play(&self, call: &Call, Asking { model, running, timeouts }: Asking<'_>) -> Result<Answer, Error> {
        let unknown = |expected| Error::UnknownModel { model: model.clone(), expected };
        let script = Script::parse(&model.model).map_err(unknown)?;
        let fails = self.fails_now(model, &script);
        let mut clock = Clock::start(running, timeouts);
        clock.limit(sleep(script.latency)).await?;
        if let (true, Some(status)) = (fails, script.fail) {
            return Err(Error::Status(Box::new(refusal(model, Some(status), script.retry_after))));
        }
        let spoken = speak(model, &script, call);
        let fault = script.mode.filter(|mode| fails && *mode != Mode::Slow);
        if call.request.stream {
            let chunks = spoken.chunks().into();
            let play = Play { model: model.clone(), clock, chunks, fault, given: 0, script };
            return Ok(ReplyBody::Stream(futures_util::stream::unfold(play, Play::next).boxed()).into());
        }
        let pieces = u32::try_from(spoken.pieces.len()).unwrap_or(u32::MAX);
        clock.limit(sleep(script.first)).await?;
        clock.note_first_byte();
        running.note_first_byte();
        if let Some(fault) = fault {
            return Err(fail(model, &clock, fault).await);
        }
        // The limit between pieces does not see a whole answer's pieces: each gap is waited for on its own.
        for _ in 1..pieces {
            clock.limit(sleep(script.gap)).await?;
        }
        Ok(ReplyBody::Whole(spoken.completion()).into())
    }

    fn fails_now(&self, model: &ModelRef, script: &Script) -> bool {
        if script.every <= 1 {
            return true;
        }
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() >= MOST_COUNTED && !calls.contains_key(&model.model) {
            calls.clear();
        }
        let count = calls.entry(model.model.clone()).or_default();
        *count += 1;
        count.is_multiple_of(script.every)
    }
}

/// A sleep of nothing would still cost a turn of the timer, about a millisecond.
async fn sleep(length: Duration) {
    if !length.is_zero() {
        tokio::time::sleep(length).await;
    }
}

/// A stream under way.
struct Play {
    model: ModelRef,
    clock: Clock,
    chunks: VecDeque<Chunk>,
    fault: Option<Mode>,
    given: usize,
    script: Script,
}

impl Play {
    async fn next(mut self) -> Option<(Result<Chunk, Error>, Self)> {
        // An error leaves none, and ends the stream.
        if self.chunks.is_empty() {
            return None;
        }
        let pause = if self.given == 0 { self.script.first } else { self.script.gap };
        // The last chunk only closes the answer and comes with the piece before it.
        let pause = if self.chunks.len() == 1 { Duration::ZERO } else { pause };
        if let Err(error) = self.clock.limit(sleep(pause)).await {
            self.chunks.clear();
            self.fault = None;
            return Some((Err(error), self));
        }
        if self.given >= self.script.after
            && let Some(fault) = self.fault.take()
        {
            self.chunks.clear();
            return Some((Err(fail(&self.model, &self.clock, fault).await), self));
        }
        let chunk = self.chunks.pop_front()?;
        self.given += 1;
        self.clock.note_first_byte();
        Some((Ok(chunk), self))
    }
}

/// Plays a fault to its end.
async fn fail(model: &ModelRef, clock: &Clock, fault: Mode) -> Error {
    let model = model.clone();
    match fault {
        // A wait without an end always ends in the clock's error.
        Mode::Hang => match clock.limit(pending::<()>()).await {
            Err(error) => error,
            Ok(()) => Error::CutOff { model, what: "its script hangs".to_owned() },
        },
        Mode::Cut | Mode::Slow => {
            Error::CutOff { model, what: "its script ends in the middle of the answer".to_owned() }
        }
        Mode::Garbage => Error::Garbage { model, what: "its script says so".to_owned() },
        Mode::ErrorBody => Error::ErrorInBody(Box::new(refusal(&model, None, None))),
    }
}

fn refusal(model: &ModelRef, status: Option<u16>, retry_after: Option<Duration>) -> Upstream {
    Upstream {
        model: model.clone(),
        status,
        message: "This failure is a part of the script.".to_owned(),
        code: Some("simulated_failure".to_owned()),
        kind: Some("simulated".to_owned()),
        param: None,
        retry_after,
    }
}

fn speak(model: &ModelRef, script: &Script, call: &Call) -> Spoken {
    let mut facts = Map::new();
    let text = match &script.speech {
        Speech::Echo => call.request.question(),
        Speech::Say(text) => text.clone(),
        Speech::Words => words(script.tokens, script.seed),
        Speech::Cite => match extractive::opening(&call.passages) {
            Some((text, citation)) => {
                facts.insert("citations".to_owned(), serde_json::json!([citation]));
                format!("{text} [1]")
            }
            None => "There is no passage to cite.".to_owned(),
        },
    };
    let output_tokens = match script.speech {
        Speech::Words => script.tokens as u64,
        _ => tokens::of_text(&text),
    };
    let usage = Usage { input_tokens: tokens::of_request(&call.request), output_tokens, ..Usage::default() };
    let usage = script.usage.then_some(usage);
    Spoken { model: model.to_string(), pieces: cut(&text, script.chunks), facts, usage }
}

/// Cuts a text after its words into so many pieces of about the same number of words.
fn cut(text: &str, chunks: usize) -> Vec<String> {
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    if words.is_empty() {
        return vec![String::new()];
    }
    words.chunks(words.len().div_ceil(chunks.max(1))).map(<[&str]>::concat).collect()
}

const VOCABULARY: &[&str] = &[
    "the", "order", "is", "sent", "within", "two", "days", "and", "a", "note", "follows", "by", "mail", "when", "it",
    "leaves", "our", "store", "please", "keep", "this", "number", "for", "your", "records", "or", "ask", "us", "again",
];

/// So many words, the same for the same seed (xorshift64, Marsaglia 2003).
fn words(count: usize, seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % VOCABULARY.len() as u64).unwrap_or(0)
    };
    let words: Vec<&str> = (0..count).map(|_| VOCABULARY[next()]).collect();
    words.join(" ")
}
