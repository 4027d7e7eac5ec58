//! The system prompt must not come out (OWASP LLM07:2025, system prompt leakage).
//!
//! Two signs, both seen while the answer streams: a canary word that stands in the prompt and nowhere else, and a stretch of
//! the prompt itself. The stretch is found by a rolling hash over letters and digits alone, so that case, punctuation,
//! blanks, line breaks and markdown do not hide it; the prompt is indexed in ROT13, backwards, in hexadecimal and in base64
//! as well. A paraphrase or a translation is not found: that takes a model.
//!
//! A stretch counts from about twelve words on ([`WORDS`]); a shorter prompt scales that down. What also stands in a
//! retrieved passage, in the user's own message or in the owner's public wording is no secret and does not count.

mod canary;
mod index;

pub(crate) use canary::Canary;
use index::{Index, Rolling, STEP, Writing, folded};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// A run of so many words is a leak.
const WORDS: usize = 12;
/// Letters and digits of a run that is a leak, whatever the prompt's words are long: within these.
const LEAST_RUN: usize = 28;
const MOST_RUN: usize = 72;
/// A prompt with fewer letters has nothing that an honest answer might not say by chance.
const SHORTEST_PROMPT: usize = 20;
/// Letters that are compared at a time, at most: shorter stretches are found between changed words, longer ones cannot be.
const WIDEST: usize = 20;

/// What a system prompt looks like when it comes out. Made once per request; the work is linear in the prompt and the public
/// texts.
#[derive(Clone, Debug)]
pub(crate) struct Prompt {
    index: Index,
    /// Letters and digits that a run must have.
    needed: usize,
    canary: Vec<Vec<char>>,
}

/// Where and how the prompt comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leak {
    /// `canary` or `overlap`.
    pub(crate) rule: &'static str,
    /// How it was written: `plain`, `rot13`, `reversed`, `hexadecimal`, `base64`.
    pub(crate) writing: &'static str,
    /// Code points of the answer, from where the leak begins to where it was certain.
    pub(crate) range: Range<usize>,
}

impl Prompt {
    /// `public` are texts whose wording may be said: passages, the user's message, the owner's public words.
    pub(crate) fn new(prompt: &str, canary: Option<&Canary>, public: &[&str]) -> Self {
        let letters = prompt.chars().flat_map(folded).count();
        let words = prompt.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count().max(1);
        // Half of a short prompt is its substance; of a long one, twelve words.
        let run = (letters * WORDS / words).clamp(LEAST_RUN, MOST_RUN).min((letters / 2).max(LEAST_RUN)).min(letters);
        let watched = if letters < SHORTEST_PROMPT { "" } else { prompt };
        Self {
            index: Index::new(watched, (run / 2).clamp(1, WIDEST), public),
            needed: run,
            canary: canary.map(Canary::forms).unwrap_or_default(),
        }
    }

    /// Watches one answer.
    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        Watch {
            prompt: Arc::clone(self),
            rolling: Rolling::new(self.index.width),
            tail: VecDeque::new(),
            at: 0,
            letters: 0,
            run: None,
            leak: None,
        }
    }

    /// Judges a whole answer.
    #[cfg(test)]
    pub(crate) fn judge(self: &Arc<Self>, answer: &str) -> Option<Leak> {
        let mut watch = self.watch();
        watch.push(answer);
        watch.leak
    }
}

/// A stretch that agrees with the prompt so far.
#[derive(Clone, Debug)]
struct Run {
    writing: Writing,
    /// The code point at which it begins.
    start: usize,
    /// The last letter that agreed, counted over letters and digits.
    last: usize,
    /// Letters that agreed.
    covered: usize,
}

/// Reads an answer in pieces; the result does not depend on where it was cut.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    prompt: Arc<Prompt>,
    rolling: Rolling,
    /// The code points at which the last letters stood, with the letters: what the canary and a run's beginning need.
    tail: VecDeque<(char, usize)>,
    /// Code points read.
    at: usize,
    /// Letters and digits read.
    letters: usize,
    run: Option<Run>,
    leak: Option<Leak>,
}

impl Watch {
    /// Takes the next piece; says where the leak is, once there is one.
    pub(crate) fn push(&mut self, piece: &str) -> Option<&Leak> {
        for character in piece.chars() {
            if self.leak.is_some() {
                break;
            }
            for letter in folded(character) {
                if self.leak.is_none() {
                    self.letter(letter);
                }
            }
            self.at += 1;
        }
        self.leak.as_ref()
    }

    fn letter(&mut self, letter: char) {
        let forms = &self.prompt.canary;
        let kept = forms.iter().map(Vec::len).max().unwrap_or(0).max(self.prompt.index.width);
        self.tail.push_back((letter, self.at));
        if self.tail.len() > kept {
            self.tail.pop_front();
        }
        self.letters += 1;
        let said = forms.iter().find(|form| {
            form.len() <= self.tail.len()
                && form.iter().rev().zip(self.tail.iter().rev()).all(|(expected, (letter, _))| expected == letter)
        });
        if let Some(start) = said.map(|form| self.tail[self.tail.len() - form.len()].1) {
            self.found("canary", "plain", start);
            return;
        }
        if self.prompt.index.is_empty() {
            return;
        }
        if let Some(writing) = self.rolling.push(letter).and_then(|hash| self.prompt.index.get(hash)) {
            self.agrees(writing);
        }
    }

    /// The last letters, as many as are compared at a time, stand in the prompt.
    fn agrees(&mut self, writing: Writing) {
        let width = self.prompt.index.width;
        let run = match self.run.take() {
            // A changed word or two between agreeing stretches does not end a run.
            Some(run) if run.writing == writing && self.letters - run.last <= 2 * width + STEP => {
                Run { covered: run.covered + (self.letters - run.last).min(width), last: self.letters, ..run }
            }
            _ => {
                let start = self.tail[self.tail.len() - width].1;
                Run { writing, start, last: self.letters, covered: width }
            }
        };
        let plain = run.covered * 12 / writing.stretch();
        // Only every so manieth window is known: a run may be longer than it shows by so much.
        if plain + STEP > self.prompt.needed {
            self.found("overlap", writing.name(), run.start);
        }
        self.run = Some(run);
    }

    fn found(&mut self, rule: &'static str, writing: &'static str, start: usize) {
        self.leak = Some(Leak { rule, writing, range: start..self.at + 1 });
    }
}

#[cfg(test)]
mod tests;
