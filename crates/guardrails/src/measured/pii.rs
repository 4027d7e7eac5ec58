//! Measures structured personal data: F1 per source family and per type. A finding is right when it has a label's type and
//! both overlap by half of what they cover together (intersection over union, in code points).
//!
//! Found is what ships, for every kind and country; of overlaps the longest counts, as in masking, among the measured types. A
//! family's rows are labelled with some types only: others are neither asked for nor counted. In the ambientmeta rows not
//! every value is labelled, so that their precision is a lower bound.

use super::labelled::rows;
use super::{Figure, Goal, Report, Unreadable};
use crate::guard::{pii, resolve_overlaps};
use serde::Deserialize;
use statistics::bootstrap;
use std::path::Path;

#[derive(Deserialize)]
struct Row {
    text: String,
    spans: Vec<Span>,
    source: String,
}

/// Code points, end exclusive.
#[derive(Deserialize)]
struct Span {
    start: usize,
    end: usize,
    #[serde(rename = "type")]
    kind: String,
}

/// Rows of one origin, and the types that it labels.
struct Family {
    capability: &'static str,
    prefix: &'static str,
    types: &'static [&'static str],
    goal: f64,
}

const FAMILIES: &[Family] = &[
    Family {
        capability: "structured PII, presidio-style",
        prefix: "presidio",
        types: &["EMAIL", "PHONE", "SSN", "CREDIT_CARD", "IBAN", "IP", "URL", "ZIP"],
        goal: 0.95,
    },
    Family {
        capability: "structured PII, ambientmeta",
        prefix: "ambientmeta",
        types: &["EMAIL", "PHONE", "SSN", "CREDIT_CARD", "NPI", "MRN"],
        goal: 0.80,
    },
];

/// What the data calls one of our kinds.
fn type_of(kind: &str) -> &str {
    match kind {
        "US_SSN" => "SSN",
        other => other,
    }
}

/// Right, only found, only labelled: per row and type.
#[derive(Clone, Copy, Default)]
struct Count {
    right: usize,
    found: usize,
    labelled: usize,
}

impl Count {
    fn add(self, other: Self) -> Self {
        Self {
            right: self.right + other.right,
            found: self.found + other.found,
            labelled: self.labelled + other.labelled,
        }
    }

    /// 2 × right / (found + labelled); `None` when there is neither.
    fn f1(self) -> Option<f64> {
        let all = self.found + self.labelled;
        (all > 0).then(|| 2.0 * self.right as f64 / all as f64)
    }
}

pub(super) fn measure(folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    let Some(rows) = rows::<Row>(folder, "pii.jsonl")? else {
        report.note("structured PII not measured: no file pii.jsonl");
        return Ok(());
    };
    for family in FAMILIES {
        let counted: Vec<(&str, Vec<Count>)> = rows
            .iter()
            .filter(|row| row.source.starts_with(family.prefix))
            .map(|row| (row.source.as_str(), count(row, family.types)))
            .collect();
        if counted.is_empty() {
            report.note(format!("{} not measured: no rows", family.capability));
            continue;
        }
        let all: Vec<Vec<Count>> = counted.iter().map(|(_, counts)| counts.clone()).collect();
        let whole = |counts: &[Count]| counts.iter().copied().fold(Count::default(), Count::add);
        report.push(figure(family.capability, "all", &all, whole).goal(Goal::AtLeast(family.goal)));
        shares(report, family.capability, "all", all.iter().map(|row| whole(row)).fold(Count::default(), Count::add));
        for (place, name) in family.types.iter().enumerate() {
            report.push(figure(family.capability, name, &all, |counts: &[Count]| counts[place]));
            shares(
                report,
                family.capability,
                name,
                all.iter().map(|row| row[place]).fold(Count::default(), Count::add),
            );
        }
        let mut sources: Vec<&str> = counted.iter().map(|(source, _)| *source).collect();
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            let own: Vec<Vec<Count>> =
                counted.iter().filter(|(of, _)| *of == source).map(|(_, counts)| counts.clone()).collect();
            report.push(figure(family.capability, source, &own, whole));
        }
    }
    Ok(())
}

fn figure(capability: &str, part: &str, rows: &[Vec<Count>], of: impl Fn(&[Count]) -> Count) -> Figure {
    let rows: Vec<Count> = rows.iter().map(|row| of(row)).collect();
    let f1 = |rows: &[&Count]| rows.iter().fold(Count::default(), |sum, row| sum.add(**row)).f1();
    let value = f1(&rows.iter().collect::<Vec<_>>());
    let interval = value.and_then(|_| bootstrap(&rows, f1));
    Figure::new(capability, part, "F1", value, interval, rows.len())
}

/// Precision and recall with the counts that they rest on.
fn shares(report: &mut Report, capability: &str, part: &str, count: Count) {
    report.push(Figure::share(capability, part, "precision", count.right, count.found));
    report.push(Figure::share(capability, part, "recall", count.right, count.labelled));
}

fn count(row: &Row, types: &[&str]) -> Vec<Count> {
    let found = found(&row.text, types);
    let mut counts = vec![Count::default(); types.len()];
    let mut taken = vec![false; found.len()];
    let place = |name: &str| types.iter().position(|known| *known == name);
    for span in &row.spans {
        let Some(at) = place(&span.kind) else { continue };
        counts[at].labelled += 1;
        let same = |(number, (start, end, kind)): &(usize, &(usize, usize, &str))| {
            let (union_start, union_end) = (span.start.min(*start), span.end.max(*end));
            let both = span.end.min(*end).saturating_sub(span.start.max(*start));
            !taken[*number] && *kind == span.kind && 2 * both >= union_end - union_start
        };
        if let Some((number, _)) = found.iter().enumerate().find(same) {
            taken[number] = true;
            counts[at].right += 1;
        }
    }
    for (_, _, kind) in &found {
        if let Some(at) = place(kind) {
            counts[at].found += 1;
        }
    }
    counts
}

/// What the finders find of these types, in code points.
fn found<'a>(text: &str, types: &[&'a str]) -> Vec<(usize, usize, &'a str)> {
    let mut findings = Vec::new();
    pii::find_in(text, pii::Scope::all(), &mut findings);
    findings.retain(|found| types.contains(&type_of(found.kind)));
    let (mut at, mut code_points) = (0, 0);
    let mut place = |byte: usize| {
        code_points += text[at..byte].chars().count();
        at = byte;
        code_points
    };
    let settled = resolve_overlaps(findings);
    let kinds = settled.iter().filter_map(|found| {
        let kind = types.iter().find(|name| **name == type_of(found.kind))?;
        Some((place(found.start), place(found.end), *kind))
    });
    kinds.collect()
}
