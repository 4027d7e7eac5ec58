//! `shipway ingest NAME`: refreshes the feeds of a use case now, with progress.

use super::Ground;
use crate::cli::Ingest;
use crate::house::House;
use crate::paint;
use ::ingest::{FeedJob, How, Phase, Progress, RunReport};
use anyhow::bail;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(crate) fn run(ground: &Ground<'_>, asked: &Ingest) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    house.known(&asked.name)?;
    let how = How { replay: false, allow_drop: asked.allow_drop };
    refresh(&house, &asked.name, asked.feed.as_deref(), how, ground.json)
}

/// Refreshes all feeds, or one; a feed that fails does not keep the others from it.
pub(crate) fn refresh(
    house: &House,
    name: &str,
    only: Option<&str>,
    how: How,
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    let use_case = house.parts.project.use_case(name)?;
    let folder = house.parts.project.use_case_folder(name);
    let (mut reports, mut failed) = (Vec::<Value>::new(), false);
    let feeds = &use_case.declared.feeds;
    if let Some(only) = only.filter(|only| !feeds.contains_key(*only)) {
        bail!("`{name}` has no feed `{only}`; it has {}", feeds.keys().cloned().collect::<Vec<_>>().join(", "));
    }
    if feeds.is_empty() && !as_json {
        paint::line(format!("`{name}` declares no feed: there is nothing to refresh"));
    }
    for (feed_name, feed) in feeds.iter().filter(|(feed, _)| only.is_none_or(|only| only == *feed)) {
        let job = FeedJob { use_case: name, feed_name, feed, folder: &folder, how };
        let bar = progress_bar(as_json);
        let outcome = house.parts.ingest.run(&job, &|progress| show(&bar, feed_name, progress));
        bar.finish_and_clear();
        match outcome {
            Ok(report) if as_json => reports.push(json!(report)),
            Ok(report) => tell(&report),
            Err(error) => {
                failed = true;
                reports.push(json!({ "feed": feed_name, "error": error.to_string() }));
                if !as_json {
                    paint::line(format!("{} {feed_name}: {error}", paint::bad("✗")));
                }
            }
        }
    }
    if as_json {
        paint::json(&reports)?;
    }
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn tell(report: &RunReport) {
    let RunReport { feed, seen, added, changed, unchanged, deleted, passages, .. } = report;
    paint::line(format!(
        "{} {}: {seen} documents: {added} new, {changed} changed, {unchanged} unchanged, {deleted} gone; \
         {passages} passages indexed as version {}",
        paint::good("✓"),
        paint::loud(feed),
        report.snapshot
    ));
    if !report.personal.is_empty() {
        let kinds: Vec<String> = report.personal.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        paint::line(format!("    {} personal data: {}", paint::care("note"), kinds.join(", ")));
    }
    if report.injections > 0 {
        let count = report.injections;
        paint::line(format!(
            "    {} {count} passages give orders to the model (prompt injection)",
            paint::care("note")
        ));
    }
    if report.more {
        paint::line(format!("    {} more is waiting in the source; the next run goes on", paint::care("note")));
    }
    for held in &report.quarantined {
        let serves = if held.old_version_serves { " (the old version serves on)" } else { "" };
        paint::line(format!("    {} {}: {}{serves}", paint::care("quarantined"), held.document, held.reason));
    }
    for warning in &report.warnings {
        paint::line(format!("    {} {warning}", paint::care("note")));
    }
}

/// A bar on a terminal, nothing elsewhere.
fn progress_bar(as_json: bool) -> ProgressBar {
    if as_json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("  {wide_bar} {pos}/{len}  {eta}  {msg}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, feed: &str, progress: Progress) {
    let Progress { phase, items, expected, documents, passages, bytes } = progress;
    let read = format!("{documents} documents, {passages} new passages, {}", HumanBytes(bytes));
    let (step, done, total) = match phase {
        Phase::Reading => (read, items, expected.unwrap_or(0)),
        Phase::Embedding { done, total } => (format!("embedding; {read}"), done, total),
        Phase::Committing => ("putting the new version in place".to_owned(), 0, 0),
        Phase::Done => return,
    };
    bar.set_message(format!("{feed}: {step}"));
    bar.set_length(total as u64);
    bar.set_position(done as u64);
}
