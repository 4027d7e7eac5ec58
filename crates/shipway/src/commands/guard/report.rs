//! `shipway guard report NAME`: what each rule did to recorded requests, and what rules that only watch would have done.

use crate::cli::GuardReport;
use crate::commands::{Ground, recorded};
use crate::house::House;
use crate::paint;
use anyhow::Context;
use serde::Serialize;
use std::collections::BTreeMap;
use std::process::ExitCode;
use usecase::{Decision, Period, Stage, Timestamp, TraceId, Verdict};

/// Requests whose verdicts are opened, the newest first.
const MOST_ROWS: usize = 20_000;
/// Traces that stand as examples beside a rule.
const EXAMPLES: usize = 3;

#[derive(Debug, Serialize)]
struct Line {
    guard: String,
    rule: String,
    stage: Stage,
    decision: Decision,
    /// The rule only watches: it would have done this.
    shadow: bool,
    requests: usize,
    /// Of all requests, 0 to 1.
    share: f64,
    examples: Vec<TraceId>,
    owasp: String,
}

pub(crate) fn run(ground: &Ground<'_>, asked: &GuardReport) -> anyhow::Result<ExitCode> {
    let since = &asked.since;
    let since = Period::parse(since).with_context(|| format!("`{since}` is no time: write it like 7d or 12h"))?;
    let house = House::open(ground.project)?;
    house.known(&asked.name)?;
    let rows = recorded::rows(&house, &asked.name, Timestamp::now().minus(since), MOST_ROWS)?;
    let requests = rows.len();
    let mut counted: BTreeMap<(bool, String, String, String, String), Line> = BTreeMap::new();
    for row in rows {
        let Some(detail) = house.parts.ledger.request(&row.trace)? else { continue };
        for verdict in detail.verdicts.iter().filter(|verdict| verdict.decision != Decision::Allow) {
            let line = counted.entry(key(verdict)).or_insert_with(|| line(verdict));
            line.requests += 1;
            line.share = line.requests as f64 / requests as f64;
            if line.examples.len() < EXAMPLES {
                line.examples.push(row.trace);
            }
        }
    }
    let lines: Vec<Line> = counted.into_values().collect();
    if ground.json {
        paint::json(
            &serde_json::json!({ "use_case": asked.name, "since": asked.since, "requests": requests, "rules": lines }),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let newest = if requests == MOST_ROWS { " (the newest of them)" } else { "" };
    paint::line(format!("{}: {requests} requests in {}{newest}", paint::loud(&asked.name), asked.since));
    if lines.is_empty() {
        paint::line("  no rule did anything, and none would have");
    }
    for (shadow, title) in [(false, "done"), (true, "would have been done by rules that only watch")] {
        let mut of_kind = lines.iter().filter(|line| line.shadow == shadow).peekable();
        if of_kind.peek().is_some() {
            paint::line(paint::loud(title));
        }
        of_kind.for_each(print);
    }
    Ok(ExitCode::SUCCESS)
}

fn key(verdict: &Verdict) -> (bool, String, String, String, String) {
    let stage = format!("{:?}", verdict.stage);
    (verdict.shadow, verdict.guard.clone(), verdict.rule.clone(), stage, verdict.decision.to_string())
}

fn line(verdict: &Verdict) -> Line {
    Line {
        guard: verdict.guard.clone(),
        rule: verdict.rule.clone(),
        stage: verdict.stage,
        decision: verdict.decision,
        shadow: verdict.shadow,
        requests: 0,
        share: 0.0,
        examples: Vec::new(),
        owasp: verdict.owasp.to_string(),
    }
}

fn print(line: &Line) {
    let name = format!("{}.{}", line.guard, line.rule);
    let stage = usecase::declared::word(&line.stage);
    let examples: Vec<String> = line.examples.iter().map(ToString::to_string).collect();
    paint::line(format!(
        "  {name:<34} {stage:<8} {:<8} {:>6} requests  {:>5.1} %  {}",
        line.decision.to_string(),
        line.requests,
        line.share * 100.0,
        paint::quiet(examples.join(" "))
    ));
}
