//! `shipway cache tune NAME`: a threshold for the answer cache that keeps to its budget of wrong answers, found on
//! labelled pairs or on the use case's own log.

use super::{Ground, recorded};
use crate::cli::Cache;
use crate::house::House;
use crate::paint;
use anyhow::Context;
use cache::verifier::Verifier;
use cache::{Compared, Logged, Pair, Tuned};
use ledger::Status;
use retrieval::Embedder;
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use usecase::Timestamp;
use usecase::declared::{Percent, Semantic};

/// Questions that are embedded at once.
const BATCH: usize = 64;
/// Requests of a log that are looked at, the newest first.
const MOST_LOGGED: usize = 20_000;

pub(crate) fn run(ground: &Ground<'_>, cache: &Cache) -> anyhow::Result<ExitCode> {
    let Cache::Tune { name, pairs, budget } = cache;
    let house = House::open(ground.project)?;
    house.known(name)?;
    let declared = house.parts.project.use_case(name)?.declared.cache;
    let declared = declared.and_then(|cache| cache.semantic).unwrap_or_default();
    let budget = match budget {
        Some(text) => Percent::parse(text).with_context(|| format!("`{text}` is no share: write it like 1%"))?,
        None => declared.false_hits,
    };
    let embedder = &*house.embedder;
    let pairs = match pairs {
        Some(file) => of_file(file, embedder)?,
        None => of_log(&house, name)?,
    };
    let verifier = Verifier::for_embedder(embedder.identity());
    let compared: Vec<Compared> = pairs.iter().map(|(pair, cosine)| cache::compare(verifier, pair, *cosine)).collect();
    let tuned = cache::tune(&compared, budget.fraction());
    if ground.json {
        json(&compared, budget, embedder, &tuned)?;
    } else {
        print(&compared, budget, embedder, &declared, &tuned);
    }
    Ok(if tuned.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Labelled pairs, each with its cosine.
fn of_file(file: &Path, embedder: &dyn Embedder) -> anyhow::Result<Vec<(Pair, f32)>> {
    let lines = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let pairs = cache::read(&lines).with_context(|| format!("{} holds no pairs", file.display()))?;
    let mut vectors = HashMap::new();
    embed(pairs.iter().flat_map(|pair| [pair.a.as_str(), pair.b.as_str()]), embedder, &mut vectors)?;
    let cosine = |pair: &Pair| -> f32 {
        let sides = vectors.get(&pair.a).zip(vectors.get(&pair.b));
        sides.map_or(0.0, |(a, b)| a.iter().zip(b).map(|(a, b)| a * b).sum())
    };
    Ok(pairs.into_iter().map(|pair| (cosine(&pair), pair)).map(|(cosine, pair)| (pair, cosine)).collect())
}

/// Questions of the use case's own apps that a model answered, the oldest first, each with the nearest that came
/// before. What the cache answered itself would only agree with itself, and a follow-up means nothing alone.
fn of_log(house: &House, name: &str) -> anyhow::Result<Vec<(Pair, f32)>> {
    let rows = recorded::rows(house, name, Timestamp(0), MOST_LOGGED)?;
    let answered = rows.into_iter().rev().filter(|row| row.status == Some(Status::Answered) && row.cache.is_none());
    let opened: Vec<recorded::Opened> = recorded::open(house, answered)?
        .into_iter()
        .filter(|one| one.alone && !one.recorded.question.trim().is_empty() && !one.recorded.answer.is_empty())
        .collect();
    let mut vectors = HashMap::new();
    embed(opened.iter().map(|one| one.recorded.question.as_str()), &*house.embedder, &mut vectors)?;
    let logged = opened.into_iter().filter_map(|one| {
        let vector = vectors.get(&one.recorded.question)?.clone();
        Some(Logged { question: one.recorded.question, answer: one.recorded.answer, cited: one.cited, vector })
    });
    Ok(cache::of_log(&logged.collect::<Vec<_>>()))
}

/// The vectors of different texts, a batch at a time.
fn embed<'a>(
    texts: impl Iterator<Item = &'a str>,
    embedder: &dyn Embedder,
    vectors: &mut HashMap<String, Vec<f32>>,
) -> anyhow::Result<()> {
    let mut different: Vec<&str> = texts.collect();
    different.sort_unstable();
    different.dedup();
    for batch in different.chunks(BATCH) {
        let made = embedder.embed(batch)?;
        vectors.extend(batch.iter().map(|text| (*text).to_owned()).zip(made));
    }
    Ok(())
}

fn same(compared: &[Compared]) -> usize {
    compared.iter().filter(|pair| pair.same).count()
}

fn json(
    compared: &[Compared],
    budget: Percent,
    embedder: &dyn Embedder,
    tuned: &Result<Tuned, cache::Error>,
) -> anyhow::Result<()> {
    let found = match tuned {
        Ok(tuned) => json!({
            "threshold": tuned.threshold, "served": tuned.served, "wrong": tuned.wrong, "false_hits": tuned.false_hits,
            "interval": tuned.interval, "hit_rate": tuned.hit_rate,
        }),
        Err(cache::Error::TooFew { needed, .. }) => json!({ "pairs_needed": needed }),
        Err(_) => json!({}),
    };
    let mut all = json!({
        "pairs": compared.len(), "same": same(compared), "budget": budget.fraction(), "embedder": embedder.identity(),
        "reason": tuned.as_ref().err().map(ToString::to_string),
    });
    if let (Some(all), Some(found)) = (all.as_object_mut(), found.as_object()) {
        all.extend(found.clone());
    }
    paint::json(&all)
}

fn print(
    compared: &[Compared],
    budget: Percent,
    embedder: &dyn Embedder,
    declared: &Semantic,
    tuned: &Result<Tuned, cache::Error>,
) {
    paint::line(format!(
        "{} pairs, {} of them the same question, by {}",
        compared.len(),
        same(compared),
        embedder.identity()
    ));
    let tuned = match tuned {
        Ok(tuned) => tuned,
        Err(reason) => return paint::line(format!("{} {reason}", paint::care("no threshold:"))),
    };
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    let (low, high) = tuned.interval;
    paint::line(format!("threshold        {} (the loosest within {budget})", paint::loud(tuned.threshold)));
    paint::line(format!(
        "false hits       {} of {} served ({}, at 95 % confidence {} to {})",
        tuned.wrong,
        tuned.served,
        percent(tuned.false_hits),
        percent(low),
        percent(high)
    ));
    paint::line(format!("hit rate         {} of the pairs that are the same question", percent(tuned.hit_rate)));
    if let Some(now) = declared.threshold.filter(|now| (*now as f32 - tuned.threshold).abs() > f32::EPSILON) {
        paint::line(format!("declared now     {now}"));
    }
    paint::line(format!("\n[cache]\nsemantic = {{ false_hits = \"{budget}\", threshold = {} }}", tuned.threshold));
}
