//! The finish line: six lines, each judged from evidence, each saying what is missing and by which command it comes.
//! Where a line's words promise more than this version can see, a note says so; a note never decides.

mod lines;
mod report;
#[cfg(test)]
mod tests;

pub use report::{Line, LineState, Readiness, Ready};

use crate::evidence::Evidence;
use lines::Findings;

/// What the judgement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Is the use case in production as it should be? Line 5 wants the bundle to be released.
    Check,
    /// May this bundle be released? Line 5 wants the way to be declared; having gone it comes after.
    Release,
}

/// Judges the six lines. The same evidence always gives the same judgement.
pub fn judge(evidence: &Evidence<'_>, purpose: Purpose) -> Readiness {
    let findings: [(&'static str, Findings); 6] = [
        ("it runs on governed data that refreshes on a schedule", lines::governed_data(evidence)),
        ("its quality is measured on every change, against a real test set", lines::measured_quality(evidence)),
        ("it has guardrails for the unsafe and the uncertain cases", lines::guardrails(evidence)),
        ("it is observable: traces, drift, latency and cost on a dashboard", lines::observable(evidence)),
        (
            "it ships through a pipeline (gate, canary, rollback), not by a person copying files",
            lines::pipeline(evidence, purpose),
        ),
        ("a named team owns it, and alerts reach them", lines::owned(evidence)),
    ];
    let lines = (1..).zip(findings).map(|(number, (title, findings))| findings.into_line(number, title)).collect();
    Readiness::new(evidence.use_case, evidence.now, lines)
}
