//! The curve, the pick, and the pick judged on cases that it has not seen.

use super::policy::{Point, Policy, large, thresholds};
use super::trial::{Trial, Tried};
use crate::comparison::cases_needed;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use usecase::declared::{Escalate, Signal};

/// Points that are tried for each signal: the more, the more the best of them owes to chance.
const STEPS: usize = 20;
/// A tenth of the cases is hidden at a time.
const FOLDS: usize = 10;

/// What tuning found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Routing {
    pub use_case: String,
    /// `provider/model`, as declared.
    pub small_model: String,
    pub large_model: String,
    /// The drop against the large model that is allowed, as a share: `evals.max_drop`.
    pub margin: f64,
    /// In how many of the cases each signal could be measured.
    pub measured: BTreeMap<Signal, usize>,
    pub left_out: Vec<(String, String)>,
    /// What this run cost: `[known micro-dollars, part unknown]` as in every record.
    pub spent: usecase::Cost,
    /// Nothing escalated, and everything asked of the large model alone.
    pub small_only: Point,
    pub large_only: Point,
    /// Everything that was tried, by cost.
    pub curve: Vec<Point>,
    /// The pick, judged on the cases that it was made on.
    pub pick: Option<Point>,
    /// The same way of picking, judged on cases that it has not seen.
    pub unseen: Unseen,
    #[serde(flatten)]
    pub advice: Advice,
}

/// Picks made on nine tenths of the cases and judged on the tenth: all tenths together. Its policy is empty, because
/// each tenth has its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unseen {
    pub folds: usize,
    pub point: Point,
}

/// What follows from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "advice")]
pub enum Advice {
    /// With 95 % confidence, on the cases it was made on and on unseen ones, the pick is no worse than the large model
    /// by more than the margin.
    Take,
    /// The pick lost nothing that counts here, but these cases cannot show it. About how many further cases would, if
    /// they went as these did; `None` when no number would.
    Inconclusive { more_cases_needed: Option<usize> },
    /// No point is cheaper than the large model alone without losing quality: ask that one.
    LargeOnly,
    /// Not a single case could be judged with both models.
    Nothing,
}

/// Finds the cheapest policy that is not worse than the large model by more than `margin` (a share).
pub fn tune(use_case: &str, small_model: &str, declared: &Escalate, margin: f64, trial: Trial) -> Routing {
    let cases: Vec<&Tried> = trial.tried.iter().collect();
    let measured = |signal: &Signal| cases.iter().filter(|case| case.scores.contains_key(signal)).count();
    let large_only = Point::of(Policy::default(), cases.iter().map(|case| (large(case), case.large_passed)));
    let families = families(declared, &cases);
    let curve = curve(&cases, &families);
    let pick = pick(&curve, &large_only, margin).cloned();
    let unseen = unseen(&cases, &families, margin);
    let advice = advice(pick.as_ref(), &unseen, margin, &large_only);
    Routing {
        use_case: use_case.to_owned(),
        small_model: small_model.to_owned(),
        large_model: declared.to.to_string(),
        margin,
        measured: Signal::ALL.into_iter().map(|signal| (signal, measured(&signal))).collect(),
        small_only: Policy::default().point(&cases),
        large_only,
        curve,
        pick,
        unseen,
        advice,
        left_out: trial.left_out,
        spent: trial.cost,
    }
}

fn advice(pick: Option<&Point>, unseen: &Unseen, margin: f64, large_only: &Point) -> Advice {
    let Some(pick) = pick else {
        return if large_only.cases == 0 { Advice::Nothing } else { Advice::LargeOnly };
    };
    let shown = |point: &Point| point.at_most < margin;
    if shown(pick) && shown(&unseen.point) {
        return Advice::Take;
    }
    // What the unseen cases still leave open is the larger of the two questions.
    let doubtful = if shown(&unseen.point) { pick } else { &unseen.point };
    let needed = cases_needed(&doubtful.pairs, margin);
    let more = needed.map(|needed| needed.saturating_sub(doubtful.cases).max(1));
    Advice::Inconclusive { more_cases_needed: more.filter(|_| doubtful.pairs.drop() < margin) }
}

