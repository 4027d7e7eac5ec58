//! What is known of targets and who is first among them, as data and against plain models; the chain itself is tested
//! against real servers in `crate::tests::routing`.

mod breaker;

use super::continuation::after_repetition;
use super::latency::Latency;
use super::order::{Standing, hash, order};
use super::retries::{EARNED, Retries};
use super::vitals::{Blame, Vitals, blame};
use crate::error::{Closed, Error, Upstream, Wait};
use proptest::prelude::*;
use std::time::Duration;
use usecase::MicroUsd;
use usecase::declared::{ModelRef, SpreadBy};

fn model(name: &str) -> ModelRef {
    ModelRef::parse(name).expect("provider/model")
}

fn standing(name: &str, weight: u32, load: f64, price: Option<i64>) -> Standing {
    Standing { hash: hash(name), weight, load, price: price.map(MicroUsd), open: true }
}

#[test]
fn the_cheapest_is_first_and_unknown_prices_are_last() {
    let check = |prices: [Option<i64>; 3], expected: [usize; 3]| {
        let equal: Vec<Standing> = prices.into_iter().map(|price| standing("a/m", 1, 0.0, price)).collect();
        assert_eq!(order(&equal, SpreadBy::Price, 7), expected, "{prices:?}");
    };
    check([Some(3), Some(1), Some(2)], [1, 2, 0]);
    check([None, Some(5), None], [1, 0, 2]);
    check([Some(1), Some(1), Some(0)], [2, 0, 1]);
}

#[test]
fn the_quicker_of_two_is_first_and_the_slowest_never() {
    let equal: Vec<Standing> = [30.0, 10.0, 20.0].into_iter().map(|load| standing("a/m", 1, load, None)).collect();
    let mut firsts = [0; 3];
    for random in 0..3_000 {
        let places = order(&equal, SpreadBy::Latency, super::order::mix(random));
        firsts[places[0]] += 1;
        assert!(places[1..].is_sorted_by(|a, b| equal[*a].load <= equal[*b].load), "{places:?}");
    }
    // Of the three pairs the quickest is in two, the slowest never wins.
    assert_eq!(firsts[0], 0);
    assert!((1_850..2_150).contains(&firsts[1]), "{firsts:?}");
    let mut one_open = equal;
    one_open[1].open = false;
    one_open[2].open = false;
    assert_eq!(order(&one_open, SpreadBy::Latency, 5), [1, 2, 0], "with no two to draw from, by load");
}

#[test]
fn weights_are_shares_and_a_conversation_stays() {
    let equal = [standing("a/m", 3, 0.0, None), standing("b/m", 1, 0.0, None), standing("c/m", 1, 0.0, None)];
    let mut firsts = [0; 3];
    for conversation in 0..10_000 {
        let random = hash(&format!("conversation {conversation}"));
        let places = order(&equal, SpreadBy::Weight, random);
        assert_eq!(places, order(&equal, SpreadBy::Weight, random), "the same number, the same order");
        firsts[places[0]] += 1;
        // When a target is taken away, only its own conversations move.
        if places[0] != 0 {
            assert_eq!(order(&equal[1..], SpreadBy::Weight, random)[0], places[0] - 1);
        }
    }
    assert!((5_800..6_200).contains(&firsts[0]), "{firsts:?}");
    assert!((1_850..2_150).contains(&firsts[1]), "{firsts:?}");
}

proptest! {
    /// Whatever is known, everybody is asked once.
    #[test]
    fn every_order_names_each_target_once(
        equal in prop::collection::vec((1_u32..9, 0.0_f64..9.0, prop::option::of(0_i64..9), any::<bool>()), 0..9),
        by in prop::sample::select(vec![SpreadBy::Weight, SpreadBy::Latency, SpreadBy::Price]),
        random in any::<u64>(),
    ) {
        let equal: Vec<Standing> = equal
            .into_iter()
            .map(|(weight, load, price, open)| Standing { open, ..standing("a/m", weight, load, price) })
            .collect();
        let mut places = order(&equal, by, random);
        places.sort_unstable();
        prop_assert_eq!(places, (0..equal.len()).collect::<Vec<_>>());
    }

    /// However calls and retries follow one another, retries are at most the first ten, a fifth of the calls, and one a
    /// second.
    #[test]
    fn retries_stay_within_their_budget(steps in prop::collection::vec((0_u64..300, any::<bool>()), 1..400)) {
        let retries = Retries::default();
        let (mut now_ms, mut calls, mut taken) = (0, 0, 0);
        for (pause, retry) in steps {
            now_ms += pause;
            if retry {
                taken += u64::from(retries.take(now_ms));
            } else {
                calls += 1;
                retries.earn(now_ms);
            }
            prop_assert!(taken * 1_000 <= 10_000 + calls * EARNED + now_ms, "{taken} of {calls}");
        }
    }
}

