//! Trains the trees that judge whether passages can answer a question, from `answerability.jsonl`: a question with its own
//! context and with the most similar other one. Both sources count the same.

use super::examples::passage;
use super::fit::{FOLDS, balanced, trained};
use super::round;
use crate::guard::grounding::{Judge, question};
use crate::measured::{Unreadable, labelled};
use serde::Deserialize;
use statistics::trees::Settings;
use statistics::{Scored, area, fold_of, recall_at, threshold_at};
use std::collections::BTreeMap;
use std::path::Path;

const SETTINGS: Settings = Settings { trees: 90, depth: 4, rate: 0.07, shrink: 8.0 };

/// The share of answerable questions that may be refused.
const REFUSED: f64 = 0.05;

#[derive(Deserialize)]
struct Row {
    question: String,
    context: String,
    label: u8,
    source: String,
}

/// The judge, and what cross-validation by question said; `None` without the file.
pub(super) fn train(folder: &Path) -> Result<Option<(Judge, Vec<String>)>, Unreadable> {
    let Some(rows) = labelled::rows::<Row>(folder, "answerability.jsonl")? else { return Ok(None) };
    let features: Vec<Vec<f32>> =
        rows.iter().map(|row| question(&row.question, &[passage(&row.context)]).features).collect();
    let family = |row: &Row| row.source.split('+').next().unwrap_or_default().to_owned();
    let families: Vec<String> = rows.iter().map(family).collect();
    let fit = |which: &dyn Fn(usize) -> bool| {
        let used: Vec<usize> = (0..rows.len()).filter(|at| which(*at)).collect();
        let chosen: Vec<Vec<f32>> = used.iter().map(|at| features[*at].clone()).collect();
        let labels: Vec<bool> = used.iter().map(|at| rows[*at].label == 0).collect();
        let keys: Vec<(&str, bool, f64)> = used.iter().map(|at| (&*families[*at], rows[*at].label == 0, 1.0)).collect();
        trained(&chosen, &labels, &balanced(&keys), SETTINGS)
    };
    let mut log = Vec::new();
    let mut all = Vec::new();
    for by_source in [false, true] {
        let mut scored: BTreeMap<&str, Vec<Scored>> = BTreeMap::new();
        let parts: Vec<String> = if by_source {
            vec!["halueval/qa".into(), "pubmedqa".into()]
        } else {
            (0..FOLDS).map(|fold| fold.to_string()).collect()
        };
        for part in &parts {
            let held = |at: usize| {
                if by_source { families[at] == *part } else { fold_of(&rows[at].question, FOLDS).to_string() == *part }
            };
            let judge = fit(&|at| !held(at));
            for at in (0..rows.len()).filter(|at| held(*at)) {
                scored.entry(&families[at]).or_default().push((judge.risk(&features[at]), rows[at].label == 0));
            }
        }
        let how = if by_source { "the source left out" } else { "by question" };
        if !by_source {
            all = scored.values().flatten().copied().collect();
        }
        for (name, scored) in scored.iter().map(|(name, scored)| (*name, scored)).chain([("all", &all)]) {
            let threshold = threshold_at(scored, REFUSED);
            let (area, found) = (area(scored).unwrap_or(f64::NAN), recall_at(scored, threshold).unwrap_or(f64::NAN));
            log.push(format!(
                "  questions of {name:14} {how}: AUC {area:.4}, refused at {REFUSED} {found:.3}, n={}",
                scored.len()
            ));
        }
    }
    let threshold = round(threshold_at(&all, REFUSED));
    log.push(format!("  questions: threshold {threshold}"));
    Ok(Some((Judge { threshold, ..fit(&|_| true) }, log)))
}
