//! The curve and the pick on sets whose best threshold is known, and what must hold for every set.

use super::{Advice, Policy, Trial, Tried, tune};
use crate::report;
use proptest::prelude::*;
use std::collections::BTreeMap;
use usecase::declared::{AtLeast, Escalate, ModelRef, Signal, Signals};
use usecase::{Cost, MicroUsd};

const SMALL: i64 = 100;
const SAMPLES: i64 = 200;
const LARGE: i64 = 1_000;

fn declared(when: &[Signal]) -> Escalate {
    let to = ModelRef::parse("own/large").expect("a model");
    let when = Signals::of(when.to_vec());
    Escalate { to, when, at_least: AtLeast::default(), samples: 2, sample_temperature: 0.7 }
}

fn case(number: usize, small_passed: bool, large_passed: bool, scores: &[(Signal, f64)]) -> Tried {
    let paid = |micros| Cost::known(MicroUsd(micros));
    Tried {
        key: number.to_string(),
        test: format!("cases.yaml:{number}"),
        small_passed,
        large_passed,
        scores: scores.iter().copied().collect(),
        small: paid(SMALL),
        samples: paid(SAMPLES),
        large: paid(LARGE),
    }
}

fn of(tried: Vec<Tried>) -> Trial {
    Trial { tried, left_out: Vec::new(), cost: Cost::ZERO }
}

/// The small model fails a fifth of the cases, and is unsure of exactly those.
fn telling(cases: usize) -> Trial {
    let tried = (0..cases).map(|number| {
        let fails = number % 5 == 0;
        let sureness = if fails { 0.3 } else { 0.9 } + (number % 7) as f64 * 0.01;
        case(number, !fails, true, &[(Signal::Logprobs, sureness)])
    });
    of(tried.collect())
}

#[test]
fn a_signal_that_tells_is_found_and_holds_on_unseen_cases() {
    let routing = tune("shop", "own/small", &declared(&[Signal::Logprobs]), 0.02, telling(400));
    assert_eq!(routing.advice, Advice::Take, "{}", report::routing::render(&routing));
    let pick = routing.pick.as_ref().expect("a pick");
    assert_eq!((pick.passed, pick.escalated), (400, 80), "exactly the cases that the small model fails");
    assert_eq!(pick.cost, Cost::known(MicroUsd(400 * SMALL + 80 * LARGE)));
    assert_eq!(routing.unseen.point.cases, 400, "every case was hidden once");
    assert_eq!(routing.unseen.point.passed, 400);
    let text = report::routing::render(&routing);
    for piece in ["[model.escalate]", "to = \"own/large\"", "when = [\"logprobs\"]", "at_least = { probability = ", "◆"]
    {
        assert!(text.contains(piece), "{piece} is missing in\n{text}");
    }
}

#[test]
fn a_small_set_is_inconclusive_and_says_how_many_more() {
    let routing = tune("shop", "own/small", &declared(&[Signal::Logprobs]), 0.02, telling(20));
    let Advice::Inconclusive { more_cases_needed: Some(more) } = routing.advice else { panic!("{:?}", routing.advice) };
    // The rule of three: without a loss it takes about 149 cases to be within 2 points.
    assert!((100..200).contains(&more), "{more}");
    assert!(report::routing::render(&routing).contains("inconclusive"));
}

#[test]
fn a_signal_that_tells_nothing_is_not_worth_it() {
    // Sure and wrong: the large model has to be asked for everything, which the small one only makes dearer.
    let tried = (0..100).map(|number| case(number, number % 2 == 0, true, &[(Signal::Grounding, 0.5)])).collect();
    let routing = tune("shop", "own/small", &declared(&[Signal::Grounding]), 0.02, of(tried));
    assert_eq!((routing.advice.clone(), routing.pick.clone()), (Advice::LargeOnly, None));
    assert_eq!(routing.unseen.point.passed, 100, "the large model answers the hidden ones");
    let same = (0..200).map(|number| case(number, true, true, &[])).collect();
    let routing = tune("shop", "own/small", &declared(&[Signal::Grounding]), 0.02, of(same));
    assert_eq!(routing.advice, Advice::Take);
    assert!(report::routing::render(&routing).contains("the small model is enough"));
    let routing = tune("shop", "own/small", &declared(&[Signal::Grounding]), 0.02, Trial::default());
    assert_eq!(routing.advice, Advice::Nothing);
    assert!(report::routing::render(&routing).contains("nothing is advised"));
}

