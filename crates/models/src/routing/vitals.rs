//! How each target is, shared by all threads and changed without locks: its breaker, its cooldowns, its latency, what it
//! may be asked again. And the attribution: which failure says what about whom.
//!
//! - What is the provider's own fault (5xx, timeouts, no connection, garbage, a cut-off) counts against the target.
//! - 429, and a Retry-After wherever it comes, is a *cooldown*: the target is well, it only wants to be left alone.
//! - A key that is missing or not accepted, or an account without money, says nothing about any model: whoever uses
//!   that key is passed over for [`KEY_COOLDOWN`], while others can answer. 403 may be about one model: only that one.
//! - The app's own mistakes (400, 413, 422), and what the model was never asked for, say nothing.

use super::breaker::{Entry, Finding, Phase, SharedBreaker};
use super::latency::Latency;
use super::retries::Retries;
use crate::error::{Closed, Error, Upstream, Wait};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use usecase::declared::ModelRef;

/// How long a target is left alone after a 429 that does not say.
const DEFAULT_COOLDOWN: Duration = Duration::from_secs(1);
/// The longest that a Retry-After is believed.
const LONGEST_COOLDOWN: Duration = Duration::from_secs(60);
/// How long a key that was not accepted is not tried while others can answer. Short: who mends it wants to see it.
const KEY_COOLDOWN: Duration = Duration::from_secs(5);
/// Targets that are remembered. Bare models are named by apps, so there is no end of names.
const MOST_TARGETS: usize = 4096;

/// How a target is, for people and for metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetHealth {
    pub model: ModelRef,
    /// Why it is passed over now, and how long still; `None` while it is asked.
    pub closed: Option<(Closed, Duration)>,
    /// One call is trying whether it is well again.
    pub probing: bool,
    pub under_way: u32,
    /// Peak-EWMA of the time to the first content (of a whole answer: to its end), once it was measured.
    pub latency: Option<Duration>,
    /// Since the process began: calls, those that failed by the provider's fault, and how often it was passed over.
    pub calls: u64,
    pub failures: u64,
    pub passed_over: u64,
}

/// Every target that was asked or is about to be.
#[derive(Debug)]
pub(crate) struct Vitals {
    began: Instant,
    /// Whether breakers open; see `limits.breaker`.
    breaking: bool,
    targets: ArcSwap<HashMap<ModelRef, Arc<Vital>>>,
    /// Numbers for drawing, where nothing ties a request to a target.
    drawn: AtomicU64,
}

impl Vitals {
    pub(crate) fn new(breaking: bool) -> Self {
        Self { began: Instant::now(), breaking, targets: ArcSwap::default(), drawn: AtomicU64::new(0) }
    }

    /// The state of a target, the same one for everybody who asks.
    pub(crate) fn of(&self, model: &ModelRef) -> Arc<Vital> {
        if let Some(known) = self.targets.load().get(model) {
            return Arc::clone(known);
        }
        self.targets.rcu(|targets| {
            if targets.contains_key(model) {
                return HashMap::clone(targets);
            }
            let mut targets = HashMap::clone(targets);
            if targets.len() >= MOST_TARGETS {
                targets.retain(|_, vital| !vital.is_quiet());
            }
            if targets.len() < MOST_TARGETS {
                let same_key = targets.iter().find(|(known, _)| known.provider == model.provider);
                let key = same_key.map(|(_, vital)| Arc::clone(&vital.key_until)).unwrap_or_default();
                targets.insert(model.clone(), Arc::new(Vital::new(self.began, self.breaking, key)));
            }
            targets
        });
        let known = self.targets.load().get(model).cloned();
        // Beyond the limit a target is asked without memory.
        known.unwrap_or_else(|| Arc::new(Vital::new(self.began, self.breaking, Arc::default())))
    }

    pub(crate) fn health(&self) -> Vec<TargetHealth> {
        let mut health: Vec<TargetHealth> =
            self.targets.load().iter().map(|(model, vital)| vital.health(model)).collect();
        health.sort_by(|a, b| a.model.cmp(&b.model));
        health
    }

    /// Another number each time.
    pub(super) fn draw(&self) -> u64 {
        super::order::mix(self.drawn.fetch_add(1, Ordering::Relaxed))
    }
}

