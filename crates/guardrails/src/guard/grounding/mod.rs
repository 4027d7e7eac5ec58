//! Whether an answer rests on its passages, sentence by sentence, without a model.
//!
//! Each sentence is held against the sentence, or two sentences, of the passages that hold most of its words (weighted by
//! their rarity there). What lexical overlap cannot see is looked at apart: numbers, dates and names that are missing or
//! stand elsewhere, negations on one side only, opposites and synonyms (WordNet), words near in meaning (word vectors),
//! the order and the company in which words stand, what a word says by being new (an opinion, a hedge, a quantity). Boosted
//! trees over that judge each sentence and the whole answer. A number that no passage has, or a negation on one side of a
//! sentence that is otherwise the same, makes a sentence unsupported whatever the trees say.
//!
//! Cross-validated by document on the developer half of the test data (`training/grounding.rs` prints it), area under the
//! ROC curve of an answer's risk: BEGIN wow 0.945, cmu 0.955, topicalchat 0.944, FaithDial audit 0.879, HaluEval questions
//! 0.995, Q2 0.748, SummEdits 0.685; their mean 0.879, and 0.832 when each source is left out whole (SummEdits then 0.566).
//! So it knows what was invented; a swapped fact in a free summary it finds little better than by chance in a kind of text
//! that it was not trained on, and it doubts paraphrase. Answers that quote or stay close to their passages are what it is
//! for: there the model tier adds little, elsewhere it is needed.
//!
//! A marker such as `[2]` is taken as a hint: among passages that support a sentence about equally, the cited one is
//! named.

use crate::sentences::sentences;
use crate::words::{Kind, Lexicon, Placed};
use align::{Aligned, Asked};
use best::Best;
use features::Judged;
use index::Index;
use std::collections::HashMap;
use usecase::{Decision, Passage, Stage, Verdict};

mod align;
mod asked;
mod best;
mod cues;
mod features;
mod index;
mod lexicon;
mod missing;
mod model;
mod near;
mod order;
mod statement;

pub(crate) use align::{STATES, State};
pub(crate) use asked::{QUESTION_NAMES, Question, question};
pub(crate) use features::NAMES;
pub(crate) use lexicon::opposites;
pub use missing::{Unsupported, What};
pub(crate) use model::{Cues, Judge, MODEL, Model, answer_features};

pub(crate) const GUARD: &str = "grounding";

/// How far an answer rests on its passages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroundingReport {
    /// Supported sentences over judged sentences, 0 to 1. 1 when the answer states nothing (a greeting, a question, an
    /// abstention); 0 when it states something and there are no passages.
    pub share: f64,
    /// The judged sentences, in the answer's order.
    pub sentences: Vec<SentenceSupport>,
    /// The chance that something in the answer is unsupported, 0 to 1, as the answer-level model sees it. 0 when the
    /// answer states nothing.
    pub risk: f64,
    /// Present when the use case declares `grounding`.
    pub verdict: Option<Verdict>,
}

/// One sentence of the answer and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct SentenceSupport {
    /// First code point in the answer.
    pub start: usize,
    /// One past its last code point.
    pub end: usize,
    /// Index of the best passage in the list that was handed over; `None` when no passage shares a word with it.
    pub passage: Option<usize>,
    /// 0 to 1.
    pub support: f64,
    /// Whether the support is enough.
    pub supported: bool,
    /// Where the supporting words begin: `passage.start` plus code points of the passage's text as handed over (see
    /// `CheckedPassages::to_document` for masked ones). 0 without a passage.
    pub source_start: usize,
    /// One past where they end.
    pub source_end: usize,
    /// What the passages do not have, or have otherwise; of an unsupported sentence only.
    pub missing: Vec<Unsupported>,
}

/// Judges the answer without knowing what was asked.
pub(crate) fn report(answer: &str, passages: &[Passage]) -> GroundingReport {
    report_for(None, answer, passages)
}

/// Judges the answer to a question.
pub(crate) fn report_for(question: Option<&str>, answer: &str, passages: &[Passage]) -> GroundingReport {
    let shown = shown(question, answer, passages, &MODEL.cues);
    let judged: Vec<SentenceSupport> =
        shown.iter().filter(|sentence| sentence.states).map(|sentence| judge(sentence, passages)).collect();
    let supported = judged.iter().filter(|sentence| sentence.supported).count();
    let share = if judged.is_empty() { 1.0 } else { supported as f64 / judged.len() as f64 };
    let risk = if shown.is_empty() { 0.0 } else { risk(&shown) };
    GroundingReport { share, risk, sentences: judged, verdict: None }
}

fn risk(shown: &[Shown]) -> f64 {
    let features: Vec<(Vec<f32>, bool)> =
        shown.iter().map(|sentence| (sentence.features.clone(), sentence.states)).collect();
    MODEL.answer.risk(&answer_features(&features))
}

/// A sentence of an answer with everything that judging and training need.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// Code points of the answer.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether it states something that needs a source.
    pub(crate) states: bool,
    pub(crate) features: Vec<f32>,
    /// Each word and where it stands.
    pub(crate) words: Vec<(std::rc::Rc<str>, State)>,
    place: Option<(usize, usize, usize)>,
    /// The least risk by what needs no model: a number that no passage has, a statement turned around.
    contradicted: f64,
    missing: Vec<Unsupported>,
}

/// Sentences of an answer that are looked at; the rest of a longer one is not judged.
const MOST_SENTENCES: usize = 2000;

