//! Every kind of check as rows of one table: what was written, what was seen, what must come of it.

use super::{Assertion, Observed, Rejected, Written, contains};
use crate::run::Outcome;
use ledger::Status;
use serde_json::{Value, json};
use usecase::{Citation, Cost, Decision, DocumentRef, MicroUsd, Stage, Verdict};

fn observed(text: &str) -> Observed {
    Observed {
        text: text.to_owned(),
        status: Status::Answered,
        citations: Vec::new(),
        verdicts: Vec::new(),
        latency_us: 1_500,
        cost: Cost::known(MicroUsd(2_000)),
        sent_to_model: Some("the masked prompt".to_owned()),
    }
}

fn citing(documents: &[&str]) -> Observed {
    let cite = |document: &&str| Citation {
        start: 0,
        end: 1,
        source: DocumentRef {
            collection: "support/handbook".to_owned(),
            document: (*document).to_owned(),
            title: "A title".to_owned(),
            url: None,
        },
        ordinal: 0,
        source_start: 0,
        source_end: 1,
        quote: None,
    };
    Observed { citations: documents.iter().map(cite).collect(), ..observed("An answer.") }
}

fn judged(guard: &str, decision: Decision, answer: Observed) -> Observed {
    let verdict = Verdict::new(guard, "rule", Stage::Input, decision, "a reason");
    Observed { verdicts: vec![verdict], ..answer }
}

fn ended(status: Status, text: &str) -> Observed {
    Observed { status, ..observed(text) }
}

/// Reads `type`, `value`, `threshold`, `weight` as a case file has them.
fn parse(check: &Value) -> Result<Assertion, Rejected> {
    let written = check["type"].as_str().expect("every row has a type");
    let kind = written.strip_prefix("not-").unwrap_or(written).to_owned();
    let weight = check["weight"].as_f64().unwrap_or(1.0);
    let written = Written {
        inverse: written.starts_with("not-"),
        kind,
        value: check.get("value").cloned(),
        threshold: check["threshold"].as_f64(),
        recorded_only: weight == 0.0,
    };
    Assertion::parse(&written, weight, None, 1)
}

#[track_caller]
fn check(check: &Value, observed: &Observed, outcome: Outcome) {
    let assertion = parse(check).unwrap_or_else(|rejected| panic!("{check} is a check: {rejected:?}"));
    let result = assertion.judge(observed);
    assert_eq!(result.outcome, outcome, "{check} on {observed:?}: {}", result.reason);
    if outcome != Outcome::Passed {
        assert!(!result.reason.is_empty(), "{check} says why");
    }
}

/// The check passes and its `not-` form fails, or the other way round.
#[track_caller]
fn both_ways(written: &Value, observed: &Observed, holds: bool) {
    let name = written["type"].as_str().expect("every row has a type").to_owned();
    let mut inverse = written.clone();
    inverse["type"] = json!(format!("not-{name}"));
    let (plain, turned) = if holds { (Outcome::Passed, Outcome::Failed) } else { (Outcome::Failed, Outcome::Passed) };
    check(written, observed, plain);
    check(&inverse, observed, turned);
}

