//! `shipway key`: API keys.

use super::Ground;
use crate::cli::{Key, Role};
use crate::{house, paint};
use admission::{Admission, NewKey};
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
        Key::Create { name, role, use_cases, groups, budget_per_day } => {
            for wanted in use_cases.iter().flatten().filter(|name| *name != usecase::Principal::MODELS) {
                house::known(&project, wanted)?;
            }
            let budget_per_day = budget_per_day.map(|text| money(&text)).transpose()?;
            let role = match role {
                Role::App => PrincipalRole::App,
                Role::Admin => PrincipalRole::Admin,
            };
            create(ground, &admission, &ledger, NewKey { name, role, use_cases, groups, budget_per_day })?;
        }
        Key::List => list(ground, &admission)?,
        Key::Revoke { id } => {
            if !admission.revoke(&id)? {
                bail!("there is no valid key `{id}`: `shipway key list` shows them");
            }
            record(&ledger, "key_revoked", &id)?;
            paint::line(format!("{id} is revoked: the next request with it is refused"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn money(text: &str) -> anyhow::Result<MicroUsd> {
    MicroUsd::parse(text).with_context(|| format!("`{text}` is not an amount of money: write it like \"5 USD\""))
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
        paint::line(format!("{}  {state}  {}  {}  {use_cases}", key.id, key.name, word(key.role)));
    }
    Ok(())
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
