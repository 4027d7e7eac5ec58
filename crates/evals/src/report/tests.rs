//! One run with a case of every colour, in the three forms of the report.

use super::{json, junit, text};
use crate::conclusion::Conclusion;
use crate::statistics::power;
use crate::tests::{check_result, run_of, settings};
use crate::{CaseResult, Outcome, Run, compare, gate};
use usecase::{Cost, MicroUsd, Timestamp, TraceId};

fn trace() -> TraceId {
    TraceId::parse("0123456789abcdef0123456789abcdef").expect("32 hex digits")
}

/// Two passed cases, and one each of failed, error and unsupported.
fn run() -> Run {
    let mut run = run_of("b-candidate", &"P".repeat(2));
    let colours = run_of("b-candidate", "FEU").cases;
    for (number, mut case) in colours.into_iter().enumerate() {
        case.key = format!("colour{number}");
        case.file = "usecases/support/evals/colours.yaml".to_owned();
        run.cases.push(case);
    }
    run.id = "eval-0123456789abcdef".to_owned();
    run.started = Timestamp(1_700_000_000_000_000);
    run.finished = Timestamp(1_700_000_002_500_000);
    run.cases[2] = CaseResult {
        description: "Returns <within> & \"beyond\" 30 days".to_owned(),
        checks: vec![
            check_result("contains", Outcome::Failed, "to contain \"30 days\"", "\"a week\u{1b}\"", ""),
            check_result("cites", Outcome::Passed, "to cite \"returns.md\"", "cites returns.md", ""),
            check_result("contains-all", Outcome::Failed, "to contain all of \"a\", \"b\"", "\"a\"", "missing: \"b\""),
        ],
        trace: Some(trace()),
        model: Some("local/extractive".to_owned()),
        from_fallback: true,
        latency_us: 12_345,
        cost: Cost::known(MicroUsd(1_234)),
        must_pass: true,
        ..run.cases[2].clone()
    };
    run.cases[3].reason = "no model answered: the connection was refused".to_owned();
    run.cases[4].reason = "checks of type `llm-rubric` are not run here yet".to_owned();
    run.totals = crate::Totals::of(&run.cases);
    run
}

fn conclusion() -> Conclusion {
    let (run, mut before) = (run(), run());
    before.cases[2].outcome = Outcome::Passed;
    before.bundle = usecase::BundleId::from_stored("b-baseline");
    let comparison = compare(&run, Some(&before), 0.02);
    let gate = gate(&run, &comparison, &settings(80.0, 2.0));
    let power = power::of_set(comparison.pairs.total());
    Conclusion { run, comparison, power, gate, earlier_runs: 1, earlier_passed: 0 }
}

#[test]
fn text_for_people() {
    insta::assert_snapshot!(text::render(&conclusion()));
}

#[test]
fn junit_for_ci() {
    insta::assert_snapshot!(junit::render(&conclusion()).expect("XML"));
}

#[test]
fn json_for_programs() {
    let rendered = json::render(&conclusion()).expect("JSON");
    let value: serde_json::Value = serde_json::from_str(&rendered).expect("JSON");
    assert_eq!(value["run"]["totals"]["passed"], 2);
    assert_eq!(value["run"]["cases"][2]["checks"][0]["type"], "contains");
    assert_eq!(value["comparison"]["verdict"], "broken");
    assert_eq!(value["gate"]["passed"], false);
    assert!(value["gate"]["reasons"][0].as_str().is_some_and(|reason| reason.contains("must-pass")));
}
