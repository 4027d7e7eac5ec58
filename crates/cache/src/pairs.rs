//! Pairs of questions of which it is known whether one answer serves both: read from a file, or found in a use case's own log.

use crate::error::{Error, Result};
use serde::Deserialize;

/// More lines are not read: their vectors alone would take gigabytes.
const MOST_PAIRS: usize = 1_000_000;

/// So many of the nearest earlier questions of each are compared with it.
const NEAREST: usize = 4;

/// Questions of a log that are compared; comparing all with all grows with the square.
const MOST_LOGGED: usize = 20_000;

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Pair {
    pub a: String,
    pub b: String,
    /// Whether one answer serves both.
    pub same: bool,
}

/// Reads lines of `{"a": …, "b": …, "same": true}`; other fields and empty lines are passed over.
///
/// # Errors
/// [`Error::Line`] with the first line that is not like this, [`Error::TooMany`].
pub fn read(lines: &str) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for (at, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let pair =
            serde_json::from_str(line).map_err(|error| Error::Line { line: at + 1, reason: error.to_string() })?;
        pairs.push(pair);
    }
    if pairs.len() > MOST_PAIRS { Err(Error::TooMany(pairs.len())) } else { Ok(pairs) }
}

/// A question of the ledger with the answer that it got.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    pub question: String,
    pub answer: String,
    /// The documents that the answer cites, by any name, in any order.
    pub cited: Vec<String>,
    /// A unit vector of the question.
    pub vector: Vec<f32>,
}

/// Each question with the nearest that came before it: what a cache would have been tempted to serve. They count as the same when
/// their answers agree: the same documents cited, the same numbers, and four of five words in common. Answers that say
/// one thing in other words count as different, so that a figure from a log is on the careful side. Of a longer log the
/// last 20,000 are taken.
pub fn of_log(log: &[Logged]) -> Vec<(Pair, f32)> {
    let log = &log[log.len().saturating_sub(MOST_LOGGED)..];
    let mut pairs = Vec::new();
    for (at, later) in log.iter().enumerate() {
        let mut near: Vec<(f32, &Logged)> = log[..at]
            .iter()
            .filter(|earlier| earlier.question.trim() != later.question.trim())
            .map(|earlier| (earlier.vector.iter().zip(&later.vector).map(|(a, b)| a * b).sum(), earlier))
            .collect();
        near.sort_by(|one, other| other.0.total_cmp(&one.0));
        pairs.extend(near.into_iter().take(NEAREST).map(|(cosine, earlier)| {
            let (a, b) = (earlier.question.clone(), later.question.clone());
            (Pair { a, b, same: agree(earlier, later) }, cosine)
        }));
    }
    pairs
}

fn agree(one: &Logged, other: &Logged) -> bool {
    let sorted = |mut texts: Vec<String>| {
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        sorted(words.map(str::to_lowercase).collect())
    };
    let numbers = |words: &[String]| -> Vec<String> {
        words.iter().filter(|word| word.contains(|letter: char| letter.is_ascii_digit())).cloned().collect()
    };
    let (a, b) = (words(&one.answer), words(&other.answer));
    let shared = a.iter().filter(|word| b.binary_search(word).is_ok()).count();
    let all = a.len() + b.len() - shared;
    sorted(one.cited.clone()) == sorted(other.cited.clone())
        && numbers(&a) == numbers(&b)
        && 5 * shared >= 4 * all
        && all > 0
}
