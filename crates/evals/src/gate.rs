//! The gate: a run and its comparison become either the proof that a bundle may be released, or the reasons why not.
//!
//! An inconclusive comparison passes when the drop that was seen is within the allowed one: a set of 20 or 50 cases
//! cannot show "no worse than 2 %" whatever it finds, and a gate that no small set can pass would be switched off.
//! The doubt is not hidden: it is in the proof's own text, in the report and in the ledger. An inconclusive comparison
//! with a larger drop fails, because then the cases that there are speak against the release.

use crate::comparison::{Comparison, Verdict};
use crate::run::{Outcome, Run};
use serde::Serialize;
use std::fmt;
use usecase::declared::Evals as Settings;
use usecase::{BundleId, Timestamp};

/// Proof that a bundle passed its gate. Only this module makes one; a release demands it. It can be written out but
/// not read in, so that no file or request can forge it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Passed {
    run: String,
    use_case: String,
    bundle: BundleId,
    baseline: Option<BundleId>,
    at: Timestamp,
    verdict: String,
}

impl Passed {
    /// The run that passed.
    pub fn run(&self) -> &str {
        &self.run
    }

    pub fn use_case(&self) -> &str {
        &self.use_case
    }

    pub fn bundle(&self) -> &BundleId {
        &self.bundle
    }

    /// The bundle it was compared with.
    pub fn baseline(&self) -> Option<&BundleId> {
        self.baseline.as_ref()
    }

    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// One sentence for people and records, with every doubt in it.
    pub fn verdict(&self) -> &str {
        &self.verdict
    }
}

/// Why a run did not pass, one sentence each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failed {
    pub reasons: Vec<String>,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reasons.join("; "))
    }
}

/// Decides whether the run's bundle may be released.
///
/// # Errors
/// All reasons at once, when it may not.
pub fn gate(run: &Run, comparison: &Comparison, settings: &Settings) -> Result<Passed, Failed> {
    let mut reasons: Vec<String> =
        [nothing_to_judge(run), must_pass(run), pass_share(run, settings), against_baseline(comparison)]
            .into_iter()
            .flatten()
            .collect();
    if reasons.is_empty() {
        return Ok(proof(run, comparison));
    }
    let unjudged = run.totals.errors + run.totals.unsupported;
    if unjudged > 0 {
        reasons.push(format!("{unjudged} of {} cases could not be judged and count as not passed", run.totals.cases));
    }
    Err(Failed { reasons })
}

fn nothing_to_judge(run: &Run) -> Option<String> {
    run.cases.is_empty().then(|| "there is no eval case: write one under evals/".to_owned())
}

fn must_pass(run: &Run) -> Option<String> {
    let broken = run.cases.iter().filter(|case| case.must_pass && case.outcome != Outcome::Passed);
    let named: Vec<String> = broken.map(|case| format!("{} ({})", case.place(), case.outcome)).collect();
    (!named.is_empty()).then(|| format!("broken: a must-pass case did not pass: {}", named.join(", ")))
}

fn pass_share(run: &Run, settings: &Settings) -> Option<String> {
    let totals = &run.totals;
    // A share computed from counts may miss its decimal by a rounding error; that must not decide.
    let enough = totals.pass_share() + 1e-9 >= settings.min_pass.fraction();
    let sentence = || {
        let share = points(totals.pass_share());
        format!("{} of {} cases passed ({share} %); at least {} must", totals.passed, totals.cases, settings.min_pass)
    };
    (!enough && totals.cases > 0).then(sentence)
}

fn against_baseline(comparison: &Comparison) -> Option<String> {
    let drop = points(comparison.drop);
    let (losses, wins) = (comparison.pairs.losses, comparison.pairs.wins);
    match &comparison.verdict {
        Verdict::Regressed => {
            let chance = comparison.p_one_sided;
            Some(format!("regressed: {losses} cases lost and {wins} won against the baseline (p = {chance:.4})"))
        }
        Verdict::Inconclusive { .. } if comparison.drop > comparison.margin + 1e-9 => {
            let allowed = points(comparison.margin);
            Some(format!(
                "inconclusive: cannot rule out that quality fell: the pass rate is {drop} points lower than the \
                 baseline's on the same cases, {allowed} are allowed"
            ))
        }
        // A broken case is named by `must_pass`.
        Verdict::Broken { .. } | Verdict::NoWorse { .. } | Verdict::Inconclusive { .. } | Verdict::NoBaseline => None,
    }
}

/// What the proof says of itself.
fn sentence(run: &Run, comparison: &Comparison) -> String {
    let totals = &run.totals;
    let passed = format!("{}/{} passed", totals.passed, totals.cases);
    let at_most = points(comparison.at_most);
    match &comparison.verdict {
        Verdict::NoBaseline => format!("{passed}; no baseline to compare with"),
        Verdict::NoWorse { .. } => format!("{passed}; no worse: the drop is below {at_most} points (95 % confidence)"),
        Verdict::Inconclusive { more_cases_needed: Some(more) } => {
            format!(
                "{passed}; inconclusive: a drop of up to {at_most} points is possible; about {more} more cases would tell"
            )
        }
        other => format!("{passed}; {other}: a drop of up to {at_most} points is possible"),
    }
}

/// Makes the proof. Beside the gate only the store calls it, with what it kept of a run that passed.
pub(crate) fn proof(run: &Run, comparison: &Comparison) -> Passed {
    let baseline = comparison.baseline.as_ref().map(|baseline| baseline.bundle.clone());
    Passed {
        run: run.id.clone(),
        use_case: run.use_case.clone(),
        bundle: run.bundle.clone(),
        baseline,
        at: run.finished,
        verdict: sentence(run, comparison),
    }
}

/// A share as percentage points with one decimal, `-0.0` avoided.
pub(crate) fn points(share: f64) -> String {
    format!("{:.1}", (share * 1000.0).round() / 10.0 + 0.0)
}
