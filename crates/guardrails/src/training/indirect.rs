//! Trains the model of injected text in documents: logistic regression over the features of `guard::indirect`.
//!
//! Trained on the labelled documents and attacks, on contexts of other tasks and on authored handbooks, e-mails and forum
//! answers (`honest`) as honest text, and on the same with text written into them: labelled attacks, prompts of honest people,
//! and a grammar of orders (`attacks`). Never on NotInject.
//!
//! Cross-validation holds out documents, attack families and announcing phrases at once, so that a test document carries an
//! attack of a family, behind a phrase, of which none was seen. The threshold is the one at which so many held-out honest
//! documents are flagged as [`FLAGGED`] says.

use super::{Sources, Trained};
use crate::guard::indirect::features::{Features, Pages, WIDTH};
use crate::guard::indirect::model::Model;
use crate::guard::indirect::units;
use crate::measured::Unreadable;
use material::{Attack, Document, Material, Origin, drawn_attack, injected, material};
use statistics::{Hashed, Logistic, Random, Row, Scored, Settings, recall_at, threshold_at, train as fit};
use std::collections::BTreeMap;
use std::ops::Range;

mod attacks;
mod honest;
mod honest_languages;
mod material;
mod phrases;

const SEED: u64 = 20_250_601;
const FOLDS: usize = 5;
/// The share of held-out honest documents that may be flagged. The goal allows 5 %; documents differ, so less is aimed at.
const FLAGGED: f64 = 0.02;
/// How much lower a unit may score that stands beside a cut one, in log-odds.
const BESIDE: f32 = 2.0;
const SETTINGS: Settings = Settings { width: WIDTH, epochs: 8, rate: 0.08, l2: 2e-6, seed: SEED };

pub(super) fn train(sources: &Sources<'_>) -> Result<Option<Trained>, Unreadable> {
    let mut random = Random::new(SEED);
    let Some(material) = material(sources.folder, FOLDS, &mut random)? else { return Ok(None) };
    let mut log = vec![format!(
        "{} documents, {} attacks, {} announcements, {} prompts",
        material.documents.len(),
        material.attacks.len(),
        material.triggers.len(),
        material.prompts.len()
    )];
    let mut judged = Vec::new();
    for fold in 0..FOLDS {
        let model = trained(&material, Some(fold), &mut random.clone());
        judged.extend(test(&material, fold, &model, &mut random.clone()));
    }
    let threshold = report(&judged, &mut log);
    log.push("the same, with no labelled attack and no labelled announcement in training:".to_owned());
    let unlabelled = Material { attacks: Vec::new(), triggers: Vec::new(), ..material.clone() };
    let mut judged = Vec::new();
    for fold in 0..FOLDS {
        let model = trained(&unlabelled, Some(fold), &mut random.clone());
        judged.extend(test(&material, fold, &model, &mut random.clone()));
    }
    report(&judged, &mut log);
    let model = trained(&material, None, &mut random);
    let model = Model::new(threshold, threshold - BESIDE, model);
    Ok(Some(Trained { file: "indirect.swh".to_owned(), bytes: model.to_bytes(), log }))
}

/// Trains on everything that is not in the fold.
fn trained(material: &Material, without: Option<usize>, random: &mut Random) -> Hashed {
    let within = |fold: usize| without != Some(fold);
    let attacks: Vec<&Attack> = material.attacks.iter().filter(|attack| within(attack.fold)).collect();
    let triggers: Vec<&str> =
        material.triggers.iter().filter(|(_, fold)| within(*fold)).map(|(trigger, _)| trigger.as_str()).collect();
    let mut rows = Vec::new();
    for document in material.documents.iter().filter(|document| within(document.fold)) {
        let (times, weight) = match document.origin {
            Origin::Labelled => (10, 2.0),
            Origin::Context => (2, 1.0),
            Origin::Authored => (2, 1.0),
        };
        push_rows(&document.text, None, weight, &mut rows);
        for _ in 0..times {
            let code = document.is_code() == (random.below(8) != 0);
            let fitting: Vec<&Attack> = attacks.iter().copied().filter(|attack| attack.code == code).collect();
            let mut text = drawn_attack(&fitting, &material.prompts, random);
            if random.below(5) < 2 {
                let known = random.one_of(&triggers).filter(|_| random.below(2) == 0);
                let trigger = known.map_or_else(|| attacks::announcement(random), |known| (*known).to_owned());
                text = format!("{trigger} {text}");
            }
            let (text, span) = injected(&document.text, &text, random);
            push_rows(&text, Some(&span), 1.0, &mut rows);
        }
    }
    let Logistic { weights, bias } = fit(&rows, SETTINGS);
    Hashed::quantised(&weights, bias, None)
}

