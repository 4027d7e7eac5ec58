//! `shipway eval NAME`: runs the cases, compares, and judges by the gate.

use super::{GATE_FAILED, Ground};
use crate::cli::Eval;
use crate::house::{self, House};
use crate::paint;
use anyhow::{Context, bail};
use evals::{Conclusion, Outcome, Progress, RunOptions, Suite, report, routing, words_weight};
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;
use usecase::project::UseCase;

pub(crate) fn run(ground: &Ground<'_>, eval: &Eval) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    house.known(&eval.name)?;
    let use_case = house.parts.project.use_case(&eval.name)?;
    if eval.tune_routing {
        return tune_routing(ground, &house, &use_case, usize::from(eval.concurrency));
    }
    if eval.tune_retrieval {
        return tune_retrieval(ground, &house, &use_case);
    }
    let conclusion = conclude(&house, &use_case, usize::from(eval.concurrency), !ground.json)?;
    if let Some(path) = &eval.junit {
        let xml = report::junit::render(&conclusion)?;
        std::fs::write(path, xml).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if ground.json {
        paint::line(report::json::render(&conclusion)?);
    } else {
        paint::line(report::text::render(&conclusion));
    }
    Ok(if conclusion.gate.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(GATE_FAILED) })
}

/// Asks both models of an escalation, and prints when the larger one is worth asking. It judges no bundle: whatever
/// comes out, the gate is neither passed nor failed.
fn tune_routing(
    ground: &Ground<'_>,
    house: &House,
    use_case: &UseCase,
    concurrency: usize,
) -> anyhow::Result<ExitCode> {
    let parts = &house.parts;
    let model = &use_case.declared.model;
    let (Some(halves), Some(escalate)) = (parts.pipeline.prepare_halves(use_case)?, &model.escalate) else {
        bail!(
            "`{}` declares no larger model: add `escalate = {{ to = \"provider/model\", when = \"grounding\" }}` under [model]",
            use_case.name
        );
    };
    let suite = Suite::load(use_case)?;
    let bar = if ground.json { ProgressBar::hidden() } else { bar(suite.cases.len()) };
    let told = |done: usize| bar.set_position(done as u64);
    let options = RunOptions { concurrency };
    let (pipeline, admission) = (&parts.pipeline, &parts.admission);
    let runtime = house::runtime()?;
    let trial = runtime.block_on(routing::try_both(pipeline, admission, &halves, &suite, options, &told));
    bar.finish_and_clear();
    let small: Vec<String> = model.first().into_iter().map(ToString::to_string).collect();
    let margin = use_case.declared.evals.max_drop.fraction();
    let found = routing::tune(&use_case.name, &small.join(", "), escalate, margin, trial);
    runtime.block_on(parts.evals.record_tuning(&found))?;
    if ground.json {
        paint::json(&found)?;
    } else {
        paint::line(report::routing::render(&found));
    }
    Ok(ExitCode::SUCCESS)
}

/// Searches for the cases under every share of words, and prints which is best. It asks no model and judges no bundle.
fn tune_retrieval(ground: &Ground<'_>, house: &House, use_case: &UseCase) -> anyhow::Result<ExitCode> {
    let suite = Suite::load(use_case)?;
    let prepared = house.parts.pipeline.prepare(use_case)?;
    let bar = if ground.json { ProgressBar::hidden() } else { bar(suite.cases.len()) };
    let found = words_weight::tune(&house.parts.pipeline, &prepared, &suite, &|done| bar.set_position(done as u64));
    bar.finish_and_clear();
    let Some(found) = found else {
        bail!("`{}` searches nothing: it has no section [retrieval]", use_case.name);
    };
    if ground.json {
        paint::json(&found)?;
    } else {
        paint::line(report::words_weight::render(&found));
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a use case's own cases against it, with the serving bundle as the baseline.
pub(crate) fn conclude(
    house: &House,
    use_case: &UseCase,
    concurrency: usize,
    show_progress: bool,
) -> anyhow::Result<Conclusion> {
    let parts = &house.parts;
    let suite = Suite::load(use_case)?;
    let prepared = parts.pipeline.prepare(use_case)?;
    let serving = parts.releases.status(&use_case.name)?.pointer.map(|pointer| pointer.stable);
    let bar = if show_progress { bar(suite.cases.len()) } else { ProgressBar::hidden() };
    let told = |progress: Progress<'_>| {
        let failed = progress.done - progress.passed;
        bar.set_message(format!("{} passed, {failed} not", progress.passed));
        bar.set_position(progress.done as u64);
        if progress.case.outcome == Outcome::Error {
            bar.println(format!("  {} could not be asked", progress.case.description));
        }
    };
    let options = RunOptions { concurrency };
    let conclusion = house::runtime()?.block_on(async {
        let run = evals::run(&parts.pipeline, &parts.admission, &prepared, &suite, options, &told).await;
        parts.evals.conclude(run, &use_case.declared.evals, serving.as_ref()).await
    });
    bar.finish_and_clear();
    Ok(conclusion?)
}

/// How far through so many of something.
pub(super) fn bar(cases: usize) -> ProgressBar {
    let bar = ProgressBar::new(cases as u64);
    if let Ok(style) = ProgressStyle::with_template("  {msg:28} {wide_bar} {pos}/{len}  {eta}") {
        bar.set_style(style);
    }
    bar
}
