//! Trains the tagger of names: on labelled rows, on authored sentences filled with names of many cultures (also in lower case and in
//! capitals), and on questions and instructions that name nobody. Cross-validation holds out whole templates.
//!
//! Word lists, templates and name-free sentences lie beside this file, with their sources and licences at their heads.
//! Which words are common is counted in the labelled folder's documents.

mod field;
mod generator;
mod lists;
mod material;

use super::{Sources, Trained};
use crate::guard::names::KINDS;
use crate::guard::names::agreement::{Counts, agreement};
use crate::guard::names::tagger::{COLUMNS, LABELS, Tagger, may_follow};
use crate::measured::Unreadable;
use field::{Field, Settings, Stretch};
use material::Material;

const FOLDS: usize = 5;
const SETTINGS: Settings = Settings { epochs: 6, rate: 0.1, l2: 2e-5, seed: 5 };
/// What a beginning of each kind must overcome, in log-odds: the best of cross-validation at a precision worth having.
const THRESHOLDS: [f32; 4] = [0.25, -0.5, 0.0, 0.0];

pub(super) fn train(sources: &Sources<'_>) -> Result<Option<Trained>, Unreadable> {
    let Some(material) = Material::read(sources.folder)? else { return Ok(None) };
    let mut log = vec![material.summary()];
    let taggers: Vec<Tagger> = (0..FOLDS).map(|fold| trained(&material, Some(fold))).collect();
    cross_validated(&material, &taggers, &mut log);
    false_alarms(&material, &taggers[0], &mut log);
    let shipped = trained(&material, None);
    Ok(Some(Trained { file: "names.bin".to_owned(), bytes: shipped.to_bytes(), log }))
}

fn trained(material: &Material, without: Option<usize>) -> Tagger {
    let stretches: Vec<Stretch> = material.stretches(without);
    let field = field::train(&stretches, SETTINGS);
    quantised(material, &field)
}

/// Weights above this many times the root mean square are cut to it, so that 8 bits tell the small ones apart.
const CLIP: f32 = 4.0;

fn quantised(material: &Material, field: &Field) -> Tagger {
    let largest = field.weights.iter().flatten().fold(0.0_f32, |most, weight| most.max(weight.abs())).min(CLIP);
    let scale = (largest / 127.0).max(f32::MIN_POSITIVE);
    let round = |row: &[f32; COLUMNS]| row.map(|weight| (weight / scale).round().clamp(-127.0, 127.0) as i8);
    let mut transitions = field.transitions;
    for (before, weights) in transitions.iter_mut().enumerate() {
        (0..LABELS).filter(|label| !may_follow(before, *label)).for_each(|label| weights[label] = -1e4);
    }
    Tagger {
        gazetteer: material.gazetteer.clone(),
        scale,
        thresholds: THRESHOLDS,
        transitions,
        weights: field.weights.iter().map(round).collect(),
    }
}

/// Figures on rows whose template was never trained on, per kind and group of sources, at several thresholds.
fn cross_validated(material: &Material, taggers: &[Tagger], log: &mut Vec<String>) {
    for shift in [-1.0_f32, -0.5, 0.0, 0.5, 1.0, 2.0] {
        let shifted: Vec<Tagger> = taggers
            .iter()
            .map(|tagger| Tagger { thresholds: THRESHOLDS.map(|threshold| threshold + shift), ..tagger.clone() })
            .collect();
        let mut sums: std::collections::BTreeMap<(usize, &str), Counts> = std::collections::BTreeMap::new();
        for row in &material.rows {
            let counts = agreement(&row.labelled.names, &shifted[row.fold].tag(&row.labelled.text));
            for (kind, counts) in counts.into_iter().enumerate() {
                let group = row.source.split('/').next().unwrap_or_default();
                let parts = if shift == 0.0 { vec!["all", group, row.source.as_str()] } else { vec!["all"] };
                parts.into_iter().for_each(|part| sums.entry((kind, part)).or_default().add(counts));
            }
        }
        for ((kind, part), counts) in sums.into_iter().filter(|(_, counts)| counts.labelled > 0) {
            log.push(format!(
                "threshold {:+.1} {:12} {:45} F1 {:.3} P {:.3} R {:.3} ({} labelled)",
                THRESHOLDS[kind] + shift,
                KINDS[kind].1,
                part,
                counts.f1().unwrap_or_default(),
                counts.precision().unwrap_or_default(),
                counts.recall().unwrap_or_default(),
                counts.labelled
            ));
        }
    }
}

/// Findings in questions that were never trained on.
fn false_alarms(material: &Material, tagger: &Tagger, log: &mut Vec<String>) {
    for (source, questions) in &material.held_out_questions {
        let mut hits = [0; KINDS.len()];
        for text in questions {
            let found = tagger.tag(text);
            (0..KINDS.len())
                .filter(|kind| found.iter().any(|name| name.kind == *kind))
                .for_each(|kind| hits[kind] += 1);
        }
        let rates: Vec<String> = KINDS
            .iter()
            .zip(hits)
            .map(|((_, name), hits)| format!("{name} {:.1}", 1000.0 * f64::from(hits) / questions.len() as f64))
            .collect();
        log.push(format!("per 1,000 of {} unseen {source} questions: {}", questions.len(), rates.join(", ")));
    }
}
