//! The review list over a real ledger in a temporary folder.

use crate::{Error, Governance, Outcome, ReviewDecision, minutes_of_reviewers};
use ledger::{Arm, EventFilter, Finished, Ledger, Owner, PayloadText, Source, Started, Status};
use serde_json::{Value, json};
use std::path::Path;
use storage::Storage;
use tempfile::TempDir;
use usecase::verdict::Stage;
use usecase::{Cost, Decision, Fault, Timestamp, TraceId, Usage, Verdict};

struct House {
    folder: TempDir,
    ledger: Ledger,
    governance: Governance,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (ledger, governance) = open(folder.path());
        Self { folder, ledger, governance }
    }

    /// Records an answered request with these verdicts and gives its trace.
    async fn asked(&self, use_case: &str, at: i64, verdicts: &[Verdict], answer: Value) -> TraceId {
        let trace = TraceId::random();
        let started = Started {
            trace,
            at: Timestamp(at),
            use_case: use_case.to_owned(),
            bundle: None,
            arm: Arm::Stable,
            source: Source::Live,
            key: "k-1".to_owned(),
            conversation: None,
            subject: Some("jo".to_owned()),
            stream: false,
        };
        self.ledger.begin(started).expect("the request begins");
        let refused = verdicts.iter().any(|verdict| verdict.decision == Decision::Refuse);
        let request = json!({
            "messages": [
                { "role": "system", "content": "Be kind." },
                { "role": "user", "content": "May I return it?" },
            ],
            "metadata": { "subject": "jo" },
            "rest": {},
            "subject": "jo",
            "conversation": null,
        });
        let finished = Finished {
            trace,
            at: Timestamp(at + 1),
            status: if refused { Status::Refused } else { Status::Answered },
            error: None,
            attempts: Vec::new(),
            verdicts: verdicts.to_vec(),
            spans: Vec::new(),
            usage: Usage::default(),
            cost: Cost::ZERO,
            saved: usecase::MicroUsd(0),
            cache: None,
            citations: Vec::new(),
            snapshots: Vec::new(),
            own_us: 1,
            payload: PayloadText::new(&request, &answer),
        };
        self.ledger.finish(finished).await.expect("the request is recorded");
        trace
    }

    async fn to_review(&self, at: i64) -> TraceId {
        let answer = json!({ "messages": [{ "role": "assistant", "content": "Within 30 days." }] });
        self.asked("support", at, &[verdict(Decision::Review)], answer).await
    }
}

fn open(folder: &Path) -> (Ledger, Governance) {
    let storage = Storage::open(folder).expect("a data folder");
    let ledger = Ledger::open(&storage).expect("a ledger");
    let governance = Governance::open(&storage, &ledger).expect("a review list");
    (ledger, governance)
}

fn verdict(decision: Decision) -> Verdict {
    Verdict::new("grounding", "share", Stage::Output, decision, "2 of 5 sentences rest on a passage").scored(0.4)
}

#[tokio::test]
async fn what_a_guard_asked_for_waits_longest_first() {
    let house = House::new();
    let streamed = json!({ "text": "In two weeks." });
    let second = house.asked("returns", 20, &[verdict(Decision::Review)], streamed).await;
    let first = house.to_review(10).await;
    house.asked("support", 5, &[verdict(Decision::Allow)], Value::Null).await;

    let waiting = house.governance.reviews(None).expect("the list is read");
    assert_eq!(waiting.iter().map(|item| item.trace).collect::<Vec<_>>(), [first, second]);
    assert_eq!(waiting[0].reasons, ["grounding (share): 2 of 5 sentences rest on a passage"]);
    assert_eq!(waiting[0].question.as_deref(), Some("May I return it?"));
    assert_eq!(waiting[0].answer.as_deref(), Some("Within 30 days."));
    assert_eq!(waiting[1].answer.as_deref(), Some("In two weeks."));
    let of_returns = house.governance.reviews(Some("returns")).expect("the list is read");
    assert_eq!(of_returns.iter().map(|item| item.trace).collect::<Vec<_>>(), [second]);
}

#[tokio::test]
async fn a_refusal_beside_a_review_is_told() {
    let house = House::new();
    let trace = house.asked("support", 1, &[verdict(Decision::Review), verdict(Decision::Refuse)], Value::Null).await;
    let item = house.governance.review(&trace).expect("it is read").expect("it waits");
    assert_eq!(item.reasons.len(), 2);
    assert!(item.reasons[1].starts_with("refused by grounding (share)"));
    assert_eq!(item.answer, None);
}

