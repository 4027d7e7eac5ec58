//! `shipway review`: the answers that a guard was unsure of, for a person to look at.

use super::Ground;
use crate::cli::{Review, Verdict};
use crate::house::House;
use crate::paint;
use anyhow::{Context, bail};
use governance::ReviewDecision;
use std::process::ExitCode;
use usecase::TraceId;

pub(crate) fn run(ground: &Ground<'_>, review: &Review) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    if let Some(name) = &review.name {
        house.known(name)?;
    }
    match &review.decide {
        Some(trace) => decide(&house, trace, review),
        None => list(ground, &house, review.name.as_deref()),
    }
}

fn list(ground: &Ground<'_>, house: &House, name: Option<&str>) -> anyhow::Result<ExitCode> {
    let waiting = house.governance.reviews(name)?;
    if ground.json {
        paint::json(&waiting)?;
        return Ok(ExitCode::SUCCESS);
    }
    if waiting.is_empty() {
        paint::line("nothing waits for a review");
    }
    for item in waiting {
        paint::line(format!("{}  {}  {}", paint::loud(item.trace), item.use_case, paint::quiet(item.at)));
        for reason in &item.reasons {
            paint::line(format!("  {} {reason}", paint::care("why")));
        }
        let erased = || "(erased)".to_owned();
        paint::line(format!("  asked     {}", item.question.unwrap_or_else(erased)));
        paint::line(format!("  answered  {}", item.answer.unwrap_or_else(erased)));
    }
    Ok(ExitCode::SUCCESS)
}

fn decide(house: &House, trace: &str, review: &Review) -> anyhow::Result<ExitCode> {
    let id = TraceId::parse(trace).context("a trace id is 32 hex digits")?;
    let by = review.by.as_deref().context("say who decides, with --by or SHIPWAY_BY")?;
    let decision = match (review.decision, &review.text) {
        (Some(Verdict::Approve), None) => ReviewDecision::Approve,
        (Some(Verdict::Reject), None) => ReviewDecision::Reject,
        (Some(Verdict::Correct), Some(text)) => ReviewDecision::Correct { text: text.clone() },
        (Some(Verdict::Correct), None) => bail!("--decision correct needs the right answer in --text"),
        _ => bail!("--text goes with --decision correct only"),
    };
    house.governance.decide(id, decision, by, review.minutes, "")?;
    paint::line(format!("recorded for {id}"));
    Ok(ExitCode::SUCCESS)
}
