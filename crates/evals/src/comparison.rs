//! A run against the baseline (the running bundle's last run), case by case. Four honest answers instead of two:
//! *regressed* is shown by a test, *no worse* is shown by an interval, and what neither shows is *inconclusive*.
//!
//! Only cases that both runs have are compared. A case that the baseline could not judge says nothing and is left
//! out; a case that the candidate could not judge counts as not passed, because a gate must not pass on silence.

use crate::run::{CaseResult, Outcome, Run};
use crate::statistics::wilson::{Interval, Paired, newcombe};
use crate::statistics::{ALPHA, Z_ONE_SIDED_95, Z_TWO_SIDED_95, float, mcnemar};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use usecase::BundleId;

/// What the comparison shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// A case marked `must_pass` failed; no statistics excuse that.
    Broken { cases: Vec<String> },
    /// More cases were lost than chance explains (exact one-sided McNemar, 5 %).
    Regressed,
    /// With 95 % confidence the pass rate fell by less than `margin` (a share).
    NoWorse { margin: f64 },
    /// Neither is shown. `more_cases_needed`: about how many further cases would settle it if they went as these did;
    /// `None` when no number would.
    Inconclusive { more_cases_needed: Option<usize> },
    /// There is no earlier run to compare with.
    NoBaseline,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { .. } => f.write_str("broken"),
            Self::Regressed => f.write_str("regressed"),
            Self::NoWorse { .. } => f.write_str("no worse"),
            Self::Inconclusive { .. } => f.write_str("inconclusive"),
            Self::NoBaseline => f.write_str("no baseline"),
        }
    }
}

/// The run that was compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    pub run: String,
    pub bundle: BundleId,
}

/// The comparison and everything it rests on. All shares: 0.01 is one percentage point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    #[serde(flatten)]
    pub verdict: Verdict,
    pub baseline: Option<Baseline>,
    pub pairs: Paired,
    /// Baseline's pass rate minus the candidate's, over the compared cases.
    pub drop: f64,
    /// 95 % interval of the drop (Newcombe, paired).
    pub interval: Interval,
    /// With 95 % confidence the drop is below this (one-sided).
    pub at_most: f64,
    /// The allowed drop that `at_most` was held against.
    pub margin: f64,
    /// Exact McNemar.
    pub p_one_sided: f64,
    pub p_two_sided: f64,
    /// Keys of cases that the baseline passed and the candidate did not.
    pub lost: Vec<String>,
    /// Keys of cases that the candidate passed and the baseline did not.
    pub won: Vec<String>,
    /// Cases of this run without a judged counterpart in the baseline.
    pub not_compared: usize,
    /// Compared cases whose checks were edited since: their change of result may be the checks' doing.
    pub checks_changed: usize,
}

/// Compares `run` with `baseline`; `margin` is the largest drop that still counts as no worse, as a share.
pub fn compare(run: &Run, baseline: Option<&Run>, margin: f64) -> Comparison {
    let matched = baseline.map(|baseline| match_cases(run, baseline)).unwrap_or_default();
    let pairs = matched.pairs;
    let (losses, wins) = (pairs.losses, pairs.wins);
    let mut comparison = Comparison {
        verdict: Verdict::NoBaseline,
        baseline: baseline.map(|run| Baseline { run: run.id.clone(), bundle: run.bundle.clone() }),
        pairs,
        drop: pairs.drop(),
        interval: newcombe(&pairs, Z_TWO_SIDED_95),
        at_most: upper_bound(&pairs),
        margin,
        p_one_sided: mcnemar::one_sided(losses, wins),
        p_two_sided: mcnemar::two_sided(losses, wins),
        lost: matched.lost,
        won: matched.won,
        not_compared: run.cases.len() - pairs.total(),
        checks_changed: matched.checks_changed,
    };
    comparison.verdict = verdict(run, &comparison);
    comparison
}