/// All sentences of the answer against the passages, also those that state nothing.
pub(crate) fn shown(question: Option<&str>, answer: &str, passages: &[Passage], cues: &Cues) -> Vec<Shown> {
    let mut lexicon = Lexicon::default();
    let index = Index::new(passages, &mut lexicon);
    let asked: Asked = question.map_or_else(Asked::new, |question| {
        let words = lexicon.placed(question).into_iter();
        words.filter(|placed| index::carries_meaning(placed.word.kind)).map(|placed| placed.id).collect()
    });
    let mut places = CodePoints { text: answer, byte: 0, code_point: 0 };
    // A model caught in a loop says one sentence many times.
    let mut known: HashMap<&str, Shown> = HashMap::new();
    let mut all = Vec::new();
    for sentence in sentences(answer).into_iter().take(MOST_SENTENCES) {
        let start = places.at(sentence.start);
        let end = places.at(sentence.start + sentence.text.len());
        let seen = known.entry(sentence.text).or_insert_with(|| {
            let words = lexicon.placed(sentence.text);
            let cited = statement::cited(sentence.text, passages.len());
            let best = best::best(&index, &words, &cited);
            let aligned = align::align(&index, &lexicon, &words, best.as_ref(), &asked);
            let judged = Judged {
                index: &index,
                text: sentence.text,
                words: &words,
                aligned: &aligned,
                best: best.as_ref(),
                asked: &asked,
                cues: cues
                    .log_odds(words.iter().zip(&aligned).map(|(placed, aligned)| (&*placed.word.stem, aligned.state))),
            };
            Shown {
                start: 0,
                end: 0,
                states: statement::states_something(&sentence, &words),
                features: judged.features(),
                words: words.iter().zip(&aligned).map(|(placed, at)| (placed.word.stem.clone(), at.state)).collect(),
                place: best.map(|best| place(&index, &best)),
                contradicted: contradicted(&index, &words, &aligned, best.as_ref()),
                missing: missing::missing(&index, sentence.text, &words, &aligned, best.as_ref()),
            }
        });
        let mut sentence = seen.clone();
        (sentence.start, sentence.end) = (start, end);
        all.push(sentence);
    }
    all
}

/// Risk of a sentence with a number that no passage has, or that denies what the best place says or the other way round.
const CONTRADICTED: f64 = 0.9;
/// Share of a sentence's words that must stand at the best place for a negation on one side to turn it around.
const SAME_WORDS: f64 = 0.6;

fn contradicted(index: &Index, words: &[Placed], aligned: &[Aligned], best: Option<&Best>) -> f64 {
    let unknown_number = words
        .iter()
        .zip(aligned)
        .any(|(placed, aligned)| placed.word.kind == Kind::Number && aligned.state > State::Elsewhere);
    let flipped = best.is_some_and(|best| {
        let here = words.iter().any(|placed| placed.word.kind == Kind::Negation);
        let there = (best.first..=best.last).any(|place| index.places[place].negated);
        here != there && best.coverage > SAME_WORDS
    });
    if unknown_number || flipped { CONTRADICTED } else { 0.0 }
}

/// The passage and the code points in it.
fn place(index: &Index, best: &Best) -> (usize, usize, usize) {
    let (begin, end) = (&index.places[best.first], &index.places[best.last]);
    (begin.passage, begin.start, end.end)
}

fn judge(shown: &Shown, passages: &[Passage]) -> SentenceSupport {
    let risk = if shown.place.is_none() { 1.0 } else { MODEL.sentence.risk(&shown.features).max(shown.contradicted) };
    let supported = risk < MODEL.sentence.threshold;
    let moved =
        |found: &Unsupported| Unsupported { start: found.start + shown.start, end: found.end + shown.start, ..*found };
    let missing = if supported { Vec::new() } else { shown.missing.iter().map(moved).collect() };
    let (passage, source_start, source_end) = shown.place.map_or((None, 0, 0), |(passage, start, end)| {
        let begin = passages.get(passage).map_or(0, |passage| passage.start);
        (Some(passage), begin + start, begin + end)
    });
    let (start, end) = (shown.start, shown.end);
    SentenceSupport { start, end, passage, support: 1.0 - risk, supported, source_start, source_end, missing }
}

pub(crate) fn verdict(report: &GroundingReport, at_least: f64, decision: Decision) -> Verdict {
    let supported = report.sentences.iter().filter(|sentence| sentence.supported).count();
    let (all, percent) = (report.sentences.len(), at_least * 100.0);
    let reason = if all == 0 {
        "the answer states nothing that would need a passage".to_owned()
    } else {
        format!("{supported} of {all} sentences rest on a passage; the use case asks for {percent:.0} %")
    };
    let rule = if decision == Decision::Allow { "supported" } else { "unsupported" };
    Verdict { score: Some(report.share), ..Verdict::new(GUARD, rule, Stage::Output, decision, reason) }
}

/// Turns ascending byte offsets into code points without counting from the beginning each time.
pub(super) struct CodePoints<'a> {
    pub(super) text: &'a str,
    pub(super) byte: usize,
    pub(super) code_point: usize,
}

impl CodePoints<'_> {
    pub(super) fn at(&mut self, byte: usize) -> usize {
        self.code_point += self.text[self.byte..byte].chars().count();
        self.byte = byte;
        self.code_point
    }
}

#[cfg(test)]
mod tests;
