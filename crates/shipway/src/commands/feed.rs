//! `shipway feed`: how the feeds of a use case stand, what their runs did, what is held back, and where a document came from.

use super::{Ground, ingest as refreshing};
use crate::cli::Feed as Asked;
use crate::house::House;
use crate::paint;
use ::ingest::{Change, How, RunReport, RunRow, RunState};
use anyhow::{Context, bail};
use retrieval::{At, Collections};
use serde_json::json;
use std::process::ExitCode;
use usecase::Timestamp;
use usecase::declared::Feed;
use usecase::project::UseCase;

/// Documents of a run that are listed on a terminal.
const SHOWN: usize = 50;

pub(crate) fn run(ground: &Ground<'_>, asked: &Asked) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    let name = asked.name();
    house.known(name)?;
    match asked {
        Asked::Status { .. } => status(ground, &house, &house.parts.project.use_case(name)?)?,
        Asked::Runs { feed, limit, .. } => runs(ground, &house, name, feed.as_deref(), *limit)?,
        Asked::Quarantine { .. } => quarantine(ground, &house, name)?,
        Asked::Twins { .. } => twins(ground, &house, name)?,
        Asked::Replay { feed, allow_drop, .. } => {
            let how = How { replay: true, allow_drop: *allow_drop };
            return refreshing::refresh(&house, name, feed.as_deref(), how, ground.json);
        }
        Asked::Diff { run, document, .. } => diff(ground, &house, name, *run, document.as_deref())?,
        Asked::Lineage { document, .. } => lineage(ground, &house, name, document)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn status(ground: &Ground<'_>, house: &House, use_case: &UseCase) -> anyhow::Result<()> {
    let (ingest, now) = (&house.parts.ingest, Timestamp::now());
    let collections = &house.parts.pipeline.engines().collections;
    let held = ingest.quarantined(&use_case.name)?;
    let mut all = Vec::new();
    for (name, feed) in &use_case.declared.feeds {
        let head = collections.head(&format!("{}/{name}", use_case.name))?;
        let freshness = ingest.freshness(&use_case.name, name, feed, now)?;
        let next = ingest.next_due(feed, ingest.last_attempt(&use_case.name, name)?)?;
        let quarantined = held.iter().filter(|held| held.feed == *name).count();
        let rights_as_of = head.as_ref().and_then(|head| head.rights_as_of);
        let open = rights_open(feed, rights_as_of, now);
        if ground.json {
            all.push(json!({
                "feed": name, "source": feed.sources().first().map(|source| source.kind()), "owner": feed.owner,
                "licence": feed.licence, "jurisdiction": feed.jurisdiction, "data_class": feed.data_class,
                "freshness": freshness, "access_as_of": rights_as_of, "open": open, "next_due": next,
                "quarantined": quarantined, "collection": head,
            }));
            continue;
        }
        let fresh = if freshness.fresh { paint::good("fresh") } else { paint::bad("stale") };
        let closed =
            if open { String::new() } else { format!("  {}", paint::bad("closed: its access groups are too old")) };
        paint::line(format!("{}  {fresh}{closed}", paint::loud(name)));
        let said = |moment: Option<Timestamp>| moment.map_or("never".to_owned(), |moment| moment.to_string());
        paint::line(format!("  source       {}", feed.sources().first().map_or("none", |source| source.kind())));
        paint::line(format!("  last good    {}", said(freshness.last_good)));
        paint::line(format!("  access as of {}", said(rights_as_of)));
        paint::line(format!(
            "  next         {}",
            next.map_or("by hand".to_owned(), |next| if next <= now { "due".to_owned() } else { next.to_string() })
        ));
        if let Some(head) = head {
            paint::line(format!(
                "  collection   version {}, {} documents, {} passages",
                head.serving, head.documents, head.passages
            ));
        }
        if quarantined > 0 {
            paint::line(format!(
                "  {}  {quarantined} documents: `shipway feed quarantine {}`",
                paint::care("quarantined"),
                use_case.name
            ));
        }
    }
    if ground.json { paint::json(&all) } else { Ok(()) }
}

/// Whether the collection may be searched: its access groups are confirmed recently enough.
fn rights_open(feed: &Feed, as_of: Option<Timestamp>, now: Timestamp) -> bool {
    let within = feed.access_within();
    within.is_none_or(|within| as_of.is_some_and(|as_of| as_of.plus(within) >= now))
}

fn runs(ground: &Ground<'_>, house: &House, name: &str, feed: Option<&str>, limit: usize) -> anyhow::Result<()> {
    let rows = house.parts.ingest.last_runs(name)?;
    let rows: Vec<RunRow> =
        rows.into_iter().filter(|row| feed.is_none_or(|feed| row.feed == feed)).take(limit).collect();
    if ground.json {
        return paint::json(&rows);
    }
    if rows.is_empty() {
        paint::line(format!("no run yet: `shipway ingest {name}` refreshes the feeds now"));
    }
    for row in rows {
        let state = match row.state {
            RunState::Good => paint::good("good"),
            RunState::Running => paint::care("running"),
            RunState::Failed => paint::bad("failed"),
            RunState::Interrupted => paint::care("interrupted"),
        };
        paint::line(format!("{:>5}  {}  {state}  {}  {}", row.run, row.started, row.feed, what(&row)));
    }
    Ok(())
}

fn what(row: &RunRow) -> String {
    match (&row.report, &row.reason) {
        (Some(report), _) => {
            let RunReport { added, changed, unchanged, deleted, snapshot, .. } = report;
            format!("{added} new, {changed} changed, {unchanged} unchanged, {deleted} gone; version {snapshot}")
        }
        (None, Some(reason)) => reason.clone(),
        (None, None) => String::new(),
    }
}

fn quarantine(ground: &Ground<'_>, house: &House, name: &str) -> anyhow::Result<()> {
    let held = house.parts.ingest.quarantined(name)?;
    if ground.json {
        return paint::json(&held);
    }
    if held.is_empty() {
        paint::line("nothing is quarantined");
    }
    for one in held {
        let serves = if one.old_version_serves { "the old version serves on" } else { "not found" };
        paint::line(format!(
            "{} {}  {}",
            one.feed,
            paint::loud(&one.document),
            paint::quiet(format!("since {}, {serves}", one.since))
        ));
        paint::line(format!("    {}", one.reason));
        if one.path != one.document {
            paint::line(paint::quiet(format!("    in {}", one.path)));
        }
    }
    Ok(())
}

fn twins(ground: &Ground<'_>, house: &House, name: &str) -> anyhow::Result<()> {
    let twins = house.parts.ingest.twins(name)?;
    if ground.json {
        return paint::json(&twins);
    }
    if twins.is_empty() {
        paint::line("no two documents are nearly the same");
    }
    for pair in twins {
        let (one, other) = (&pair.one, &pair.other);
        let likeness = format!("{:.0} % the same", pair.similarity * 100.0);
        paint::line(format!(
            "{}/{}  and  {}/{}  {}",
            one.feed,
            paint::loud(&one.document),
            other.feed,
            paint::loud(&other.document),
            paint::quiet(likeness)
        ));
        for disagreement in &pair.disagreements {
            paint::line(format!("    {} {}", paint::bad("−"), disagreement.one));
            paint::line(format!("    {} {}", paint::good("+"), disagreement.other));
        }
    }
    Ok(())
}

/// What a run changed; of one document also its text before and after, while both versions are kept.
fn diff(
    ground: &Ground<'_>,
    house: &House,
    name: &str,
    run: Option<u64>,
    document: Option<&str>,
) -> anyhow::Result<()> {
    let rows = house.parts.ingest.last_runs(name)?;
    let mut good =
        rows.into_iter().filter_map(|row| row.report).filter(|report| run.is_none_or(|run| report.run == run));
    let report = match run {
        Some(run) => good.next().with_context(|| format!("run {run} is none of the last good runs of {name}"))?,
        None => good.next().with_context(|| format!("{name} has no good run yet"))?,
    };
    let touched = &report.lineage.touched;
    let Some(document) = document else {
        if ground.json {
            return paint::json(
                &json!({ "run": report.run, "feed": report.feed, "version": report.snapshot, "touched": touched }),
            );
        }
        paint::line(format!("run {} of {}: version {}", report.run, report.feed, report.snapshot));
        for one in touched.iter().take(SHOWN) {
            let sign = match one.change {
                Change::Added => paint::good("+"),
                Change::Changed => paint::care("~"),
                Change::Deleted => paint::bad("−"),
            };
            paint::line(format!("  {sign} {}", one.document));
        }
        if touched.len() > SHOWN {
            paint::line(format!("  and {} more; --json lists all", touched.len() - SHOWN));
        }
        return Ok(());
    };
    let collections = &house.parts.pipeline.engines().collections;
    let (before, after) = texts(house, collections, &report, document)?;
    if ground.json {
        return paint::json(&json!({ "document": document, "before": before, "after": after }));
    }
    for (sign, line) in lines_changed(before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default()) {
        paint::line(if sign == '+' { paint::good(format!("+ {line}")) } else { paint::bad(format!("− {line}")) });
    }
    Ok(())
}

/// A document's text before a run and after it.
fn texts(
    house: &House,
    collections: &Collections,
    report: &RunReport,
    document: &str,
) -> anyhow::Result<(Option<String>, Option<String>)> {
    let collection = format!("{}/{}", report.use_case, report.feed);
    // Whoever reads the data folder may read every document; the search asks for groups all the same.
    let groups = house.parts.ingest.groups_of(&report.use_case, &report.feed, document)?.unwrap_or_default();
    let at = |number: u64| -> anyhow::Result<Option<String>> {
        if number == 0 {
            return Ok(None);
        }
        let version = collections.version(&collection, At::Number(number))?;
        Ok(version.document(document, &groups)?.map(|document| document.text))
    };
    Ok((at(report.snapshot.saturating_sub(1))?, at(report.snapshot)?))
}

/// Lines that only one of two texts has, those that went first.
fn lines_changed<'a>(before: &'a str, after: &'a str) -> Vec<(char, &'a str)> {
    let only = |these: &'a str, those: &'a str, sign: char| {
        let those: std::collections::BTreeSet<&str> = those.lines().collect();
        these.lines().filter(move |line| !those.contains(line)).map(move |line| (sign, line)).collect::<Vec<_>>()
    };
    only(before, after, '-').into_iter().chain(only(after, before, '+')).collect()
}

fn lineage(ground: &Ground<'_>, house: &House, name: &str, document: &str) -> anyhow::Result<()> {
    let rows = house.parts.ingest.last_runs(name)?;
    let mut found = Vec::new();
    for report in rows.into_iter().filter_map(|row| row.report) {
        if let Some(touched) = report.lineage.touched.iter().find(|touched| touched.document == document) {
            found.push((touched.clone(), report));
        }
    }
    if found.is_empty() {
        bail!("none of the last runs of {name} touched a document `{document}`; the ledger keeps older ones");
    }
    if ground.json {
        let all = found.iter().map(|(touched, report)| {
            json!({
                "document": touched, "feed": report.feed, "run": report.run, "at": report.finished,
                "version": report.snapshot, "source": report.lineage.source, "inputs": report.lineage.inputs,
            })
        });
        return paint::json(&all.collect::<Vec<_>>());
    }
    for (touched, report) in found {
        let change = match touched.change {
            Change::Added => "added",
            Change::Changed => "changed",
            Change::Deleted => "deleted",
        };
        paint::line(format!(
            "{}  {change} by run {} of {}, version {}",
            report.finished, report.run, report.feed, report.snapshot
        ));
        paint::line(format!(
            "    from {}, item {}",
            report.lineage.source,
            touched.path.as_deref().unwrap_or("unknown")
        ));
        if let Some(hash) = &touched.content_hash {
            paint::line(paint::quiet(format!("    content {hash}, inputs of the run {}", report.lineage.inputs)));
        }
    }
    Ok(())
}
