//! What the ledger promises, through its public face; what it detects, by changing the file behind its back.

mod chain;
mod outcomes;
mod payloads;
mod requests;
mod runs;

use crate::{Arm, Event, Finished, Ledger, PayloadText, Source, Span, Started, Status};
use serde_json::{Map, Value, json};
use std::path::Path;
use storage::Storage;
use tempfile::TempDir;
use usecase::verdict::Stage;
use usecase::{
    Attempt, AttemptEnd, BundleId, Citation, Cost, Decision, DocumentRef, MicroUsd, Timestamp, TraceId, Usage, Verdict,
};

const START: Timestamp = Timestamp(1_800_000_000_000_000);

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn open(folder: &Path) -> (Storage, Ledger) {
    let storage = Storage::open(folder).expect("the folder opens");
    let ledger = Ledger::open(&storage).expect("the ledger opens");
    (storage, ledger)
}

fn started() -> Started {
    Started {
        trace: TraceId::random(),
        at: START,
        use_case: "support".to_owned(),
        bundle: Some(BundleId::from_stored("b-0123456789abcdef")),
        arm: Arm::Stable,
        source: Source::Live,
        key: "0a1b2c3d".to_owned(),
        conversation: None,
        subject: None,
        stream: false,
    }
}

fn in_conversation(name: &str) -> Started {
    Started { conversation: Some(name.to_owned()), ..started() }
}

fn attempt(model: &str, end: AttemptEnd, micros: i64) -> Attempt {
    Attempt {
        model: model.to_owned(),
        started: Timestamp(START.0 + 1_000),
        first_token_us: Some(200_000),
        duration_us: 900_000,
        end,
        usage: Usage { input_tokens: 100, output_tokens: 20, cached_input_tokens: 7, ..Usage::default() },
        cost: Cost::known(MicroUsd(micros)),
        saved: MicroUsd(1),
    }
}

fn finished(trace: TraceId) -> Finished {
    let verdict = |rule: &str, decision| Verdict {
        score: Some(0.1 + 0.2),
        ..Verdict::new("grounding", rule, Stage::Output, decision, "two of three sentences are supported")
    };
    Finished {
        trace,
        at: Timestamp(START.0 + 1_000_000),
        status: Status::Answered,
        error: None,
        attempts: vec![
            attempt("openai/gpt-5-mini", AttemptEnd::Failed("it hung".to_owned()), 300),
            attempt("local/extractive", AttemptEnd::Answered, 113),
        ],
        verdicts: vec![verdict("share", Decision::Review)],
        spans: vec![Span {
            name: "retrieve".into(),
            start_us: 10,
            duration_us: 2_000,
            attributes: Map::from_iter([("passages".to_owned(), json!(6))]),
        }],
        usage: Usage {
            input_tokens: 200,
            output_tokens: 40,
            cached_input_tokens: 14,
            cache_write_tokens: 9,
            ..Usage::default()
        },
        cost: Cost::known(MicroUsd(413)),
        saved: MicroUsd(29),
        cache: Some("exact".to_owned()),
        citations: vec![Citation {
            start: 0,
            end: 12,
            source: DocumentRef {
                collection: "support/handbook".to_owned(),
                document: "leave.md".to_owned(),
                title: "Leave".to_owned(),
                url: None,
            },
            ordinal: 3,
            source_start: 40,
            source_end: 52,
            quote: None,
        }],
        snapshots: vec![("support/handbook".to_owned(), 7)],
        own_us: 4_321,
        payload: PayloadText::new(
            &json!({"messages": [{"role": "user", "content": "May I take Friday off? Yours, Zebulon"}]}),
            &json!({"text": "Yes, Zebulon, you have twelve days left."}),
        ),
    }
}

async fn serve(ledger: &Ledger, started: Started) -> TraceId {
    let trace = started.trace;
    ledger.begin(started).expect("it begins");
    ledger.finish(finished(trace)).await.expect("it is recorded");
    trace
}

fn decision(kind: &'static str, body: Value) -> Event {
    Event { kind, use_case: Some("support".to_owned()), body, payload: None }
}

fn assert_intact(ledger: &Ledger) -> crate::VerifyReport {
    let report = ledger.verify().expect("it can be read");
    assert_eq!(report.first_break, None);
    assert!(report.intact);
    report
}
