//! `shipway check NAME`: the six lines with their evidence, and the cost per good outcome.

use super::{Ground, cost};
use crate::house::House;
use crate::paint;
use insight::{LineState, Readiness};
use server::evidence;
use std::process::ExitCode;
use usecase::MicroUsd;

pub(crate) fn run(ground: &Ground<'_>, name: &str) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    house.known(name)?;
    // Wrong case files are the author's to mend before anything is judged.
    evals::Suite::load(&house.parts.project.use_case(name)?)?;
    let gathered = evidence::gather(&house.parts, name)?;
    if ground.json {
        paint::json(&gathered)?;
    } else {
        print(&gathered.readiness);
        paint::line(format!("\ncost per good outcome: {}", gathered.outcomes.sentence));
        if gathered.savings.saved() > MicroUsd::ZERO {
            cost::print_savings(&gathered.savings);
        }
    }
    let holds = gathered.readiness.proof().is_ok();
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

pub(crate) fn print(readiness: &Readiness) {
    paint::line(format!("{} {}", paint::loud(&readiness.use_case), paint::quiet(&readiness.bundle)));
    for line in &readiness.lines {
        let mark = match line.state {
            LineState::Holds => paint::good("✓"),
            LineState::Fails => paint::bad("✗"),
        };
        paint::line(format!("{mark} {}. {}", line.number, line.title));
        line.evidence.iter().for_each(|evidence| paint::line(format!("     {evidence}")));
        line.missing.iter().for_each(|missing| paint::line(format!("     {} {missing}", paint::bad("missing:"))));
        line.notes.iter().for_each(|note| paint::line(format!("     {}", paint::quiet(format!("note: {note}")))));
    }
}
