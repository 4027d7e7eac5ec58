//! Outcomes: joined, idempotent, superseded.

use super::*;
use crate::{Error, OutcomeReport, OutcomeRow, OutcomeSubject};
use usecase::Fault;

fn report(subject: OutcomeSubject, outcome: &str, occurred: i64) -> OutcomeReport {
    OutcomeReport {
        use_case: "support".to_owned(),
        subject,
        outcome: outcome.to_owned(),
        success: None,
        value: None,
        human_minutes: 1.5,
        occurred_at: Some(Timestamp(occurred)),
        idempotency_key: None,
        key: "0a1b2c3d".to_owned(),
    }
}

fn conversation(name: &str) -> OutcomeSubject {
    OutcomeSubject::Conversation(name.to_owned())
}

fn outcomes(ledger: &Ledger) -> Vec<OutcomeRow> {
    ledger.outcomes("support").expect("it reads")
}

#[tokio::test]
async fn a_conversations_outcome_joins_all_its_requests_in_the_use_case() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let mut traces = Vec::new();
    for second in 0..3 {
        traces.push(serve(&ledger, Started { at: Timestamp(second), ..in_conversation("c-1") }).await);
    }
    serve(&ledger, in_conversation("c-2")).await;
    serve(&ledger, Started { use_case: "refunds".to_owned(), ..in_conversation("c-1") }).await;
    ledger.outcome(report(conversation("c-1"), "resolved", 9)).await.expect("it is recorded");
    ledger.outcome(report(OutcomeSubject::Trace(traces[1]), "thumbs_up", 9)).await.expect("it is recorded");
    let rows = outcomes(&ledger);
    assert_eq!(rows[0].traces, traces);
    assert_eq!(rows[0].cost, Cost::known(MicroUsd(3 * 413)));
    assert_eq!(rows[1].traces, [traces[1]]);
    assert_eq!(rows[1].subject, OutcomeSubject::Trace(traces[1]));
    assert!(!rows[0].superseded && !rows[1].superseded, "different subjects");
    let OutcomeSubject::Conversation(pseudonym) = &rows[0].subject else { panic!("it is about a conversation") };
    assert_ne!(pseudonym, "c-1");
    let detail = ledger.request(&traces[0]).expect("it reads").expect("it is there");
    assert_eq!(detail.row.conversation.as_ref(), Some(pseudonym));
    assert!(ledger.outcomes("refunds").expect("it reads").is_empty());
}

#[tokio::test]
async fn the_latest_by_its_own_time_counts() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    serve(&ledger, in_conversation("c-1")).await;
    for (outcome, occurred) in [("resolved", 10), ("reopened", 30), ("late news of old times", 20)] {
        ledger.outcome(report(conversation("c-1"), outcome, occurred)).await.expect("it is recorded");
    }
    let counting = || outcomes(&ledger).into_iter().filter(|row| !row.superseded).map(|row| row.outcome).collect();
    let now: Vec<String> = counting();
    assert_eq!(now, ["reopened"]);
    ledger.outcome(report(conversation("c-1"), "resolved again", 30)).await.expect("it is recorded");
    let now: Vec<String> = counting();
    assert_eq!(now, ["resolved again"], "of two at the same moment, the one recorded later");
    assert_eq!(assert_intact(&ledger).events, 5);
}

#[tokio::test]
async fn the_same_report_twice_is_one_outcome() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let trace = serve(&ledger, started()).await;
    let keyed = OutcomeReport {
        idempotency_key: Some("zebulon-1".to_owned()),
        ..report(OutcomeSubject::Trace(trace), "resolved", 10)
    };
    let first = ledger.outcome(keyed.clone()).await.expect("it is recorded");
    assert_eq!(ledger.outcome(keyed.clone()).await.expect("it is known"), first);
    let other_caller = OutcomeReport { key: "other".to_owned(), ..keyed.clone() };
    assert_ne!(ledger.outcome(other_caller).await.expect("keys of others are others"), first);
    let changed = OutcomeReport { outcome: "escalated".to_owned(), ..keyed };
    let error = ledger.outcome(changed).await.expect_err("the key was used for something else");
    assert!(matches!(&error, Error::IdempotencyConflict(key) if key == "zebulon-1"), "{error:?}");
    assert_eq!(error.fault(), Fault::Caller);
    let unkeyed = report(OutcomeSubject::Trace(trace), "resolved", 10);
    assert_ne!(ledger.outcome(unkeyed.clone()).await.expect("it is recorded"), first);
    assert_eq!(outcomes(&ledger).len(), 3);
    assert_intact(&ledger);
}

#[tokio::test]
async fn a_report_without_its_moment_is_the_same_when_it_is_sent_again() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let trace = serve(&ledger, started()).await;
    let subject = OutcomeSubject::Trace(trace);
    let unsaid = OutcomeReport {
        occurred_at: None,
        idempotency_key: Some("zebulon-1".to_owned()),
        ..report(subject, "resolved", 0)
    };
    let first = ledger.outcome(unsaid.clone()).await.expect("it is recorded");
    let recorded = outcomes(&ledger);
    assert_eq!(recorded[0].occurred_at, recorded[0].recorded_at);
    assert_eq!(ledger.outcome(unsaid.clone()).await.expect("it is known"), first);
    assert_eq!(outcomes(&ledger), recorded, "the first moment stays");
    let said = OutcomeReport { occurred_at: Some(Timestamp(7)), ..unsaid };
    let error = ledger.outcome(said).await.expect_err("another moment is another report");
    assert!(matches!(error, Error::IdempotencyConflict(_)), "{error:?}");
}

#[tokio::test]
async fn what_cannot_be_an_outcome_is_the_callers_fault() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let trace = serve(&ledger, in_conversation("c-1")).await;
    let known = OutcomeSubject::Trace(trace);
    let good = report(known.clone(), "resolved", 1);
    let check = async |report: OutcomeReport, says: &str| {
        let error = ledger.outcome(report).await.expect_err("it is refused");
        assert_eq!(error.fault(), Fault::Caller, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    };
    check(report(OutcomeSubject::Trace(TraceId::random()), "resolved", 1), "no request").await;
    check(report(conversation("c-9"), "resolved", 1), "no such conversation").await;
    check(report(conversation(""), "resolved", 1), "`conversation` is empty").await;
    check(OutcomeReport { use_case: "refunds".to_owned(), ..good.clone() }, "\"refunds\" has no request").await;
    check(report(known.clone(), "  ", 1), "`outcome` is a word").await;
    check(report(known.clone(), &"x".repeat(65), 1), "`outcome` is a word").await;
    for minutes in [-1.0, f64::NAN, f64::INFINITY] {
        check(OutcomeReport { human_minutes: minutes, ..good.clone() }, "`human_minutes`").await;
    }
    assert!(outcomes(&ledger).is_empty());
    assert_eq!(assert_intact(&ledger).events, 1);
}