#[test]
fn a_peak_counts_at_once_and_fades() {
    let latency = Latency::default();
    assert_eq!((latency.now_us(0), latency.load(0, 0)), (None, 0.0));
    assert!(latency.load(1, 0) > 1e12, "its first call has not come back");
    latency.observe(1_000, 0);
    latency.observe(9_000, 0);
    assert_eq!(latency.now_us(0), Some(9_000.0));
    latency.observe(1_000, 0);
    assert_eq!(latency.now_us(0), Some(9_000.0), "a quicker one weighs by the time that has passed");
    let near = |us: Option<f32>, expected: f32| us.is_some_and(|us| (us - expected).abs() < 2.0);
    assert!(near(latency.now_us(10_000), 9_000.0 / std::f32::consts::E));
    latency.observe(1_000, 10_000);
    assert!(near(latency.now_us(10_000), 1_000.0 + 8_000.0 / std::f32::consts::E));
    assert!((latency.load(3, 10_000) / latency.load(0, 10_000) - 4.0).abs() < 1e-6);
}

fn told(status: Option<u16>, code: &str) -> Error {
    Error::Status(Box::new(Upstream {
        model: model("a/m"),
        status,
        message: String::new(),
        code: Some(code.to_owned()),
        kind: None,
        param: None,
        retry_after: None,
    }))
}

#[test]
fn only_the_providers_faults_are_its_faults() {
    let check = |error: &Error, expected: Blame| assert_eq!(blame(error), expected, "{error:?}");
    let timeout = |wait| Error::Timeout { model: model("a/m"), wait, limit: Duration::from_secs(1) };
    for status in [500, 502, 503, 504, 529, 408] {
        check(&told(Some(status), ""), Blame::Provider);
    }
    check(&told(None, ""), Blame::Provider);
    check(&timeout(Wait::FirstToken), Blame::Provider);
    check(&timeout(Wait::Deadline), Blame::Nobody);
    check(&Error::Garbage { model: model("a/m"), what: String::new() }, Blame::Provider);
    check(&Error::CutOff { model: model("a/m"), what: String::new() }, Blame::Provider);
    check(&Error::Connect { model: model("a/m"), reason: String::new() }, Blame::Provider);
    for status in [400, 404, 409, 413, 422, 429] {
        check(&told(Some(status), ""), Blame::Nobody);
    }
    check(&told(Some(401), ""), Blame::Key);
    check(&told(Some(403), ""), Blame::KeyForThisModel);
    check(&told(Some(429), "insufficient_quota"), Blame::Key);
    check(&told(Some(402), ""), Blame::Key);
    check(&Error::MissingKey { model: model("a/m"), reference: String::new() }, Blame::Key);
    check(&Error::Unsupported { model: model("a/m"), feature: String::new() }, Blame::Nobody);
}

/// What a failure of `a/one` does to it, to another model with the same key, and to another provider.
#[test]
fn a_failure_closes_no_more_than_it_is_about() {
    let check = |error: &Error, times: usize, expected: [Option<Closed>; 3]| {
        let vitals = Vitals::new(true);
        let names = ["a/one", "a/two", "b/one"];
        let all: Vec<_> = names.iter().map(|name| vitals.of(&model(name))).collect();
        for _ in 0..times {
            all[0].enter().expect("it is open").failed(error);
        }
        let closed: Vec<Option<Closed>> =
            vitals.health().into_iter().map(|health| health.closed.map(|(why, _)| why)).collect();
        assert_eq!(closed, expected, "{error:?}");
        assert!(std::sync::Arc::ptr_eq(&all[0], &vitals.of(&model("a/one"))), "one state for all who ask");
    };
    check(&told(Some(500), ""), 4, [None; 3]);
    check(&told(Some(500), ""), 5, [Some(Closed::Failing), None, None]);
    check(&told(Some(400), ""), 50, [None; 3]);
    check(&told(Some(429), ""), 1, [Some(Closed::AskedToWait), None, None]);
    check(&told(Some(401), ""), 1, [Some(Closed::KeyRefused), Some(Closed::KeyRefused), None]);
    check(&told(Some(403), ""), 1, [Some(Closed::KeyRefused), None, None]);
}

#[test]
fn without_breakers_nobody_is_passed_over() {
    let vitals = Vitals::new(false);
    let vital = vitals.of(&model("a/one"));
    for _ in 0..50 {
        vital.enter().expect("it is never closed").failed(&told(Some(429), ""));
    }
    let health = vitals.health();
    assert_eq!((health[0].closed, health[0].calls, health[0].under_way), (None, 50, 0));
}

#[test]
fn what_is_repeated_is_cut_off() {
    let check = |said: &str, text: &str, expected: &str| assert_eq!(after_repetition(said, text), expected);
    check("Your order leaves on", " Monday.", " Monday.");
    check("Your order leaves on", "order leaves on Monday.", " Monday.");
    check("Your order leaves on", "Your order leaves on Monday.", " Monday.");
    check("Ihre Bestellung für Köln", "ung für Köln geht", " geht");
    // Too short to be sure.
    check("It is on", "on Monday", "on Monday");
    check("", "Monday", "Monday");
    check("long enough to repeat", "long enough to repeat", "");
}
