//! Rates against a reference that counts what is there, and the limits of a key as its holder meets them.

use super::{app, cost, create, open};
use crate::limits::{Held, KeyLimits, Meter, Priority, Rate};
use crate::{Admission, Denied, Limit, NewKey};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use usecase::Principal;

const SECOND: u64 = 1_000_000_000;

/// The plain way: so many are there, more come evenly, never more than a minute's worth. In billionths, so that nothing
/// is rounded.
struct Bucket {
    per_minute: i128,
    there: i128,
    at_ns: u64,
}

impl Bucket {
    const WHOLE: i128 = 60_000_000_000;

    fn new(per_minute: u32) -> Self {
        Self { per_minute: per_minute.into(), there: i128::from(per_minute) * Self::WHOLE, at_ns: 0 }
    }

    fn until(&mut self, now_ns: u64) {
        let grown = self.there + i128::from(now_ns - self.at_ns) * self.per_minute;
        (self.there, self.at_ns) = (grown.min(self.per_minute * Self::WHOLE), now_ns);
    }

    fn take(&mut self, count: u64, now_ns: u64) -> bool {
        self.until(now_ns);
        let wanted = i128::from(count).min(self.per_minute) * Self::WHOLE;
        let enough = wanted <= self.there;
        self.there -= if enough { wanted } else { 0 };
        enough
    }

    /// Nobody can have more than a minute's worth, also by giving back.
    fn correct(&mut self, taken: u64, actual: u64, now_ns: u64) {
        self.until(now_ns);
        let taken = i128::from(taken).min(self.per_minute);
        self.there += (taken - i128::from(actual)) * Self::WHOLE;
        self.there = self.there.min(self.per_minute * Self::WHOLE);
    }
}

proptest! {
    /// Limits that divide a minute, so that the rate rounds nothing either.
    #[test]
    fn a_rate_lets_in_what_the_reference_lets_in(
        per_minute in prop::sample::select(vec![1_u32, 6, 60, 600, 1_000, 60_000]),
        steps in prop::collection::vec((0_u64..20 * SECOND, 0_u64..40, 0_u64..60), 1..80),
    ) {
        let (rate, mut reference) = (Rate::new(per_minute), Bucket::new(per_minute));
        let mut now = 0;
        for (pause, count, actual) in steps {
            now += pause;
            let waited = rate.take(count, now);
            prop_assert_eq!(waited.is_ok(), reference.take(count, now), "{} at {}", count, now);
            match waited {
                Ok(()) if count % 2 == 0 => {
                    rate.correct(count, actual, now);
                    reference.correct(count, actual, now);
                }
                Ok(()) => {}
                Err(wait) => {
                    let later = now + u64::try_from(wait.as_nanos()).expect("at most minutes");
                    let probe = Bucket { ..reference };
                    prop_assert!(!{ probe }.take(count, later - 1), "the wait is too long");
                    prop_assert!(Bucket { ..reference }.take(count, later), "the wait is too short");
                }
            }
            let window = rate.window(now);
            reference.until(now);
            let there = (reference.there / Bucket::WHOLE).max(0);
            prop_assert_eq!(i128::from(window.remaining), there);
            prop_assert_eq!(window.limit, per_minute);
        }
    }
}

#[test]
fn many_threads_together_get_no_more_than_the_limit() {
    let rate = Rate::new(600);
    let taken: usize = std::thread::scope(|scope| {
        let taking = || (0..500).filter(|_| rate.take(1, SECOND).is_ok()).count();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(taking)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a count")).sum()
    });
    assert_eq!(taken, 600);
}

fn enter(meter: &Arc<Meter>) -> Result<Held, Limit> {
    meter.enter("k").map_err(|denied| match denied {
        Denied::TooManyRequests { limit, .. } => limit,
        other => panic!("{other}"),
    })
}

