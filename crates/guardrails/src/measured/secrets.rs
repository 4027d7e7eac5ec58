//! Measures the secrets guard: how many secrets it finds, how many things that only look like one it flags, and how
//! many texts of people who ask something honest.

use super::labelled::rows;
use super::{Figure, Goal, Report, Unreadable};
use crate::guard::secrets;
use base64::Engine as _;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

const CAPABILITY: &str = "secrets";

#[derive(Deserialize)]
struct Row {
    text_b64: String,
    label: u8,
    source: String,
}

/// A row of any other file, of which only honest text counts.
#[derive(Deserialize)]
struct Prompt {
    text: Option<String>,
    question: Option<String>,
    #[serde(default)]
    label: serde_json::Value,
    source: String,
}

/// Files whose texts people wrote to an assistant, or could have.
const PROMPTS: &[&str] = &[
    "injection.jsonl",
    "injection_ood.jsonl",
    "topic_clinc150.jsonl",
    "topic_banking77.jsonl",
    "topic_domains.jsonl",
    "answerability.jsonl",
];

/// Flagged rows and all rows.
type Count = (usize, usize);

pub(super) fn measure(folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    let Some(labelled) = rows::<Row>(folder, "secrets.jsonl")? else {
        report.note("secrets: not measured: no file secrets.jsonl");
        return Ok(());
    };
    // Scanners' test cases: what is no secret to one rule is one to another, and stands there with both labels.
    let mut labels: BTreeMap<&str, [bool; 2]> = BTreeMap::new();
    for row in &labelled {
        labels.entry(&row.text_b64).or_default()[usize::from(row.label == 1)] = true;
    }
    let mut counts: BTreeMap<(bool, &str), Count> = BTreeMap::new();
    let (mut secret_only, mut contested) = (Count::default(), Count::default());
    for row in &labelled {
        let bytes = base64::engine::general_purpose::STANDARD.decode(&row.text_b64).unwrap_or_default();
        let found = kinds(&String::from_utf8_lossy(&bytes));
        let (positive, both) = (row.label == 1, labels[row.text_b64.as_str()] == [true, true]);
        add(counts.entry((positive, "all")).or_default(), !found.is_empty());
        add(counts.entry((positive, &row.source)).or_default(), !found.is_empty());
        if positive {
            add(&mut secret_only, found.iter().any(|kind| *kind != "RESOURCE"));
        } else if !both {
            add(&mut contested, !found.is_empty());
        }
    }
    for ((positive, part), (flagged, all)) in counts.into_iter().rev() {
        let measure = if positive { "recall" } else { "hard negatives flagged" };
        let goal = if positive { Goal::AtLeast(0.97) } else { Goal::AtMost(0.05) };
        let figure = Figure::share(CAPABILITY, part, measure, flagged, all);
        report.push(if part == "all" { figure.goal(goal) } else { figure });
    }
    report.push(Figure::share(CAPABILITY, "without names of resources", "recall", secret_only.0, secret_only.1));
    report.push(Figure::share(
        CAPABILITY,
        "without texts that bear both labels",
        "hard negatives flagged",
        contested.0,
        contested.1,
    ));
    prompts(folder, report)
}

fn prompts(folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    let (mut all, mut parts) = (Count::default(), BTreeMap::<String, Count>::new());
    for file in PROMPTS {
        for prompt in rows::<Prompt>(folder, file)?.into_iter().flatten() {
            let attack = file.starts_with("injection") && prompt.label == 1;
            let Some(text) = prompt.text.or(prompt.question).filter(|_| !attack) else { continue };
            let flagged = !kinds(&text).is_empty();
            add(&mut all, flagged);
            add(parts.entry(prompt.source).or_default(), flagged);
        }
    }
    report.push(Figure::share(CAPABILITY, "all", "real prompts flagged", all.0, all.1).goal(Goal::AtMost(0.0002)));
    for (source, (flagged, rows)) in parts {
        report.push(Figure::share(CAPABILITY, &source, "real prompts flagged", flagged, rows));
    }
    Ok(())
}

fn kinds(text: &str) -> Vec<&'static str> {
    let mut findings = Vec::new();
    secrets::find(text, &mut findings);
    findings.into_iter().map(|found| found.kind).collect()
}

fn add(count: &mut Count, flagged: bool) {
    count.0 += usize::from(flagged);
    count.1 += 1;
}
