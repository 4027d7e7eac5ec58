//! How often a key may ask: requests and tokens a minute, and requests at once. All of it in numbers that threads change
//! without a lock, in memory: limits hold within one process.
//!
//! A rate is kept by the generic cell rate algorithm (GCRA, ITU-T I.371): one number, the moment at which everything let
//! in so far would have arrived at an even pace. A key that was idle may use a whole minute's worth at once, and earns it
//! back evenly; so in any one minute at most twice the limit comes through.

use crate::budget::Whose;
use crate::denied::{Denied, Limit};
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How urgent requests are; see [`Gate`](crate::Gate).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// What can wait: batches. It uses only what is left.
    Low,
    #[default]
    Normal,
    High,
}

impl Priority {
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    pub fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.word() == word)
    }
}

/// What a key may ask for; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyLimits {
    pub requests_per_minute: Option<u32>,
    /// Tokens, input and output together.
    pub tokens_per_minute: Option<u32>,
    /// Requests under way at once.
    pub concurrency: Option<u32>,
    pub priority: Priority,
}

/// Where a key stands in its rates, as the headers `x-ratelimit-*` tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateState {
    pub requests: Option<RateWindow>,
    pub tokens: Option<RateWindow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateWindow {
    /// A minute.
    pub limit: u32,
    /// What could be asked for now.
    pub remaining: u32,
    /// Until everything is there again.
    pub reset: Duration,
}

const MINUTE_NS: u64 = 60_000_000_000;

/// A limit a minute.
#[derive(Debug)]
pub(crate) struct Rate {
    per_minute: u32,
    /// The theoretical arrival time, in ns since the meter began.
    due_ns: AtomicU64,
}

impl Rate {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.max(1), due_ns: AtomicU64::new(0) }
    }

    /// So many at a moment, or how long to wait for them. More than a minute's worth counts as a minute's: it is let in
    /// when everything is there.
    pub(crate) fn take(&self, count: u64, now_ns: u64) -> Result<(), Duration> {
        let length = self.length_ns(count).min(MINUTE_NS);
        let mut wait = 0;
        let step = |due: u64| {
            let next = due.max(now_ns).saturating_add(length);
            wait = next.saturating_sub(now_ns.saturating_add(MINUTE_NS));
            (wait == 0).then_some(next)
        };
        let taken = self.due_ns.fetch_update(Ordering::AcqRel, Ordering::Acquire, step);
        taken.map(drop).map_err(|_| Duration::from_nanos(wait))
    }

    /// What was taken turned out to be another number. What is owed beyond the limit delays who comes next.
    pub(crate) fn correct(&self, taken: u64, actual: u64, now_ns: u64) {
        let (taken, actual) = (self.length_ns(taken).min(MINUTE_NS), self.length_ns(actual));
        let step = |due: u64| {
            Some(match actual.checked_sub(taken) {
                Some(more) => due.max(now_ns).saturating_add(more),
                None => due.saturating_sub(taken - actual),
            })
        };
        // The step always gives a value, so this never fails.
        let _ = self.due_ns.fetch_update(Ordering::AcqRel, Ordering::Acquire, step);
    }

    pub(crate) fn window(&self, now_ns: u64) -> RateWindow {
        let ahead = self.due_ns.load(Ordering::Acquire).saturating_sub(now_ns);
        let free = u128::from(MINUTE_NS.saturating_sub(ahead)) * u128::from(self.per_minute) / u128::from(MINUTE_NS);
        RateWindow {
            limit: self.per_minute,
            remaining: u32::try_from(free).unwrap_or(u32::MAX),
            reset: Duration::from_nanos(ahead),
        }
    }

    fn length_ns(&self, count: u64) -> u64 {
        let length = u128::from(count) * u128::from(MINUTE_NS) / u128::from(self.per_minute);
        u64::try_from(length).unwrap_or(u64::MAX)
    }
}

/// The limits of one key, and how much of them is used.
#[derive(Debug)]
pub(crate) struct Meter {
    began: Instant,
    requests: Option<Rate>,
    tokens: Option<Rate>,
    concurrency: Option<u32>,
    under_way: AtomicU32,
}

impl Meter {
    pub(crate) fn new(limits: &KeyLimits) -> Self {
        Self {
            began: Instant::now(),
            requests: limits.requests_per_minute.map(Rate::new),
            tokens: limits.tokens_per_minute.map(Rate::new),
            concurrency: limits.concurrency,
            under_way: AtomicU32::new(0),
        }
    }

    /// Lets one request in.
    pub(crate) fn enter(self: &Arc<Self>, key: &str) -> Result<Held, Denied> {
        let most = self.concurrency.unwrap_or(u32::MAX);
        let one_more = |under_way: u32| (under_way < most).then_some(under_way + 1);
        if self.under_way.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_err() {
            // Nobody knows when one ends; a second is soon enough to ask again.
            return Err(too_many(key, Limit::Concurrency(most), Duration::from_secs(1)));
        }
        let held = Held { meter: Arc::clone(self), key: key.to_owned(), reserved: 0, used: None };
        if let Some(rate) = &self.requests {
            let limit = Limit::RequestsPerMinute(rate.per_minute);
            rate.take(1, self.now_ns()).map_err(|wait| too_many(key, limit, wait))?;
        }
        Ok(held)
    }

    fn state(&self) -> RateState {
        let now_ns = self.now_ns();
        let window = |rate: &Option<Rate>| rate.as_ref().map(|rate| rate.window(now_ns));
        RateState { requests: window(&self.requests), tokens: window(&self.tokens) }
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

fn too_many(key: &str, limit: Limit, retry_after: Duration) -> Denied {
    Denied::TooManyRequests { whose: Whose::Key(key.to_owned()), limit, retry_after }
}

/// One request's place among those of its key, until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    meter: Arc<Meter>,
    key: String,
    /// Tokens taken beforehand.
    reserved: u64,
    /// Tokens that were used, once that is known; what was never used is given back.
    used: Option<u64>,
}

impl Held {
    pub(crate) fn reserve_tokens(&mut self, tokens: u64) -> Result<(), Denied> {
        let Some(rate) = &self.meter.tokens else { return Ok(()) };
        let limit = Limit::TokensPerMinute(rate.per_minute);
        rate.take(tokens, self.meter.now_ns()).map_err(|wait| too_many(&self.key, limit, wait))?;
        self.reserved = self.reserved.saturating_add(tokens);
        Ok(())
    }

    pub(crate) fn used(&mut self, tokens: u64) {
        self.used = Some(tokens);
    }

    /// The request is over, and nobody said how many tokens it used: what was taken stays.
    pub(crate) fn settle(&mut self) {
        self.used.get_or_insert(self.reserved);
    }

    pub(crate) fn state(&self) -> Option<RateState> {
        Some(self.meter.state()).filter(|state| state.requests.is_some() || state.tokens.is_some())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.meter.under_way.fetch_sub(1, Ordering::AcqRel);
        if let Some(rate) = &self.meter.tokens {
            rate.correct(self.reserved, self.used.unwrap_or(0), self.meter.now_ns());
        }
    }
}
