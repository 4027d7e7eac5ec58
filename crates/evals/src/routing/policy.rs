//! A policy says which answers of the small model are asked of the large one. What it would have done on cases that
//! both answered is arithmetic.

use super::trial::Tried;
use crate::comparison::upper_bound;
use crate::statistics::wilson::{Interval, Paired, wilson};
use crate::statistics::{Z_TWO_SIDED_95, float};
use serde::Serialize;
use std::collections::BTreeMap;
use usecase::declared::Signal;
use usecase::{Cost, MicroUsd};

/// Below which measure each signal escalates. Without a signal nothing is escalated.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Policy {
    /// Each 0 to 1.
    pub at_least: BTreeMap<Signal, f64>,
}

/// What a policy did to a set of cases.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    pub policy: Policy,
    pub cases: usize,
    /// Cases that the large model was asked for.
    pub escalated: usize,
    pub passed: usize,
    /// Wilson's 95 % interval of the pass rate.
    pub interval: Interval,
    /// Of all cases together, samples and both models included.
    pub cost: Cost,
    /// Against the large model alone, on the same cases.
    pub pairs: Paired,
    /// With 95 % confidence the pass rate is lower than the large model's by less than this (a share, one-sided).
    pub at_most: f64,
}

/// What a policy does with one case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Went {
    pub(super) escalated: bool,
    pub(super) passed: bool,
    pub(super) cost: Cost,
}

impl Policy {
    pub(super) fn on(&self, case: &Tried) -> Went {
        let (mut escalated, mut cost) = (false, case.small);
        // As production does it: the cheapest signal first, and the next only while none has spoken.
        for (signal, least) in &self.at_least {
            if *signal == Signal::Disagreement {
                cost += case.samples;
            }
            if case.scores.get(signal).is_some_and(|score| score < least) {
                escalated = true;
                cost += case.large;
                break;
            }
        }
        Went { escalated, passed: if escalated { case.large_passed } else { case.small_passed }, cost }
    }

    pub(super) fn point(&self, cases: &[&Tried]) -> Point {
        let went = cases.iter().map(|case| (self.on(case), case.large_passed));
        Point::of(self.clone(), went)
    }
}

/// The large model alone, for every case.
pub(super) fn large(case: &Tried) -> Went {
    Went { escalated: true, passed: case.large_passed, cost: case.large }
}

impl Point {
    /// From what came of each case, and whether the large model passed it.
    pub(super) fn of(policy: Policy, went: impl Iterator<Item = (Went, bool)>) -> Self {
        let (mut pairs, mut cost, mut escalated) = (Paired::default(), Cost::ZERO, 0);
        for (went, large_passed) in went {
            cost += went.cost;
            escalated += usize::from(went.escalated);
            match (large_passed, went.passed) {
                (true, true) => pairs.both_passed += 1,
                (true, false) => pairs.losses += 1,
                (false, true) => pairs.wins += 1,
                (false, false) => pairs.both_failed += 1,
            }
        }
        let (cases, passed) = (pairs.total(), pairs.both_passed + pairs.wins);
        let (interval, at_most) = (wilson(passed, cases, Z_TWO_SIDED_95), upper_bound(&pairs));
        Self { policy, cases, escalated, passed, interval, cost, pairs, at_most }
    }

    /// Passed cases over all, 0 to 1.
    pub fn pass_share(&self) -> f64 {
        float(self.passed) / float(self.cases.max(1))
    }

    /// Escalated cases over all, 0 to 1.
    pub fn escalated_share(&self) -> f64 {
        float(self.escalated) / float(self.cases.max(1))
    }

    /// Micro-dollars a case, as far as they are known.
    pub fn cost_a_case(&self) -> f64 {
        self.cost.known.0 as f64 / float(self.cases.max(1))
    }

    /// By cost; where a price is unknown or nothing costs anything, by how often the large model is asked.
    pub(super) fn is_cheaper_than(&self, other: &Self) -> bool {
        let unpriced = self.cost.part_unknown || other.cost.part_unknown || other.cost.known == MicroUsd::ZERO;
        if unpriced { self.escalated < other.escalated } else { self.cost.known < other.cost.known }
    }
}

/// Thresholds of a signal that split these cases differently, the least sure answers first; at most about `most` of them.
/// They are rounded to a thousandth before they are tried, so that what is printed is what was measured.
pub(super) fn thresholds(cases: &[&Tried], signal: Signal, most: usize) -> Vec<f64> {
    let mut scores: Vec<f64> = cases.iter().filter_map(|case| case.scores.get(&signal).copied()).collect();
    scores.sort_by(f64::total_cmp);
    scores.dedup();
    let step = scores.len().div_ceil(most).max(1);
    // Half way to the next score, so that a new one near either is judged like it; above the last, half way to being sure.
    let half_way = |place: usize| {
        let next = scores.get(place + 1).copied().unwrap_or(1.0);
        ((f64::midpoint(scores[place], next) * 1000.0).ceil() / 1000.0).min(1.0)
    };
    let places = (0..scores.len()).step_by(step).chain(scores.len().checked_sub(1));
    let mut found: Vec<f64> = places.map(half_way).collect();
    found.dedup();
    found
}