/// Each signal for itself, and those that are declared together; those that are declared first.
fn families(declared: &Escalate, cases: &[&Tried]) -> Vec<Vec<Signal>> {
    let measured = |signal: &Signal| cases.iter().any(|case| case.scores.contains_key(signal));
    let mut families: Vec<Vec<Signal>> = Signal::ALL.into_iter().filter(measured).map(|signal| vec![signal]).collect();
    let together: Vec<Signal> = declared.when.iter().filter(measured).collect();
    if together.len() > 1 {
        families.push(together);
    }
    // Of points that are equally good the first is picked: what is declared already.
    families.sort_by_key(|family| !family.iter().all(|signal| declared.when.contains(*signal)));
    families
}

/// Nothing escalated, then every family's points, by cost. Signals that stand together move together, each at the same
/// share of its own scores: a grid of all combinations would find its best point by chance.
fn curve(cases: &[&Tried], families: &[Vec<Signal>]) -> Vec<Point> {
    let mut points = vec![Policy::default().point(cases)];
    for family in families {
        let ladders: Vec<(Signal, Vec<f64>)> = family.iter().map(|signal| (*signal, ladder(cases, *signal))).collect();
        let longest = ladders.iter().map(|(_, ladder)| ladder.len()).max().unwrap_or_default();
        for rung in 0..longest {
            let at = |ladder: &[f64]| ladder.get(rung * ladder.len() / longest).copied();
            let at_least =
                ladders.iter().filter_map(|(signal, ladder)| Some((*signal, at(ladder)?))).collect::<BTreeMap<_, _>>();
            let point = Policy { at_least }.point(cases);
            if points.iter().all(|known| known.policy != point.policy) {
                points.push(point);
            }
        }
    }
    points.sort_by_key(|point| (point.cost.known, point.escalated));
    points
}

fn ladder(cases: &[&Tried], signal: Signal) -> Vec<f64> {
    // What is met or not has one threshold.
    if signal == Signal::Schema { vec![1.0] } else { thresholds(cases, signal, STEPS) }
}

/// The cheapest point that is shown to be no worse; else the cheapest that did not lose here. Always cheaper than the
/// large model alone.
fn pick<'a>(curve: &'a [Point], large_only: &Point, margin: f64) -> Option<&'a Point> {
    let worth = || curve.iter().filter(|point| point.is_cheaper_than(large_only) && point.cases > 0);
    worth().find(|point| point.at_most < margin).or_else(|| worth().find(|point| point.pairs.drop() <= 0.0))
}

fn unseen(cases: &[&Tried], families: &[Vec<Signal>], margin: f64) -> Unseen {
    let folds = folds(cases);
    let mut went = Vec::with_capacity(cases.len());
    for fold in &folds {
        let (hidden, open): (Vec<&Tried>, Vec<&Tried>) =
            cases.iter().partition(|case| fold.contains(case.test.as_str()));
        let large_only = Point::of(Policy::default(), open.iter().map(|case| (large(case), case.large_passed)));
        let curve = curve(&open, families);
        let picked = pick(&curve, &large_only, margin).map(|point| &point.policy);
        // Where nothing may be picked, the large model answers.
        let on = |case: &Tried| picked.map_or_else(|| large(case), |policy| policy.on(case));
        went.extend(hidden.iter().map(|case| (on(case), case.large_passed)));
    }
    Unseen { folds: folds.len(), point: Point::of(Policy::default(), went.into_iter()) }
}

/// Ten parts of the tests, or one for each test where there are fewer, by a hash of their names: neighbours in a file
/// are often alike, and the same set is always parted the same way.
fn folds<'a>(cases: &[&'a Tried]) -> Vec<BTreeSet<&'a str>> {
    let mut tests: Vec<&str> = cases.iter().map(|case| case.test.as_str()).collect();
    tests.sort_by_cached_key(|test| <[u8; 32]>::from(Sha256::digest(test.as_bytes())));
    tests.dedup();
    let mut folds = vec![BTreeSet::new(); FOLDS.min(tests.len())];
    for (place, test) in tests.into_iter().enumerate() {
        folds[place % FOLDS].insert(test);
    }
    folds
}
