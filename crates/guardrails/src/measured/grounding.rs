//! Measures unsupported answers: how well the risk of a whole answer tells them apart, per source, what the shipped
//! threshold finds and doubts, which edits it finds, and what plain coverage of words would do.

use super::labelled::rows;
use super::{Figure, Goal, Report, Unreadable};
use crate::guard::grounding::{Cues, MODEL, NAMES, report_for, shown};
use crate::guards::passage_of;
use serde::Deserialize;
use statistics::{Interval, Scored, Z_95, area, area_interval, balanced_accuracy, bootstrap};
use std::collections::BTreeMap;
use std::path::Path;

const CAPABILITY: &str = "unsupported answers";

#[derive(Deserialize)]
struct Row {
    context: String,
    #[serde(default)]
    question: Option<String>,
    answer: String,
    label: u8,
    source: String,
    #[serde(default)]
    edit_types: Option<Vec<String>>,
}

/// One answer as it was judged.
struct Judged {
    family: String,
    source: String,
    edits: Vec<String>,
    bad: bool,
    risk: f64,
    without_question: f64,
    /// Share of the words' weight that no passage has.
    uncovered: f64,
    /// Sentences that state something, and how many of them are called unsupported.
    sentences: (usize, usize),
}

pub(super) fn measure(folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    let Some(rows) = rows::<Row>(folder, "groundedness.jsonl")? else {
        report.note("unsupported answers not measured: no file groundedness.jsonl");
        return Ok(());
    };
    let judged: Vec<Judged> = rows.iter().map(judge).collect();
    report.push(macro_area("macro AUC", &judged, |row| row.risk).goal(Goal::AtLeast(0.90)));
    let summedits: Vec<&Judged> = judged.iter().filter(|row| row.family == "summedits").collect();
    report.push(balanced("SummEdits, shipped threshold", &summedits, at_shipped).goal(Goal::AtLeast(0.65)));
    report.push(balanced("SummEdits, median of each domain", &summedits, at_medians));
    report.push(macro_area("macro AUC without the question", &judged, |row| row.without_question));
    report.push(macro_area("macro AUC of coverage alone", &judged, |row| row.uncovered));
    for (family, rows) in grouped(&judged, |row| row.family.clone()) {
        report.push(Figure::area(CAPABILITY, &family, &scored(&rows, |row| row.risk)));
        report.push(balanced(&family, &rows, at_shipped));
        at_threshold(&family, &rows, report);
    }
    for (source, rows) in
        grouped(&judged, |row| row.source.clone()).into_iter().filter(|(_, rows)| rows[0].source != rows[0].family)
    {
        report.push(Figure::area(CAPABILITY, &source, &scored(&rows, |row| row.risk)));
    }
    let mut edits: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in summedits.iter().filter(|row| row.bad) {
        for edit in &row.edits {
            let (found, all) = edits.entry(edit).or_default();
            *found += usize::from(row.risk >= MODEL.answer.threshold);
            *all += 1;
        }
    }
    for (edit, (found, all)) in edits {
        report.push(Figure::share(CAPABILITY, edit, "recall", found, all));
    }
    Ok(())
}

fn judge(row: &Row) -> Judged {
    let passages = [passage_of(&row.context)];
    let question = row.question.as_deref().filter(|question| !question.trim().is_empty());
    let report = report_for(question, &row.answer, &passages);
    let without_question = question.map_or(report.risk, |_| report_for(None, &row.answer, &passages).risk);
    let anywhere = NAMES.iter().position(|name| *name == "missing_anywhere").unwrap_or_default();
    let seen = shown(None, &row.answer, &passages, &Cues::default());
    let uncovered: f64 = seen.iter().map(|sentence| f64::from(sentence.features[anywhere])).sum();
    let whole = row.source.starts_with("begin/");
    let family = if whole { &row.source } else { row.source.split('/').next().unwrap_or_default() };
    Judged {
        family: family.to_owned(),
        source: row.source.clone(),
        edits: row.edit_types.clone().unwrap_or_default(),
        bad: row.label == 1,
        risk: report.risk,
        without_question,
        uncovered: uncovered / seen.len().max(1) as f64,
        sentences: (report.sentences.len(), report.sentences.iter().filter(|sentence| !sentence.supported).count()),
    }
}

