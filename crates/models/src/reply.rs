//! What is handed to a model and what comes back: a whole answer or a stream, with the attempts that it took. The
//! attempt that answers is still running when the reply is handed over; [`Running::finish`] closes and prices it.

use crate::error::Error;
use crate::price::{self, Rate};
use crate::tokens;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use usecase::declared::ModelRef;
use usecase::{Attempt, AttemptEnd, ChatRequest, Chunk, Completion, Cost, MicroUsd, Passage, Timestamp, Usage};

/// One call, the same for every model of the chain.
#[derive(Clone, Debug)]
pub struct Call {
    /// Already masked and rendered; its `model` is replaced by the name that each upstream knows.
    pub request: Arc<ChatRequest>,
    /// What was retrieved for it, permitted and masked: the one source that `local/extractive` quotes.
    pub passages: Arc<[Passage]>,
    /// What is asked, for `local/extractive`, which cannot read a rendered prompt.
    pub question: String,
    /// It may wait: a line of a batch. Where the provider has a price for that, it is asked for.
    pub batch: bool,
}

/// A stream of pieces. It ends with `None` only after a real end of the answer; a broken one ends with an error.
/// Dropping it closes the connection to the upstream.
pub type ChunkStream = BoxStream<'static, Result<Chunk, Error>>;

pub enum ReplyBody {
    Whole(Completion),
    Stream(ChunkStream),
}

impl std::fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "Whole(..)",
            Self::Stream(_) => "Stream(..)",
        })
    }
}

/// An answer that has begun.
#[derive(Debug)]
pub struct Reply {
    /// The model that answers.
    pub model: Arc<ModelRef>,
    /// The attempts before this one, all failed, in order.
    pub attempts: Vec<Attempt>,
    pub body: ReplyBody,
    /// The attempt that answers, to be closed with [`Running::finish`].
    pub running: Running,
    pub upstream_request_id: Option<String>,
    /// The upstream's headers that an app may see: its request id and its rate limits, names in lower case.
    pub upstream_headers: Vec<(String, String)>,
    /// What of the request the provider has no word for and was left out, a clause each.
    pub warnings: Vec<String>,
}

/// No model of the chain answered.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Exhausted {
    /// Every attempt, in order.
    pub attempts: Vec<Attempt>,
    /// Why the last one failed, or why none was made.
    pub error: Error,
}

/// What has been seen of an answer so far; the stream writes it, the end of the attempt reads it.
#[derive(Debug, Default)]
struct Seen {
    first_us: Option<u64>,
    ended_us: Option<u64>,
    usage: Option<Usage>,
    output: tokens::Count,
    /// The provider said that it answered at the price of a batch.
    at_batch_price: bool,
    /// The attempt that went on where this one broke off.
    successor: Option<Running>,
}

/// An attempt under way. Cloning gives a second handle on the same attempt.
#[derive(Clone, Debug)]
pub struct Running {
    model: Arc<ModelRef>,
    price: Option<Arc<Rate>>,
    call: Arc<Call>,
    started: Timestamp,
    clock: Instant,
    seen: Arc<Mutex<Seen>>,
}

impl Running {
    pub(crate) fn begin(model: impl Into<Arc<ModelRef>>, price: Option<Arc<Rate>>, call: Arc<Call>) -> Self {
        let (started, clock) = (Timestamp::now(), Instant::now());
        Self { model: model.into(), price, call, started, clock, seen: Arc::default() }
    }

    pub fn model(&self) -> &Arc<ModelRef> {
        &self.model
    }

    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// µs from the start of the attempt to the first byte of its answer, once there is one.
    pub fn first_token_us(&self) -> Option<u64> {
        self.seen().first_us
    }

    /// Tokens that the upstream has reported up to now.
    pub fn reported_usage(&self) -> Option<Usage> {
        self.seen().usage
    }

    /// Whether a batch has a price of its own here.
    pub(crate) fn has_batch_price(&self) -> bool {
        self.price.as_ref().is_some_and(|rate| rate.price.batch.is_some())
    }

    fn cost_of(&self, usage: &Usage) -> Cost {
        let cost = price::cost(self.price.as_deref(), usage);
        Cost { known: self.paid(cost.known), ..cost }
    }

    /// The share of an amount that is paid.
    fn paid(&self, amount: MicroUsd) -> MicroUsd {
        if self.seen().at_batch_price { price::of_batch(self.price.as_deref(), amount) } else { amount }
    }

