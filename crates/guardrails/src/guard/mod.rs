//! One folder per guard. The two that find values in a text (`pii`, `secrets`) share the form of a finding; what to do
//! about findings, overlaps included, is settled here once.

pub(crate) mod grounding;
pub(crate) mod injection;
pub(crate) mod pii;
pub(crate) mod secrets;
pub(crate) mod topics;

/// A value found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// First byte in the text.
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
    /// `pii` or `secrets`, as verdicts name it.
    pub(crate) guard: &'static str,
    /// The rule that found it, such as `iban`.
    pub(crate) rule: &'static str,
    /// What its placeholder is called, such as `IBAN`.
    pub(crate) kind: &'static str,
    /// How sure the rule is by its form alone; decides between findings of one length. A checksum outranks a pattern.
    pub(crate) rank: u8,
}

/// Leaves no overlaps: the longest finding wins, among equals the surer one. The result is in the order of the text.
pub(crate) fn resolve_overlaps(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|found| (std::cmp::Reverse((found.end - found.start, found.rank)), found.start));
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for found in findings {
        if !kept.iter().any(|other| found.start < other.end && other.start < found.end) {
            kept.push(found);
        }
    }
    kept.sort_by_key(|found| found.start);
    kept
}
