//! What a set of cases can see at all. A gate that stays silent on 50 cases has not shown that nothing broke: with 50
//! cases a drop of 5 points is found one time in eight. So the report prints the smallest drop that the set would
//! find four times out of five.

use super::mcnemar::{binomial, tail};
use super::{ALPHA, float};
use serde::{Deserialize, Serialize};

/// The chance that a case's result changes in one direction without any real change, assumed for power: 3 % of cases
/// lose and 3 % win by chance (non-zero temperatures, ties in the search, timing).
pub const BACKGROUND_FLIPS: f64 = 0.03;
/// The chance of finding a drop that "can see" promises.
pub const PROMISED: f64 = 0.8;

/// "This set can see a drop of `drop` with 80 % chance."
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Power {
    /// Cases that can be compared.
    pub cases: usize,
    /// The smallest drop found with the promised chance, as a share (0.10 = 10 points), to 0.1 points; `None` when
    /// the set is too small to see any.
    pub visible_drop: Option<f64>,
}

/// The chance that the exact one-sided McNemar test at 5 % finds a true drop (a share) on `cases` cases. Exact: the
/// sum over the number of changed cases, and over the losses among them.
pub fn of_mcnemar(cases: usize, drop: f64) -> f64 {
    let losing = (BACKGROUND_FLIPS + drop).clamp(0.0, 1.0 - BACKGROUND_FLIPS);
    let changing = losing + BACKGROUND_FLIPS;
    let loses = losing / changing;
    let found = binomial(cases, changing).into_iter().enumerate().map(|(changed, chance)| {
        // Counts this unlikely change nothing that is shown.
        if chance < 1e-9 {
            return 0.0;
        }
        let needed = losses_needed(changed);
        chance * binomial(changed, loses).get(needed..).unwrap_or_default().iter().sum::<f64>()
    });
    found.sum::<f64>().min(1.0)
}

/// The fewest losses among `changed` cases that are significant; more than there are when none is.
fn losses_needed(changed: usize) -> usize {
    let (mut enough, mut too_few) = (changed + 1, changed / 2);
    while enough - too_few > 1 {
        let middle = usize::midpoint(enough, too_few);
        if tail(changed, middle) <= ALPHA { enough = middle } else { too_few = middle }
    }
    enough
}

/// The smallest drop that `cases` cases show with 80 % chance.
pub fn of_set(cases: usize) -> Power {
    const STEPS: usize = 970; // 0.1 points each, up to where every case loses.
    let seen = |step: usize| of_mcnemar(cases, float(step) / 1000.0) >= PROMISED;
    if cases == 0 || !seen(STEPS) {
        return Power { cases, visible_drop: None };
    }
    let (mut hidden, mut visible) = (0, STEPS);
    while visible - hidden > 1 {
        let middle = usize::midpoint(hidden, visible);
        if seen(middle) { visible = middle } else { hidden = middle }
    }
    Power { cases, visible_drop: Some(float(visible) / 1000.0) }
}
