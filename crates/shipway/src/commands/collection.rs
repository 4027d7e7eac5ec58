//! `shipway collection`: what collections hold, and moving their pointers: roll back, pin, reembed, erase, drop.

use super::Ground;
use crate::cli::Collection as Asked;
use crate::house::House;
use crate::paint;
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use retrieval::Collections;
use serde_json::json;
use std::process::ExitCode;

pub(crate) fn run(ground: &Ground<'_>, asked: &Asked) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    let collections = &house.parts.pipeline.engines().collections;
    match asked {
        Asked::List => list(ground, collections)?,
        Asked::Versions { name } => versions(ground, collections, name)?,
        Asked::Rollback { name, to } => rollback(ground, collections, name, *to)?,
        Asked::Pin { name, number, holder } => {
            known(collections, name)?;
            collections.pin(name, holder, Some(*number))?;
            told(ground, &format!("version {number} of {name} is kept for {holder}"), &json!({ "pinned": number }))?;
        }
        Asked::Unpin { name, holder } => {
            known(collections, name)?;
            collections.pin(name, holder, None)?;
            told(ground, &format!("{holder} lets go of {name}"), &json!({ "unpinned": holder }))?;
        }
        Asked::Reembed { name } => reembed(ground, collections, name)?,
        Asked::Erase { name, documents } => {
            known(collections, name)?;
            let rows = collections.erase(name, documents)?;
            forget(&house, name, Some(documents))?;
            let text = format!(
                "{rows} stored versions of documents are gone from {name}; a feed that reads its whole source brings back what is still there"
            );
            told(ground, &text, &json!({ "erased": rows }))?;
        }
        Asked::Drop { name, yes } => {
            known(collections, name)?;
            if !yes {
                bail!("this deletes every version of `{name}`: say --yes; its feed fills it again at its next run");
            }
            collections.drop_collection(name)?;
            forget(&house, name, None)?;
            told(ground, &format!("{name} is gone"), &json!({ "dropped": name }))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What the feed that fills the collection knows of its documents goes with them.
fn forget(house: &House, name: &str, documents: Option<&[String]>) -> anyhow::Result<()> {
    let Some((use_case, feed)) = name.split_once('/') else { return Ok(()) };
    let forgotten = house.parts.ingest.forget(use_case, feed, documents);
    forgotten.context("the documents are gone, but not what their feed remembers of them; run this once more")
}

fn told(ground: &Ground<'_>, text: &str, value: &serde_json::Value) -> anyhow::Result<()> {
    if ground.json {
        return paint::json(value);
    }
    paint::line(format!("{} {text}", paint::good("✓")));
    Ok(())
}

fn known(collections: &Collections, name: &str) -> anyhow::Result<retrieval::Head> {
    let all = collections.list()?;
    match all.get(name) {
        Some(head) => Ok(head.clone()),
        None if all.is_empty() => bail!("there is no collection yet: `shipway ingest NAME` fills those of a use case"),
        None => {
            bail!("there is no collection `{name}`; there are {}", all.keys().cloned().collect::<Vec<_>>().join(", "))
        }
    }
}

fn list(ground: &Ground<'_>, collections: &Collections) -> anyhow::Result<()> {
    let all = collections.list()?;
    if ground.json {
        return paint::json(&json!({ "home": collections.home(), "collections": all }));
    }
    if all.is_empty() {
        paint::line("no collection yet: `shipway ingest NAME` fills those of a use case");
    }
    let configured = collections.embedder().space();
    for (name, head) in all {
        let rolled_back =
            if head.serving == head.newest { String::new() } else { format!(" (newest {})", head.newest) };
        paint::line(format!(
            "{}  version {}{rolled_back}, {} documents, {} passages, {}",
            paint::loud(&name),
            head.serving,
            head.documents,
            head.passages,
            head.space.embedder
        ));
        if head.space != configured {
            let move_it = format!("shipway collection reembed {name}");
            paint::line(format!(
                "    {} {} is configured; move it with `{move_it}`",
                paint::care("note"),
                configured.embedder
            ));
        }
    }
    Ok(())
}

fn versions(ground: &Ground<'_>, collections: &Collections, name: &str) -> anyhow::Result<()> {
    let head = known(collections, name)?;
    let versions = collections.versions(name)?;
    if ground.json {
        return paint::json(&json!({ "serving": head.serving, "versions": versions }));
    }
    for version in versions {
        let serves = if version.number == head.serving { paint::good("serves").clone() } else { "      ".to_owned() };
        let pins = if version.pinned_by.is_empty() {
            String::new()
        } else {
            format!("  kept for {}", version.pinned_by.join(", "))
        };
        paint::line(format!(
            "{:>6}  {serves}  {}  {} documents{pins}",
            version.number, version.committed, version.documents
        ));
    }
    Ok(())
}

fn rollback(ground: &Ground<'_>, collections: &Collections, name: &str, to: Option<u64>) -> anyhow::Result<()> {
    let head = known(collections, name)?;
    let to = match to {
        Some(to) => to,
        None => match collections.versions(name)?.iter().find(|version| version.number < head.serving) {
            Some(before) => before.number,
            None => bail!("`{name}` has no version before {} that is still kept", head.serving),
        },
    };
    collections.serve(name, to)?;
    let text = format!(
        "{name} serves version {to} from the next search on (was {}); its feed's next run starts from there",
        head.serving
    );
    told(ground, &text, &json!({ "serving": to, "before": head.serving }))
}

fn reembed(ground: &Ground<'_>, collections: &Collections, name: &str) -> anyhow::Result<()> {
    known(collections, name)?;
    let bar = if ground.json { ProgressBar::hidden() } else { ProgressBar::new(0) };
    if let Ok(style) = ProgressStyle::with_template("  {msg:28} {wide_bar} {pos}/{len}  {eta}") {
        bar.set_style(style);
    }
    bar.set_message(format!("{name}: embedding"));
    let moved = collections.reembed(name, &|done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let moved = moved?;
    let text = if moved.from == moved.to {
        format!("{name} holds vectors of {} already", moved.to.embedder)
    } else {
        format!(
            "{name} moved from {} to {}; {} texts were embedded",
            moved.from.embedder, moved.to.embedder, moved.embedded
        )
    };
    told(ground, &text, &json!({ "from": moved.from, "to": moved.to, "embedded": moved.embedded }))
}