/// The units of a document as rows; of one with an injected text only those in it and beside it, for the rest is honest and
/// trained on already.
fn push_rows(text: &str, span: Option<&Range<usize>>, weight: f32, rows: &mut Vec<Row>) {
    let units = units(text);
    let pages = Pages::new(text, &units);
    let mut features = Features::default();
    let inside = |range: &Range<usize>| {
        span.is_some_and(|span| {
            let shared = range.end.min(span.end).saturating_sub(range.start.max(span.start));
            shared * 2 >= range.len()
        })
    };
    let marks: Vec<bool> = units.iter().map(|unit| inside(&unit.range)).collect();
    for place in 0..units.len() {
        let beside = place.checked_sub(1).is_some_and(|at| marks[at]) || marks.get(place + 1) == Some(&true);
        if span.is_some() && !marks[place] && !beside {
            continue;
        }
        pages.features(place, &mut features);
        let norm = features.norm();
        let words = features.words.iter().map(|feature| (*feature, norm));
        let features = words.chain(features.traits.iter().map(|feature| (*feature, 1.0))).collect();
        rows.push(Row { features, target: f32::from(u8::from(marks[place])), weight });
    }
}

/// A document's highest log-odds, with what it is.
struct Judged {
    source: String,
    kind: &'static str,
    family: String,
    odds: f64,
    /// The unit that scored so.
    unit: String,
}

fn highest(text: &str, model: &Model) -> (f64, String) {
    let units = units(text);
    let odds = model.judge(&Pages::new(text, &units));
    let highest = units.iter().zip(odds).max_by(|one, other| one.1.total_cmp(&other.1));
    highest.map_or((f64::MIN, String::new()), |(unit, odds)| {
        (f64::from(odds), text[unit.range.clone()].chars().take(160).collect())
    })
}

/// The fold's documents: as they are, and each with attacks of the fold, plain and announced.
fn test(material: &Material, fold: usize, model: &Hashed, random: &mut Random) -> Vec<Judged> {
    let model = Model::new(0.0, 0.0, model.clone());
    let mut judged = Vec::new();
    let triggers: Vec<&str> =
        material.triggers.iter().filter(|(_, known)| *known == fold).map(|(trigger, _)| trigger.as_str()).collect();
    for document in material.documents.iter().filter(|document| document.fold == fold) {
        let kind = match document.origin {
            Origin::Labelled => "honest",
            Origin::Context => "context",
            Origin::Authored => "authored",
        };
        let one = |kind, family: &str, text: &str| {
            let (odds, unit) = highest(text, &model);
            Judged { source: document.source.clone(), kind, family: family.to_owned(), odds, unit }
        };
        judged.push(one(kind, "", &document.text));
        if document.origin == Origin::Labelled {
            judged.extend(attacked(document, fold, material, &triggers, random, &one));
        }
    }
    judged
}

fn attacked(
    document: &Document,
    fold: usize,
    material: &Material,
    triggers: &[&str],
    random: &mut Random,
    one: &dyn Fn(&'static str, &str, &str) -> Judged,
) -> Vec<Judged> {
    let fitting: Vec<&Attack> =
        material.attacks.iter().filter(|attack| attack.fold == fold && attack.code == document.is_code()).collect();
    let mut judged = Vec::new();
    for _ in 0..3 {
        let (Some(attack), Some(trigger)) = (random.one_of(&fitting), random.one_of(triggers)) else { break };
        let (plain, _) = injected(&document.text, &attack.text, random);
        judged.push(one("plain", &attack.family, &plain));
        let (announced, _) = injected(&document.text, &format!("{trigger} {}", attack.text), random);
        judged.push(one("trigger", &attack.family, &announced));
    }
    judged
}

/// Writes what cross-validation found; returns the threshold.
fn report(judged: &[Judged], log: &mut Vec<String>) -> f32 {
    let scored: Vec<Scored> = judged
        .iter()
        .filter(|row| matches!(row.kind, "honest" | "plain" | "trigger"))
        .map(|row| (row.odds, row.kind != "honest"))
        .collect();
    let threshold = threshold_at(&scored, FLAGGED);
    let five = threshold_at(&scored, 0.05);
    let show = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
    log.push(format!(
        "held out: AUC {}, recall {} at {FLAGGED} of documents (threshold {threshold:.3}), {} at 0.05",
        show(statistics::area(&scored)),
        show(recall_at(&scored, threshold)),
        show(recall_at(&scored, five))
    ));
    for share in [0.005, 0.01, 0.015, 0.02] {
        let at = threshold_at(&scored, share);
        log.push(format!("recall {} at {share} (threshold {at:.3})", show(recall_at(&scored, at))));
    }
    let mut groups: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    for row in judged {
        let mut names = vec![format!("{}, all", row.kind), format!("{}, {}", row.kind, row.source)];
        if row.kind == "plain" {
            names.push(format!("plain family, {}", row.family));
        }
        for name in names {
            let group = groups.entry(name).or_default();
            group.0 += usize::from(row.odds >= threshold);
            group.1 += usize::from(row.odds >= five);
            group.2 += 1;
        }
    }
    for (name, (hits, at_five, all)) in groups {
        log.push(format!(
            "{name:44} flagged {hits:4} of {all:4}, {:.3}; at 0.05 {:.3}",
            hits as f64 / all as f64,
            at_five as f64 / all as f64
        ));
    }
    let mut wrong: Vec<&Judged> =
        judged.iter().filter(|row| !matches!(row.kind, "plain" | "trigger") && row.odds >= five).collect();
    wrong.sort_by(|one, other| other.odds.total_cmp(&one.odds));
    log.extend(wrong.iter().map(|row| format!("honest but {:.2}, {}: {:?}", row.odds, row.source, row.unit)));
    threshold as f32
}
