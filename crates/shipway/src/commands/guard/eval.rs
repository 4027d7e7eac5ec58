//! `shipway guard eval FOLDER`: the table of goals on labelled texts, then every source and language.

use crate::cli::GuardEval;
use crate::commands::Ground;
use crate::paint;
use guardrails::measured::{self, Figure, Goal, Report};
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;
use std::time::Duration;

pub(crate) fn run(ground: &Ground<'_>, asked: &GuardEval) -> anyhow::Result<ExitCode> {
    let bar = if ground.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(100));
    let mut report = measured::measure(&asked.folder, &mut |part| bar.set_message(format!("measuring: {part}")))?;
    bar.finish_and_clear();
    let wanted = asked.only.as_deref().unwrap_or_default().to_lowercase();
    report
        .figures
        .retain(|figure| figure.capability.to_lowercase().contains(&wanted) && (!asked.goals || figure.goal.is_some()));
    if ground.json {
        paint::json(&report)?;
    } else {
        print(&report);
    }
    let missed = report.figures.iter().any(|figure| figure.is_met() == Some(false));
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print(report: &Report) {
    let goals: Vec<&Figure> = report.figures.iter().filter(|figure| figure.goal.is_some()).collect();
    if !goals.is_empty() {
        paint::line(paint::loud("goals"));
        heading("goal");
        goals.iter().for_each(|figure| row(figure, &figure.measure, &met(figure)));
    }
    let mut capability = "";
    for figure in report.figures.iter().filter(|figure| figure.goal.is_none()) {
        if figure.capability != capability {
            capability = &figure.capability;
            paint::line("");
            paint::line(paint::loud(capability));
        }
        let measure = &figure.measure;
        row_of(&figure.part, measure, figure, "");
    }
    report.notes.iter().for_each(|note| paint::line(paint::quiet(format!("note: {note}"))));
}

fn heading(last: &str) {
    let columns = format!("  {:<46} {:<26} {:>8}  {:<16} {:>7}  {last}", "", "", "", "95 % interval", "rows");
    paint::line(paint::quiet(columns));
}

fn row(figure: &Figure, measure: &str, last: &str) {
    row_of(&figure.capability, measure, figure, last);
}

fn row_of(name: &str, measure: &str, figure: &Figure, last: &str) {
    let value = figure.value.map_or("–".to_owned(), |value| shown(figure, value));
    let interval = figure.low.zip(figure.high);
    let interval =
        interval.map_or(String::new(), |(low, high)| format!("{} to {}", shown(figure, low), shown(figure, high)));
    let name = fitted(name, 46);
    let measure = fitted(measure, 26);
    paint::line(format!("  {name:<46} {measure:<26} {value:>8}  {interval:<16} {:>7}  {last}", figure.rows));
}

/// A name that keeps its column.
fn fitted(name: &str, width: usize) -> String {
    if name.chars().count() <= width { name.to_owned() } else { name.chars().take(width - 1).chain(['…']).collect() }
}

/// Shares in per cent, areas and F1 as they are, times in µs.
fn shown(figure: &Figure, value: f64) -> String {
    let measure = figure.measure.as_str();
    if measure.contains("µs") {
        return format!("{value:.0}");
    }
    if ["AUC", "AUROC", "F1"].iter().any(|word| measure.contains(word)) {
        return format!("{value:.3}");
    }
    let percent = value * 100.0;
    if percent > 0.0 && percent < 0.1 { format!("{percent:.3} %") } else { format!("{percent:.1} %") }
}

fn met(figure: &Figure) -> String {
    let goal = match figure.goal {
        Some(Goal::AtLeast(value)) => format!("≥ {}", shown(figure, value)),
        Some(Goal::AtMost(value)) => format!("≤ {}", shown(figure, value)),
        None => return String::new(),
    };
    match figure.is_met() {
        Some(true) => format!("{goal}  {}", paint::good("met")),
        Some(false) => format!("{goal}  {}", paint::bad("missed")),
        None => format!("{goal}  not measured"),
    }
}
