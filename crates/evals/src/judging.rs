//! From an answer, or the lack of one, to the result of a case.

use crate::case::Case;
use crate::check::Observed;
use crate::run::{CaseResult, CheckResult, Outcome};
use usecase::{Cost, TraceId};

/// Why a case got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// One sentence.
    pub reason: String,
    /// What the attempt may have cost all the same: models that failed are paid too.
    pub cost: Cost,
}

/// An answer with the facts about how it came.
#[derive(Clone, Debug)]
pub struct Answer {
    pub observed: Observed,
    pub trace: TraceId,
    /// `provider/model` that answered.
    pub model: String,
    /// An earlier model of the chain failed: the answer says nothing about the model that was to be tested.
    pub from_fallback: bool,
}

impl Case {
    /// Holds every check of the case against the answer.
    pub fn judge(&self, answer: Result<&Answer, &Unanswered>) -> CaseResult {
        let mut result = CaseResult {
            key: self.key.clone(),
            checks_hash: self.checks_hash.clone(),
            description: self.description.clone(),
            file: self.file.clone(),
            line: self.line,
            must_pass: self.must_pass,
            outcome: Outcome::Error,
            reason: String::new(),
            checks: Vec::new(),
            cost: Cost::ZERO,
            latency_us: 0,
            trace: None,
            model: None,
            from_fallback: false,
        };
        match answer {
            Err(unanswered) => {
                result.reason = unanswered.reason.clone();
                result.cost = unanswered.cost;
            }
            Ok(answer) => {
                result.checks = self.assertions.iter().map(|check| check.judge(&answer.observed)).collect();
                (result.outcome, result.reason) = conclude(&result.checks, self.threshold);
                result.cost = answer.observed.cost;
                result.latency_us = answer.observed.latency_us;
                result.trace = Some(answer.trace);
                result.model = Some(answer.model.clone());
                result.from_fallback = answer.from_fallback;
            }
        }
        result
    }
}

/// The outcome of a case from its checks. One that cannot be judged makes the whole case so, because a case must not
/// pass by what was not looked at; checks of weight 0 decide nothing.
fn conclude(checks: &[CheckResult], threshold: Option<f64>) -> (Outcome, String) {
    let deciding: Vec<&CheckResult> = checks.iter().filter(|check| check.weight > 0.0).collect();
    for unjudged in [Outcome::Unsupported, Outcome::Error] {
        if let Some(check) = deciding.iter().find(|check| check.outcome == unjudged) {
            return (unjudged, check.reason.clone());
        }
    }
    let passed = |check: &&&CheckResult| check.outcome == Outcome::Passed;
    let Some(threshold) = threshold else {
        let all = deciding.iter().all(|check| passed(&check));
        return (if all { Outcome::Passed } else { Outcome::Failed }, String::new());
    };
    let weight: f64 = deciding.iter().map(|check| check.weight).sum();
    let reached = deciding.iter().filter(passed).map(|check| check.weight).sum::<f64>() / weight;
    // Thirds and tenths do not add up to whole numbers in binary fractions.
    if reached + 1e-9 >= threshold {
        return (Outcome::Passed, String::new());
    }
    (Outcome::Failed, format!("the weighted share of passed checks is {reached:.2}, below {threshold}"))
}
