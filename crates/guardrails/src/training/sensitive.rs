//! Trains the model of sensitive subjects and regulated advice: one logistic regression for each category over one table of
//! features.
//!
//! Trained on: `sensitive.jsonl` (moderation samples, harmful requests in English, Chinese and Vietnamese, contrast pairs),
//! harmless questions of `topic_*.jsonl`, harmless prompts of `HARMLESS` sources, and the sentences of `sensitive::sentences`. A row counts for the categories
//! that its source labels, and for no others: a harmful request of no stated subject tells nothing about weapons.
//!
//! Thresholds come from five-fold cross-validation that keeps the sentences of one authored frame together: of the labelled
//! harmless texts that a model has not seen, as many may fire as `FALSE_ALARMS` says. The authored ones, harder than life on
//! purpose, count for advice only.

mod fillings;
mod sentences;

use super::{Sources, Trained};
use crate::guard::sensitive::{ADVICE, CATEGORIES, Model, SELF_HARM, WIDTH, windows};
use crate::meaning::DIMS;
use crate::measured::Unreadable;
use crate::measured::labelled::rows;
use sentences::KINDS;
use serde::Deserialize;
use statistics::{Row, Scored, Settings, area, digest, fold_of, recall_at, threshold_at};
use std::collections::BTreeSet;

/// Share of the labelled harmless texts on which a category may fire, in the order of `CATEGORIES`.
const FALSE_ALARMS: [f64; CATEGORIES.len()] = [0.01, 0.01, 0.003, 0.003, 0.003, 0.003, 0.003, 0.025, 0.025, 0.025];
/// Log-odds below which nothing fires, however clean the cross-validation was. Of self-harm less is enough: what fires is
/// answered with the owner's words, which do no harm.
const LEAST_THRESHOLD: f64 = -1.0;
const LEAST_OF_SELF_HARM: f64 = -3.0;
const LEAST_OF_ADVICE: f64 = -1.7;
/// Sources of `injection.jsonl` whose harmless prompts are read, most of them for their languages: without these a model
/// learns that what is foreign is harmful.
const HARMLESS: &[&str] = &[
    "injecguard/wildguard_benign",
    "cyberseceval/frr_multilingual",
    "xquad/questions",
    "tasktracker/translated_questions",
    "self-instruct/seed_tasks",
];
const FOLDS: usize = 5;
/// One in so many questions of the topics' files is read: they are many and alike.
const ONE_IN: u64 = 6;
const SETTINGS: Settings = Settings { width: WIDTH + DIMS, epochs: 8, rate: 0.15, l2: 3e-5, seed: 0x5E45 };
/// How much the vector of meaning counts beside the words.
const MEANING: f32 = 1.5;

#[derive(Deserialize)]
struct Labelled {
    text: String,
    #[serde(default)]
    label: serde_json::Value,
    #[serde(default)]
    category: String,
    #[serde(default)]
    sub: String,
    source: String,
}

/// A text with what is known of it: for each category yes, no, or not known.
struct Example {
    features: Vec<(u32, f32)>,
    known: [Option<bool>; CATEGORIES.len()],
    /// What must be left out together: the text itself, or the frame that made it.
    group: String,
    /// The labelled source; empty for authored sentences.
    source: String,
}

pub(super) fn train(sources: &Sources<'_>) -> Result<Option<Trained>, Unreadable> {
    let Some(labelled) = rows::<Labelled>(sources.folder, "sensitive.jsonl")? else { return Ok(None) };
    let mut examples: Vec<Example> =
        labelled.iter().map(|row| example(&row.text, known(row), &row.text, &row.source)).collect();
    for name in ["topic_clinc150.jsonl", "topic_banking77.jsonl", "topic_domains.jsonl"] {
        for row in rows::<Labelled>(sources.folder, name)?.unwrap_or_default() {
            let is_of_a_field = row.source.ends_with("/Finance") || row.label == "Bio-Medical";
            if is_of_a_field || digest(&row.text).is_multiple_of(ONE_IN) {
                examples.push(example(&row.text, harmless(&row), &row.text, &row.source));
            }
        }
    }
    for row in rows::<Labelled>(sources.folder, "injection.jsonl")?.unwrap_or_default() {
        if HARMLESS.contains(&row.source.as_str()) && row.label.as_i64() == Some(0) {
            let mut known = [Some(false); CATEGORIES.len()];
            // People ask these of assistants, for advice too.
            known[ADVICE..].fill(None);
            examples.push(example(&row.text, known, &row.text, &row.source));
        }
    }
    examples.extend(authored());
    let mut log = vec![format!("{} texts", examples.len())];
    let mut trained = Vec::new();
    for (category, name) in CATEGORIES.iter().enumerate() {
        let scored = held_out(&examples, category);
        // No public source has requests for advice: there the authored sentences must count.
        let counted = scored.iter().filter(|(source, _)| category >= ADVICE || !source.is_empty());
        let all: Vec<Scored> = counted.map(|(_, scored)| *scored).collect();
        let least = match category {
            SELF_HARM => LEAST_OF_SELF_HARM,
            ADVICE.. => LEAST_OF_ADVICE,
            _ => LEAST_THRESHOLD,
        };
        let threshold = threshold_at(&all, FALSE_ALARMS[category]).max(least);
        log.push(format!(
            "{name}: AUC {:.3}, recall {:.3} at {:.1} % false alarms",
            area(&all).unwrap_or(0.0),
            recall_at(&all, threshold).unwrap_or(0.0),
            100.0 * FALSE_ALARMS[category]
        ));
        log.extend(by_source(&scored, threshold));
        let model = statistics::train(&training(&examples, category, |_| true), SETTINGS);
        let mut weights = model.weights;
        weights[WIDTH..].iter_mut().for_each(|weight| *weight *= MEANING);
        trained.push((model.bias, threshold as f32, weights));
    }
    Ok(Some(Trained { file: "sensitive.swh".to_owned(), bytes: Model::quantised(&trained).to_bytes(), log }))
}