fn grouped(judged: &[Judged], by: impl Fn(&Judged) -> String) -> BTreeMap<String, Vec<&Judged>> {
    let mut groups: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
    judged.iter().for_each(|row| groups.entry(by(row)).or_default().push(row));
    groups
}

fn scored(rows: &[&Judged], score: impl Fn(&Judged) -> f64) -> Vec<Scored> {
    rows.iter().map(|row| (score(row), row.bad)).collect()
}

/// The mean of the families' areas; its interval from theirs, taken as independent.
fn macro_area(measure: &str, judged: &[Judged], score: impl Fn(&Judged) -> f64) -> Figure {
    let families = grouped(judged, |row| row.family.clone());
    let known: Vec<(f64, Interval)> =
        families.values().filter_map(|rows| area_interval(&scored(rows, &score), Z_95)).collect();
    let count = known.len() as f64;
    let value = (count > 0.0).then(|| known.iter().map(|(area, _)| area).sum::<f64>() / count);
    let half = known.iter().map(|(area, interval)| (area - interval.low).powi(2)).sum::<f64>().sqrt() / count;
    let interval = value.map(|value| Interval { low: (value - half).max(0.0), high: (value + half).min(1.0) });
    Figure::new(CAPABILITY, "all", measure, value, interval, judged.len())
}

fn balanced(part: &str, rows: &[&Judged], form: impl Fn(&[&Judged]) -> Option<f64>) -> Figure {
    let interval = bootstrap(rows, |drawn| form(&drawn.iter().map(|row| **row).collect::<Vec<_>>()));
    Figure::new(CAPABILITY, part, "balanced accuracy", form(rows), interval, rows.len())
}

fn at_shipped(rows: &[&Judged]) -> Option<f64> {
    balanced_accuracy(&scored(rows, |row| row.risk), MODEL.answer.threshold)
}

/// The field's form: in each domain the median risk is the threshold, and the domains count the same.
fn at_medians(rows: &[&Judged]) -> Option<f64> {
    let mut domains: BTreeMap<&str, Vec<Scored>> = BTreeMap::new();
    rows.iter().for_each(|row| domains.entry(&row.source).or_default().push((row.risk, row.bad)));
    let one = |scored: &Vec<Scored>| {
        let mut risks: Vec<f64> = scored.iter().map(|(risk, _)| *risk).collect();
        risks.sort_by(f64::total_cmp);
        balanced_accuracy(scored, risks[risks.len() / 2])
    };
    let all: Vec<f64> = domains.values().filter_map(one).collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

fn at_threshold(family: &str, rows: &[&Judged], report: &mut Report) {
    let count = |bad: bool| rows.iter().filter(|row| row.bad == bad).count();
    let flagged = |bad: bool| rows.iter().filter(|row| row.bad == bad && row.risk >= MODEL.answer.threshold).count();
    report.push(Figure::share(CAPABILITY, family, "recall", flagged(true), count(true)));
    report.push(Figure::share(CAPABILITY, family, "supported answers doubted", flagged(false), count(false)));
    let (all, doubted) = rows
        .iter()
        .filter(|row| !row.bad)
        .fold((0, 0), |(all, doubted), row| (all + row.sentences.0, doubted + row.sentences.1));
    report.push(Figure::share(CAPABILITY, family, "supported sentences doubted", doubted, all));
    let coverage = area(&scored(rows, |row| row.uncovered));
    report.push(Figure::new(CAPABILITY, family, "AUC of coverage alone", coverage, None, rows.len()));
}
