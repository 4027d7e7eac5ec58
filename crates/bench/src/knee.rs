//! The knee: the highest rate that still holds. The rate is raised by half until it does not hold, then the gap
//! between the highest that held and the lowest that did not is halved.

use crate::measured::Measured;
use serde::Serialize;
use std::time::Duration;

/// How much slower than the first half the second may be, as a factor and in µs more: beyond it a queue grows, and with
/// more time no limit would hold.
const STEADY_FACTOR: u64 = 2;
const STEADY_MORE_US: u64 = 5_000;
/// The gap between held and not held at which the search ends.
const CLOSE_ENOUGH: f64 = 1.1;
/// Requests a second below which no server is worth a search.
const LOWEST: f64 = 0.5;
const MOST_STEPS: usize = 24;

/// One rate that was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Requests a second that were sent.
    pub rate: f64,
    /// Requests a second that were answered well.
    pub answered: f64,
    pub p99_us: u64,
    pub failed: u64,
    /// Nothing failed, p99 stayed under the limit, and the answers did not become slower and slower.
    pub held: bool,
}

impl Step {
    pub fn judge(rate: f64, limit: Duration, measured: &Measured) -> Self {
        let (summary, p99_us) = (measured.summary(), measured.latency.quantile(0.99));
        let in_time = u128::from(p99_us) <= limit.as_micros();
        let [first, second] = measured.halves.each_ref().map(|half| half.quantile(0.5));
        let steady = second <= first * STEADY_FACTOR + STEADY_MORE_US;
        let held = summary.answered > 0 && summary.failed == 0 && in_time && steady;
        Self { rate, answered: summary.per_second, p99_us, failed: summary.failed, held }
    }
}

/// Which rate to try next.
#[derive(Clone, Debug)]
pub struct Search {
    next: Option<f64>,
    held: Option<f64>,
    not_held: Option<f64>,
    pub steps: Vec<Step>,
}

impl Search {
    /// Begins at a rate, in requests a second.
    pub fn from(rate: f64) -> Self {
        Self { next: Some(rate.max(LOWEST)), held: None, not_held: None, steps: Vec::new() }
    }

    /// `None` when the knee is known, or when even a trickle does not hold.
    pub fn next(&self) -> Option<f64> {
        self.next
    }

    /// Takes what the rate last given did.
    pub fn told(&mut self, step: Step) {
        let bound = if step.held { &mut self.held } else { &mut self.not_held };
        *bound = Some(step.rate);
        self.steps.push(step);
        self.next = match (self.held, self.not_held) {
            _ if self.steps.len() >= MOST_STEPS => None,
            (Some(held), None) => Some(held * 1.5),
            (None, Some(not_held)) => Some(not_held / 2.0).filter(|rate| *rate >= LOWEST),
            (Some(held), Some(not_held)) => (not_held / held > CLOSE_ENOUGH).then(|| held.midpoint(not_held)),
            (None, None) => None,
        };
    }

    /// The highest rate that held, in requests a second.
    pub fn knee(&self) -> Option<f64> {
        self.held
    }
}
