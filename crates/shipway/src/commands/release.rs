//! `shipway release`, `promote`, `rollback`, `status`: how a bundle meets live traffic, and leaves it again.

use super::{GATE_FAILED, Ground, check, eval};
use crate::cli::{Moved, Release, Rollback};
use crate::house::House;
use crate::paint;
use anyhow::Context;
use evals::Passed;
use releases::{Decision, Go, Kind, Pointer, Status};
use server::evidence;
use std::process::ExitCode;
use usecase::BundleId;
use usecase::project::UseCase;

/// How many decisions `status` shows.
const SHOWN: usize = 10;

pub(crate) fn begin(ground: &Ground<'_>, release: &Release) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    house.known(&release.name)?;
    let bundle = house.parts.project.bundle(&release.name)?;
    let use_case = UseCase::from_bundle(&bundle)?;
    let Some(passed) = gate(&house, &use_case, ground.json)? else { return Ok(ExitCode::from(GATE_FAILED)) };
    let Some(go) = ready(&house, release, ground.json)? else { return Ok(ExitCode::from(1)) };
    pin(&house, &use_case)?;
    let steps = &use_case.declared.release.steps;
    let decision = house.parts.releases.begin(&bundle, steps, &passed, &go, &person(release.by.as_deref()))?;
    tell(ground, &decision)
}

/// What the collections serve now is kept for the bundle, when it says so, before any request can ask it.
fn pin(house: &House, use_case: &UseCase) -> anyhow::Result<()> {
    let status = house.parts.releases.status(&use_case.name)?;
    // What has traffic already is refused as a release, and a refusal moves nothing.
    let has_traffic =
        |pointer: &Pointer| pointer.stable == use_case.bundle || pointer.canary.as_ref() == Some(&use_case.bundle);
    if status.pointer.as_ref().is_some_and(has_traffic) {
        return Ok(());
    }
    let counting: Vec<BundleId> = status.history.into_iter().map(|decision| decision.bundle).collect();
    pipeline::pin_versions(&house.parts.pipeline.engines().collections, use_case, &counting)?;
    Ok(())
}

/// The proof of the gate: the one that the bundle has, or else the evals are run now.
fn gate(house: &House, use_case: &UseCase, as_json: bool) -> anyhow::Result<Option<Passed>> {
    if let Some(passed) = house.parts.evals.passed(&use_case.bundle)? {
        return Ok(Some(passed));
    }
    let conclusion = eval::conclude(house, use_case, 2, !as_json)?;
    match conclusion.gate {
        Ok(passed) => Ok(Some(passed)),
        Err(failed) => {
            anstream::eprintln!("{} the gate failed: {failed}", paint::bad("not released:"));
            Ok(None)
        }
    }
}

/// The six lines; or a person who takes it upon themselves.
fn ready(house: &House, release: &Release, as_json: bool) -> anyhow::Result<Option<Go>> {
    let gathered = evidence::gather_for_release(&house.parts, &release.name)?;
    let failing = match gathered.readiness.proof() {
        Ok(ready) => return Ok(Some(Go::Ready(ready))),
        Err(failing) => failing,
    };
    if !as_json {
        check::print(&gathered.readiness);
    }
    if let Some(reason) = &release.override_reason {
        return Ok(Some(Go::Override { failing, reason: reason.clone() }));
    }
    anstream::eprintln!(
        "{} mend the lines above, or take it upon you with --override REASON --by PERSON",
        paint::bad("not released:")
    );
    Ok(None)
}

pub(crate) fn promote(ground: &Ground<'_>, moved: &Moved) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    house.known(&moved.name)?;
    tell(ground, &house.parts.releases.promote(&moved.name, &person(moved.by.as_deref()))?)
}

pub(crate) fn rollback(ground: &Ground<'_>, rollback: &Rollback) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    let moved = &rollback.moved;
    house.known(&moved.name)?;
    let to = rollback.to.clone().map(BundleId::from_stored);
    tell(ground, &house.parts.releases.rollback(&moved.name, to.as_ref(), &person(moved.by.as_deref()))?)
}

pub(crate) fn status(ground: &Ground<'_>, name: &str) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    house.known(name)?;
    let status = house.parts.releases.status(name)?;
    if ground.json {
        paint::json(&status)?;
    } else {
        print(name, &status);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(name: &str, status: &Status) {
    let Some(pointer) = &status.pointer else {
        paint::line(format!("`{name}` was never released: `shipway release {name}`"));
        return;
    };
    paint::line(format!("{} serves {}", paint::loud(name), paint::good(&pointer.stable)));
    if let Some(canary) = &pointer.canary {
        paint::line(format!("  canary {} at {}", paint::care(canary), pointer.share));
    }
    for decision in status.history.iter().take(SHOWN) {
        paint::line(format!("  {}  {}", paint::quiet(decision.at), sentence(decision)));
    }
}

fn tell(ground: &Ground<'_>, decision: &Decision) -> anyhow::Result<ExitCode> {
    if ground.json {
        paint::json(decision)?;
    } else {
        paint::line(format!("{} {}", paint::good("✓"), sentence(decision)));
        if decision.kind == Kind::Canary {
            let name = &decision.use_case;
            paint::line(format!("  next: `shipway promote {name}`, or `shipway rollback {name}`"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn sentence(decision: &Decision) -> String {
    let Decision { bundle, share, by, .. } = decision;
    match decision.kind {
        Kind::Canary => format!("{bundle} is the canary: it gets {share} of the traffic (by {by})"),
        Kind::Promoted => format!("{bundle} serves all the traffic (by {by})"),
        Kind::RolledBack => format!("rolled back: {bundle} serves all the traffic again (by {by})"),
    }
}

/// Who decides, for the record: as told, else the account that runs the command.
fn person(by: Option<&str>) -> String {
    let account = || std::env::var("USER").or_else(|_| std::env::var("USERNAME")).ok();
    let named = by.map(str::to_owned).or_else(account).context("nobody is named");
    named.unwrap_or_else(|_| "the terminal".to_owned())
}
