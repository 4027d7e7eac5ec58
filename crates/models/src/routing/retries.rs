//! How many of a target's calls may be repetitions. A provider in trouble must not get twice the calls for it: every
//! first call earns a fifth of a retry, and one a second is allowed for those that are called seldom. From Finagle's
//! `RetryBudget` (20 % of the requests, a minimum a second, saved up for a while).

use std::sync::atomic::{AtomicU64, Ordering};

/// What a first call earns, in thousandths of a retry.
pub(super) const EARNED: u64 = 200;
/// One retry.
const RETRY: u64 = 1_000;
/// The most that calls can save up.
const MOST: u64 = 100 * RETRY;
/// The most that time alone can save up, at one retry a second.
const MOST_BY_TIME: u64 = 10 * RETRY;

/// Retries in thousandths, and when they were counted.
#[derive(Clone, Copy, Debug)]
struct Purse {
    saved: u64,
    at_ms: u64,
}

/// What a target may still be asked again, shared by all threads.
#[derive(Debug)]
pub(super) struct Retries(AtomicU64);

impl Default for Retries {
    fn default() -> Self {
        Self(AtomicU64::new(Purse { saved: MOST_BY_TIME, at_ms: 0 }.pack()))
    }
}

impl Retries {
    /// A first call was made.
    pub(super) fn earn(&self, now_ms: u64) {
        self.change(now_ms, |saved| Some((saved + EARNED).min(MOST)));
    }

    /// Takes one retry; false when there is none.
    pub(super) fn take(&self, now_ms: u64) -> bool {
        self.change(now_ms, |saved| saved.checked_sub(RETRY))
    }

    fn change(&self, now_ms: u64, change: impl Fn(u64) -> Option<u64>) -> bool {
        let step = |packed| {
            let purse = Purse::unpack(packed);
            let by_time = (purse.saved + now_ms.saturating_sub(purse.at_ms)).min(MOST_BY_TIME);
            let saved = change(purse.saved.max(by_time))?;
            Some(Purse { saved, at_ms: purse.at_ms.max(now_ms) }.pack())
        };
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, step).is_ok()
    }
}

impl Purse {
    /// 24 bits of retries, 40 of ms.
    fn pack(self) -> u64 {
        self.saved << 40 | self.at_ms & ((1 << 40) - 1)
    }

    fn unpack(packed: u64) -> Self {
        Self { saved: packed >> 40, at_ms: packed & ((1 << 40) - 1) }
    }
}
