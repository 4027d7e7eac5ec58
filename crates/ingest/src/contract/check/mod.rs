//! The declared checks, one file each, with the names and the meaning that dbt and Great Expectations gave them: a
//! check on a field passes where the field is empty, and `not_null` is the one that demands it.

pub(super) mod accepted_values;
pub(super) mod between;
pub(super) mod freshness;
pub(super) mod length;
pub(super) mod not_null;
pub(super) mod regex;
pub(super) mod relationships;
pub(super) mod row_count;
pub(super) mod unique;

use super::Candidate;

/// A check of one document. It may remember the documents before (`unique` does).
pub(super) trait Check {
    /// Why the document fails; `None` when it passes.
    fn reason(&mut self, candidate: &Candidate) -> Option<String>;
}

/// A value as a reason quotes it: short enough for one line.
pub(super) fn quoted(value: &str) -> String {
    const MOST_CHARS: usize = 60;
    let line: String = value.chars().take(MOST_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if value.chars().count() > MOST_CHARS { format!("\"{line}…\"") } else { format!("\"{line}\"") }
}
