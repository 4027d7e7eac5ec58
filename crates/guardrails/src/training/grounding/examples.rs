//! The examples: labelled rows as they are, without their question, and what was written out of their contexts.

use super::fit::FOLDS;
use super::written;
use crate::guard::grounding::{Cues, NAMES, State, shown};
use crate::measured::{Unreadable, labelled};
use serde::Deserialize;
use statistics::{digest, fold_of};
use std::path::Path;
use usecase::{DocumentRef, Passage};

#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) context: String,
    #[serde(default)]
    pub(super) question: Option<String>,
    pub(super) answer: String,
    #[serde(default)]
    pub(super) spans: Vec<Span>,
    pub(super) label: u8,
    pub(super) source: String,
}

/// Code points of the answer.
#[derive(Deserialize)]
pub(super) struct Span {
    start: usize,
    end: usize,
}

/// One sentence as it was seen, without what the words' weights say.
pub(super) struct Seen {
    pub(super) features: Vec<f32>,
    pub(super) states: bool,
    pub(super) words: Vec<(String, State)>,
    /// Whether it is unsupported, where that is known.
    pub(super) label: Option<bool>,
}

pub(super) struct Example {
    /// One of the seven sources of the field's comparison, or `written`.
    pub(super) family: String,
    pub(super) source: String,
    /// The family of the row whose context it uses.
    pub(super) origin: String,
    /// Empty for a row as it is; what was done to it otherwise.
    pub(super) shape: &'static str,
    pub(super) fold: usize,
    /// Digest of the context.
    pub(super) document: u64,
    /// Whether it is unsupported.
    pub(super) label: bool,
    /// How much it counts within its family.
    pub(super) weight: f64,
    pub(super) sentences: Vec<Seen>,
}

/// Where the words' weights go among the features.
pub(super) fn cue_place() -> usize {
    NAMES.iter().position(|name| *name == "cues").expect("a feature of that name")
}

/// A row without its question counts this much beside the row itself.
const WITHOUT_QUESTION: f64 = 0.25;

pub(super) fn read(folder: &Path) -> Result<Option<Vec<Example>>, Unreadable> {
    let Some(rows) = labelled::rows::<Row>(folder, "groundedness.jsonl")? else { return Ok(None) };
    let mut examples = Vec::new();
    for row in &rows {
        let passages = [passage(&row.context)];
        let spans: Vec<(usize, usize)> = row.spans.iter().map(|span| (span.start, span.end)).collect();
        let make = |question: Option<&str>, shape: &'static str, weight: f64| {
            let seen =
                Labelled { question, answer: &row.answer, passages: &passages, bad: row.label == 1, spans: &spans };
            Example {
                family: family(&row.source),
                source: row.source.clone(),
                origin: family(&row.source),
                shape,
                fold: fold_of(&row.context, FOLDS),
                document: digest(&row.context),
                label: row.label == 1,
                weight,
                sentences: seen.sentences(),
            }
        };
        let question = row.question.as_deref().filter(|question| !question.trim().is_empty());
        examples.push(make(question, "", 1.0));
        if question.is_some() {
            examples.push(make(None, "without question", WITHOUT_QUESTION));
        }
    }
    examples.extend(written::write(&rows));
    examples.retain(|example| !example.sentences.is_empty());
    Ok(Some(examples))
}

/// An answer whose sentences are to be seen.
pub(super) struct Labelled<'a> {
    pub(super) question: Option<&'a str>,
    pub(super) answer: &'a str,
    pub(super) passages: &'a [Passage],
    pub(super) bad: bool,
    /// Where the unsupported words stand, if that is known.
    pub(super) spans: &'a [(usize, usize)],
}

impl Labelled<'_> {
    pub(super) fn sentences(&self) -> Vec<Seen> {
        let all = shown(self.question, self.answer, self.passages, &Cues::default());
        let alone = all.len() == 1;
        let label = |start: usize, end: usize| {
            if !self.bad || alone {
                Some(self.bad)
            } else if self.spans.is_empty() {
                None
            } else {
                Some(self.spans.iter().any(|(from, to)| *from < end && start < *to))
            }
        };
        let seen = all.into_iter().map(|sentence| Seen {
            label: label(sentence.start, sentence.end),
            features: sentence.features,
            states: sentence.states,
            words: sentence.words.into_iter().map(|(stem, state)| (stem.to_string(), state)).collect(),
        });
        seen.collect()
    }
}

/// The sources of the field's comparison: BEGIN's three apart, the others each as one.
pub(super) fn family(source: &str) -> String {
    let whole = source.starts_with("begin/");
    if whole { source.to_owned() } else { source.split('/').next().unwrap_or_default().to_owned() }
}

pub(super) fn passage(text: &str) -> Passage {
    let source = DocumentRef { collection: String::new(), document: String::new(), title: String::new(), url: None };
    let end = text.chars().count();
    Passage { source, ordinal: 0, start: 0, end, text: text.to_owned(), header: String::new(), score: 0.0 }
}