#[test]
fn a_threshold_found_by_chance_looks_worse_on_unseen_cases() {
    // Pass and fail have nothing to do with the score, and neither model is better.
    let mixed = |number: usize, by: usize| (number * by) % 101 < 70;
    let tried = (0..101).map(|number| {
        let score = ((number * 37) % 101) as f64 / 101.0;
        case(number, mixed(number, 13), mixed(number, 29), &[(Signal::Disagreement, score)])
    });
    let routing = tune("shop", "own/small", &declared(&[Signal::Disagreement]), 0.05, of(tried.collect()));
    let pick = routing.pick.as_ref().expect("something looks good by chance");
    assert!(routing.unseen.point.pairs.drop() > pick.pairs.drop(), "{}", report::routing::render(&routing));
    assert_ne!(routing.advice, Advice::Take);
}

#[test]
fn without_prices_the_pick_goes_by_how_often_the_large_model_is_asked() {
    let mut trial = telling(400);
    for case in &mut trial.tried {
        (case.samples, case.large) = (Cost::UNKNOWN, Cost::UNKNOWN);
    }
    let routing = tune("shop", "own/small", &declared(&[Signal::Logprobs]), 0.02, trial);
    assert_eq!((routing.advice.clone(), routing.pick.as_ref().map(|pick| pick.escalated)), (Advice::Take, Some(80)));
    let text = report::routing::render(&routing);
    assert!(text.contains("a price is unknown") && text.contains("at least $"), "{text}");
}

#[test]
fn samples_are_paid_only_where_no_cheaper_signal_spoke() {
    let both = BTreeMap::from([(Signal::Grounding, 0.5), (Signal::Disagreement, 0.5)]);
    let check = |grounding: f64, agreement: f64, cost: i64| {
        let case = case(0, true, true, &[(Signal::Grounding, grounding), (Signal::Disagreement, agreement)]);
        assert_eq!(Policy { at_least: both.clone() }.on(&case).cost, Cost::known(MicroUsd(cost)));
    };
    check(0.4, 0.9, SMALL + LARGE);
    check(0.6, 0.4, SMALL + SAMPLES + LARGE);
    check(0.5, 0.5, SMALL + SAMPLES);
}

proptest! {
    #[test]
    fn every_point_lies_between_the_two_models(
        cases in proptest::collection::vec(
            (any::<bool>(), any::<bool>(), 0.0..=1.0_f64, proptest::option::of(0.0..=1.0_f64)),
            0..60,
        )
    ) {
        let tried: Vec<Tried> = cases.iter().enumerate().map(|(number, (small, large, one, two))| {
            let mut scores = vec![(Signal::Grounding, *one)];
            scores.extend(two.map(|two| (Signal::Logprobs, two)));
            case(number, *small, *large, &scores)
        }).collect();
        let total = tried.len();
        let routing = tune("shop", "own/small", &declared(&[Signal::Grounding, Signal::Logprobs]), 0.02, of(tried));
        for point in routing.curve.iter().chain(&routing.pick).chain([&routing.unseen.point]) {
            prop_assert_eq!(point.cases, total);
            prop_assert!(point.escalated <= total && point.passed <= total);
            let (share, within) = (point.pass_share(), point.interval);
            prop_assert!(within.low <= share + 1e-9 && share <= within.high + 1e-9);
        }
        for point in &routing.curve {
            let paid = total as i64 * SMALL + point.escalated as i64 * LARGE;
            prop_assert_eq!(point.cost, Cost::known(MicroUsd(paid)));
        }
        prop_assert!(routing.pick.iter().all(|pick| pick.cost.known < routing.large_only.cost.known));
        prop_assert!(!report::routing::render(&routing).is_empty());
    }
}