/// The first window is what a text is learned by.
fn example(text: &str, known: [Option<bool>; CATEGORIES.len()], group: &str, source: &str) -> Example {
    let mut features: Vec<(u32, f32)> = Vec::new();
    windows(text, |window| {
        if features.is_empty() {
            let value = window.value();
            features.extend(window.words.iter().map(|word| (*word, value)));
            let meaning = window.meaning();
            features.extend(meaning.iter().enumerate().map(|(axis, number)| ((WIDTH + axis) as u32, number * MEANING)));
        }
    });
    Example { features, known, group: group.to_owned(), source: source.to_owned() }
}

fn place(category: &str) -> Option<usize> {
    CATEGORIES.iter().position(|known| *known == category)
}

/// What a row of `sensitive.jsonl` tells.
fn known(row: &Labelled) -> [Option<bool>; CATEGORIES.len()] {
    let harmful = row.label.as_i64() == Some(1);
    let mut known = [None; CATEGORIES.len()];
    known[0] = Some(harmful);
    if !harmful {
        known[1..ADVICE].fill(Some(false));
    }
    let mut set = |category: &str| {
        if let Some(place) = place(category) {
            known[place] = Some(true);
        }
    };
    for tag in row.category.split(',').filter(|_| row.source.starts_with("openai")) {
        match tag {
            "S" => set("sexual"),
            "H" | "HR" | "H2" => set("hate"),
            "V" | "V2" => set("violence"),
            "SH" => set("self_harm"),
            _ => {}
        }
    }
    match (row.category.as_str(), row.sub.as_str()) {
        (_, "Self-harm") => {}
        (_, "Weapon" | "Weapon making") => set("weapons"),
        ("Hate/Harass/Violence", _) => set("hate"),
        ("Physical Harm", _) => set("violence"),
        ("Adult Content", _) => set("sexual"),
        ("Illegal Activity" | "Malware Viruses" | "Fraud/Deception" | "Privacy Violation Activity", _) => {
            set("illegal");
        }
        _ => {}
    }
    known
}

/// What a question of the topics' files tells: it is harmless, and no request for advice unless it is about money or health
/// outside of an app for banking.
fn harmless(row: &Labelled) -> [Option<bool>; CATEGORIES.len()] {
    let mut known = [Some(false); CATEGORIES.len()];
    if row.source.ends_with("/Finance") {
        let text = row.text.to_lowercase();
        let asks = ["should i", "can i", "do i", "my ", "advice", "better to", "is it worth"]
            .iter()
            .any(|frame| text.contains(frame));
        let field = place("financial").unwrap_or(0);
        known[field] = asks.then_some(true);
        known[field - 1] = None;
    }
    known
}

/// Every frame with every filling, grouped by frame.
fn authored() -> Vec<Example> {
    let mut examples = Vec::new();
    for kind in KINDS {
        let mut known = [Some(false); CATEGORIES.len()];
        for category in kind.categories {
            if let Some(place) = place(category) {
                known[place] = Some(true);
            }
        }
        for frame in kind.frames {
            for filling in kind.fillings {
                examples.push(example(&frame.replace("{}", filling), known, frame, ""));
            }
        }
    }
    examples
}

fn training(examples: &[Example], category: usize, wanted: impl Fn(&str) -> bool) -> Vec<Row> {
    let known = examples.iter().filter(|example| !example.features.is_empty() && wanted(&example.group));
    let row = |example: &Example| {
        let target = if example.known[category]? { 1.0 } else { 0.0 };
        Some(Row { features: example.features.clone(), target, weight: 1.0 })
    };
    known.filter_map(row).collect()
}

/// Scores by models that have not seen anything of the text's group.
fn held_out(examples: &[Example], category: usize) -> Vec<(&str, Scored)> {
    let mut scored = Vec::new();
    for fold in 0..FOLDS {
        let inside = |group: &str| fold_of(group, FOLDS) == fold;
        let model = statistics::train(&training(examples, category, |group| !inside(group)), SETTINGS);
        for example in examples.iter().filter(|example| inside(&example.group)) {
            if let Some(is) = example.known[category] {
                scored.push((example.source.as_str(), (f64::from(model.log_odds(&example.features)), is)));
            }
        }
    }
    scored
}

/// Lines on the sources that have something of the category, or of which something fired; authored ones last.
fn by_source(scored: &[(&str, Scored)], threshold: f64) -> Vec<String> {
    let sources: BTreeSet<&str> = scored.iter().map(|(source, _)| *source).collect();
    let line = |source: &&str| {
        let own: Vec<Scored> = scored.iter().filter(|(other, _)| other == source).map(|(_, scored)| *scored).collect();
        let count = |is: bool| own.iter().filter(|(_, kind)| *kind == is).count();
        let fired = |is: bool| own.iter().filter(|(score, kind)| *kind == is && *score >= threshold).count();
        let name = if source.is_empty() { "authored frames" } else { source };
        (count(true) + fired(false) > 0).then(|| {
            format!(
                "  {name}: fired on {} of {}, falsely on {} of {}",
                fired(true),
                count(true),
                fired(false),
                count(false)
            )
        })
    };
    sources.iter().rev().filter_map(line).collect()
}
