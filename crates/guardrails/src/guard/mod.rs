//! One folder per guard. The two that find values in a text (`pii`, `secrets`) share the form of a finding; what to do
//! about findings, overlaps included, is settled here once.

use std::collections::BTreeMap;

pub(crate) mod answerable;
pub(crate) mod grounding;
pub(crate) mod indirect;
pub(crate) mod injection;
pub(crate) mod leak;
pub(crate) mod names;
pub(crate) mod pii;
pub(crate) mod secrets;
pub(crate) mod sensitive;
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
///
/// What is kept never overlaps, so of everything that begins before a finding's end only the last can reach into it;
/// looking for that one alone keeps the time near the number of findings.
pub(crate) fn resolve_overlaps(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|found| (std::cmp::Reverse((found.end - found.start, found.rank)), found.start));
    let mut kept: BTreeMap<usize, Finding> = BTreeMap::new();
    for found in findings {
        let before = kept.range(..found.end).next_back();
        if before.is_none_or(|(_, other)| other.end <= found.start) {
            kept.insert(found.start, found);
        }
    }
    kept.into_values().collect()
}

#[cfg(test)]
mod tests;
