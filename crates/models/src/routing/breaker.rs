//! The breaker of one target: after failures that are the provider's own it is passed over for a while, then one call
//! at a time tries whether it is well again.
//!
//! The whole state is one number, so that threads change it without a lock: [`Breaker::pack`] and the pure steps
//! [`Breaker::enter`] and [`Breaker::report`] are applied by compare-and-swap. It opens after [`STREAK`] failures in a
//! row (Finagle's failure accrual and Envoy's outlier detection both take five), or when half of at least
//! [`FEWEST_CALLS`] calls of a window failed. It stays open for a second, twice as long each time that it opens again,
//! up to [`LONGEST_OPEN_MS`].

use std::sync::atomic::{AtomicU64, Ordering};

/// Failures in a row that open it.
pub(super) const STREAK: u8 = 5;
/// A share of failures says something from this many calls of a window on.
pub(super) const FEWEST_CALLS: u8 = 20;
/// Length of a window, in ms.
pub(super) const WINDOW_MS: u64 = 10_000;
/// How long it stays open the first time, in ms.
pub(super) const FIRST_OPEN_MS: u64 = 1_000;
/// How long it stays open at most, in ms.
pub(super) const LONGEST_OPEN_MS: u64 = 30_000;
/// What a caller is told to wait while another one's probe is under way, in ms.
const PROBE_HINT_MS: u64 = 1_000;

const MOST_TRIPS: u8 = 15;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Closed,
    Open,
    /// One call is trying.
    Probing,
}

/// `at_ms` is, by phase: when the window began, until when it is open, when the probe began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Breaker {
    pub(super) phase: Phase,
    /// How often it opened since its last good window.
    trips: u8,
    /// Failures in a row.
    streak: u8,
    /// Calls of this window, and how many of them failed.
    calls: u8,
    failed: u8,
    at_ms: u64,
}

/// How a call may go to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Pass,
    /// As the one that tries; told apart from earlier ones by when it began.
    Probe {
        began_ms: u64,
    },
}

/// What a call says about the health of its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Good,
    /// The provider failed.
    Bad,
    /// Nothing: the app's own mistake, a limit, a call that was given up.
    Neutral,
}

impl Breaker {
    /// Asks to call at this moment. `Err` is until when it will not help to ask again, in ms.
    pub(super) fn enter(self, now_ms: u64) -> (Self, Result<Entry, u64>) {
        match self.phase {
            Phase::Closed => (self, Ok(Entry::Pass)),
            Phase::Open if now_ms >= self.at_ms => {
                let probing = Self { phase: Phase::Probing, at_ms: now_ms, ..self };
                (probing, Ok(Entry::Probe { began_ms: now_ms }))
            }
            Phase::Open => (self, Err(self.at_ms)),
            Phase::Probing => (self, Err(now_ms + PROBE_HINT_MS)),
        }
    }

    /// What became of a call. While it is open only its probe is heard: what others began before is old news.
    pub(super) fn report(self, entry: Entry, finding: Finding, now_ms: u64) -> Self {
        match (self.phase, entry, finding) {
            (Phase::Probing, Entry::Probe { began_ms }, _) if began_ms == self.at_ms => match finding {
                Finding::Good => Self { trips: self.trips, at_ms: now_ms, ..Self::default() },
                Finding::Bad => self.open(now_ms),
                Finding::Neutral => Self { phase: Phase::Open, at_ms: now_ms, ..self },
            },
            (Phase::Closed, Entry::Pass, Finding::Good | Finding::Bad) => self.count(finding, now_ms),
            _ => self,
        }
    }

    fn count(self, finding: Finding, now_ms: u64) -> Self {
        let mut counted = self;
        if now_ms >= self.at_ms + WINDOW_MS {
            let was_good = self.calls > 0 && self.failed == 0;
            let trips = if was_good { 0 } else { self.trips };
            counted = Self { trips, calls: 0, failed: 0, at_ms: now_ms, ..self };
        }
        if counted.calls == u8::MAX {
            (counted.calls, counted.failed) = (counted.calls / 2, counted.failed / 2);
        }
        counted.calls += 1;
        if finding == Finding::Good {
            return Self { streak: 0, ..counted };
        }
        counted.failed += 1;
        counted.streak = (counted.streak + 1).min(STREAK);
        let many = counted.calls >= FEWEST_CALLS && counted.failed >= counted.calls.div_ceil(2);
        if many || counted.streak == STREAK { counted.open(now_ms) } else { counted }
    }

    fn open(self, now_ms: u64) -> Self {
        let length_ms = (FIRST_OPEN_MS << self.trips).min(LONGEST_OPEN_MS);
        let trips = (self.trips + 1).min(MOST_TRIPS);
        Self { phase: Phase::Open, trips, at_ms: now_ms + length_ms, ..Self::default() }
    }

    /// Phase 2 bits, trips 4, streak 4, calls 8, failed 8, moment 38 (eight years in ms).
    fn pack(self) -> u64 {
        let phase = match self.phase {
            Phase::Closed => 0,
            Phase::Open => 1,
            Phase::Probing => 2,
        };
        let counts = u64::from(self.trips) << 2
            | u64::from(self.streak) << 6
            | u64::from(self.calls) << 10
            | u64::from(self.failed) << 18;
        phase | counts | self.at_ms << 26
    }

    fn unpack(packed: u64) -> Self {
        let bits = |from: u32, mask: u64| u8::try_from(packed >> from & mask).unwrap_or(u8::MAX);
        let phase = match packed & 3 {
            0 => Phase::Closed,
            1 => Phase::Open,
            _ => Phase::Probing,
        };
        let (trips, streak, calls, failed) = (bits(2, 15), bits(6, 15), bits(10, 255), bits(18, 255));
        Self { phase, trips, streak, calls, failed, at_ms: packed >> 26 }
    }
}

/// A breaker that all threads share.
#[derive(Debug, Default)]
pub(super) struct SharedBreaker(AtomicU64);

impl SharedBreaker {
    pub(super) fn state(&self) -> Breaker {
        Breaker::unpack(self.0.load(Ordering::Acquire))
    }

    pub(super) fn enter(&self, now_ms: u64) -> Result<Entry, u64> {
        self.step(|breaker| breaker.enter(now_ms))
    }

    pub(super) fn report(&self, entry: Entry, finding: Finding, now_ms: u64) {
        self.step(|breaker| (breaker.report(entry, finding, now_ms), ()));
    }

    /// Until when it is open, in ms; `None` while calls pass or one may try.
    pub(super) fn open_until(&self, now_ms: u64) -> Option<u64> {
        self.state().enter(now_ms).1.err()
    }

    fn step<T>(&self, step: impl Fn(Breaker) -> (Breaker, T)) -> T {
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            let (next, result) = step(Breaker::unpack(seen));
            let packed = next.pack();
            // Mostly nothing changes, and then nothing is written that other cores would have to fetch again.
            if packed == seen {
                return result;
            }
            match self.0.compare_exchange_weak(seen, packed, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return result,
                Err(newer) => seen = newer,
            }
        }
    }
}
