//! Measures the grounding guard: `grounding_quality <folder>` reads `groundedness.jsonl` (context, answer, label 1 =
//! not grounded, source) and prints per source the area under the ROC curve of one minus the mean support, and balanced
//! accuracy at the shipped threshold.

use guardrails::Guards;
use serde_json::Value;
use std::collections::BTreeMap;
use usecase::declared::Guard;
use usecase::{DocumentRef, Passage};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: grounding_quality <folder>")?;
    let guards = Guards::new(&Guard::default());
    let mut scores: BTreeMap<String, Vec<(f64, bool, bool)>> = BTreeMap::new();
    for line in std::fs::read_to_string(format!("{folder}/groundedness.jsonl"))?.lines() {
        let row: Value = serde_json::from_str(line)?;
        let text = row["context"].as_str().unwrap_or_default().to_owned();
        let source = DocumentRef { collection: "c".into(), document: "d".into(), title: "t".into(), url: None };
        let passage = Passage {
            source,
            ordinal: 0,
            start: 0,
            end: text.chars().count(),
            text,
            header: String::new(),
            score: 0.0,
        };
        let report = guards.check_grounding(row["answer"].as_str().unwrap_or_default(), &[passage]);
        let judged = report.sentences.len().max(1) as f64;
        let mean: f64 = report.sentences.iter().map(|sentence| sentence.support).sum::<f64>() / judged;
        let mean = if report.sentences.is_empty() { 1.0 } else { mean };
        let source = row["source"].as_str().unwrap_or_default().to_owned();
        let family = source.split('/').next().unwrap_or_default().to_owned() + " (all)";
        let entry = (1.0 - mean, row["label"] == 1, report.share < 0.999);
        scores.entry(source).or_default().push(entry);
        scores.entry(family).or_default().push(entry);
    }
    for (source, rows) in &mut scores {
        rows.sort_by(|one, other| one.0.total_cmp(&other.0));
        let bad = rows.iter().filter(|row| row.1).count();
        let good = rows.len() - bad;
        let caught = rows.iter().filter(|row| row.1 && row.2).count() as f64 / bad.max(1) as f64;
        let alarms = rows.iter().filter(|row| !row.1 && row.2).count() as f64 / good.max(1) as f64;
        let balanced = (caught + 1.0 - alarms) / 2.0;
        println!(
            "{source:26} AUC {:.3}  unsupported found {:5.1} %  supported doubted {:5.1} %  balanced accuracy {balanced:.3}  ({good} good, {bad} bad)",
            area(rows),
            100.0 * caught,
            100.0 * alarms
        );
    }
    Ok(())
}

/// Area under the ROC curve of rows sorted by score; ties count half.
fn area(rows: &[(f64, bool, bool)]) -> f64 {
    let (mut good_below, mut sum) = (0.0, 0.0);
    let mut at = 0;
    while at < rows.len() {
        let tied = rows[at..].iter().take_while(|row| row.0 == rows[at].0).count();
        let bad = rows[at..at + tied].iter().filter(|row| row.1).count() as f64;
        let good = tied as f64 - bad;
        sum += bad * (good_below + good / 2.0);
        good_below += good;
        at += tied;
    }
    let bad = rows.iter().filter(|row| row.1).count() as f64;
    if bad == 0.0 || good_below == 0.0 { f64::NAN } else { sum / (bad * good_below) }
}
