//! Measures names, places, addresses and organisations: F1, precision and recall per type and per group of sources, and how often
//! a person is found in questions that name nobody.

use super::labelled::rows;
use super::{Figure, Goal, Report, Unreadable};
use crate::guard::Finding;
use crate::guard::names::agreement::{Counts, Row, agreement};
use crate::guard::names::tagger::Tagged;
use crate::guard::names::{KINDS, find};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
struct Question {
    text: String,
}

/// The names that ship finds in a text.
fn tagged(text: &str) -> Vec<Tagged> {
    let mut findings: Vec<Finding> = Vec::new();
    find(text, &mut findings);
    let number = |found: &Finding| KINDS.iter().position(|(rule, _)| *rule == found.rule);
    findings
        .iter()
        .filter_map(|found| Some(Tagged { start: found.start, end: found.end, kind: number(found)? }))
        .collect()
}

pub(super) fn measure(folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    match rows::<Row>(folder, "pii.jsonl")? {
        Some(labelled) => agreements(&labelled, report),
        None => report.note("names not measured: no file pii.jsonl"),
    }
    for (file, part) in [("topic_banking77.jsonl", "banking77 questions"), ("topic_clinc150.jsonl", "clinc questions")]
    {
        let Some(questions) = rows::<Question>(folder, file)? else {
            report.note(format!("false alarms of names not measured: no file {file}"));
            continue;
        };
        for (kind, (_, name)) in KINDS.iter().enumerate() {
            let hits =
                questions.iter().filter(|question| tagged(&question.text).iter().any(|found| found.kind == kind));
            report.push(Figure::share(
                &format!("names, {name}"),
                part,
                "questions with a finding",
                hits.count(),
                questions.len(),
            ));
        }
    }
    Ok(())
}

fn agreements(labelled: &[Row], report: &mut Report) {
    let counted: Vec<(&str, [Counts; 4])> =
        labelled.iter().map(|row| (row.source.as_str(), agreement(&row.names(), &tagged(&row.text)))).collect();
    let mut sources: Vec<&str> = counted.iter().map(|(source, _)| *source).collect();
    sources.sort_unstable();
    sources.dedup();
    for (kind, (_, name)) in KINDS.iter().enumerate() {
        let goal = (kind == 0).then_some(Goal::AtLeast(0.8));
        push(report, name, "all", &of_kind(&counted, kind, ""), goal);
        for group in ["presidio-research/", "ambientmeta/"].into_iter().chain(sources.iter().copied()) {
            push(report, name, group.trim_end_matches('/'), &of_kind(&counted, kind, group), None);
        }
    }
}

/// One kind's counts per row, of the sources that begin so.
fn of_kind(counted: &[(&str, [Counts; 4])], kind: usize, begins: &str) -> Vec<Counts> {
    counted.iter().filter(|(source, _)| source.starts_with(begins)).map(|(_, counts)| counts[kind]).collect()
}

fn push(report: &mut Report, name: &str, part: &str, counts: &[Counts], goal: Option<Goal>) {
    type Share = fn(Counts) -> Option<f64>;
    let shares: [(&str, Share); 3] = [("F1", Counts::f1), ("precision", Counts::precision), ("recall", Counts::recall)];
    let sum = |rows: &mut dyn Iterator<Item = Counts>| {
        let mut all = Counts::default();
        rows.for_each(|row| all.add(row));
        all
    };
    let all = sum(&mut counts.iter().copied());
    if all.labelled == 0 {
        return;
    }
    for (measure, share) in shares {
        let interval = statistics::bootstrap(counts, |drawn| share(sum(&mut drawn.iter().map(|row| **row))));
        let figure = Figure::new(&format!("names, {name}"), part, measure, share(all), interval, counts.len());
        report.push(match goal {
            Some(goal) if measure == "F1" => figure.goal(goal),
            _ => figure,
        });
    }
}