/// One target.
#[derive(Debug)]
pub(crate) struct Vital {
    began: Instant,
    breaking: bool,
    breaker: SharedBreaker,
    /// Until when it wants to be left alone, and until when it does not accept our key, in ms.
    rate_until: AtomicU64,
    refused_until: AtomicU64,
    /// Until when the provider does not accept our key for any of its models, in ms.
    key_until: Arc<AtomicU64>,
    latency: Latency,
    retries: Retries,
    under_way: AtomicU32,
    calls: AtomicU64,
    failures: AtomicU64,
    passed_over: AtomicU64,
    /// It was asked for log-probabilities and would not.
    no_logprobs: AtomicBool,
}

impl Vital {
    fn new(began: Instant, breaking: bool, key_until: Arc<AtomicU64>) -> Self {
        Self {
            began,
            breaking,
            breaker: SharedBreaker::default(),
            rate_until: AtomicU64::default(),
            refused_until: AtomicU64::default(),
            key_until,
            latency: Latency::default(),
            retries: Retries::default(),
            under_way: AtomicU32::default(),
            calls: AtomicU64::default(),
            failures: AtomicU64::default(),
            passed_over: AtomicU64::default(),
            no_logprobs: AtomicBool::default(),
        }
    }

    /// Log-probabilities are not asked of it again.
    pub(super) fn gives_no_logprobs(&self) {
        self.no_logprobs.store(true, Ordering::Relaxed);
    }

    pub(super) fn may_give_logprobs(&self) -> bool {
        !self.no_logprobs.load(Ordering::Relaxed)
    }

    /// Leave to call, or why not and how long that will last. With `breaking` off, breaker and cooldowns only watch.
    pub(super) fn enter(self: &Arc<Self>) -> Result<Permit, (Closed, Duration)> {
        if !self.breaking {
            return Ok(self.enter_anyway());
        }
        let now_ms = self.now_ms();
        let entry = match self.cooling(now_ms) {
            Some(closed) => Err(closed),
            None => self.breaker.enter(now_ms).map_err(|until| (Closed::Failing, until)),
        };
        match entry {
            Ok(entry) => Ok(self.permit(entry)),
            Err((why, until_ms)) => {
                self.passed_over.fetch_add(1, Ordering::Relaxed);
                Err((why, Duration::from_millis(until_ms.saturating_sub(now_ms))))
            }
        }
    }

    /// Leave to call whatever is known.
    pub(super) fn enter_anyway(self: &Arc<Self>) -> Permit {
        self.permit(Entry::Pass)
    }

    /// Leave to call once more than the first time, unless that would be too often or the target was just found failing.
    pub(super) fn enter_again(self: &Arc<Self>) -> Option<Permit> {
        let failing = self.breaking && self.breaker.open_until(self.now_ms()).is_some();
        (!failing && self.may_repeat()).then(|| self.permit(Entry::Pass))
    }

    /// Takes one of the repetitions that this target's calls have earned.
    pub(super) fn may_repeat(&self) -> bool {
        self.retries.take(self.now_ms())
    }

    /// Whether it would be passed over now; asks for no leave.
    pub(super) fn is_closed(&self) -> bool {
        let now_ms = self.now_ms();
        self.breaking && (self.cooling(now_ms).is_some() || self.breaker.open_until(now_ms).is_some())
    }

    pub(super) fn load(&self) -> f64 {
        self.latency.load(self.under_way.load(Ordering::Relaxed), self.now_ms())
    }

    /// A first call was made: it earns a part of a retry.
    pub(super) fn earn_retry(&self) {
        self.retries.earn(self.now_ms());
    }

    fn permit(self: &Arc<Self>, entry: Entry) -> Permit {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
        Permit { vital: Arc::clone(self), entry: Some(entry), since: Instant::now() }
    }

    fn cooling(&self, now_ms: u64) -> Option<(Closed, u64)> {
        let cooldowns = [
            (Closed::KeyRefused, self.key_until.load(Ordering::Relaxed)),
            (Closed::KeyRefused, self.refused_until.load(Ordering::Relaxed)),
            (Closed::AskedToWait, self.rate_until.load(Ordering::Relaxed)),
        ];
        cooldowns.into_iter().find(|(_, until)| *until > now_ms)
    }