#[tokio::test]
async fn a_correction_is_recorded_and_its_text_is_not_in_the_clear() {
    let house = House::new();
    let trace = house.to_review(1).await;
    let correct = ReviewDecision::Correct { text: "Within 14 days, Jo Miller.".to_owned() };
    let decided = house.governance.decide(trace, correct, " ana ", 2.5, "wrong term").expect("it is decided");
    assert_eq!((decided.outcome, decided.by.as_str(), decided.minutes), (Outcome::Corrected, "ana", 2.5));
    assert!(house.governance.reviews(None).expect("the list is read").is_empty());

    let filter = EventFilter { kind: Some("review".to_owned()), ..EventFilter::default() };
    let events = house.ledger.events(&filter).expect("events");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].body["trace"], json!(trace));
    assert_eq!(events[0].body["decision"], "corrected");
    let clear = events[0].body.to_string();
    assert!(!clear.contains("Miller") && !clear.contains("wrong term"), "{clear}");
    assert!(house.ledger.verify().expect("a report").intact);

    let minutes = |use_case| minutes_of_reviewers(&house.ledger, use_case).expect("the ledger is read");
    assert_eq!((minutes("support"), minutes("returns")), (vec![(trace, 2.5)], vec![]));

    // Another process reads the same, texts included.
    let (_, again) = open(house.folder.path());
    let item = again.review(&trace).expect("it is read").expect("it is there");
    assert_eq!(item.decided, Some(decided));
}

#[tokio::test]
async fn erasing_the_person_erases_the_reviewers_texts() {
    let house = House::new();
    let (corrected, waiting) = (house.to_review(1).await, house.to_review(2).await);
    let correct = ReviewDecision::Correct { text: "Within 14 days.".to_owned() };
    house.governance.decide(corrected, correct.clone(), "ana", 1.0, "").expect("it is decided");
    assert!(house.ledger.erase(&Owner::Subject("jo".to_owned())).await.expect("the key is destroyed"));

    let item = house.governance.review(&corrected).expect("it is read").expect("it is there");
    let decided = item.decided.expect("it is decided");
    assert_eq!((decided.outcome, decided.correction, item.question), (Outcome::Corrected, None, None));
    let refused = house.governance.decide(waiting, correct, "ana", 1.0, "");
    assert!(matches!(refused, Err(Error::Erased(_))), "{refused:?}");
    house.governance.decide(waiting, ReviewDecision::Reject, "ana", 1.0, "").expect("it is decided");
    assert!(house.ledger.verify().expect("a report").intact);
}

#[tokio::test]
async fn a_request_is_decided_once() {
    let house = House::new();
    let trace = house.to_review(1).await;
    let (_, other) = open(house.folder.path());
    house.governance.decide(trace, ReviewDecision::Approve, "ana", 0.0, "").expect("it is decided");
    for governance in [&house.governance, &other] {
        let error = governance.decide(trace, ReviewDecision::Reject, "bo", 1.0, "").expect_err("decided before");
        assert!(error.to_string().contains("was approved by ana"), "{error}");
        assert_eq!(error.fault(), Fault::Caller);
    }
    let filter = EventFilter { kind: Some("review".to_owned()), ..EventFilter::default() };
    assert_eq!(house.ledger.events(&filter).expect("events").len(), 1);
}

#[tokio::test]
async fn of_two_at_once_one_decides() {
    let house = House::new();
    let trace = house.to_review(1).await;
    let decide = |by: &'static str| {
        let governance = house.governance.clone();
        std::thread::spawn(move || governance.decide(trace, ReviewDecision::Approve, by, 0.0, "").is_ok())
    };
    let threads = ["ana", "bo", "cy"].map(decide);
    let decided = threads.into_iter().map(|thread| thread.join().expect("a thread ends")).filter(|ok| *ok).count();
    assert_eq!(decided, 1);
}

#[tokio::test]
async fn what_cannot_be_decided_says_why() {
    let house = House::new();
    let (waiting, unasked) = (house.to_review(1).await, house.asked("support", 2, &[], Value::Null).await);
    let check = |trace: TraceId, decision: ReviewDecision, by: &str, minutes: f64, said: &str| {
        let error = house.governance.decide(trace, decision, by, minutes, "").expect_err("it is refused");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(error.fault(), Fault::Caller);
    };
    let empty = ReviewDecision::Correct { text: " \n".to_owned() };
    check(TraceId::random(), ReviewDecision::Approve, "ana", 0.0, "no request has the trace");
    check(unasked, ReviewDecision::Approve, "ana", 0.0, "no guard asked");
    check(waiting, ReviewDecision::Approve, "  ", 0.0, "the name of the person");
    check(waiting, ReviewDecision::Approve, "ana", -1.0, "a number from 0");
    check(waiting, ReviewDecision::Approve, "ana", f64::NAN, "a number from 0");
    check(waiting, empty, "ana", 0.0, "the corrected text");
    assert_eq!(house.governance.reviews(None).expect("the list is read").len(), 1);
    assert_eq!(house.governance.review(&unasked).expect("it is read"), None);
}
