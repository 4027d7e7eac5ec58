//! Reads and makes everything to learn from: labelled rows, authored sentences, questions that name nobody, common words.

use super::field::Stretch;
use super::generator::{Generator, Labelled, plain, recased, templates};
use super::lists::{Frequencies, Lists, common, count, gazetteer};
use crate::guard::names::agreement::Row;
use crate::guard::names::features::{Lines, MOST, features};
use crate::guard::names::gazetteer::{Gazetteer, class};
use crate::guard::names::tagger::{LABELS, stretches};
use crate::guard::names::tokens::{Shape, Token, mark_active, tokens};
use crate::measured::Unreadable;
use crate::measured::labelled::rows;
use serde::Deserialize;
use statistics::{Random, fold_of};
use std::path::Path;

/// A labelled row with the fold of its template.
pub(super) struct NamedRow {
    pub(super) labelled: Labelled,
    pub(super) source: String,
    pub(super) fold: usize,
}

pub(super) struct Material {
    pub(super) gazetteer: Gazetteer,
    pub(super) rows: Vec<NamedRow>,
    /// Texts that name no person; places and organisations are not labelled there.
    nameless: Vec<String>,
    /// The like, never trained on.
    pub(super) held_out_questions: Vec<(&'static str, Vec<String>)>,
    words: Vec<String>,
    lists: Lists,
}

#[derive(Deserialize)]
struct Text {
    text: Option<String>,
    context: Option<String>,
    answer: Option<String>,
    source: Option<String>,
    label: Option<serde_json::Value>,
}

/// Common words kept.
const WORDS: usize = 20_000;
/// Times each authored template is filled.
const FILLS: usize = 14;
/// Copies of each labelled row with other names.
const REFILLS: usize = 2;

/// The letter that stands for each kind in a row's template.
fn template_of(row: &Labelled) -> String {
    let (mut template, mut at) = (String::new(), 0);
    for name in row.names.iter().filter(|name| name.start < name.end) {
        template.push_str(&row.text[at.min(name.start)..name.start]);
        template.push_str(["<p>", "<l>", "<a>", "<o>"][name.kind]);
        at = name.end;
    }
    template.push_str(&row.text[at..]);
    let plain = template.to_lowercase();
    plain.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

impl Material {
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, Unreadable> {
        let Some(labelled) = rows::<Row>(folder, "pii.jsonl")? else { return Ok(None) };
        let rows = labelled.iter().map(named).collect();
        let (mut frequencies, mut instructions) = (Frequencies::new(), Vec::new());
        for file in
            ["groundedness.jsonl", "answerability.jsonl", "topic_domains.jsonl", "indirect.jsonl", "injection.jsonl"]
        {
            for row in self::rows::<Text>(folder, file)?.unwrap_or_default() {
                if !row.may_be_learnt() {
                    continue;
                }
                if row.names_hardly_anyone() {
                    instructions.extend(row.text.clone());
                }
                [&row.text, &row.context, &row.answer]
                    .into_iter()
                    .flatten()
                    .for_each(|text| count(text, &mut frequencies));
            }
        }
        let words: Vec<String> = common(&frequencies, WORDS).into_iter().map(str::to_owned).collect();
        let known: Vec<&str> = words.iter().map(String::as_str).collect();
        let (mut nameless, mut held_out_questions) = (instructions, Vec::new());
        for (name, file) in [("banking77", "topic_banking77.jsonl"), ("clinc", "topic_clinc150.jsonl")] {
            let questions = self::rows::<Text>(folder, file)?.unwrap_or_default();
            let (seen, unseen): (Vec<String>, Vec<String>) =
                questions.into_iter().filter_map(|row| row.text).partition(|text| fold_of(text, 4) == 0);
            nameless.extend(seen);
            held_out_questions.push((name, unseen));
        }
        Ok(Some(Self { gazetteer: gazetteer(&known), rows, nameless, held_out_questions, words, lists: Lists::read() }))
    }

    pub(super) fn summary(&self) -> String {
        format!(
            "{} labelled rows, {} templates, {} name-free sentences, {} questions, {} common words, {} cultures",
            self.rows.len(),
            templates().len(),
            plain().len(),
            self.nameless.len(),
            self.words.len(),
            self.lists.cultures.len()
        )
    }

    /// What to learn from, without the rows of one fold.
    pub(super) fn stretches(&self, without: Option<usize>) -> Vec<Stretch> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let rows: Vec<&NamedRow> = self.rows.iter().filter(|row| Some(row.fold) != without).collect();
        let mut values: [Vec<String>; 4] = Default::default();
        for row in rows.iter().filter(|row| row.source.starts_with("presidio")) {
            row.labelled
                .names
                .iter()
                .for_each(|name| values[name.kind].push(row.labelled.text[name.start..name.end].to_owned()));
        }
        values[0].retain(|value| value.contains(' '));
        values[2].retain(|value| value.len() > 20);
        let mut generator = Generator { lists: &self.lists, words: &words, values, random: Random::new(11) };
        let mut made = Vec::new();
        let mut learn = |sentence: &Labelled, known: Known, weight: f32, random: &mut Random| {
            self.encode(sentence, known, weight, random, &mut made);
        };
        let mut random = Random::new(23);
        for row in rows {
            let ambient = row.source.starts_with("ambientmeta");
            learn(&row.labelled, Known::Wholly, if ambient { 1.0 } else { 0.6 }, &mut random);
            for _ in 0..REFILLS {
                let copy = generator.refill(&row.labelled);
                learn(&varied(copy, &mut random), Known::Wholly, 0.6, &mut random);
            }
        }
        for template in templates() {
            for _ in 0..FILLS {
                let sentence = generator.fill(&template);
                learn(&varied(sentence, &mut random), Known::Wholly, 1.0, &mut random);
            }
        }
        for text in plain() {
            let sentence = Labelled { text, names: Vec::new() };
            for _ in 0..4 {
                learn(&varied(sentence.clone(), &mut random), Known::Wholly, 1.0, &mut random);
            }
        }
        for text in &self.nameless {
            learn(&Labelled { text: text.clone(), names: Vec::new() }, Known::Hardly, 1.0, &mut random);
        }
        made
    }

    /// Adds a sentence's stretches.
    fn encode(&self, sentence: &Labelled, known: Known, weight: f32, random: &mut Random, made: &mut Vec<Stretch>) {
        let mut tokens = tokens(&sentence.text, &self.gazetteer);
        let mut labels = vec![0_usize; tokens.len()];
        for name in &sentence.names {
            let unlisted = random.share() < UNLISTED;
            let mut begun = false;
            for (token, label) in tokens.iter_mut().zip(&mut labels) {
                if token.start >= name.start && token.end <= name.end {
                    *label = if begun { 2 + 2 * name.kind } else { 1 + 2 * name.kind };
                    begun = true;
                    if unlisted {
                        token.classes &= !(class::PERSON | class::PLACE);
                    }
                }
            }
        }
        mark_active(&mut tokens);
        let lines = Lines::of(&tokens, &sentence.text);
        for (start, end) in stretches(&tokens) {
            let mut stretch = Stretch { rows: Vec::new(), ends: Vec::new(), allowed: Vec::new(), weight };
            for at in start..end {
                let mut rows = [0; MOST];
                let filled = features(&tokens, &lines, at, &mut rows);
                stretch.rows.extend_from_slice(&rows[..filled]);
                stretch.ends.push(stretch.rows.len());
                let label = if at == start && labels[at] != 0 && labels[at].is_multiple_of(2) {
                    labels[at] - 1
                } else {
                    labels[at]
                };
                stretch.allowed.push(if label == 0 { known.allowed(&tokens[at]) } else { 1 << label });
            }
            made.push(stretch);
        }
    }
}

/// How many names are learnt as if no list held them.
const UNLISTED: f64 = 0.2;

/// How much the labels of a sentence say about its unlabelled tokens.
#[derive(Clone, Copy)]
enum Known {
    /// They are no names.
    Wholly,
    /// What is capitalised and in a list of names may be anything, what is in a list of places may be a place.
    Hardly,
}

impl Known {
    /// One bit per label that an unlabelled token may have.
    fn allowed(self, token: &Token) -> u16 {
        const ANY: u16 = (1 << LABELS) - 1;
        const PLACE: u16 = 0b1_1001;
        match self {
            Self::Wholly => 1,
            Self::Hardly if token.shape != Shape::Lower && token.classes & class::PERSON != 0 => ANY,
            Self::Hardly if token.classes & class::PLACE != 0 => PLACE,
            Self::Hardly => 1,
        }
    }
}

impl Text {
    /// NotInject is a measure of guards that never saw it: nothing is learnt from it, not even which words are common.
    fn may_be_learnt(&self) -> bool {
        !self.source.as_ref().is_some_and(|source| source.contains("NotInject"))
    }