    /// Whether both are handles on the same attempt.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.seen, &other.seen)
    }

    /// From now on this handle stands for the attempt that went on where its own broke off.
    pub(crate) fn succeeded_by(&self, successor: Self) {
        self.seen().successor = Some(successor);
    }

    /// Closes the attempt and prices it (the one that went on with a continued stream: those that broke off are in the
    /// journal). `usage` is what the caller knows; else what the upstream reported counts; else
    /// an estimate from the lengths of the texts, marked as one. A cost computed from an estimate is a known cost: only
    /// a missing price makes it unknown.
    pub fn finish(self, usage: Option<Usage>, end: AttemptEnd) -> Attempt {
        let successor = self.seen().successor.take();
        if let Some(successor) = successor {
            return successor.finish(usage, end);
        }
        let usage = usage.or(self.reported_usage()).unwrap_or_else(|| self.estimated_usage());
        let cost = self.cost_of(&usage);
        self.close(usage, cost, end)
    }

    /// Closes an attempt that gave no answer. What was turned away cost nothing. What broke off may have been charged
    /// for more than we saw, so its cost is the estimate and an unknown part.
    pub(crate) fn fail(self, error: &Error) -> Attempt {
        let end = AttemptEnd::Failed(error.to_string());
        if error.may_be_charged() || self.reported_usage().is_some() {
            return self.give_up(end);
        }
        self.close(Usage::default(), Cost::ZERO, end)
    }

    /// Closes an attempt whose answer nobody will see the end of.
    pub(crate) fn give_up(self, end: AttemptEnd) -> Attempt {
        if let Some(usage) = self.reported_usage() {
            return self.finish(Some(usage), end);
        }
        let usage = self.estimated_usage();
        let mut cost = self.cost_of(&usage);
        cost.part_unknown |= !self.price.as_deref().is_some_and(Rate::is_free);
        self.close(usage, cost, end)
    }

    fn close(self, usage: Usage, cost: Cost, end: AttemptEnd) -> Attempt {
        let (first_token_us, duration_us) = {
            let seen = self.seen();
            (seen.first_us, seen.ended_us.unwrap_or_else(|| self.elapsed_us()))
        };
        let model = self.model.to_string();
        let saved = self.paid(price::saved(self.price.as_deref(), &usage));
        Attempt { model, started: self.started, first_token_us, duration_us, end, usage, cost, saved }
    }

    fn estimated_usage(&self) -> Usage {
        let output_tokens = self.seen().output.tokens();
        Usage {
            input_tokens: tokens::of_request(&self.call.request),
            output_tokens,
            estimated: true,
            ..Usage::default()
        }
    }

    pub(crate) fn note_first_byte(&self) {
        let now = self.elapsed_us();
        self.seen().first_us.get_or_insert(now);
    }

    fn note_end(&self) {
        let now = self.elapsed_us();
        self.seen().ended_us.get_or_insert(now);
    }

    pub(crate) fn note_completion(&self, completion: &Completion) {
        self.note_first_byte();
        let mut seen = self.seen();
        // Counted only where the provider did not.
        for choice in completion.choices.iter().filter(|_| completion.usage.is_none()) {
            seen.output.add(&choice.message.content.text());
            choice.message.rest.values().for_each(|value| seen.output.add_value(value));
        }
        seen.at_batch_price |= is_flex(&completion.rest);
        merge(&mut seen.usage, completion.usage);
        drop(seen);
        self.note_end();
    }

    fn note_chunk(&self, chunk: &Chunk) {
        self.note_first_byte();
        let mut seen = self.seen();
        for choice in &chunk.choices {
            choice.text.iter().for_each(|text| seen.output.add(text));
            choice.delta.values().for_each(|value| seen.output.add_value(value));
        }
        seen.at_batch_price |= is_flex(&chunk.rest);
        merge(&mut seen.usage, chunk.usage);
    }

    /// Watches a stream, so that the attempt knows its tokens and its end even when the stream is dropped half way.
    pub(crate) fn watch(&self, stream: ChunkStream) -> ChunkStream {
        let (watcher, ender) = (self.clone(), self.clone());
        let watched = stream.inspect(move |piece| match piece {
            Ok(chunk) => watcher.note_chunk(chunk),
            Err(_) => watcher.note_end(),
        });
        let end = futures_util::stream::poll_fn(move |_| {
            ender.note_end();
            std::task::Poll::Ready(None)
        });
        watched.chain(end).boxed()
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // A poisoned lock only says that some other holder panicked; the counts are still counts.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// OpenAI's word for an answer that had time, at the rates of its batches (its guide "Flex processing").
fn is_flex(rest: &Map<String, Value>) -> bool {
    rest.get("service_tier").and_then(Value::as_str) == Some("flex")
}

/// Upstreams report once at the end, or a running total with every chunk, or the input first and the output last: the
/// larger figure of each kind is right in all three.
fn merge(total: &mut Option<Usage>, reported: Option<Usage>) {
    let Some(reported) = reported else { return };
    let held = total.unwrap_or_default();
    *total = Some(Usage {
        input_tokens: held.input_tokens.max(reported.input_tokens),
        output_tokens: held.output_tokens.max(reported.output_tokens),
        cached_input_tokens: held.cached_input_tokens.max(reported.cached_input_tokens),
        cache_write_tokens: held.cache_write_tokens.max(reported.cache_write_tokens),
        reasoning_tokens: held.reasoning_tokens.max(reported.reasoning_tokens),
        estimated: held.estimated || reported.estimated,
    });
}
