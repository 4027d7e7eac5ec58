//! `shipway ingest NAME`: refreshes every feed of a use case now, with progress.

use super::Ground;
use crate::house::House;
use crate::paint;
use ::ingest::{FeedJob, Progress, RunReport};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(crate) fn run(ground: &Ground<'_>, name: &str) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    house.known(name)?;
    refresh(&house, name, ground.json)
}

/// Refreshes all feeds; one that fails does not keep the others from it.
pub(crate) fn refresh(house: &House, name: &str, as_json: bool) -> anyhow::Result<ExitCode> {
    let use_case = house.parts.project.use_case(name)?;
    let folder = house.parts.project.use_case_folder(name);
    let (mut reports, mut failed) = (Vec::<Value>::new(), false);
    if use_case.declared.feeds.is_empty() && !as_json {
        paint::line(format!("`{name}` declares no feed: there is nothing to refresh"));
    }
    for (feed_name, feed) in &use_case.declared.feeds {
        let job = FeedJob { use_case: name, feed_name, feed, folder: &folder };
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
         {passages} passages indexed as snapshot {}",
        paint::good("✓"),
        paint::loud(feed),
        report.snapshot
    ));
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
    if let Ok(style) = ProgressStyle::with_template("  {msg:28} {wide_bar} {pos}/{len}  {eta}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, feed: &str, progress: Progress) {
    let (step, done, total) = match progress {
        Progress::Listing => ("listing", 0, 0),
        Progress::Parsing { done, total } => ("reading", done, total),
        Progress::Embedding { done, total } => ("embedding", done, total),
        Progress::Done => return,
    };
    bar.set_message(format!("{feed}: {step}"));
    bar.set_length(total as u64);
    bar.set_position(done as u64);
}
