//! Numbers that stand side by side. A pattern for groups of digits runs on into the next number; where one ends and the
//! other begins is decided here, at the blanks between groups.

use super::Candidate;
use super::surroundings::ends_token;
use std::collections::HashSet;

/// Where the values found so far begin and end, in bytes. What follows a known value is no continuation of it.
#[derive(Default)]
pub(super) struct Known {
    pub(super) starts: HashSet<usize>,
    pub(super) ends: HashSet<usize>,
}

impl Candidate<'_> {
    /// The ends of the match and of its beginnings that stop after a whole group of digits, the longest first. A match
    /// has few groups, so trying each costs little.
    pub(super) fn group_ends(&self) -> impl Iterator<Item = usize> {
        let bytes = self.text.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        (self.start + 1..=self.end).rev().filter(move |end| digit(end - 1) && !digit(*end))
    }

    /// The same candidate, shorter.
    pub(super) fn until(&self, end: usize) -> Candidate<'_> {
        Candidate { text: self.text, start: self.start, end, known: self.known }
    }

    /// Digits and a blank before the candidate, and no known value: it is the rest of a longer number.
    pub(super) fn continues_number(&self) -> bool {
        let before = self.text[..self.start].strip_suffix([' ', '\u{A0}', '\u{202F}']);
        before.is_some_and(|before| {
            before.ends_with(|c: char| c.is_ascii_digit()) && !self.known.ends.contains(&before.len())
        })
    }

    /// What follows the candidate after one blank, if that is a digit or may begin a telephone number.
    pub(super) fn next_number(&self) -> Option<(usize, char)> {
        let rest = self.text[self.end..].strip_prefix([' ', '\u{A0}', '\u{202F}'])?;
        let first = rest.chars().next().filter(|c| c.is_ascii_digit() || matches!(c, '+' | '('))?;
        Some((self.text.len() - rest.len(), first))
    }
}

/// Where a telephone number of `allowed` digits ends that may have another number behind it, as a length in
/// bytes. `usual` is the usual count of digits: the cut that comes nearest to it wins, and sooner before something that
/// looks like the beginning of a number. Unless `certain` by its form, it is cut nowhere else.
pub(super) fn phone_length(
    candidate: &Candidate<'_>,
    allowed: std::ops::RangeInclusive<usize>,
    usual: usize,
    certain: bool,
) -> Option<usize> {
    let count =
        |end: usize| candidate.text.as_bytes()[candidate.start..end].iter().filter(|b| b.is_ascii_digit()).count();
    let whole = ends_token(candidate.text, candidate.end) && allowed.contains(&count(candidate.end));
    if whole && candidate.next_number().is_none() {
        return Some(candidate.end - candidate.start);
    }
    let cuts = candidate.group_ends().filter_map(|end| {
        let (next, first) = candidate.until(end).next_number()?;
        let begins = matches!(first, '0' | '+' | '(') || candidate.known.starts.contains(&next);
        let digits = count(end);
        let possible = allowed.contains(&digits) && (begins || certain);
        possible.then(|| (digits.abs_diff(usual) + if begins { 0 } else { 2 }, end - candidate.start))
    });
    let best = cuts.min_by_key(|(distance, _)| *distance).map(|(_, length)| length);
    best.or_else(|| whole.then_some(candidate.end - candidate.start))
}
