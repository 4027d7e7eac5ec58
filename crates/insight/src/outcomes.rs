//! Cost per good outcome: everything that was spent on matured subjects, over those that came out well.
//!
//! A **subject** is a conversation, or a single request that belongs to none. Only live traffic makes subjects: evals
//! and the terminal are costs of building. What a subject came to is its latest report that no other supersedes; it is
//! **matured** once that report stood for the declared time. Its cost is that of all its requests (retries, fallbacks,
//! failed and given-up ones are in their rows) and of the minutes that people worked on it, as the app reported them and
//! as reviewers gave them. Minutes add up over all of its reports, superseded ones too: work that was done before a case
//! was reopened was still done.

mod sentence;
mod subject;
#[cfg(test)]
pub(crate) mod tests;

use crate::interval::{Rate, Weighed, cost_per_good, interval_of_cost_per_good};
use ledger::{OutcomeRow, RequestRow};
use serde::Serialize;
use std::collections::BTreeMap;
use subject::Subject;
use usecase::declared::Outcome;
use usecase::{BundleId, Cost, MicroUsd, Timestamp, TraceId};

/// Work of a person on one request that no outcome reports: a review.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worked {
    pub trace: TraceId,
    pub minutes: f64,
}

/// What the outcomes of a use case, or of one of its bundles, come to. Money is in micro-dollars; what cannot be known
/// is `None`, never 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutcomeFigures {
    /// Conversations, and requests that belong to none, of live traffic.
    pub subjects: u64,
    /// Subjects that an outcome was reported for.
    pub with_outcome: u64,
    /// `with_outcome` over `subjects`: how much of the traffic the other figures speak for.
    pub coverage: Option<f64>,
    /// Subjects whose outcome stood for the declared time.
    pub matured: u64,
    /// Subjects whose outcome has not stood that long yet.
    pub waiting: u64,
    /// When the first of the waiting matures.
    pub next_matures: Option<Timestamp>,
    /// Matured subjects that came out well.
    pub good: u64,
    /// Good over matured, with Wilson's 95 % interval.
    pub success_rate: Option<Rate>,
    /// Everything spent on the matured subjects, human work included.
    pub cost: Cost,
    /// Matured subjects a part of whose cost is unknown.
    pub unknown_cost_subjects: u64,
    /// Minutes of people's work in the matured subjects.
    pub human_minutes: f64,
    /// Those minutes at the declared rate; `None` when there are minutes and no rate.
    pub human_cost: Option<MicroUsd>,
    /// Cost over good; `None` without a good outcome and when a part of the cost is unknown.
    pub per_good: Option<MicroUsd>,
    /// What is certain of `per_good` when a part of the cost is unknown.
    pub per_good_at_least: Option<MicroUsd>,
    /// 95 % interval of `per_good`, by resampling subjects; `None` under five good ones.
    pub interval95: Option<(MicroUsd, MicroUsd)>,
    /// What one case cost before, as declared.
    pub baseline_per_case: Option<MicroUsd>,
    /// `baseline_per_case` less `per_good`; negative when it costs more than before.
    pub saving_per_good: Option<MicroUsd>,
    /// All this in one sentence.
    pub sentence: String,
    /// The same figures for each bundle; their subjects add up to all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_bundle: Vec<BundleFigures>,
}

/// The figures of one bundle's subjects.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BundleFigures {
    /// `None` for subjects that met several bundles, or none: crediting them to one would favour it or wrong it.
    pub bundle: Option<BundleId>,
    #[serde(flatten)]
    pub figures: OutcomeFigures,
}

