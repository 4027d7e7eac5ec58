//! What the model is trained on: honest documents, texts to inject, phrases that announce them, each with the group that
//! cross-validation must keep together.

use super::{attacks, honest, honest_languages};
use crate::measured::Unreadable;
use crate::measured::labelled::rows;
use serde::Deserialize;
use statistics::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

#[derive(Deserialize)]
struct Labelled {
    text: String,
    kind: String,
    source: String,
    #[serde(default)]
    attack: String,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Deserialize)]
struct Span {
    start: usize,
    end: usize,
}

#[derive(Deserialize)]
struct Prompt {
    text: String,
    #[serde(default)]
    source: String,
}

#[derive(Deserialize)]
struct Context {
    context: String,
    source: String,
}

/// Where a document comes from, which decides what it is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The labelled documents: what is measured.
    Labelled,
    /// Contexts of other tasks.
    Context,
    /// The grammar.
    Authored,
}

#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) source: String,
    pub(super) origin: Origin,
    pub(super) fold: usize,
}

impl Document {
    pub(super) fn is_code(&self) -> bool {
        self.source.ends_with("/code") || self.source == "forum"
    }
}

/// A text to inject, from the labelled rows.
#[derive(Clone, Debug)]
pub(super) struct Attack {
    pub(super) text: String,
    pub(super) family: String,
    pub(super) code: bool,
    pub(super) fold: usize,
}

#[derive(Clone)]
pub(super) struct Material {
    pub(super) documents: Vec<Document>,
    pub(super) attacks: Vec<Attack>,
    /// Announcing phrases of the labelled rows, with their fold.
    pub(super) triggers: Vec<(String, usize)>,
    /// What honest people ask an assistant: harmless as a prompt, foreign in a document.
    pub(super) prompts: Vec<String>,
}

/// Contexts, prompts and authored documents that are drawn, at most.
const MOST_CONTEXTS: usize = 900;
const MOST_PROMPTS: usize = 5_000;
const AUTHORED: usize = 4_000;
/// A longer context is cut: it would outweigh the others.
const LONGEST_CONTEXT: usize = 6_000;

/// Reads and makes everything; `None` without the labelled rows.
pub(super) fn material(folder: &Path, folds: usize, random: &mut Random) -> Result<Option<Material>, Unreadable> {
    let Some(labelled) = rows::<Labelled>(folder, "indirect.jsonl")? else { return Ok(None) };
    let mut documents = labelled_documents(&labelled, folds);
    documents.extend(contexts(folder, folds, random)?);
    for number in 0..AUTHORED {
        let foreign = random.below(6) == 0;
        let mut text = if foreign { honest_languages::document(random) } else { honest::document(random) };
        if random.below(5) == 0 {
            text = with_table(&text, random);
        }
        documents.push(Document {
            text,
            source: "authored".to_owned(),
            origin: Origin::Authored,
            fold: number % folds,
        });
    }
    let attacks = labelled_attacks(&labelled, folds);
    let triggers = labelled_triggers(&labelled, &attacks, folds);
    Ok(Some(Material { documents, attacks, triggers, prompts: prompts(folder, random)? }))
}

fn labelled_documents(labelled: &[Labelled], folds: usize) -> Vec<Document> {
    let mut known = BTreeSet::new();
    let benign = labelled.iter().filter(|row| row.kind == "benign_doc" && known.insert(row.text.as_str()));
    // Near copies (the same notice with another amount, one text in two collections) begin alike.
    benign
        .map(|row| Document {
            text: row.text.clone(),
            source: row.source.clone(),
            origin: Origin::Labelled,
            fold: fold_by_beginning(&row.text, folds),
        })
        .collect()
}

fn fold_by_beginning(text: &str, folds: usize) -> usize {
    let letters: String = text.chars().filter(|character| character.is_alphabetic()).take(60).collect();
    statistics::fold_of(&letters, folds)
}

fn contexts(folder: &Path, folds: usize, random: &mut Random) -> Result<Vec<Document>, Unreadable> {
    let mut by_source: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in ["groundedness.jsonl", "answerability.jsonl"] {
        for row in rows::<Context>(folder, file)?.unwrap_or_default() {
            // These hold raw JSON (see the data's README), which no passage does.
            if !row.source.contains("topicalchat") {
                by_source.entry(row.source).or_default().insert(row.context);
            }
        }
    }
    let each = MOST_CONTEXTS / by_source.len().max(1);
    let mut documents = Vec::new();
    for (source, texts) in by_source {
        let mut texts: Vec<String> = texts.into_iter().collect();
        random.shuffle(&mut texts);
        let fitting = texts.into_iter().take(each * 2).map(|mut text| {
            if let Some((cut, _)) = text.char_indices().nth(LONGEST_CONTEXT) {
                text.truncate(cut);
            }
            let fold = fold_by_beginning(&text, folds);
            Document { text, source: source.clone(), origin: Origin::Context, fold }
        });
        documents.extend(fitting);
    }
    random.shuffle(&mut documents);
    documents.truncate(MOST_CONTEXTS);
    Ok(documents)
}

