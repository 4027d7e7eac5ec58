//! `shipway guard test "TEXT"`: what every guard says about a text.

use crate::cli::{GuardTest, TestedAs};
use crate::commands::Ground;
use crate::house;
use crate::paint;
use anyhow::Context;
use guardrails::{Guards, Inspected, Material};
use std::io::Read;
use std::process::ExitCode;
use usecase::Decision;
use usecase::declared::{Guard, Place, SubjectAction};

/// The longest text from standard input, in bytes.
const LONGEST: u64 = 64 * 1024 * 1024;

pub(crate) fn run(ground: &Ground<'_>, asked: &GuardTest) -> anyhow::Result<ExitCode> {
    let text = match asked.text.as_str() {
        "-" => from_input()?,
        text => text.to_owned(),
    };
    let guards = guards(ground, asked.usecase.as_deref())?;
    let place = match asked.place {
        TestedAs::Input => Place::Input,
        TestedAs::Passage => Place::Passage,
        TestedAs::Tool => Place::Tool,
        TestedAs::Output => Place::Output,
    };
    let lines = guards.inspect(&text, place);
    if ground.json {
        paint::json(&lines)?;
    } else {
        lines.iter().for_each(|line| print(line, &text));
    }
    Ok(ExitCode::SUCCESS)
}

fn from_input() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(LONGEST).read_to_end(&mut bytes).context("standard input cannot be read")?;
    String::from_utf8(bytes).context("standard input is no UTF-8 text")
}

/// The use case's own rules, or the usual ones with every guard on.
fn guards(ground: &Ground<'_>, name: Option<&str>) -> anyhow::Result<Guards> {
    let Some(name) = name else {
        let declared = Guard { sensitive: SubjectAction::Refuse, advice: SubjectAction::Refuse, ..Guard::default() };
        return Ok(Guards::new(&declared));
    };
    let use_case = house::project(ground.project)?.use_case(name)?;
    Ok(Guards::with(&use_case.declared.guard, &Material::of(&use_case)))
}

fn print(line: &Inspected, text: &str) {
    let word = line.decision.to_string();
    let decision = match line.decision {
        Decision::Allow => paint::good(format!("{word:<8}")),
        Decision::Refuse | Decision::Abstain => paint::bad(format!("{word:<8}")),
        _ => paint::care(format!("{word:<8}")),
    };
    let rule = if line.rule.is_empty() { line.guard.clone() } else { format!("{}.{}", line.guard, line.rule) };
    let score = match (line.score, line.threshold) {
        (Some(score), Some(threshold)) => format!("{score:.3} (fires from {threshold:.2})"),
        (Some(score), None) => format!("{score:.3}"),
        _ => String::new(),
    };
    let view = line.view.as_ref().filter(|view| *view != "plain").map_or(String::new(), |view| format!(" as {view}"));
    let took = line.took_us.map_or(String::new(), |took| format!("  {took:.0} µs"));
    let shadow = if line.shadow { " (only watches)" } else { "" };
    let owasp = if line.decision == Decision::Allow { String::new() } else { format!("  {}", line.owasp) };
    paint::line(format!(
        "{decision} {rule:<28} {score:<24} {}{view}{shadow}{}{}",
        line.reason,
        paint::quiet(owasp),
        paint::quiet(took)
    ));
    for (start, end) in &line.spans {
        let words: String = text.chars().skip(*start).take(end - start).collect();
        paint::line(paint::quiet(format!("           {start}–{end}  {}", shortened(&words))));
    }
}

fn shortened(words: &str) -> String {
    let line = words.replace(['\n', '\r', '\t'], " ");
    if line.chars().count() <= 80 { line } else { line.chars().take(79).chain(['…']).collect() }
}
