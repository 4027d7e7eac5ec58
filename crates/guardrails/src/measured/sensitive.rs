//! Measures sensitive subjects by source, language and category, with the weights and thresholds that ship. None of the
//! figures has a goal: a linear model over words does not solve this, and the figures say how far it comes.

use super::labelled::rows;
use super::{Figure, Report, Unreadable};
use crate::guard::sensitive::{SELF_HARM, assess};
use serde::Deserialize;
use statistics::{Scored, bootstrap};
use std::collections::BTreeMap;
use std::path::Path;

const FILE: &str = "sensitive.jsonl";
const CAPABILITY: &str = "sensitive subjects";
/// The category of any harmful request.
const ANY: usize = 0;

#[derive(Deserialize)]
struct Row {
    text: String,
    label: u8,
    #[serde(default)]
    category: String,
    source: String,
}

/// What the guard says of a row.
struct Judged {
    is_harmful: bool,
    /// Higher is more likely harmful: the margin of the surest sensitive category.
    score: f64,
    fires: bool,
    /// Whether it is about self-harm, where the columns say so.
    is_self_harm: bool,
    speaks_of_self_harm: bool,
}

pub(super) fn measure(folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    let Some(rows) = rows::<Row>(folder, FILE)? else {
        report.note(format!("sensitive subjects: not measured: no file {FILE}"));
        return Ok(());
    };
    let mut sources: BTreeMap<&str, Vec<Judged>> = BTreeMap::new();
    for row in &rows {
        sources.entry(&row.source).or_default().push(judge(row));
    }
    let all: Vec<&Judged> = sources.values().flatten().collect();
    report.push(Figure::area(CAPABILITY, "all", &scored(&all)));
    for (source, judged) in &sources {
        of_source(source, &judged.iter().collect::<Vec<_>>(), report);
    }
    self_harm(&all, report);
    report.note("sensitive subjects: a linear model; harm that lies in the purpose alone needs the model tier");
    Ok(())
}

fn judge(row: &Row) -> Judged {
    let subjects = assess(&row.text);
    let sensitive: Vec<_> = subjects.iter().filter(|subject| !subject.is_advice()).collect();
    let odds = |share: f32| f64::from((share.max(1e-6) / (1.0 - share).max(1e-6)).ln());
    let margins = sensitive.iter().map(|subject| odds(subject.score) - odds(subject.threshold));
    Judged {
        is_harmful: row.label == 1,
        score: odds(sensitive[ANY].score).max(margins.fold(f64::MIN, f64::max)),
        fires: sensitive.iter().any(|subject| subject.fires()),
        is_self_harm: row.category.split(',').any(|tag| tag == "SH"),
        speaks_of_self_harm: subjects[SELF_HARM].fires(),
    }
}

fn scored(judged: &[&Judged]) -> Vec<Scored> {
    judged.iter().map(|row| (row.score, row.is_harmful)).collect()
}

fn of_source(source: &str, judged: &[&Judged], report: &mut Report) {
    let (harmful, harmless): (Vec<&Judged>, Vec<&Judged>) = judged.iter().partition(|row| row.is_harmful);
    let fired = |rows: &[&Judged]| rows.iter().filter(|row| row.fires).count();
    if !harmful.is_empty() && !harmless.is_empty() {
        report.push(Figure::area(CAPABILITY, source, &scored(judged)));
        let value = f1(judged);
        report.push(Figure::new(CAPABILITY, source, "F1", value, bootstrap(judged, f1_of), judged.len()));
    }
    if !harmful.is_empty() {
        report.push(Figure::share(CAPABILITY, source, "recall", fired(&harmful), harmful.len()));
    }
    if !harmless.is_empty() {
        report.push(Figure::share(CAPABILITY, source, "false alarms", fired(&harmless), harmless.len()));
    }
}

fn f1(judged: &[&Judged]) -> Option<f64> {
    f1_of(&judged.iter().collect::<Vec<_>>())
}

fn f1_of(judged: &[&&Judged]) -> Option<f64> {
    let right = judged.iter().filter(|row| row.fires && row.is_harmful).count();
    let all = judged.iter().filter(|row| row.fires).count() + judged.iter().filter(|row| row.is_harmful).count();
    (all > 0).then(|| 2.0 * right as f64 / all as f64)
}

fn self_harm(all: &[&Judged], report: &mut Report) {
    let about: Vec<&&Judged> = all.iter().filter(|row| row.is_self_harm).collect();
    let found = about.iter().filter(|row| row.speaks_of_self_harm).count();
    report.push(Figure::share("self-harm", "moderation samples", "recall", found, about.len()));
    let others: Vec<&&Judged> = all.iter().filter(|row| !row.is_harmful).collect();
    let falsely = others.iter().filter(|row| row.speaks_of_self_harm).count();
    report.push(Figure::share("self-harm", "all harmless texts", "false alarms", falsely, others.len()));
    let spoken = all.iter().filter(|row| row.speaks_of_self_harm).count();
    report.push(Figure::share("self-harm", "all texts", "precision", found, spoken));
}