/// Computes the figures at a moment. The order of the rows does not matter, and equal rows give equal figures. All
/// lists are of one use case; `requests` should hold all live ones, because a subject that is missing there is not
/// counted.
pub fn figures(
    outcomes: &[OutcomeRow],
    requests: &[RequestRow],
    reviews: &[Worked],
    declared: &Outcome,
    now: Timestamp,
) -> OutcomeFigures {
    let subjects = subject::subjects(outcomes, requests, reviews);
    let all: Vec<&Subject<'_>> = subjects.values().collect();
    let mut groups: BTreeMap<Option<&BundleId>, Vec<&Subject<'_>>> = BTreeMap::new();
    for subject in &all {
        groups.entry(subject.only_bundle()).or_default().push(subject);
    }
    let of_bundle = |(bundle, group): (Option<&BundleId>, Vec<&Subject<'_>>)| BundleFigures {
        bundle: bundle.cloned(),
        figures: of_subjects(&group, declared, now),
    };
    let by_bundle = groups.into_iter().map(of_bundle).collect();
    OutcomeFigures { by_bundle, ..of_subjects(&all, declared, now) }
}

/// One matured subject.
struct Matured {
    good: bool,
    cost: Cost,
    human_minutes: f64,
    human_cost: Option<MicroUsd>,
}

fn of_subjects(subjects: &[&Subject<'_>], declared: &Outcome, now: Timestamp) -> OutcomeFigures {
    let (mut matured, mut waiting) = (Vec::new(), Vec::new());
    for subject in subjects {
        let Some(report) = subject.counts() else { continue };
        let matures = report.occurred_at.plus(declared.matures);
        if matures <= now { matured.push(weigh(subject, report, declared)) } else { waiting.push(matures) }
    }
    let good = matured.iter().filter(|subject| subject.good).count();
    let cost: Cost = matured.iter().map(|subject| subject.cost).sum();
    let ratio = cost_per_good(cost.known, good);
    let per_good = ratio.filter(|_| !cost.part_unknown);
    let weighed: Vec<Weighed> =
        matured.iter().map(|subject| Weighed { cost: subject.cost.known, good: subject.good }).collect();
    let baseline = declared.baseline.as_ref();
    let baseline_per_case = baseline.map(|baseline| priced(baseline.human_minutes, baseline.per_hour));
    let (count, with_outcome) = (counted(subjects.len()), counted(matured.len() + waiting.len()));
    let mut figures = OutcomeFigures {
        subjects: count,
        with_outcome,
        coverage: (count > 0).then(|| with_outcome as f64 / count as f64),
        matured: counted(matured.len()),
        waiting: counted(waiting.len()),
        next_matures: waiting.into_iter().min(),
        good: counted(good),
        success_rate: Rate::of(counted(good), counted(matured.len())),
        cost,
        unknown_cost_subjects: counted(matured.iter().filter(|subject| subject.cost.part_unknown).count()),
        human_minutes: matured.iter().map(|subject| subject.human_minutes).sum(),
        human_cost: matured.iter().map(|subject| subject.human_cost).sum(),
        per_good,
        per_good_at_least: ratio.filter(|ratio| cost.part_unknown && *ratio > MicroUsd::ZERO),
        interval95: per_good.and_then(|_| interval_of_cost_per_good(&weighed)),
        baseline_per_case,
        saving_per_good: baseline_per_case.zip(per_good).map(|(before, now)| before - now),
        sentence: String::new(),
        by_bundle: Vec::new(),
    };
    figures.sentence = sentence::of(&figures);
    figures
}

fn weigh(subject: &Subject<'_>, report: &OutcomeRow, declared: &Outcome) -> Matured {
    let rate = declared.baseline.as_ref().map(|baseline| baseline.per_hour);
    let human_minutes = subject.human_minutes();
    let human_cost = match rate {
        Some(rate) => Some(priced(human_minutes, rate)),
        None if human_minutes > 0.0 => None,
        None => Some(MicroUsd::ZERO),
    };
    let good = report.success.unwrap_or_else(|| declared.success.contains(&report.outcome));
    let cost = subject.cost + human_cost.map_or(Cost::UNKNOWN, Cost::known);
    Matured { good, cost, human_minutes, human_cost }
}

/// Minutes of work at a rate for an hour, to the nearest micro-dollar. Rounded once a subject, so that the sums of
/// parts are the sum of the whole.
fn priced(minutes: f64, per_hour: MicroUsd) -> MicroUsd {
    MicroUsd((minutes * per_hour.0 as f64 / 60.0).round() as i64)
}

fn counted(length: usize) -> u64 {
    length as u64
}