#[test]
fn requests_at_once_are_counted_until_they_end() {
    let meter = Arc::new(Meter::new(&KeyLimits { concurrency: Some(2), ..KeyLimits::default() }));
    let (first, second) = (enter(&meter).expect("the first"), enter(&meter).expect("the second"));
    assert_eq!(enter(&meter).map(drop), Err(Limit::Concurrency(2)));
    drop(first);
    let third = enter(&meter).expect("a place is free");
    assert!(enter(&meter).is_err());
    drop((second, third));
    let limits = KeyLimits { concurrency: Some(1), requests_per_minute: Some(1), ..KeyLimits::default() };
    let meter = Arc::new(Meter::new(&limits));
    drop(enter(&meter).expect("one a minute"));
    for _ in 0..2 {
        assert_eq!(enter(&meter).map(drop), Err(Limit::RequestsPerMinute(1)), "and the place was given back");
    }
}

/// Tokens reserved, then what became of them, and whether so many more can be had at once.
#[test]
fn tokens_are_corrected_when_the_request_ends() {
    let check = |reserved: u64, end: &dyn Fn(&mut Held), then: u64, fits: bool| {
        let meter = Arc::new(Meter::new(&KeyLimits { tokens_per_minute: Some(1_000), ..KeyLimits::default() }));
        let mut held = enter(&meter).expect("no request limit");
        held.reserve_tokens(reserved).expect("all is there");
        end(&mut held);
        drop(held);
        let again = enter(&meter).expect("no request limit").reserve_tokens(then);
        assert_eq!(again.is_ok(), fits, "{reserved} then {then}");
    };
    check(900, &|_| {}, 1_000, true);
    check(900, &|held| held.settle(), 200, false);
    check(900, &|held| held.used(100), 850, true);
    check(100, &|held| held.used(900), 200, false);
    check(100, &|held| held.used(5_000), 1, false);
    check(5_000, &|held| held.used(10), 950, true);
}

fn limited(limits: KeyLimits) -> (tempfile::TempDir, Admission, Principal) {
    let (folder, _storage, admission) = open();
    let made = create(&admission, NewKey { limits, budget_per_day: None, ..app("one") });
    let principal = admission.authenticate(Some(&made.secret), false).expect("the key is right");
    (folder, admission, principal)
}

#[test]
fn the_limits_of_a_key_turn_its_requests_away() {
    let limits = KeyLimits {
        requests_per_minute: Some(2),
        tokens_per_minute: Some(1_000),
        priority: Priority::High,
        ..KeyLimits::default()
    };
    let (_folder, admission, principal) = limited(limits);
    assert_eq!(admission.priority(&principal), Priority::High);
    assert_eq!(admission.priority(&Principal::developer()), Priority::Normal);
    let admit = || admission.admit(principal.clone(), "support", None, cost(0));
    let mut first = admit().expect("one of two").with_tokens(600).expect("600 of 1000");
    let state = first.limits().expect("it has rates");
    let remaining = |window: Option<crate::RateWindow>| window.map(|window| (window.limit, window.remaining));
    assert_eq!((remaining(state.requests), remaining(state.tokens)), (Some((2, 1)), Some((1_000, 400))));
    let denied = admit().expect("two of two").with_tokens(600).expect_err("1200 of 1000");
    assert!(matches!(&denied, Denied::TooManyRequests { limit: Limit::TokensPerMinute(1_000), retry_after, .. }
        if *retry_after > Duration::from_secs(10) && *retry_after <= Duration::from_secs(12)));
    first.used_tokens(10);
    first.settle(cost(0));
    let denied = admit().expect_err("three of two");
    assert_eq!(denied.code(), "requests_per_minute");
    let counts: Vec<_> = admission.denials().into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(counts, [("requests_per_minute", 1), ("tokens_per_minute", 1)]);
    let free = admission.admit(Principal::developer(), "support", None, cost(0)).expect("no key, no limit");
    assert!(free.with_tokens(u64::MAX).expect("no limit").limits().is_none());
}

#[test]
fn limits_are_kept_when_the_keys_are_read_again() {
    let (_folder, admission, principal) = limited(KeyLimits { requests_per_minute: Some(1), ..KeyLimits::default() });
    admission.admit(principal.clone(), "support", None, cost(0)).expect("one of one");
    create(&admission, app("another"));
    assert!(admission.admit(principal, "support", None, cost(0)).is_err());
    let listed = admission.list().expect("it lists");
    assert!(listed.iter().any(|key| key.limits.requests_per_minute == Some(1)));
}
