//! What must hold for every run, whatever its provider did.

use super::storm::{Run, text};
use serde_json::Value;
use testkit::{Effect, Reply};

/// How the runs ended: printed, so that a storm that tests nothing is seen.
#[derive(Debug, Default)]
pub(super) struct Tally {
    answered: usize,
    fell_back: usize,
    broke_off: usize,
    refused: usize,
    left: usize,
}

/// What a run's script allows.
#[derive(Debug, Default)]
struct Allowed<'a> {
    /// Models that may have answered.
    answers: Vec<&'a str>,
    /// Models whose stream may have broken off.
    breaks: Vec<&'a str>,
    /// Statuses of a failure; empty when it may not fail.
    statuses: Vec<u16>,
}

impl<'a> Allowed<'a> {
    /// With breakers any model may have been passed over for what other runs met there.
    fn of(run: &'a Run, breaker: bool) -> Self {
        let draw = &run.draw;
        let mut allowed = Self::default();
        if breaker {
            allowed.statuses.extend([429, 503]);
        }
        for model in draw.chain.models {
            let fault = draw.fault(model);
            let effect = fault.effect(draw.streamed);
            match effect {
                Effect::Breaks => allowed.breaks.push(model),
                Effect::Answers | Effect::Either => allowed.answers.push(model),
                // A second try at the same model may have met a better moment.
                Effect::Fails if draw.recovers => allowed.answers.push(model),
                Effect::Fails => {}
            }
            if !breaker && matches!(effect, Effect::Answers | Effect::Breaks) {
                allowed.statuses.clear();
                return allowed;
            }
            allowed.statuses.extend(fault.statuses());
        }
        if !draw.chain.is_bare() {
            allowed.statuses.clear();
            allowed.answers.push("local/extractive");
        }
        allowed
    }
}

/// # Errors
/// The invariant that does not hold.
pub(super) fn check(run: &Run, breaker: bool, tally: &mut Tally) -> Result<(), String> {
    let Some(reply) = &run.reply else {
        tally.left += 1;
        return Ok(());
    };
    let allowed = Allowed::of(run, breaker);
    let shown = || format!("{} {:?} ({allowed:?})", reply.status, reply.text());
    let broke = match reply.status {
        200 => final_frame(run, reply).map_err(|what| format!("{what}: {}", shown()))?,
        status if allowed.statuses.contains(&status) => {
            tally.refused += 1;
            let said = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
            if said["error"]["message"].as_str().is_none_or(str::is_empty) {
                return Err(format!("an error without a message: {}", shown()));
            }
            return record(run, reply, "failed");
        }
        _ => return Err(format!("a status that its script does not allow: {}", shown())),
    };
    let model = reply.header("x-shipway-model").unwrap_or_default();
    let said = spoken(run, reply);
    let full = text(run.draw.number, model);
    if broke {
        tally.broke_off += 1;
        let half: String = full.chars().take(full.chars().count() / 2).collect();
        if !allowed.breaks.contains(&model) || !(said.starts_with(&half) || half.starts_with(&said)) {
            return Err(format!("it broke off where it should not have: {}", shown()));
        }
        return record(run, reply, "failed");
    }
    if !allowed.answers.contains(&model) {
        return Err(format!("{model} may not have answered: {}", shown()));
    }
    if model == "local/extractive" {
        tally.fell_back += 1;
    } else {
        tally.answered += 1;
        if said != full {
            return Err(format!("the text is not what the model said: {}", shown()));
        }
    }
    record(run, reply, "")
}

/// Whether a good status ended in an error frame. A whole answer has its one end by its length; a stream has `[DONE]`
/// or an error frame, one of them, once.
fn final_frame(run: &Run, reply: &Reply) -> Result<bool, String> {
    if !reply.complete {
        return Err("the connection ended before the body did".to_owned());
    }
    if !run.draw.streamed {
        return serde_json::from_slice::<Value>(&reply.body).map(|_| false).map_err(|error| error.to_string());
    }
    let body = reply.text();
    let data: Vec<&str> = body.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let is_final = |frame: &&&str| **frame == "[DONE]" || frame.starts_with("{\"error\"");
    let last_is_final = data.last().is_some_and(|last| is_final(&last));
    match data.iter().filter(is_final).count() {
        1 if last_is_final => Ok(data.last() != Some(&"[DONE]")),
        1 => Err("something follows the final frame".to_owned()),
        count => Err(format!("{count} final frames")),
    }
}

fn spoken(run: &Run, reply: &Reply) -> String {
    if run.draw.streamed {
        return reply.streamed_text();
    }
    reply.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
}

/// The record is there, finished, with every attempt in the chain's order and with their costs as its cost.
fn record(run: &Run, reply: &Reply, status: &str) -> Result<(), String> {
    let record = &run.record;
    let wrong = |what: &str| Err(format!("{what}: {record} for {} {:?}", reply.status, reply.text()));
    let row = &record["row"];
    let ended = row["status"].as_str().unwrap_or_default();
    let as_told = if status.is_empty() { matches!(ended, "answered" | "abstained") } else { ended == status };
    if !as_told {
        return wrong("the record does not say how it ended");
    }
    let attempts = record["attempts"].as_array().cloned().unwrap_or_default();
    let cost: i64 = attempts.iter().filter_map(|attempt| attempt["cost"]["known"].as_i64()).sum();
    if row["cost"]["known"].as_i64() != Some(cost) {
        return wrong("the cost is not that of the attempts");
    }
    let mut models: Vec<&str> = attempts.iter().filter_map(|attempt| attempt["model"].as_str()).collect();
    models.retain(|model| *model != "local/extractive");
    let to_the_provider = models.iter().filter(|model| model.starts_with("scripted/")).count();
    if run.asked.len() > to_the_provider {
        return wrong(&format!("the provider was asked {:?}, more than is recorded", run.asked));
    }
    models.dedup();
    // A subsequence: a model may have been passed over.
    let mut chain = run.draw.chain.models.iter();
    if !models.iter().all(|model| chain.any(|next| next == model)) {
        return wrong("the attempts are not in the order of the chain");
    }
    Ok(())
}