#[test]
fn checks_of_text() {
    let rows = [
        (json!({"type": "equals", "value": "Yes."}), "Yes.", true),
        (json!({"type": "equals", "value": "Yes"}), "Yes.", false),
        (json!({"type": "equals", "value": 42}), "42", true),
        (json!({"type": "equals", "value": {"b": 1, "a": [2.0]}}), r#"{"a": [2], "b": 1}"#, true),
        (json!({"type": "equals", "value": {"a": 1}}), r#"{"a": 1, "b": 2}"#, false),
        (json!({"type": "equals", "value": {"a": 1}}), "a: 1", false),
        (json!({"type": "contains", "value": "30 days"}), "You have 30 days.", true),
        (json!({"type": "contains", "value": "30 Days"}), "You have 30 days.", false),
        (json!({"type": "contains", "value": 30}), "You have 30 days.", true),
        (json!({"type": "icontains", "value": "30 DAYS"}), "You have 30 Days.", true),
        (json!({"type": "icontains", "value": "STRASSE"}), "Hauptstrasse", true),
        (json!({"type": "contains-any", "value": ["a week", "30 days"]}), "You have 30 days.", true),
        (json!({"type": "contains-any", "value": ["a week", "a year"]}), "You have 30 days.", false),
        (json!({"type": "contains-any", "value": "a week, 30 days"}), "You have 30 days.", true),
        (json!({"type": "contains-all", "value": ["30", "days"]}), "You have 30 days.", true),
        (json!({"type": "contains-all", "value": ["30", "weeks"]}), "You have 30 days.", false),
        (json!({"type": "icontains-any", "value": "NEVER, YOU"}), "You have 30 days.", true),
        (json!({"type": "icontains-all", "value": ["YOU", "DAYS"]}), "You have 30 days.", true),
        (json!({"type": "regex", "value": r"\d+ days?"}), "You have 30 days.", true),
        (json!({"type": "regex", "value": "^days"}), "You have 30 days.", false),
        (json!({"type": "starts-with", "value": "You"}), "You have 30 days.", true),
        (json!({"type": "starts-with", "value": "you"}), "You have 30 days.", false),
        (json!({"type": "levenshtein", "value": "Yes!"}), "Yes.", true),
        (json!({"type": "levenshtein", "value": "Yes!", "threshold": 0}), "Yes.", false),
        (json!({"type": "levenshtein", "value": "grün", "threshold": 1}), "grun", true),
    ];
    for (written, text, holds) in rows {
        both_ways(&written, &observed(text), holds);
    }
}

#[test]
fn checks_of_json() {
    let schema = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}});
    let rows = [
        (json!({"type": "is-json"}), r#"{"id": 1}"#, true),
        (json!({"type": "is-json"}), "3", true),
        (json!({"type": "is-json"}), r#"Here: {"id": 1}"#, false),
        (json!({"type": "is-json", "value": schema}), r#"{"id": 1}"#, true),
        (json!({"type": "is-json", "value": schema}), r#"{"id": "1"}"#, false),
        (json!({"type": "is-json", "value": schema}), "no JSON", false),
        (json!({"type": "is-json", "value": "type: object\nrequired: [id]"}), r#"{"name": "x"}"#, false),
        (json!({"type": "contains-json"}), r#"Here: {"id": 1}."#, true),
        (json!({"type": "contains-json"}), "Here: [1, 2]", true),
        (json!({"type": "contains-json"}), "Here: {id: 1} and [", false),
        (json!({"type": "contains-json", "value": schema}), r#"{"x": 1} then {"id": 2}"#, true),
        (json!({"type": "contains-json", "value": schema}), r#"{"x": 1} then {"id": "2"}"#, false),
    ];
    for (written, text, holds) in rows {
        both_ways(&written, &observed(text), holds);
    }
}

#[test]
fn refusals_are_recognised() {
    let texts = [
        ("I'm sorry, but I can't help with that.", true),
        ("I\u{2019}m sorry, I am not able to share this.", true),
        ("I cannot discuss that.", true),
        ("As an AI, I have no opinion.", true),
        ("That would not be appropriate.", true),
        ("I won't provide that.", true),
        ("", true),
        ("  \n", true),
        ("Sorry to hear that! You can return it within 30 days.", false),
        ("As an Airbnb host you may return it.", false),
        ("The key is under the mat.", false),
    ];
    for (text, holds) in texts {
        both_ways(&json!({"type": "is-refusal"}), &observed(text), holds);
    }
    let refused = judged("injection", Decision::Refuse, ended(Status::Refused, "This is not something for here."));
    both_ways(&json!({"type": "is-refusal"}), &refused, true);
    both_ways(&json!({"type": "abstains"}), &refused, false);
    both_ways(&json!({"type": "abstains"}), &ended(Status::Abstained, "The documents do not say."), true);
    both_ways(&json!({"type": "abstains"}), &observed("30 days."), false);
}

#[test]
fn figures_have_limits_and_unknown_is_never_below_one() {
    both_ways(&json!({"type": "latency", "threshold": 1.5}), &observed(""), true);
    both_ways(&json!({"type": "latency", "threshold": 1.4}), &observed(""), false);
    both_ways(&json!({"type": "cost", "threshold": 0.002}), &observed(""), true);
    both_ways(&json!({"type": "cost", "threshold": 0.001}), &observed(""), false);

    let unknown = Observed { cost: Cost::UNKNOWN, ..observed("") };
    check(&json!({"type": "cost", "threshold": 1}), &unknown, Outcome::Error);
    check(&json!({"type": "not-cost", "threshold": 1}), &unknown, Outcome::Error);
    // What is known is too much already.
    let part = Observed { cost: Cost::UNKNOWN + Cost::known(MicroUsd(2_000_000)), ..observed("") };
    both_ways(&json!({"type": "cost", "threshold": 1}), &part, false);
    check(&json!({"type": "cost", "weight": 0}), &unknown, Outcome::Passed);
}

#[test]
fn citations() {
    both_ways(&json!({"type": "cites"}), &citing(&["a.md"]), true);
    both_ways(&json!({"type": "cites"}), &citing(&[]), false);
    both_ways(&json!({"type": "cites", "value": "a.md"}), &citing(&["b.md", "a.md"]), true);
    both_ways(&json!({"type": "cites", "value": "a.md"}), &citing(&["b.md"]), false);
    // A list means all of them; turned around it means none of them, not "not all".
    check(&json!({"type": "cites", "value": ["a.md", "b.md"]}), &citing(&["a.md"]), Outcome::Failed);
    check(&json!({"type": "cites", "value": ["a.md", "b.md"]}), &citing(&["b.md", "a.md"]), Outcome::Passed);
    check(&json!({"type": "not-cites", "value": ["a.md", "b.md"]}), &citing(&["a.md"]), Outcome::Failed);
    check(&json!({"type": "not-cites", "value": ["a.md", "b.md"]}), &citing(&["c.md"]), Outcome::Passed);
}

#[test]
fn masking() {
    let sent = |prompt: &str, text: &str| Observed { sent_to_model: Some(prompt.to_owned()), ..observed(text) };
    let secret = || json!({"type": "masked", "value": "jo@example.com"});
    both_ways(&secret(), &sent("mail [EMAIL_1_k3f9]", "I wrote to jo@example.com."), true);
    both_ways(&secret(), &sent("mail jo@example.com", "I wrote."), false);
    both_ways(&secret(), &sent("mail [EMAIL_1_k3f9]", "I wrote to [EMAIL_1_k3f9]."), false);
    both_ways(&secret(), &Observed { sent_to_model: None, ..observed("") }, true);
    both_ways(&json!({"type": "masked"}), &observed("x"), false);
    both_ways(&json!({"type": "masked"}), &judged("pii", Decision::Mask, observed("x")), true);
}

#[test]
fn types_that_are_not_run_here_are_a_third_colour() {
    for kind in ["llm-rubric", "not-llm-rubric", "python", "trajectory:tool-used", "assert-set"] {
        check(&json!({"type": kind, "value": "x"}), &observed("x"), Outcome::Unsupported);
    }
    check(&json!({"type": "regex", "value": "(?<=a)b"}), &observed("ab"), Outcome::Unsupported);
    check(&json!({"type": "regex", "value": r"(a)\1"}), &observed("aa"), Outcome::Unsupported);
    check(&json!({"type": "is-json", "value": "file://schema.json"}), &observed("1"), Outcome::Unsupported);
}

#[test]
fn a_check_that_cannot_be_one_is_rejected() {
    let rows = [
        json!({"type": "contains"}),
        json!({"type": "contains", "value": ["x"]}),
        json!({"type": "contains-all", "value": []}),
        json!({"type": "contains-any", "value": " , "}),
        json!({"type": "equals"}),
        json!({"type": "regex", "value": "(unclosed"}),
        json!({"type": "is-json", "value": {"type": "no-such-type"}}),
        json!({"type": "is-json", "value": 3}),
        json!({"type": "is-refusal", "value": "x"}),
        json!({"type": "abstains", "value": true}),
        json!({"type": "latency"}),
        json!({"type": "latency", "threshold": -1}),
        json!({"type": "cost"}),
        json!({"type": "levenshtein", "value": "x", "threshold": -1}),
        json!({"type": "cites", "value": {"document": "a.md"}}),
        json!({"type": "contians", "value": "x"}),
    ];
    for written in rows {
        assert!(parse(&written).is_err(), "{written} is no check");
    }
    let misspelt = parse(&json!({"type": "contians-all", "value": "x"})).expect_err("no such type");
    let Rejected::Type { help, .. } = misspelt else { panic!("the type is at fault") };
    assert_eq!(help.as_deref(), Some("did you mean `contains-all`?"));
}

#[test]
fn results_say_what_was_expected_and_what_came() {
    let result = |written: &Value, seen: &Observed| parse(written).expect("a check").judge(seen);
    let missing = result(&json!({"type": "contains-all", "value": "30, weeks"}), &observed("30 days"));
    assert_eq!(missing.expected, "to contain all of \"30\", \"weeks\"");
    assert_eq!((missing.got.as_str(), missing.reason.as_str()), ("\"30 days\"", "missing: \"weeks\""));
    let turned = result(&json!({"type": "not-cites", "value": "secret.md"}), &citing(&["secret.md"]));
    assert_eq!((turned.kind.as_str(), turned.expected.as_str()), ("not-cites", "not to cite \"secret.md\""));
    assert_eq!(turned.got, "cites secret.md");
    let long = result(&json!({"type": "contains", "value": "x"}), &observed(&"ü\n".repeat(1_000)));
    assert!(long.got.chars().count() < 250, "what is shown is cut short");
}

#[test]
fn commas_and_quotes_in_a_list() {
    let parts = |text| contains::comma_separated(text);
    assert_eq!(parts("one, two ,three"), ["one", "two", "three"]);
    assert_eq!(parts(r#""one, two", three"#), ["one, two", "three"]);
    assert_eq!(parts(r#""say ""hi""", 5" pipe"#), [r#"say "hi""#, r#"5" pipe"#]);
    assert_eq!(parts(" , ,"), Vec::<String>::new());
    assert_eq!(parts(r#""never closed, really"#), ["never closed, really"]);
}
