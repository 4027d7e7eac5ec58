//! Trains the trees that judge whether a sentence, and a whole answer, is supported by its passages, and the weights of the
//! words by where they stand.
//!
//! Learnt from `groundedness.jsonl` and from sentences that `written` makes out of its contexts: left as they are, or with one
//! number, name, negation or word changed. Each source (the seven families of the field's comparison, and the written
//! ones) counts the same, and within it the supported and the unsupported, so that a risk of one half is the balanced
//! threshold everywhere. What the words' weights say about a row is always asked of weights that never saw its document.
//!
//! The log states cross-validation by document, and with each source left out whole.

use super::{Sources, Trained};
use crate::guard::grounding::{Judge, Model, NAMES, QUESTION_NAMES};
use crate::measured::Unreadable;
use examples::{Example, read};
use fit::{FOLDS, Fitted, fit};
use statistics::{Scored, area, balanced_accuracy, best_balanced_threshold, threshold_at};
use std::collections::BTreeMap;

mod cues;
mod examples;
mod fit;
mod questions;
mod written;

/// The share of supported sentences that may be called unsupported.
const DOUBTED: f64 = 0.05;

pub(super) fn train(sources: &Sources<'_>) -> Result<Option<Trained>, Unreadable> {
    let Some(examples) = read(sources.folder)? else { return Ok(None) };
    let mut log = vec![format!("{} examples, {} features", examples.len(), NAMES.len())];
    let held_out = by_document(&examples);
    log.push("cross-validation by document:".to_owned());
    log.extend(told(&examples, &held_out));
    log.extend(edits(&examples, &held_out));
    log.push("each source left out whole:".to_owned());
    log.extend(told(&examples, &by_source(&examples)));
    let fitted = fit(&examples, |_| true);
    let sentences = sentence_scores(&examples, &held_out);
    let threshold = round(threshold_at(&sentences, DOUBTED));
    log.push(format!("sentence threshold {threshold}: {DOUBTED} of the supported sentences doubted"));
    let answers = round(balanced_threshold(&by_family(&examples, &held_out)));
    log.push(format!("answer threshold {answers}: the best mean of the sources' balanced accuracies"));
    let question = questions::train(sources.folder)?;
    let (question, said) = question.unwrap_or_default();
    log.extend(said);
    let model = Model {
        features: NAMES.iter().chain(QUESTION_NAMES).map(|name| (*name).to_owned()).collect(),
        cues: fitted.cues,
        sentence: Judge { threshold, ..fitted.sentence },
        answer: Judge { threshold: answers, ..fitted.answer },
        question,
    };
    let bytes = serde_json::to_vec(&model).expect("a model of numbers and names");
    Ok(Some(Trained { file: "grounding.json".to_owned(), bytes, log }))
}

fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// What held-out models say of the rows as they are, by family.
fn by_family<'a>(examples: &'a [Example], held_out: &[Option<HeldOut>]) -> BTreeMap<&'a str, Vec<Scored>> {
    let mut families: BTreeMap<&str, Vec<Scored>> = BTreeMap::new();
    for (example, held_out) in examples.iter().zip(held_out).filter(|(example, _)| example.shape.is_empty()) {
        if let Some(held_out) = held_out {
            families.entry(&example.family).or_default().push((held_out.answer, example.label));
        }
    }
    families
}

/// The risk from which on an answer is doubted: where the mean of the families' balanced accuracies is best. Half would be
/// it if the risks were calibrated on unseen documents; they are too high there, since trees know their own rows too well.
fn balanced_threshold(families: &BTreeMap<&str, Vec<Scored>>) -> f64 {
    let real = || families.iter().filter(|(name, _)| **name != "written").map(|(_, scored)| scored);
    let mean = |threshold: f64| real().filter_map(|scored| balanced_accuracy(scored, threshold)).sum::<f64>();
    let steps = (30..96).map(|step| f64::from(step) / 100.0);
    steps.max_by(|one, other| mean(*one).total_cmp(&mean(*other))).unwrap_or(0.5)
}

/// What a model that did not see the example says of it: of the answer, and of each labelled sentence.
struct HeldOut {
    answer: f64,
    sentences: Vec<Scored>,
}

fn by_document(examples: &[Example]) -> Vec<Option<HeldOut>> {
    let mut all: Vec<Option<HeldOut>> = examples.iter().map(|_| None).collect();
    for fold in 0..FOLDS {
        let fitted = fit(examples, |example| example.fold != fold);
        judge(examples, &fitted, &mut all, |example| example.fold == fold);
    }
    all
}

