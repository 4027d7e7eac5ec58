//! What one run of a test set found. Kept whole with its bundle, because the next run is compared with it case by case.

use crate::statistics::wilson::{Interval, wilson};
use crate::statistics::{Z_TWO_SIDED_95, float};
use serde::{Deserialize, Serialize};
use std::fmt;
use usecase::{BundleId, Cost, Timestamp, TraceId};

/// How a check or a whole case ended. Only `Passed` counts as passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Passed,
    Failed,
    /// Could not be judged: no answer came, or a fact that the check needs is unknown.
    Error,
    /// Written in promptfoo's format, but of a kind that is not run here yet.
    Unsupported,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Unsupported => "unsupported",
        })
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The type as written, with its `not-`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the answer was expected to do: `to contain "30 days"`.
    pub expected: String,
    /// What there was instead, cut short.
    pub got: String,
    pub outcome: Outcome,
    /// Why, when the outcome is not `Passed`.
    pub reason: String,
    /// Its share in a weighted case; 0 is recorded only.
    pub weight: f64,
    pub metric: Option<String>,
    /// Where the check stands in the case file, 1-based.
    pub line: usize,
}

/// What one case came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// Names the case across runs: a hash of its file, description and variables.
    pub key: String,
    /// Changes when the case's checks are edited.
    pub checks_hash: String,
    pub description: String,
    /// The case file, relative to the project's root, and the case's line in it.
    pub file: String,
    pub line: usize,
    pub must_pass: bool,
    pub outcome: Outcome,
    /// Why there is no judgement, or which threshold was missed; empty when the checks say it all.
    pub reason: String,
    pub checks: Vec<CheckResult>,
    pub cost: Cost,
    /// µs from request to whole answer; 0 when none came.
    pub latency_us: u64,
    pub trace: Option<TraceId>,
    /// `provider/model` that answered.
    pub model: Option<String>,
    /// The answer came from a fallback, because the model before it failed.
    pub from_fallback: bool,
}

impl CaseResult {
    /// `usecases/support/evals/returns.yaml:12`, as editors and terminals open it.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// The checks that kept the case from passing.
    pub fn blemishes(&self) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(|check| check.outcome != Outcome::Passed && check.weight > 0.0)
    }
}

/// Counts over all cases of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    pub cases: usize,
    pub passed: usize,
    pub failed: usize,
    pub errors: usize,
    pub unsupported: usize,
    pub cost: Cost,
}

impl Totals {
    pub fn of(cases: &[CaseResult]) -> Self {
        let count = |outcome| cases.iter().filter(|case| case.outcome == outcome).count();
        Self {
            cases: cases.len(),
            passed: count(Outcome::Passed),
            failed: count(Outcome::Failed),
            errors: count(Outcome::Error),
            unsupported: count(Outcome::Unsupported),
            cost: cases.iter().map(|case| case.cost).sum(),
        }
    }

    /// Passed cases over all cases: errors and unsupported cases are in the denominator. 0 for an empty set.
    pub fn pass_share(&self) -> f64 {
        if self.cases == 0 { 0.0 } else { float(self.passed) / float(self.cases) }
    }

    /// Wilson's 95 % interval of the pass share.
    pub fn pass_interval(&self) -> Interval {
        wilson(self.passed, self.cases, Z_TWO_SIDED_95)
    }
}

/// One run of a test set against one bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: String,
    pub use_case: String,
    pub bundle: BundleId,
    pub started: Timestamp,
    pub finished: Timestamp,
    /// In the order of the files and of the cases in them.
    pub cases: Vec<CaseResult>,
    pub totals: Totals,
}
