//! Measures unanswerable questions: whether the gate before generation tells a question's own context from the nearest
//! other one.

use super::labelled::rows;
use super::{Figure, Goal, Report, Unreadable};
use crate::guard::answerable::assess;
use crate::guards::passage_of;
use serde::Deserialize;
use statistics::{Scored, area, recall_at, threshold_at};
use std::collections::BTreeMap;
use std::path::Path;

const CAPABILITY: &str = "unanswerable questions";
/// Share of answerable questions that may be refused.
const REFUSED: f64 = 0.05;

#[derive(Deserialize)]
struct Row {
    question: String,
    context: String,
    label: u8,
    source: String,
}

struct Judged {
    family: String,
    unanswerable: bool,
    risk: f64,
    refused: bool,
    uncovered: f64,
}

pub(super) fn measure(folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    let Some(rows) = rows::<Row>(folder, "answerability.jsonl")? else {
        report.note("unanswerable questions not measured: no file answerability.jsonl");
        return Ok(());
    };
    let judged: Vec<Judged> = rows.iter().map(judge).collect();
    let all: Vec<&Judged> = judged.iter().collect();
    push(report, "all", &all, true);
    let mut families: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
    judged.iter().for_each(|row| families.entry(&row.family).or_default().push(row));
    for (family, rows) in families {
        push(report, family, &rows, true);
    }
    Ok(())
}

fn push(report: &mut Report, part: &str, rows: &[&Judged], goals: bool) {
    let scored: Vec<Scored> = rows.iter().map(|row| (row.risk, row.unanswerable)).collect();
    let count = |unanswerable: bool| rows.iter().filter(|row| row.unanswerable == unanswerable).count();
    let with = |figure: Figure, least: f64| if goals { figure.goal(Goal::AtLeast(least)) } else { figure };
    report.push(with(Figure::area(CAPABILITY, part, &scored), 0.98));
    let threshold = threshold_at(&scored, REFUSED);
    let found = recall_at(&scored, threshold).map_or(0, |share| (share * count(true) as f64).round() as usize);
    report.push(with(Figure::share(CAPABILITY, part, "refused at 5 % wrong abstentions", found, count(true)), 0.90));
    let refused =
        |unanswerable: bool| rows.iter().filter(|row| row.unanswerable == unanswerable && row.refused).count();
    report.push(Figure::share(CAPABILITY, part, "refused at the shipped threshold", refused(true), count(true)));
    report.push(Figure::share(CAPABILITY, part, "wrong abstentions at it", refused(false), count(false)));
    let uncovered: Vec<Scored> = rows.iter().map(|row| (row.uncovered, row.unanswerable)).collect();
    report.push(Figure::new(CAPABILITY, part, "AUC of coverage alone", area(&uncovered), None, rows.len()));
}

fn judge(row: &Row) -> Judged {
    let assessed = assess(&row.question, &[passage_of(&row.context)]);
    Judged {
        family: row.source.split('+').next().unwrap_or_default().to_owned(),
        unanswerable: row.label == 0,
        risk: 1.0 - assessed.score,
        refused: !assessed.answerable,
        uncovered: 1.0 - assessed.coverage,
    }
}
