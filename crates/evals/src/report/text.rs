//! The report at the terminal: the score, each case that did not pass with what was expected and what came, then the
//! verdict with its interval and what a set of this size can see. Plain text; colours are the terminal's business.

use crate::comparison::{Comparison, Verdict};
use crate::conclusion::Conclusion;
use crate::gate::points;
use crate::run::{CaseResult, Outcome, Run};
use std::fmt::Write;

/// The whole report, ending with a line break.
pub fn render(conclusion: &Conclusion) -> String {
    let run = &conclusion.run;
    let mut lines = vec![score(run)];
    lines.extend(run.cases.iter().filter(|case| case.outcome != Outcome::Passed).map(case_block));
    lines.push(String::new());
    lines.push(against(&conclusion.comparison));
    lines.extend(details(&conclusion.comparison));
    lines.extend(doubts(conclusion));
    lines.push(power(conclusion));
    lines.push(gate(conclusion));
    // An answer or a provider's message must not steer the terminal.
    lines.join("\n").replace(|c: char| c.is_control() && c != '\n', " ") + "\n"
}

/// `15/20 passed (75.0 %, 95 % interval 53.1 to 88.8 %), 1 could not be judged, cost $0.02`
fn score(run: &Run) -> String {
    let totals = &run.totals;
    let interval = totals.pass_interval();
    let (low, high) = (points(interval.low), points(interval.high));
    let share = points(totals.pass_share());
    let mut line = format!("{}/{} passed ({share} %, 95 % interval {low} to {high} %)", totals.passed, totals.cases);
    for (count, what) in [(totals.errors, "could not be judged"), (totals.unsupported, "unsupported")] {
        if count > 0 {
            let _ = write!(line, ", {count} {what}");
        }
    }
    let _ = write!(line, ", cost {}", totals.cost);
    line
}

fn case_block(case: &CaseResult) -> String {
    let must = if case.must_pass { " (must pass)" } else { "" };
    let mut block = format!("\n  {}{must}  {}\n    {}", case.outcome, case.description, case.place());
    if let Some(trace) = case.trace {
        let _ = write!(block, "  trace {trace}");
    }
    if !case.reason.is_empty() {
        let _ = write!(block, "\n    {}", case.reason);
    }
    for check in case.blemishes().filter(|check| check.outcome == Outcome::Failed) {
        let _ = write!(block, "\n    line {}: {}\n      expected {}", check.line, check.kind, check.expected);
        let _ = write!(block, "\n      got      {}", check.got);
        // A reason that only repeats the expectation is left out.
        if !check.reason.ends_with(&check.expected) {
            let _ = write!(block, "\n      because  {}", check.reason);
        }
    }
    block
}

fn against(comparison: &Comparison) -> String {
    match &comparison.verdict {
        Verdict::NoBaseline => "no baseline: nothing to compare with yet".to_owned(),
        Verdict::Broken { cases } => format!("BROKEN: a must-pass case failed: {}", cases.join(", ")),
        Verdict::Regressed => "REGRESSED: more cases were lost than chance explains".to_owned(),
        Verdict::NoWorse { margin } => format!("no worse than the baseline by {} points or more", points(*margin)),
        Verdict::Inconclusive { more_cases_needed: Some(more) } => {
            format!("INCONCLUSIVE: neither worse nor no worse is shown; about {more} more cases like these would tell")
        }
        Verdict::Inconclusive { more_cases_needed: None } => {
            "INCONCLUSIVE: neither worse nor no worse is shown, and more cases like these would not tell".to_owned()
        }
    }
}

fn details(comparison: &Comparison) -> Option<String> {
    let baseline = comparison.baseline.as_ref()?;
    let pairs = &comparison.pairs;
    let (low, high) = (points(comparison.interval.low), points(comparison.interval.high));
    Some(format!(
        "  against {} on {} same cases: {} lost, {} won; drop {} points (95 % interval {low} to {high}), \
         at most {} with 95 % confidence, {} allowed\n  exact McNemar: p = {:.4} one-sided, {:.4} two-sided",
        baseline.bundle,
        pairs.total(),
        pairs.losses,
        pairs.wins,
        points(comparison.drop),
        points(comparison.at_most),
        points(comparison.margin),
        comparison.p_one_sided,
        comparison.p_two_sided,
    ))
}

/// Everything that weakens the verdict.
fn doubts(conclusion: &Conclusion) -> Vec<String> {
    let (run, comparison) = (&conclusion.run, &conclusion.comparison);
    let fallbacks = run.cases.iter().filter(|case| case.from_fallback).count();
    let not_compared = if comparison.baseline.is_some() { comparison.not_compared } else { 0 };
    [
        ("not compared, for want of a judged counterpart in the baseline", not_compared),
        ("compared although their checks were edited since the baseline", comparison.checks_changed),
        ("answered by a fallback, because the model before it failed", fallbacks),
        ("earlier runs of this same bundle (running until it passes is no evidence)", conclusion.earlier_runs),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(what, count)| format!("  note: {what}: {count}"))
    .collect()
}

fn power(conclusion: &Conclusion) -> String {
    let power = &conclusion.power;
    match power.visible_drop {
        Some(drop) => {
            format!("  {} cases can see a drop of {} points with 80 % chance", power.cases, points(drop))
        }
        None => format!("  {} cases are too few to see any drop with 80 % chance", power.cases),
    }
}

fn gate(conclusion: &Conclusion) -> String {
    match &conclusion.gate {
        Ok(_) => "gate: passed".to_owned(),
        Err(failed) => failed.reasons.iter().fold("gate: FAILED".to_owned(), |text, reason| text + "\n  - " + reason),
    }
}
