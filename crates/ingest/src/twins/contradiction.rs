//! What two nearly equal documents disagree on: sentences with the same words in which a number, a date or a "not" is
//! another one. It sees the form only: a promise withdrawn in other words is not found.

use super::Disagreement;
use std::collections::BTreeSet;

/// Sentences share at least this share of their other words.
const SAME_WORDS: f32 = 0.7;
/// Shorter sentences ("Page 3") are no statements.
const FEWEST_WORDS: usize = 4;
/// Of very long documents the first sentences are compared: a report is for a person to read.
const MOST_SENTENCES: usize = 400;
const MOST_TOLD: usize = 10;

/// Words that turn a sentence around.
const NEGATIONS: [&str; 9] = ["no", "not", "never", "none", "without", "cannot", "neither", "nor", "n't"];

struct Statement<'a> {
    text: &'a str,
    words: BTreeSet<String>,
    /// Everything with a digit in it, in order.
    figures: Vec<String>,
    negations: usize,
}

/// The sentences of both that cannot both hold.
pub(crate) fn disagreements(one: &str, other: &str) -> Vec<Disagreement> {
    let (ours, theirs) = (statements(one), statements(other));
    let mut found = Vec::new();
    for statement in &ours {
        // A sentence that stands in both is in dispute with nobody.
        let same = |other: &&Statement<'_>| statement.overlap(other) >= SAME_WORDS;
        let alike: Vec<&Statement<'_>> = theirs.iter().filter(same).collect();
        if alike.iter().any(|other| statement.agrees(other)) {
            continue;
        }
        let nearest = alike.into_iter().max_by(|a, b| statement.overlap(a).total_cmp(&statement.overlap(b)));
        if let Some(other) = nearest {
            found.push(Disagreement { one: statement.text.to_owned(), other: other.text.to_owned() });
            if found.len() == MOST_TOLD {
                break;
            }
        }
    }
    found
}

impl Statement<'_> {
    fn overlap(&self, other: &Self) -> f32 {
        let common = self.words.intersection(&other.words).count() as f32;
        common / (self.words.len() + other.words.len()) as f32 * 2.0
    }

    fn agrees(&self, other: &Self) -> bool {
        self.figures == other.figures && self.negations % 2 == other.negations % 2
    }
}

fn statements(text: &str) -> Vec<Statement<'_>> {
    let sentences = guardrails::sentences(text).into_iter().take(MOST_SENTENCES);
    sentences.map(|sentence| statement(sentence.text)).filter(|one| one.words.len() >= FEWEST_WORDS).collect()
}

fn statement(text: &str) -> Statement<'_> {
    let (mut words, mut figures, mut negations) = (BTreeSet::new(), Vec::new(), 0);
    for word in text.split_whitespace() {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        if word.chars().any(|c| c.is_ascii_digit()) {
            figures.push(word);
        } else if NEGATIONS.contains(&word.as_str()) || word.ends_with("n't") || word.ends_with("n\u{2019}t") {
            negations += 1;
        } else if !word.is_empty() {
            words.insert(word);
        }
    }
    Statement { text: text.trim(), words, figures, negations }
}