fn by_source(examples: &[Example]) -> Vec<Option<HeldOut>> {
    let mut all: Vec<Option<HeldOut>> = examples.iter().map(|_| None).collect();
    let mut families: Vec<&str> = examples.iter().map(|example| &*example.family).collect();
    families.sort_unstable();
    families.dedup();
    for family in families {
        // What was written out of a left-out source's contexts is left out with it.
        let fitted = fit(examples, |example| example.family != family && example.origin != family);
        judge(examples, &fitted, &mut all, |example| example.family == family);
    }
    all
}

fn judge(examples: &[Example], fitted: &Fitted, all: &mut [Option<HeldOut>], which: impl Fn(&Example) -> bool) {
    for (example, held_out) in examples.iter().zip(all).filter(|(example, _)| which(example)) {
        *held_out = Some(HeldOut { answer: fitted.answer_risk(example), sentences: fitted.sentence_risks(example) });
    }
}

/// Pairs of score and truth by family and source; rows without their question apart.
fn told(examples: &[Example], held_out: &[Option<HeldOut>]) -> Vec<String> {
    let mut by_name: BTreeMap<String, Vec<Scored>> = BTreeMap::new();
    let mut by_family: BTreeMap<&str, Vec<Scored>> = BTreeMap::new();
    for (example, held_out) in examples.iter().zip(held_out) {
        let Some(held_out) = held_out else { continue };
        let scored = (held_out.answer, example.label);
        if example.shape.is_empty() {
            by_family.entry(&example.family).or_default().push(scored);
            by_name.entry(example.source.clone()).or_default().push(scored);
        } else {
            by_name.entry(format!("{} ({})", example.family, example.shape)).or_default().push(scored);
        }
    }
    let line = |name: &str, scored: &[Scored]| {
        let area = area(scored).unwrap_or(f64::NAN);
        let balanced = balanced_accuracy(scored, 0.5).unwrap_or(f64::NAN);
        let alarms = scored.iter().filter(|(score, bad)| !bad && *score >= 0.5).count() as f64;
        let good = scored.iter().filter(|(_, bad)| !bad).count().max(1) as f64;
        let best = best_balanced_threshold(scored);
        let at_best = balanced_accuracy(scored, best).unwrap_or(f64::NAN);
        format!(
            "  {name:40} AUC {area:.3}  balanced {balanced:.3} (at its best {at_best:.3}, risk {best:.3})  doubted {:.3}  n={}",
            alarms / good,
            scored.len()
        )
    };
    let mut lines: Vec<String> = by_name.iter().map(|(name, scored)| line(name, scored)).collect();
    lines.push("  ----".to_owned());
    lines.extend(by_family.iter().map(|(name, scored)| line(name, scored)));
    let areas: Vec<f64> =
        by_family.iter().filter(|(name, _)| **name != "written").filter_map(|(_, scored)| area(scored)).collect();
    lines.push(format!("  macro AUC {:.4}", areas.iter().sum::<f64>() / areas.len().max(1) as f64));
    lines
}

fn sentence_scores(examples: &[Example], held_out: &[Option<HeldOut>]) -> Vec<Scored> {
    let known = examples.iter().zip(held_out).filter(|(example, _)| example.shape.is_empty());
    known.filter_map(|(_, held_out)| held_out.as_ref()).flat_map(|held_out| held_out.sentences.clone()).collect()
}

/// How well single sentences are told apart.
fn edits(examples: &[Example], held_out: &[Option<HeldOut>]) -> Vec<String> {
    let mut by_family: BTreeMap<&str, Vec<Scored>> = BTreeMap::new();
    for (example, held_out) in examples.iter().zip(held_out) {
        let Some(held_out) = held_out else { continue };
        by_family.entry(&example.family).or_default().extend(&held_out.sentences);
    }
    let line = |(name, scored): (&&str, &Vec<Scored>)| {
        let threshold = threshold_at(scored, DOUBTED);
        let found = statistics::recall_at(scored, threshold).unwrap_or(f64::NAN);
        format!(
            "  sentences of {name:20} AUC {:.3}, at {DOUBTED} doubted (risk {threshold:.3}) {found:.3} found, n={}",
            area(scored).unwrap_or(f64::NAN),
            scored.len()
        )
    };
    by_family.iter().map(line).collect()
}
