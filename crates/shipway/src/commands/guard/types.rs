//! `shipway guard types`: the types of personal data that are known.

use crate::commands::Ground;
use crate::paint;
use serde_json::json;
use std::process::ExitCode;

pub(crate) fn run(ground: &Ground<'_>) -> anyhow::Result<ExitCode> {
    let types = guardrails::types();
    if ground.json {
        let listed = types.map(|known| {
            json!({ "type": known.kind, "rule": known.rule, "jurisdiction": known.jurisdiction, "masked": known.masked,
                    "what": known.what })
        });
        paint::json(&listed.collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    for known in types {
        let usual = if known.masked { paint::care("mask ") } else { paint::quiet("allow") };
        let whose = known.jurisdiction.unwrap_or("");
        paint::line(format!("  {usual}  {:<22} {whose:<4} {:<24} {}", known.kind, known.rule, known.what));
    }
    Ok(ExitCode::SUCCESS)
}