    fn names_hardly_anyone(&self) -> bool {
        const SOURCES: &[&str] = &["mitre_frr", "frr_multilingual", "fuzzyai/benign", "awesome-chatgpt-prompts"];
        let honest = self.label.as_ref().is_some_and(|label| *label == 0);
        honest && self.source.as_ref().is_some_and(|source| SOURCES.iter().any(|known| source.contains(known)))
    }
}

fn named(row: &Row) -> NamedRow {
    let labelled = Labelled { text: row.text.clone(), names: row.names() };
    let group = template_of(&labelled);
    // Labelled documents of one form differ in their values only; they begin alike.
    let group = if row.source.starts_with("ambientmeta") { group.chars().take(24).collect() } else { group };
    NamedRow { fold: fold_of(&group, super::FOLDS), labelled, source: row.source.clone() }
}

/// Now and then in lower case, in capitals, or without the full stop.
fn varied(sentence: Labelled, random: &mut Random) -> Labelled {
    match random.below(100) {
        0..=13 => recased(&sentence, str::to_lowercase),
        14..=16 => recased(&sentence, str::to_uppercase),
        17..=20 if sentence.text.ends_with('.') && sentence.names.iter().all(|name| name.end < sentence.text.len()) => {
            let mut sentence = sentence;
            sentence.text.pop();
            sentence
        }
        _ => sentence,
    }
}
