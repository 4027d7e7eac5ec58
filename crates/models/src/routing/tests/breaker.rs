//! The breaker against a plain model with lists, and under many threads.

use crate::routing::breaker::{
    Breaker, Entry, FEWEST_CALLS, FIRST_OPEN_MS, Finding, LONGEST_OPEN_MS, Phase, STREAK, SharedBreaker, WINDOW_MS,
};
use proptest::prelude::*;

/// What it should do, said plainly.
#[derive(Debug, Default)]
struct Plain {
    /// Calls of this window: whether each failed.
    window: Vec<bool>,
    window_from: u64,
    streak: usize,
    open_until: Option<u64>,
    probe: Option<u64>,
    /// How often it opened since its last window without a failure.
    trips: u32,
}

impl Plain {
    fn may_enter(&self, now: u64) -> bool {
        self.probe.is_none() && self.open_until.is_none_or(|until| now >= until)
    }

    fn report(&mut self, failed: bool, now: u64) {
        if now >= self.window_from + WINDOW_MS {
            if !self.window.is_empty() && !self.window.contains(&true) {
                self.trips = 0;
            }
            (self.window, self.window_from) = (Vec::new(), now);
        }
        self.window.push(failed);
        self.streak = if failed { self.streak + 1 } else { 0 };
        let failures = self.window.iter().filter(|failed| **failed).count();
        let many = self.window.len() >= usize::from(FEWEST_CALLS) && 2 * failures >= self.window.len();
        if failed && (self.streak >= usize::from(STREAK) || many) {
            self.open(now);
        }
    }

    fn open(&mut self, now: u64) {
        self.open_until = Some(now + (FIRST_OPEN_MS << self.trips.min(15)).min(LONGEST_OPEN_MS));
        self.trips += 1;
        (self.window, self.streak) = (Vec::new(), 0);
    }

    fn report_probe(&mut self, finding: Finding, now: u64) {
        self.probe = None;
        match finding {
            Finding::Bad => self.open(now),
            Finding::Neutral => self.open_until = Some(now),
            Finding::Good => (self.open_until, self.window_from) = (None, now),
        }
    }
}

/// A call begins, or the one that began so many before ends.
#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    End(usize, Finding),
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let finding = prop_oneof![4 => Just(Finding::Good), 5 => Just(Finding::Bad), 1 => Just(Finding::Neutral)];
    let step =
        prop_oneof![1 => Just(Step::Begin), 1 => (0_usize..9, finding).prop_map(|(which, f)| Step::End(which, f))];
    let pause = prop_oneof![8 => 0_u64..20, 1 => 0_u64..3_000, 1 => 0_u64..40_000];
    prop::collection::vec((pause, step), 1..250)
}

proptest! {
    #[test]
    fn it_opens_and_closes_when_the_plain_one_does(steps in steps()) {
        let (shared, mut plain) = (SharedBreaker::default(), Plain::default());
        let mut under_way: Vec<Entry> = Vec::new();
        let mut now = 1;
        for (pause, step) in steps {
            now += pause;
            match step {
                Step::Begin => {
                    let may = plain.may_enter(now);
                    let entered = shared.enter(now);
                    prop_assert_eq!(entered.is_ok(), may, "{:?} at {}", plain, now);
                    if let Ok(entry) = entered {
                        prop_assert_eq!(matches!(entry, Entry::Probe { .. }), plain.open_until.is_some());
                        if plain.open_until.is_some() {
                            plain.probe = Some(now);
                        }
                        under_way.push(entry);
                    }
                }
                Step::End(which, finding) if !under_way.is_empty() => {
                    let entry = under_way.remove(which % under_way.len());
                    shared.report(entry, finding, now);
                    match entry {
                        Entry::Probe { .. } => plain.report_probe(finding, now),
                        // What began before it opened is old news, and a neutral end says nothing.
                        Entry::Pass if plain.open_until.is_some() || finding == Finding::Neutral => {}
                        Entry::Pass => plain.report(finding == Finding::Bad, now),
                    }
                }
                Step::End(..) => {}
            }
            let probes = under_way.iter().filter(|entry| matches!(entry, Entry::Probe { .. })).count();
            prop_assert!(probes <= 1, "never two probes at once");
            let phase = shared.state().phase;
            let expected = match (plain.probe, plain.open_until) {
                (Some(_), _) => Phase::Probing,
                (None, Some(_)) => Phase::Open,
                (None, None) => Phase::Closed,
            };
            prop_assert_eq!(phase, expected, "{:?}", plain);
        }
    }
}

#[test]
fn it_stays_open_longer_each_time_up_to_a_limit() {
    let mut breaker = Breaker::default();
    for _ in 0..STREAK {
        breaker = breaker.report(Entry::Pass, Finding::Bad, 100);
    }
    let mut now = 100;
    for expected in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
        assert_eq!(breaker.enter(now).1, Err(now + expected));
        now += expected;
        let (probing, entry) = breaker.enter(now);
        breaker = probing.report(entry.expect("its time has come"), Finding::Bad, now);
    }
}

#[test]
fn of_many_threads_one_probes() {
    let shared = SharedBreaker::default();
    for _ in 0..STREAK {
        shared.report(Entry::Pass, Finding::Bad, 1);
    }
    let probes: usize = std::thread::scope(|scope| {
        let entering = || (0..200).filter(|_| shared.enter(5_000).is_ok()).count();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(entering)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a count")).sum()
    });
    assert_eq!(probes, 1);
}
