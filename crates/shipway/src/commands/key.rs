//! `shipway key`: API keys.

use super::Ground;
use crate::cli::{self, Key, Role};
use crate::{house, paint};
use admission::{Admission, KeyInfo, KeyLimits, NewKey, Priority};
use anyhow::{Context, bail};
use ledger::{Event, Ledger};
use serde_json::json;
use std::process::ExitCode;
use storage::Storage;
use usecase::{MicroUsd, PrincipalRole};

pub(crate) fn run(ground: &Ground<'_>, key: Key) -> anyhow::Result<ExitCode> {
    let project = house::project(ground.project)?;
    let storage = Storage::open(&project.data_folder())?;
    let (ledger, admission) = (Ledger::open(&storage)?, Admission::open(&storage)?);
    match key {
        Key::Create { name, role, use_cases, groups, budget_per_day, limits } => {
            for wanted in use_cases.iter().flatten().filter(|name| *name != usecase::Principal::MODELS) {
                house::known(&project, wanted)?;
            }
            let budget_per_day = budget_per_day.map(|text| money(&text)).transpose()?;
            let role = match role {
                Role::App => PrincipalRole::App,
                Role::Admin => PrincipalRole::Admin,
            };
            create(
                ground,
                &admission,
                &ledger,
                NewKey { name, role, use_cases, groups, budget_per_day, limits: limits_of(&limits) },
            )?;
        }
        Key::List => list(ground, &admission)?,
        Key::Revoke { id } => {
            if !admission.revoke(&id)? {
                bail!("there is no valid key `{id}`: `shipway key list` shows them");
            }
            record(&ledger, "key_revoked", &id)?;
            paint::line(format!("{id} is revoked: requests with it are refused from now on"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn money(text: &str) -> anyhow::Result<MicroUsd> {
    MicroUsd::parse(text).with_context(|| format!("`{text}` is not an amount of money: write it like \"5 USD\""))
}

fn limits_of(limits: &cli::KeyLimits) -> KeyLimits {
    let priority = match limits.priority {
        cli::Priority::Low => Priority::Low,
        cli::Priority::Normal => Priority::Normal,
        cli::Priority::High => Priority::High,
    };
    KeyLimits {
        requests_per_minute: limits.rpm,
        tokens_per_minute: limits.tpm,
        concurrency: limits.concurrency,
        priority,
    }
}

fn create(ground: &Ground<'_>, admission: &Admission, ledger: &Ledger, key: NewKey) -> anyhow::Result<()> {
    let first = !admission.any()?;
    let created = admission.create(key)?;
    record(ledger, "key_created", &created.principal.key)?;
    if ground.json {
        return paint::json(&json!({ "principal": created.principal, "secret": created.secret }));
    }
    paint::line(format!(
        "{}  {}",
        paint::loud(&created.secret),
        paint::care("shown once: keep it where secrets are kept")
    ));
    paint::line(paint::quiet(format!("id {}", created.principal.key)));
    if first {
        paint::line(paint::quiet("it is the first key: from now on callers need one on every address"));
    }
    Ok(())
}

fn list(ground: &Ground<'_>, admission: &Admission) -> anyhow::Result<()> {
    let keys = admission.list()?;
    if ground.json {
        return paint::json(&keys);
    }
    if keys.is_empty() {
        paint::line("no key yet: `shipway key create NAME` makes one");
    }
    for key in keys {
        let state = if key.revoked.is_some() { paint::bad("revoked") } else { paint::good("valid") };
        let use_cases = key.use_cases.as_ref().map_or("all use cases".to_owned(), |names| names.join(", "));
        let limits = limits_in_words(&key);
        paint::line(format!("{}  {state}  {}  {}  {use_cases}{limits}", key.id, key.name, word(key.role)));
    }
    Ok(())
}

/// Only what is limited, and a priority that is not the usual one.
fn limits_in_words(key: &KeyInfo) -> String {
    let KeyLimits { requests_per_minute, tokens_per_minute, concurrency, priority } = key.limits;
    let limits = [
        requests_per_minute.map(|limit| format!("{limit} requests/min")),
        tokens_per_minute.map(|limit| format!("{limit} tokens/min")),
        concurrency.map(|limit| format!("{limit} at once")),
        (priority != Priority::Normal).then(|| format!("priority {}", priority.word())),
    ];
    limits.into_iter().flatten().map(|limit| format!("  {limit}")).collect()
}

fn word(role: PrincipalRole) -> &'static str {
    match role {
        PrincipalRole::App => "app",
        PrincipalRole::Admin => "admin",
    }
}

fn record(ledger: &Ledger, kind: &'static str, id: &str) -> anyhow::Result<()> {
    ledger.append_blocking(&Event { kind, use_case: None, body: json!({ "key": id }), payload: None })?;
    Ok(())
}
