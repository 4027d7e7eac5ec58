//! Whether the passages can answer a question at all, before a model is asked: a gate that needs no generation.
//!
//! Judged by how much of the question's weight (rarer words weigh more) the passages hold, as they are, as another form or
//! synonym, or as a word near in meaning; by names and numbers of the question that are missing; by neighbours that stay
//! together. It knows whether the passages are about what was asked. It does not know whether they say the very thing:
//! a passage about the right matter that leaves out the one fact passes.

use super::grounding::{MODEL, Question, question as read};
use usecase::Passage;

#[cfg(test)]
mod tests;

/// How far passages can answer a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answerability {
    /// 0 to 1, the chance that they can.
    pub(crate) score: f64,
    /// Whether the score is enough: the threshold refuses one in twenty questions that could be answered.
    pub(crate) answerable: bool,
    /// Share of the question's weight that stands in the passages, 0 to 1: the plain measure beside the model.
    pub(crate) coverage: f64,
    /// Code points of the question: its words that no passage has.
    pub(crate) missing: Vec<(usize, usize)>,
}

/// Without passages nothing can be answered; a question without a word that carries meaning is let through.
pub(crate) fn assess(question: &str, passages: &[Passage]) -> Answerability {
    let Question { features, missing, coverage } = read(question, passages);
    let empty = passages.iter().all(|passage| passage.text.trim().is_empty());
    let wordless = coverage >= 1.0 && missing.is_empty() && features.get(WORDS).is_none_or(|words| *words == 0.0);
    let score = match (wordless, empty) {
        (true, _) => 1.0,
        (_, true) => 0.0,
        _ => 1.0 - MODEL.question.risk(&features),
    };
    Answerability { score, answerable: 1.0 - score < MODEL.question.threshold, coverage, missing }
}

/// Where the number of the question's words stands among its features.
const WORDS: usize = 13;
