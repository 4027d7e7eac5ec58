//! Which models are asked, in which order, how often and until when: a request's way through its chain.
//!
//! In reading order: `order` (who is first among equals), `breaker`, `latency` and `retries` (what is known of a target,
//! each one number), `vitals` (all of it together, and whose fault is what), `attempt` (one call), `logprobs` (asked for
//! where they are to be had), `race` (the chain,
//! one after the other or two at once), `continuation` (going on with a stream that broke off), `embedding`, `reranking` and `moderation` (vectors, scores and judgements, by way of `whole`).
//!
//! Where every target of a chain is passed over nobody is asked, and the app gets [`Error::PassedOver`] with the
//! shortest wait: a provider that is down gets one probe at a time instead of everybody's calls, and nobody waits for a
//! timeout that is known to come. Only a refused key does not end it so: it costs the provider nothing to be asked again.

mod attempt;
mod breaker;
mod continuation;
mod embedding;
mod latency;
mod logprobs;
mod moderation;
mod order;
mod race;
mod reranking;
mod retries;
#[cfg(test)]
mod tests;
mod vitals;
mod whole;

pub use embedding::Embedded;
pub use moderation::{Moderated, Moderation, ModerationRequest};
pub use reranking::{Relevance, RerankRequest, Reranked};
pub use vitals::TargetHealth;
pub(crate) use vitals::{Vital, Vitals};

use crate::journal::Journal;
use crate::price;
use crate::registry::Models;
use crate::reply::{Call, Exhausted, Reply, ReplyBody};
use crate::residency::Cleared;
use crate::tokens;
use order::Standing;
use race::Won;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use usecase::declared::{Model, Signal, Spread, SpreadBy};
use usecase::{ChatRequest, Usage};

impl Models {
    /// Asks the models of the chain in order until one answers, under the default rules. An empty chain is
    /// [`Error::NoModel`](crate::Error::NoModel).
    pub async fn call(&self, chain: Vec<Cleared>, call: Call) -> Result<Reply, Exhausted> {
        self.call_noting(chain, &Model::default(), call, &Journal::new()).await
    }

    /// The same under a use case's own rules (of `rules` only those of routing are looked at, and whether `escalate` wants
    /// log-probabilities: they are then asked for wherever the provider gives them), noting every attempt in a journal as it happens, for a caller that may drop this future half way. Of a stream with `continue_stream` the
    /// journal goes on being written while the stream is read: [`Journal::drain`] it when the stream has ended.
    pub async fn call_noting(
        &self,
        chain: Vec<Cleared>,
        rules: &Model,
        call: Call,
        journal: &Journal,
    ) -> Result<Reply, Exhausted> {
        let call = Arc::new(call);
        let chain = self.ordered(chain, rules.spread.as_ref(), &call.request);
        let limits = Arc::new(Limits::of(rules, chain.len()));
        match race::run(&chain, &call, journal, &limits).await {
            Ok(Won { place, answer, running }) => {
                let body = match answer.body {
                    ReplyBody::Stream(stream) if rules.continue_stream => {
                        let rest = chain[place + 1..].to_vec();
                        ReplyBody::Stream(continuation::unbroken(stream, &running, rest, call, journal.clone(), limits))
                    }
                    body => body,
                };
                Ok(Reply {
                    model: chain[place].model.clone(),
                    attempts: journal.drain(),
                    body,
                    running,
                    upstream_request_id: answer.request_id,
                    upstream_headers: answer.headers,
                    warnings: answer.warnings,
                })
            }
            Err(error) => Err(Exhausted { attempts: journal.drain(), error }),
        }
    }

    /// How every target is that was asked since the process began, by name.
    pub fn health(&self) -> Vec<TargetHealth> {
        self.vitals().health()
    }

    /// The chain in the order in which it is asked: equal targets by the rule of their spread, the others as listed.
    fn ordered(&self, mut chain: Vec<Cleared>, spread: Option<&Spread>, request: &ChatRequest) -> Vec<Cleared> {
        let Some(spread) = spread else { return chain };
        let weight = |cleared: &Cleared| Some(spread.over.iter().find(|share| share.model == *cleared.model)?.weight);
        let (equal, others): (Vec<Cleared>, Vec<Cleared>) =
            chain.drain(..).partition(|cleared| weight(cleared).is_some());
        let expected = Usage {
            input_tokens: tokens::of_request(request),
            output_tokens: tokens::most_output(request, None),
            ..Usage::default()
        };
        let standing = |cleared: &Cleared| Standing {
            hash: order::hash(&cleared.model.to_string()),
            weight: weight(cleared).unwrap_or(1),
            load: cleared.vital.load(),
            price: (spread.by == SpreadBy::Price)
                .then(|| price::cost(cleared.price.as_deref(), &expected))
                .and_then(|cost| (!cost.part_unknown).then_some(cost.known)),
            open: !cleared.vital.is_closed(),
        };
        let standings: Vec<Standing> = equal.iter().map(standing).collect();
        // One conversation stays with one target, which then has its beginning in its prompt cache.
        let tie = request.conversation.as_deref().or(request.subject.as_deref());
        let random = tie.map_or_else(|| self.vitals().draw(), order::hash);
        let places = order::order(&standings, spread.by, random);
        places.into_iter().map(|place| equal[place].clone()).chain(others).collect()
    }
}

/// What one request may use up, over all of its attempts.
#[derive(Debug)]
struct Limits {
    /// Calls that are left.
    calls: AtomicU32,
    /// Until when an answer must have begun, and what was declared.
    deadline: Option<(Instant, Duration)>,
    hedge: Option<Duration>,
    /// Log-probabilities are wanted where they are to be had.
    logprobs: bool,
}

impl Limits {
    fn of(rules: &Model, targets: usize) -> Self {
        let targets = u32::try_from(targets).unwrap_or(u32::MAX);
        let deadline = rules.deadline.map(|limit| limit.as_duration());
        Self {
            calls: AtomicU32::new(rules.attempts.unwrap_or(targets.saturating_add(2))),
            deadline: deadline.map(|limit| (Instant::now() + limit, limit)),
            hedge: rules.hedge.map(|after| after.as_duration()),
            logprobs: rules.escalate.as_ref().is_some_and(|escalate| escalate.when.contains(Signal::Logprobs)),
        }
    }

    /// The same for a stream that has begun: its deadline was kept.
    fn without_deadline(&self) -> Self {
        let calls = AtomicU32::new(self.calls.load(Ordering::Relaxed));
        Self { calls, deadline: None, hedge: self.hedge, logprobs: self.logprobs }
    }

    fn may_call_again(&self) -> bool {
        self.calls.load(Ordering::Relaxed) > 0
    }

    /// Whether there is time for more than this wait.
    fn outlasts(&self, wait: Duration) -> bool {
        self.deadline.is_none_or(|(at, _)| Instant::now() + wait < at)
    }

    fn spend(&self) {
        // One request's calls begin one after the other: nobody else takes one in between.
        let left = self.calls.load(Ordering::Relaxed);
        self.calls.store(left.saturating_sub(1), Ordering::Relaxed);
    }
}
