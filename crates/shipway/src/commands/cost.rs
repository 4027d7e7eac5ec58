//! `shipway cost NAME`: what a use case costs, what the caches saved, and what its answers waste.

use super::{Ground, recorded};
use crate::cli;
use crate::house::House;
use crate::paint;
use anyhow::Context;
use insight::{Amount, GoodBy, Kind, Recorded, Savings, Waste};
use serde_json::json;
use server::evidence;
use std::process::ExitCode;
use usecase::declared::ModelRef;
use usecase::project::UseCase;
use usecase::{Cost, MicroUsd, Period, Timestamp};

/// Rows that are summed up; opening their texts is bounded apart.
const MOST_ROWS: usize = 1_000_000;

pub(crate) fn run(ground: &Ground<'_>, asked: &cli::Cost) -> anyhow::Result<ExitCode> {
    let since = &asked.since;
    let since = Period::parse(since).with_context(|| format!("`{since}` is no time: write it like 7d or 12h"))?;
    let house = House::open(ground.project)?;
    house.known(&asked.name)?;
    let use_case = house.parts.project.use_case(&asked.name)?;
    let ledger = &house.parts.ledger;
    let (rows, whole) = evidence::own_requests(ledger, &asked.name, Some(Timestamp::now().minus(since)), MOST_ROWS)?;
    let only_newest = (!whole).then_some(MOST_ROWS);
    let savings = insight::savings(&rows);
    let spent: Cost = rows.iter().map(|row| row.cost).sum();
    let ended = rows.into_iter().filter(|row| row.status.is_some() && row.cache.is_none());
    let opened = recorded::open(&house, ended.take(asked.answers as usize))?;
    let texts: Vec<Recorded> = opened.into_iter().map(|one| one.recorded).collect();
    let outcomes = house.parts.ledger.outcomes(&asked.name)?;
    let price = |model: &str| {
        house.parts.pipeline.engines().models.price_of(&ModelRef::parse(model)?).map(|price| price.output)
    };
    let waste = insight::waste(&texts, &outcomes, &use_case.declared.outcome, &price);
    let gathered = evidence::gather(&house.parts, &asked.name)?;
    if ground.json {
        let outcomes = &gathered.outcomes;
        paint::json(&json!({
            "since": since, "only_newest": only_newest, "spent": spent, "savings": savings, "waste": waste,
            "outcomes": outcomes,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let requests = savings.requests;
    paint::line(format!("{}: {requests} requests in {since}, {spent}", paint::loud(&asked.name)));
    if let Some(most) = only_newest {
        paint::line(format!(
            "  only the newest {most} requests are counted, older ones are left out: ask for less with --since"
        ));
    }
    paint::line(format!("cost per good outcome: {}", gathered.outcomes.sentence));
    print_savings(&savings);
    print_waste(&waste, &use_case);
    Ok(ExitCode::SUCCESS)
}

/// Both caches, a line each.
pub(crate) fn print_savings(savings: &Savings) {
    let Savings { requests, answer_cache: answers, prompt_cache: prompt } = savings;
    let rate = answers.hit_rate.map_or_else(
        || "no request yet".to_owned(),
        |rate| {
            let (share, low, high) = (percent(rate.share), percent(rate.low), percent(rate.high));
            let (exact, semantic) = (answers.exact, answers.semantic);
            format!(
                "{share} of {requests} requests (95 % interval {low} to {high}): {exact} exact, {semantic} semantic"
            )
        },
    );
    paint::line(format!("saved by the answer cache            {:>12}   {rate}", answers.saved.to_string()));
    let tokens = prompt.input_tokens;
    let share = prompt.share.map_or_else(
        || "no input yet".to_owned(),
        |share| format!("{} of {tokens} input tokens were read from it", percent(share)),
    );
    paint::line(format!("saved by the provider's prompt cache {:>12}   {share}", prompt.saved.to_string()));
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn print_waste(waste: &Waste, use_case: &UseCase) {
    if waste.requests == 0 {
        return paint::line("output tokens: no model answered yet");
    }
    let output = &waste.output;
    paint::line(format!(
        "\noutput tokens of the newest {} answered by models: {}, {}{}",
        waste.requests,
        output.tokens,
        money(output),
        if waste.estimated > 0 { format!(" (estimated in {} of them)", waste.estimated) } else { String::new() }
    ));
    paint::line(paint::quiet("  kinds may overlap: do not add them up"));
    for (kind, amount) in &waste.kinds {
        let share = amount.tokens as f64 / output.tokens.max(1) as f64;
        let (answers, tokens) = (amount.answers, amount.tokens);
        let line = format!(
            "  {:<10} {answers:>7} answers {tokens:>10} tokens {:>8}   {}",
            name(*kind),
            percent(share),
            money(amount)
        );
        paint::line(format!("{line}   {}", paint::quiet(meaning(*kind))));
    }
    print_lengths(waste, use_case.declared.model.max_tokens);
}

fn print_lengths(waste: &Waste, declared: Option<u64>) {
    let good = waste.good_answers;
    let by = match waste.good_by {
        GoodBy::Outcome => "by reported outcome",
        GoodBy::NoComplaint => "answered, not cut off, no review",
    };
    if let Some(lengths) = waste.lengths {
        let (p50, p95, p99) = (lengths.p50, lengths.p95, lengths.p99);
        paint::line(format!(
            "{good} good answers ({by}): half within {p50} tokens, 95 % within {p95}, 99 % within {p99}"
        ));
    }
    match (waste.max_tokens, declared) {
        (None, _) => paint::line(format!(
            "no limit is suggested: that takes 100 good answers, {} more",
            100_u64.saturating_sub(good)
        )),
        (Some(limit), Some(now)) if now <= limit => {
            paint::line(format!("max_tokens = {now} is declared: no looser than the {limit} that good answers need"));
        }
        (Some(limit), now) => {
            let now = now.map_or_else(|| "none is declared".to_owned(), |now| format!("{now} is declared"));
            paint::line(format!("suggested under [model]: max_tokens = {limit}   ({now})"));
        }
    }
}

fn money(amount: &Amount) -> String {
    match (amount.cost, amount.unpriced_tokens) {
        (cost, 0) => cost.to_string(),
        (MicroUsd::ZERO, _) => "unknown".to_owned(),
        (cost, unpriced) => format!("{cost} and {unpriced} tokens without a price"),
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Reasoning => "reasoning",
        Kind::Unseen => "unseen",
        Kind::Cut => "cut",
        Kind::Opening => "opening",
        Kind::Restated => "restated",
        Kind::Repeated => "repeated",
        Kind::Closing => "closing",
        Kind::Overlong => "overlong",
    }
}

fn meaning(kind: Kind) -> &'static str {
    match kind {
        Kind::Reasoning => "thought, not said",
        Kind::Unseen => "answers that nobody got: escalated, sampled, withheld, broken off",
        Kind::Cut => "answers that ended at the limit",
        Kind::Opening => "sentences that announce an answer",
        Kind::Restated => "the question said again",
        Kind::Repeated => "said before in the same answer",
        Kind::Closing => "offers of further help",
        Kind::Overlong => "beyond what 95 % of good answers need",
    }
}
