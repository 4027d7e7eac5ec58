//! The wire, both ways, as data: what is read of a request, a whole answer as it is sent, and frames to the letter.

use super::Chat;
use crate::reply::{self, Identity};
use crate::scripted;
use crate::wire::Wire;
use bytes::Bytes;
use pipeline::WholeAnswer;
use serde_json::{Value, json};
use usecase::{Cost, Dialect, MicroUsd, Raw};

#[test]
fn what_is_not_ours_stays_in_rest() {
    let body = json!({
        "model": "support", "stream": true, "stream_options": { "include_usage": true, "of_tomorrow": 1 },
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hi" }], "name": "jo" }],
        "metadata": { "conversation": "c-1", "page": "checkout" }, "user": "u-1", "seed": 7,
    });
    let read = scripted::read(&Chat, &body).expect("a request").request;
    assert_eq!(read.raw.as_ref().map(|raw| raw.bytes.clone()), Some(Bytes::from(body.to_string())));
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
        assert_eq!(reply::cost_text(Cost { known: MicroUsd(micros), part_unknown }), expected);
    };
    check(0, false, "0.000000");
    check(413, false, "0.000413");
    check(12_000_001, false, "12.000001");
    check(0, true, "unknown");
    check(5, true, "0.000005+unknown");
}

#[tokio::test]
async fn a_whole_answer_on_the_wire() {
    let identity =
        Identity { warnings: vec!["seed was left out".to_owned(), "größe".to_owned()], ..scripted::identity() };
    let completion = scripted::completion(&json!({ "content": "Within 60 days." }), "stop");
    let facts = scripted::facts(vec![scripted::citation(15)]);
    let reply = reply::whole(&Chat, identity, WholeAnswer { completion, facts });
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
    x-shipway-warning: seed was left out; gr??e
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
        "completion_tokens": 7,
        "total_tokens": 27,
        "prompt_tokens_details": {
          "cached_tokens": 8
        },
        "completion_tokens_details": {
          "reasoning_tokens": 3
        }
      }
    }
    "#);
}

#[test]
fn frames_to_the_letter() {
    let shown: Vec<String> = scripted::streams()
        .into_iter()
        .map(|(name, deltas, reason)| {
            format!("== {name}\n{}", scripted::streamed(&Chat, &deltas, reason, vec![scripted::citation(6)]))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test]
async fn a_bare_model_is_passed_on_to_the_letter() {
    let sent = Bytes::from_static(b"{\"id\": \"up-1\",  \"choices\": []}");
    let raw = |dialect| Some(Raw { dialect, bytes: sent.clone() });
    let answer = |identity, raw| {
        let completion = scripted::completion(&json!({ "content": "Hi" }), "stop");
        let completion = usecase::Completion { raw, ..completion };
        reply::whole(&Chat, identity, WholeAnswer { completion, facts: scripted::facts(Vec::new()) })
    };
    let bare = || Identity { bundle: None, ..scripted::identity() };
    for (identity, raw, passed) in [
        (bare(), raw(Dialect::Chat), true),
        (bare(), raw(Dialect::Messages), false),
        (scripted::identity(), raw(Dialect::Chat), false),
    ] {
        let body = axum::body::to_bytes(answer(identity, raw).into_body(), 100_000).await.expect("the body");
        assert_eq!(body == sent, passed);
    }

    let mut frames = Chat.frames(bare());
    let mut out = Vec::new();
    let chunk = usecase::Chunk { raw: raw(Dialect::Chat), ..scripted::chunk(&json!({ "content": "Hi" }), None) };
    frames.chunk(chunk, &mut out);
    frames.chunk(scripted::chunk(&json!({ "content": "!" }), None), &mut out);
    let text = String::from_utf8(out).expect("text");
    assert!(text.starts_with("data: {\"id\": \"up-1\",  \"choices\": []}\n\ndata: {\"id\":\"upstream\""), "{text}");
}