/// An honest text around a small table, with a caption.
fn with_table(text: &str, random: &mut Random) -> String {
    let rows: String = (0..3 + random.below(8))
        .map(|row| {
            format!("| {} | {} | {} |\n", 1990 + row, random.below(900), ["gold", "silver", "none"][random.below(3)])
        })
        .collect();
    let caption = honest::caption(random);
    match random.below(3) {
        0 => format!("{caption}\n| Year | Points | Medal |\n{rows}"),
        1 => format!("| Year | Points | Medal |\n{rows}\n{caption}\n"),
        _ => format!("{text}\n{caption}\n| Year | Points | Medal |\n{rows}"),
    }
}

fn span_text(row: &Labelled) -> Option<String> {
    let span = row.spans.first()?;
    Some(row.text.chars().skip(span.start).take(span.end.saturating_sub(span.start)).collect())
}

fn labelled_attacks(labelled: &[Labelled], folds: usize) -> Vec<Attack> {
    let mut texts: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in labelled.iter().filter(|row| row.kind == "inject_plain") {
        texts.entry(&row.attack).or_default().extend(span_text(row));
    }
    let families = texts.into_iter().enumerate();
    families
        .flat_map(|(number, (family, texts))| {
            texts.into_iter().map(move |text| Attack {
                code: text.contains("```"),
                text,
                family: family.to_owned(),
                fold: number % folds,
            })
        })
        .collect()
}

/// What stands before a known attack in the rows with an announcement.
fn labelled_triggers(labelled: &[Labelled], attacks: &[Attack], folds: usize) -> Vec<(String, usize)> {
    let mut found = BTreeSet::new();
    for row in labelled.iter().filter(|row| row.kind == "inject_trigger") {
        let Some(text) = span_text(row) else { continue };
        let known = attacks.iter().filter_map(|attack| text.strip_suffix(&attack.text)).min_by_key(|rest| rest.len());
        found.extend(known.map(|rest| rest.trim().to_owned()));
    }
    let folded = found.into_iter().filter(|trigger| !trigger.is_empty());
    folded
        .map(|trigger| {
            let fold = statistics::fold_of(&trigger, folds);
            (trigger, fold)
        })
        .collect()
}

/// Prompts of several collections. Never those of NotInject, which measures what was trained without it.
fn prompts(folder: &Path, random: &mut Random) -> Result<Vec<String>, Unreadable> {
    let mut prompts = Vec::new();
    for (file, share) in [
        ("injection.jsonl", 2_400),
        ("topic_domains.jsonl", 1_200),
        ("sensitive.jsonl", 800),
        ("topic_clinc150.jsonl", 600),
    ] {
        let mut texts: Vec<String> = rows::<Prompt>(folder, file)?
            .unwrap_or_default()
            .into_iter()
            .filter(|row| {
                !row.source.contains("NotInject")
                    && !row.source.contains("banking")
                    && !row.source.contains("moderation")
            })
            .map(|row| row.text)
            .filter(|text| (12..500).contains(&text.len()))
            .filter(|text| text.bytes().filter(u8::is_ascii).count() * 10 > text.len() * 9 || random.below(4) == 0)
            .collect();
        random.shuffle(&mut texts);
        texts.truncate(share);
        prompts.extend(texts);
    }
    random.shuffle(&mut prompts);
    prompts.truncate(MOST_PROMPTS);
    Ok(prompts)
}

/// Writes a text into a document, at its beginning, at its end, or between two of its sentences, lines or words; with the
/// bytes where it lies then.
pub(super) fn injected(document: &str, text: &str, random: &mut Random) -> (String, Range<usize>) {
    let (before, after, glue_before, glue_after) = match random.below(10) {
        0..=2 => ("", document, "", "\n"),
        3..=5 => (document, "", "\n", ""),
        _ => {
            let place = gap(document, random);
            let glue = if random.below(3) == 0 { "\n" } else { " " };
            (&document[..place], &document[place..], glue, glue)
        }
    };
    let start = before.len() + glue_before.len();
    (format!("{before}{glue_before}{text}{glue_after}{after}"), start..start + text.len())
}

/// A place after a full stop or a line, sometimes after any word.
fn gap(document: &str, random: &mut Random) -> usize {
    let bytes = document.as_bytes();
    let anywhere = random.below(5) == 0;
    let gaps: Vec<usize> = (1..bytes.len())
        .filter(|&at| {
            let line = bytes[at - 1] == b'\n';
            let stop = bytes[at] == b' ' && matches!(bytes[at - 1], b'.' | b'!' | b'?');
            line || stop || (anywhere && bytes[at] == b' ')
        })
        .collect();
    random.one_of(&gaps).copied().unwrap_or(document.len())
}

/// A text to inject while training: mostly from the grammar and from prompts, else one of the given labelled ones.
pub(super) fn drawn_attack(labelled: &[&Attack], prompts: &[String], random: &mut Random) -> String {
    match random.below(10) {
        0..=1 => random.one_of(labelled).map_or_else(|| attacks::attack(random), |attack| attack.text.clone()),
        2..=4 => random.one_of(prompts).cloned().unwrap_or_else(|| attacks::attack(random)),
        _ => attacks::attack(random),
    }
}
