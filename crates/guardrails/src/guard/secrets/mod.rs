//! Keys, tokens and passwords. One pass finds the beginnings by which providers mark their keys and the words by which
//! people name a secret; at each of them one anchored pattern is tried. What is assigned to a name (`password = …`)
//! must also look like a secret: long or mixed enough, and no placeholder.
//!
//! Measured on the developer half of the scanners' own test cases (`examples/masking_quality.rs`): 487 of 817 real-looking
//! ones found, 44 of 189 hard negatives masked too (retired keys and examples in the right form, mostly). What is missed
//! are keys of small providers that have no mark of their own, and what those scanners call findings but nobody would
//! mask: resource names, host names, user names.

use crate::guard::Finding;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;
use std::sync::{LazyLock, OnceLock};

mod assigned;
mod providers;

pub(crate) const GUARD: &str = "secrets";
const KIND: &str = "SECRET";

/// A kind of secret: where it may begin, and what it looks like from there on.
struct Form {
    rule: &'static str,
    /// Any of these begins it; matched in any case, the pattern decides.
    anchors: &'static [&'static str],
    /// Matched from the anchor on. The first group is the secret, or the whole match where there is no group.
    pattern: &'static str,
    /// Provider prefixes may not continue a word.
    begins_word: bool,
    check: fn(&str) -> bool,
    /// How many bytes of a text in which the pattern just failed hold no beginning with which it would not fail too. For
    /// patterns that read far before they can fail; the others answer 0.
    fails_for: fn(&str) -> usize,
}

struct Compiled {
    anchors: AhoCorasick,
    form_of_anchor: Vec<usize>,
    forms: Vec<(&'static Form, OnceLock<Regex>)>,
}

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
    let forms: Vec<&'static Form> = providers::FORMS.iter().chain(assigned::FORMS).collect();
    let pairs = forms.iter().enumerate().flat_map(|(index, form)| form.anchors.iter().map(move |word| (*word, index)));
    let (words, form_of_anchor): (Vec<&str>, Vec<usize>) = pairs.unzip();
    // A table of all states is a few hundred KB, and twice as quick as walking links.
    let kind = Some(AhoCorasickKind::DFA);
    let anchors =
        AhoCorasick::builder().kind(kind).ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(words);
    Compiled {
        anchors: anchors.expect("a fixed list of short words builds"),
        form_of_anchor,
        forms: forms.into_iter().map(|form| (form, OnceLock::new())).collect(),
    }
});

/// The longest stretch that a pattern may look at, in bytes: a private key of 16,384 bits is shorter.
const LONGEST_SECRET: usize = 16_384;

pub(crate) fn find(text: &str, findings: &mut Vec<Finding>) {
    let mut settled = 0..0;
    // Where each form found something that is no secret: it would find the same again from every anchor inside of it,
    // in quadratic time.
    let mut rejected = vec![0; COMPILED.forms.len()];
    for hit in COMPILED.anchors.find_overlapping_iter(text) {
        let number = COMPILED.form_of_anchor[hit.pattern().as_usize()];
        let (form, pattern) = &COMPILED.forms[number];
        // Inside what was just found there is nothing more to find; other forms may still begin before its end.
        let inside = settled.contains(&hit.start()) && hit.start() != settled.start;
        if inside || hit.start() < rejected[number] || (form.begins_word && continues_word(text, hit.start())) {
            continue;
        }
        let pattern = pattern.get_or_init(|| Regex::new(form.pattern).expect("a fixed pattern that the tests compile"));
        let rest = window(text, hit.start());
        let Some(found) = pattern.captures(rest) else {
            rejected[number] = hit.start() + (form.fails_for)(rest);
            continue;
        };
        let secret = found.iter().skip(1).flatten().next().or_else(|| found.get(0));
        if let Some(secret) = secret.filter(|secret| !secret.is_empty() && (form.check)(secret.as_str())) {
            let (start, end) = (hit.start() + secret.start(), hit.start() + secret.end());
            // Of two forms of one length the one with the longer beginning says more (`sk-ant-` against `sk-`).
            let rank = if form.begins_word { 10 + (hit.end() - hit.start()) as u8 } else { 1 };
            findings.push(Finding { start, end, guard: GUARD, rule: form.rule, kind: KIND, rank });
            settled = hit.start()..end;
        } else {
            rejected[number] = hit.start() + found.get(0).map_or(0, |whole| whole.end());
        }
    }
}

fn window(text: &str, start: usize) -> &str {
    let mut end = text.len().min(start + LONGEST_SECRET);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[start..end]
}

fn continues_word(text: &str, start: usize) -> bool {
    text[..start].chars().next_back().is_some_and(char::is_alphanumeric)
}

/// Bits per character of a text by its own letter frequencies (Shannon).
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    let share = |count: u32| f64::from(count) / length;
    counts.iter().filter(|count| **count > 0).map(|count| -share(*count) * share(*count).log2()).sum()
}

#[cfg(test)]
mod tests;