    fn is_quiet(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) == 0 && !self.is_closed() && self.breaker.state().phase == Phase::Closed
    }

    fn health(&self, model: &ModelRef) -> TargetHealth {
        let now_ms = self.now_ms();
        let failing = || self.breaker.open_until(now_ms).map(|until| (Closed::Failing, until));
        let closed = self.cooling(now_ms).or_else(failing).filter(|_| self.breaking);
        let latency = self.latency.now_us(now_ms).map(|us| Duration::from_secs_f32(us / 1e6));
        TargetHealth {
            model: model.clone(),
            closed: closed.map(|(why, until)| (why, Duration::from_millis(until.saturating_sub(now_ms)))),
            probing: self.breaker.state().phase == Phase::Probing,
            under_way: self.under_way.load(Ordering::Relaxed),
            latency,
            calls: self.calls.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            passed_over: self.passed_over.load(Ordering::Relaxed),
        }
    }

    /// What a failure says, and what follows from it at once.
    fn learn(&self, error: &Error) -> Finding {
        let told = error.upstream();
        if let Some(after) = told.and_then(cooldown) {
            raise(&self.rate_until, self.now_ms(), after);
        }
        match blame(error) {
            Blame::Provider => Finding::Bad,
            Blame::Key => {
                raise(&self.key_until, self.now_ms(), KEY_COOLDOWN);
                Finding::Neutral
            }
            Blame::KeyForThisModel => {
                raise(&self.refused_until, self.now_ms(), KEY_COOLDOWN);
                Finding::Neutral
            }
            Blame::Nobody => Finding::Neutral,
        }
    }

    fn now_ms(&self) -> u64 {
        // One more, so that 0 is before everything.
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }
}

fn raise(until: &AtomicU64, now_ms: u64, length: Duration) {
    let length_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    until.fetch_max(now_ms.saturating_add(length_ms), Ordering::Relaxed);
}

/// Whose failure it is, as far as routing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    Provider,
    /// The key, for all models of the provider.
    Key,
    KeyForThisModel,
    /// The app, the operator, a limit: nothing to learn about the target.
    Nobody,
}

pub(super) fn blame(error: &Error) -> Blame {
    match error {
        Error::MissingKey { .. } => Blame::Key,
        // Our own deadline may be shorter than anybody could be.
        Error::Timeout { wait: Wait::Deadline, .. } => Blame::Nobody,
        Error::Connect { .. }
        | Error::Timeout { .. }
        | Error::Garbage { .. }
        | Error::CutOff { .. }
        | Error::TooLarge { .. } => Blame::Provider,
        Error::Status(upstream) | Error::ErrorInBody(upstream) => match upstream.status {
            _ if upstream.is_out_of_credit() => Blame::Key,
            Some(401) => Blame::Key,
            Some(403) => Blame::KeyForThisModel,
            None | Some(408 | 500..=599) => Blame::Provider,
            Some(_) => Blame::Nobody,
        },
        _ => Blame::Nobody,
    }
}

/// How long an upstream wants to be left alone.
fn cooldown(upstream: &Upstream) -> Option<Duration> {
    let asked = upstream.retry_after.map(|wait| wait.min(LONGEST_COOLDOWN));
    match upstream.status {
        Some(429) if !upstream.is_out_of_credit() => Some(asked.unwrap_or(DEFAULT_COOLDOWN)),
        Some(503 | 529) => asked,
        _ => None,
    }
}

/// A call under way. It is one until it is dropped, which for a stream is at its end; dropped without a word about how
/// it went, it says nothing about the target but that it was not quicker.
#[derive(Debug)]
pub(super) struct Permit {
    vital: Arc<Vital>,
    /// `None` once it was told how the call went.
    entry: Option<Entry>,
    since: Instant,
}

impl Permit {
    /// The answer has begun (a whole one: is there).
    pub(super) fn answered(&mut self) {
        self.vital.latency.observe(self.elapsed_us(), self.vital.now_ms());
        self.report(Finding::Good);
    }

    /// The call failed, or the answer that had begun did.
    pub(super) fn failed(&mut self, error: &Error) {
        let finding = self.vital.learn(error);
        if finding == Finding::Bad {
            self.vital.failures.fetch_add(1, Ordering::Relaxed);
        }
        self.report(finding);
    }

    fn report(&mut self, finding: Finding) {
        // What comes after the first report is heard as any other call's.
        let entry = self.entry.take().unwrap_or(Entry::Pass);
        self.vital.breaker.report(entry, finding, self.vital.now_ms());
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.vital.under_way.fetch_sub(1, Ordering::Relaxed);
        if self.entry.is_some() {
            // Given up: a hedge was quicker, or the app went away. At least it took so long.
            let (waited_us, now_ms) = (self.elapsed_us(), self.vital.now_ms());
            if self.vital.latency.now_us(now_ms).is_some_and(|us| us < waited_us as f32) {
                self.vital.latency.observe(waited_us, now_ms);
            }
            self.report(Finding::Neutral);
        }
    }
}