fn verdict(run: &Run, comparison: &Comparison) -> Verdict {
    let broken = run.cases.iter().filter(|case| case.must_pass && case.outcome == Outcome::Failed);
    let broken: Vec<String> = broken.map(CaseResult::place).collect();
    if !broken.is_empty() {
        return Verdict::Broken { cases: broken };
    }
    if comparison.pairs.total() == 0 {
        return Verdict::NoBaseline;
    }
    if comparison.at_most < comparison.margin {
        return Verdict::NoWorse { margin: comparison.margin };
    }
    if comparison.drop > 0.0 && comparison.p_one_sided <= ALPHA {
        return Verdict::Regressed;
    }
    let needed = cases_needed(&comparison.pairs, comparison.margin);
    let more = needed.map(|needed| needed.saturating_sub(comparison.pairs.total()).max(1));
    Verdict::Inconclusive { more_cases_needed: more }
}

/// The one-sided 95 % bound of the drop. Without any changed case the interval's normal approximation has nothing to
/// work on; then no case of n was lost, and the exact bound on the share of losses is 1 - 0.05^(1/n), about 3/n (the
/// rule of three).
pub(crate) fn upper_bound(pairs: &Paired) -> f64 {
    match (pairs.losses + pairs.wins, pairs.total()) {
        (_, 0) => 1.0,
        (0, total) => 1.0 - ALPHA.powf(1.0 / float(total)),
        _ => newcombe(pairs, Z_ONE_SIDED_95).high,
    }
}

/// About how many cases would show either "no worse than `margin`" or "regressed", if the further cases went as these
/// did. With θ the drop and ψ the share of changed cases, the variance of the drop over n cases is (ψ - θ²)/n, so "no
/// worse" needs n = z²(ψ - θ²)/(margin - θ)²; when θ is no smaller than the margin, "regressed" is what more cases
/// would show, and McNemar's (losses - wins)/√(losses + wins) needs n = z²ψ/θ².
pub(crate) fn cases_needed(pairs: &Paired, margin: f64) -> Option<usize> {
    let (drop, total) = (pairs.drop(), pairs.total());
    let changed = float(pairs.losses + pairs.wins) / float(total);
    let z_squared = Z_ONE_SIDED_95 * Z_ONE_SIDED_95;
    let needed = if drop < margin {
        let by_interval = z_squared * (changed - drop * drop) / (margin - drop).powi(2);
        // Even a set without any loss needs this many.
        let at_least = if drop >= 0.0 { ALPHA.ln() / (1.0 - margin).ln() } else { 0.0 };
        by_interval.max(at_least)
    } else if drop > 0.0 {
        z_squared * changed / (drop * drop)
    } else {
        return None;
    };
    // Beyond a million cases "how many" is no longer advice.
    (needed.is_finite() && needed < 1e6).then(|| needed.ceil() as usize)
}

#[derive(Default)]
struct Matched {
    pairs: Paired,
    lost: Vec<String>,
    won: Vec<String>,
    checks_changed: usize,
}

fn match_cases(run: &Run, baseline: &Run) -> Matched {
    let judged = baseline.cases.iter().filter(|case| matches!(case.outcome, Outcome::Passed | Outcome::Failed));
    let before: HashMap<&str, &CaseResult> = judged.map(|case| (case.key.as_str(), case)).collect();
    let mut matched = Matched::default();
    for case in &run.cases {
        let Some(earlier) = before.get(case.key.as_str()) else { continue };
        matched.checks_changed += usize::from(earlier.checks_hash != case.checks_hash);
        match (earlier.outcome == Outcome::Passed, case.outcome == Outcome::Passed) {
            (true, true) => matched.pairs.both_passed += 1,
            (false, false) => matched.pairs.both_failed += 1,
            (true, false) => {
                matched.pairs.losses += 1;
                matched.lost.push(case.key.clone());
            }
            (false, true) => {
                matched.pairs.wins += 1;
                matched.won.push(case.key.clone());
            }
        }
    }
    matched
}
