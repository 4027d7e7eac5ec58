//! The wire, both ways, as data: what is read of a request, and a whole answer as it is sent.

use super::request;
use super::response::{self, Identity};
use ledger::Status;
use pipeline::{Facts, WholeAnswer};
use serde_json::{Map, Value, json};
use usecase::{BundleId, Choice, Citation, Completion, Cost, DocumentRef, Message, MicroUsd, Role, TraceId, Usage};

#[test]
fn what_is_not_ours_stays_in_rest() {
    let body = json!({
        "model": "support", "stream": true, "stream_options": { "include_usage": true, "of_tomorrow": 1 },
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hi" }], "name": "jo" }],
        "metadata": { "conversation": "c-1", "page": "checkout" }, "user": "u-1", "seed": 7,
    });
    let read = request::read(body.to_string().as_bytes()).expect("a request");
    assert_eq!((read.model.as_str(), read.stream, read.include_usage), ("support", true, true));
    assert_eq!((read.subject.as_deref(), read.conversation.as_deref()), (Some("u-1"), Some("c-1")));
    assert_eq!(read.question(), "Hi");
    assert_eq!(read.messages[0].rest["name"], "jo");
    let rest: Vec<&String> = read.rest.keys().collect();
    assert_eq!(rest, ["stream_options", "metadata", "user", "seed"]);
}

#[test]
fn costs_are_never_a_zero_that_nobody_measured() {
    let check = |micros, part_unknown, expected| {
        assert_eq!(response::cost_text(Cost { known: MicroUsd(micros), part_unknown }), expected);
    };
    check(0, false, "0.000000");
    check(413, false, "0.000413");
    check(12_000_001, false, "12.000001");
    check(0, true, "unknown");
    check(5, true, "0.000005+unknown");
}

fn answer() -> WholeAnswer {
    let message = Message::new(Role::Assistant, "Within 60 days.");
    let choice = Choice { index: 0, message, finish_reason: Some("stop".to_owned()), rest: Map::new() };
    let usage = Usage { input_tokens: 20, output_tokens: 5, cached_input_tokens: 8, ..Usage::default() };
    let rest = json!({ "id": "upstream", "created": 1_700_000_000, "system_fingerprint": "fp" });
    let source = DocumentRef {
        collection: "support/handbook".to_owned(),
        document: "returns".to_owned(),
        title: "Returns".to_owned(),
        url: None,
    };
    WholeAnswer {
        completion: Completion {
            choices: vec![choice],
            usage: Some(usage),
            rest: rest.as_object().cloned().unwrap_or_default(),
        },
        facts: Facts {
            status: Status::Answered,
            citations: vec![Citation { start: 0, end: 15, source, ordinal: 2, source_start: 40, source_end: 71 }],
            verdicts: Vec::new(),
            attempts: Vec::new(),
            usage,
            cost: Cost::known(MicroUsd(30)),
            spans: Vec::new(),
            total_us: 1_500,
            own_us: 500,
            sent: None,
        },
    }
}

#[tokio::test]
async fn a_whole_answer_on_the_wire() {
    let identity = Identity {
        trace: TraceId::parse("0123456789abcdef0123456789abcdef").expect("a trace"),
        bundle: Some(BundleId::from_stored("b-1")),
        model: "openai/gpt-5-mini".to_owned(),
        asked_model: "support".to_owned(),
        upstream_headers: vec![("x-request-id".to_owned(), "up-1".to_owned())],
    };
    let reply = response::whole(&identity, answer());
    let headers: Vec<String> = reply
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
        .filter(|line| !line.starts_with("content"))
        .collect();
    insta::assert_snapshot!(headers.join("\n"), @"
    x-shipway-trace: 0123456789abcdef0123456789abcdef
    x-request-id: 0123456789abcdef0123456789abcdef
    x-shipway-model: openai/gpt-5-mini
    x-shipway-bundle: b-1
    x-shipway-upstream-request-id: up-1
    x-shipway-status: answered
    x-shipway-cost: 0.000030
    server-timing: own;dur=0.500, total;dur=1.500
    ");
    let bytes = axum::body::to_bytes(reply.into_body(), 100_000).await.expect("the body");
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).expect("text"), @r#"
    {
      "id": "chatcmpl-0123456789abcdef0123456789abcdef",
      "object": "chat.completion",
      "created": 1700000000,
      "model": "support",
      "system_fingerprint": "fp",
      "choices": [
        {
          "index": 0,
          "message": {
            "role": "assistant",
            "content": "Within 60 days.",
            "refusal": null,
            "annotations": [
              {
                "type": "url_citation",
                "url_citation": {
                  "start_index": 0,
                  "end_index": 15,
                  "title": "Returns",
                  "url": "shipway://support/handbook/returns",
                  "shipway": {
                    "collection": "support/handbook",
                    "document": "returns",
                    "passage": 2,
                    "start": 40,
                    "end": 71
                  }
                }
              }
            ]
          },
          "finish_reason": "stop",
          "logprobs": null
        }
      ],
      "usage": {
        "prompt_tokens": 20,
        "completion_tokens": 5,
        "total_tokens": 25,
        "prompt_tokens_details": {
          "cached_tokens": 8
        },
        "completion_tokens_details": {
          "reasoning_tokens": 0
        }
      }
    }
    "#);
}
