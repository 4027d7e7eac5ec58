//! Answers, whole and streamed, in our words, and a server on the loopback address.

use super::super::response;
use super::text;
use crate::provider::transport::{Decode, Decoder};
use crate::tests::upstream::{self, Upstream};
use crate::{Error, Models, ReplyBody};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::declared::{ModelRef, ProjectFile, Provider, ProviderKind, Residency};
use usecase::{Chunk, Dialect, Fault, Remedy};

#[test]
fn a_whole_answer_is_read() {
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "stop_reason": "tool_use", "stop_sequence": null,
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "redacted_thinking", "data": "d"},
            text("One, "), text("two."), {"type": "server_tool_use", "id": "x", "name": "web_search", "input": {}},
            {"type": "tool_use", "id": "a", "name": "f", "input": {"x": "ü"}}, {"type": "tool_use", "id": "b", "name": "g", "input": {}},
        ],
        "usage": {"input_tokens": 3, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 100, "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}, "service_tier": "standard"},
    });
    let completion = response::completion("m", &body).expect("it can be read");
    let choice = &completion.choices[0];
    assert_eq!(choice.finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(
        serde_json::to_value(&choice.message).expect("JSON"),
        json!({
            "role": "assistant", "content": "One, two.", "reasoning_content": "Hm.",
            "thinking_blocks": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}],
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":\"ü\"}"}},
                {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        })
    );
    let usage = completion.usage.expect("it is reported");
    let read = (
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
    );
    assert_eq!(read, (123, 100, 20, 9, 4));
    let named = |name: &str| completion.rest[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (named("id"), named("model"), named("service_tier")),
        ("msg_1".to_owned(), "claude-x".to_owned(), "standard".to_owned())
    );
}

#[test]
fn every_reason_to_stop_has_its_word() {
    let check = |body: Value, expected: Result<(&str, Value), &str>| {
        let mut whole = json!({"content": [], "usage": {"input_tokens": 1, "output_tokens": 1}});
        whole.as_object_mut().expect("an object").extend(body.as_object().cloned().expect("an object"));
        let read = response::completion("m", &whole).map(|completion| completion.choices[0].clone());
        let read = read.map(|choice| (choice.finish_reason.unwrap_or_default(), Value::Object(choice.rest)));
        match expected {
            Ok((reason, rest)) => assert_eq!(read, Ok((reason.to_owned(), rest)), "{body}"),
            Err(what) => assert!(read.expect_err(what).contains(what), "{body}"),
        }
    };
    for (reason, expected) in [
        ("end_turn", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
    ] {
        check(json!({"stop_reason": reason}), Ok((expected, json!({}))));
    }
    check(
        json!({"stop_reason": "stop_sequence", "stop_sequence": "END"}),
        Ok(("stop", json!({"stop_sequence": "END"}))),
    );
    check(json!({"stop_reason": "a_new_one"}), Err("a_new_one"));
    check(json!({"stop_reason": null}), Err("`stop_reason` is missing"));
    check(json!({"content": null, "stop_reason": "end_turn"}), Err("`content` is missing"));
    check(json!({"content": [{"type": "tool_use"}], "stop_reason": "end_turn"}), Err("no id"));
}

fn event(event: Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
}

/// A stream with every kind of block.
fn stream() -> String {
    let open = |index: u64, block: Value| {
        event(json!({"type": "content_block_start", "index": index, "content_block": block}))
    };
    let delta =
        |index: u64, delta: Value| event(json!({"type": "content_block_delta", "index": index, "delta": delta}));
    let close = |index: u64| event(json!({"type": "content_block_stop", "index": index}));
    let input = |piece: &str| json!({"type": "input_json_delta", "partial_json": piece});
    let start = json!({"id": "msg_1", "model": "claude-x", "usage": {"input_tokens": 3, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20, "output_tokens": 1}});
    [
        event(json!({"type": "message_start", "message": start})),
        open(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        event(json!({"type": "ping"})),
        delta(0, json!({"type": "thinking_delta", "thinking": "Hm."})),
        delta(0, json!({"type": "signature_delta", "signature": "s1"})),
        close(0),
        open(1, json!({"type": "redacted_thinking", "data": "d"})),
        close(1),
        open(2, json!({"type": "text", "text": ""})),
        delta(2, json!({"type": "text_delta", "text": "Größe "})),
        delta(2, json!({"type": "text_delta", "text": "🦀"})),
        close(2),
        open(3, json!({"type": "server_tool_use", "id": "x", "name": "web_search", "input": {}})),
        delta(3, input("{\"query\"")),
        close(3),
        open(4, json!({"type": "tool_use", "id": "a", "name": "f", "input": {}})),
        delta(4, input("")),
        delta(4, input("{\"ü\":")),
        delta(4, input("1}")),
        close(4),
        open(5, json!({"type": "tool_use", "id": "b", "name": "g", "input": {}})),
        close(5),
        event(json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, "usage": {"output_tokens": 9}})),
        event(json!({"type": "something_new"})),
        event(json!({"type": "message_stop"})),
    ]
    .concat()
}

fn model() -> ModelRef {
    ModelRef { provider: "a".to_owned(), model: "m".to_owned() }
}

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<Chunk, String>> {
    let mut decoder = Decoder::new(&model(), response::Events::new(&model(), false));
    pieces.into_iter().for_each(|piece| decoder.push(piece));
    decoder.finish();
    let chunks = std::iter::from_fn(|| decoder.next()).map(|chunk| chunk.map_err(|error| error.to_string()));
    // The moment differs from one decoder to the next.
    let timeless = |mut chunk: Chunk| {
        chunk.rest.remove("created");
        chunk
    };
    chunks.map(|chunk| chunk.map(timeless)).collect()
}

/// What the chunks say, each in one line.
fn said(chunks: &[Result<Chunk, String>]) -> Vec<String> {
    let line = |chunk: &Chunk| match (chunk.choices.first(), chunk.usage) {
        (None, Some(usage)) => {
            format!("usage {} {} {}", usage.input_tokens, usage.cached_input_tokens, usage.output_tokens)
        }
        (Some(choice), _) => {
            let text = choice.text.iter().map(|text| format!("text {text}"));
            let delta = (!choice.delta.is_empty()).then(|| Value::Object(choice.delta.clone()).to_string());
            text.chain(delta).chain(choice.finish_reason.clone()).collect::<Vec<_>>().join(" ")
        }
        (None, None) => "nothing".to_owned(),
    };
    chunks.iter().map(|chunk| chunk.as_ref().map_or_else(|error| format!("error {error}"), line)).collect()
}

#[test]
fn a_stream_is_read_in_our_form() {
    let chunks = decode([stream().as_bytes()]);
    assert_eq!(
        said(&chunks),
        [
            r#"{"role":"assistant"}"#,
            r#"{"reasoning_content":"Hm."}"#,
            r#"{"thinking_blocks":[{"type":"thinking","thinking":"","signature":"s1"}]}"#,
            r#"{"thinking_blocks":[{"type":"redacted_thinking","data":"d"}]}"#,
            "text Größe ",
            "text 🦀",
            r#"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"ü\":"}}]}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#,
            r#"{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":""}}]}"#,
            r#"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#,
            "tool_calls",
            "usage 123 100 9",
        ]
    );
    let first = chunks[0].as_ref().expect("a chunk");
    assert_eq!(
        Value::Object(first.rest.clone()),
        json!({"id": "msg_1", "object": "chat.completion.chunk", "model": "claude-x"})
    );
}

#[test]
fn a_stream_that_stops_at_any_byte_is_broken_unless_it_had_ended() {
    let whole = stream();
    let ended = whole.find("event: something_new").expect("it is there") - 2;
    for at in 0..whole.len() {
        let chunks = decode([&whole.as_bytes()[..at]]);
        assert_eq!(chunks.last().is_some_and(Result::is_err), at < ended, "stopped at {at}");
        assert!(chunks.iter().rev().skip(1).all(Result::is_ok), "an error is the last thing that is said");
    }
}

#[test]
fn an_error_in_a_stream_is_its_end() {
    let start = event(json!({"type": "message_start", "message": {"id": "x"}}));
    let error = event(json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}));
    let check = |stream: String, expected: &str| {
        let last = said(&decode([stream.as_bytes()])).pop().expect("something is said");
        assert!(last.starts_with("error") && last.contains(expected), "{last}");
    };
    check(start.clone() + &error + &start, "status 529 (overloaded_error)");
    check(start.clone() + &event(json!({"type": "message_stop"})), "no reason");
    check(start.clone() + "data: nonsense\n\n", "not JSON");
    check(start.clone() + &event(json!({})), "no type");
    check(start, "in the middle");
    check(String::new(), "without an answer");
}

proptest! {
    #[test]
    fn any_cuts_give_the_same_chunks(mut cuts in proptest::collection::vec(0..4000_usize, 0..12)) {
        let whole = stream();
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(whole.len()));
        cuts.extend([0, whole.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &whole.as_bytes()[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(pieces), decode([whole.as_bytes()]));
    }

    #[test]
    fn no_events_make_it_panic(
        kinds in proptest::collection::vec((0..7_usize, 0..3_u64, 0..7_usize), 0..20),
        text in "\\PC{0,20}",
    ) {
        let types = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop", "x"];
        let inner = ["text", "tool_use", "thinking", "redacted_thinking", "text_delta", "input_json_delta", "signature_delta"];
        let events: String = kinds.iter().map(|(kind, index, block)| {
            let block = json!({"type": inner[*block], "text": text, "id": text, "name": text, "data": text, "partial_json": text, "signature": text, "stop_reason": "end_turn"});
            event(json!({"type": types[*kind], "index": index, "content_block": block, "delta": block}))
        }).collect();
        let chunks = decode([events.as_bytes()]);
        prop_assert!(chunks.iter().filter(|chunk| chunk.is_err()).count() <= 1);
    }
}

fn project(upstream: &Upstream) -> ProjectFile {
    let mut file = ProjectFile::default();
    let base_url = Some(format!("http://{}", upstream.address));
    let provider = Provider { base_url, ..Provider::of_kind(ProviderKind::Anthropic) };
    file.providers.insert("claude".to_owned(), provider);
    file
}

#[tokio::test]
async fn a_server_is_asked_and_its_answer_handed_over() {
    let answer = json!({"id": "msg_1", "content": [text("On Monday.")], "stop_reason": "end_turn", "usage": {"input_tokens": 8, "output_tokens": 3}});
    let headers = "request-id: req_1\r\nanthropic-ratelimit-requests-remaining: 9\r\nset-cookie: x=1\r\n";
    let scripts = vec![
        upstream::response("200 OK", headers, &answer.to_string()),
        upstream::stream(&[&stream()]),
        upstream::response("200 OK", "", "{\"input_tokens\": 42}"),
        upstream::response(
            "529 Overloaded",
            "",
            r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"},"request_id":"r"}"#,
        ),
    ];
    let server = Upstream::start(scripts).await;
    let file = project(&server);
    let reply = upstream::ask(&file, &["claude/claude-sonnet-4-5"], upstream::call(false)).await.expect("an answer");
    assert_eq!(reply.upstream_request_id.as_deref(), Some("req_1"));
    let shown: Vec<&str> = reply.upstream_headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(shown, ["request-id", "anthropic-ratelimit-requests-remaining"]);
    let ReplyBody::Whole(completion) = &reply.body else { panic!("not streamed") };
    assert_eq!(
        completion.raw.as_ref().map(|raw| (raw.dialect, raw.bytes.len())),
        Some((Dialect::Messages, answer.to_string().len()))
    );
    assert_eq!(upstream::heard(reply.body).await.0, "On Monday.");

    let reply = upstream::ask(&file, &["claude/claude-sonnet-4-5"], upstream::call(true)).await.expect("a stream");
    let (said, error) = upstream::heard(reply.body).await;
    assert_eq!((said.as_str(), error.is_none()), ("Größe 🦀", true));

    let models = Models::new(&file).expect("a sound project");
    let sonnet = ModelRef::parse("claude/claude-sonnet-4-5").expect("a model");
    let cleared = models.clear(&Residency::default(), &sonnet).expect("no rule stands against it");
    let counted = models.count_tokens(&cleared, Arc::new(upstream::request(false))).await;
    assert_eq!(counted.expect("a count"), 42);

    let refused = upstream::ask(&file, &["claude/claude-sonnet-4-5"], upstream::call(false)).await.expect_err("busy");
    let Error::Status(report) = &refused.error else { panic!("a status: {}", refused.error) };
    assert_eq!(
        (report.status, report.kind.as_deref(), report.message.as_str()),
        (Some(529), Some("overloaded_error"), "busy")
    );
    assert_eq!((refused.error.fault(), refused.error.remedy()), (Fault::Provider, Remedy::TryNext));

    let asked = server.asked();
    assert!(asked[0].head.starts_with("POST /v1/messages HTTP/1.1"), "{}", asked[0].head);
    assert!(asked[0].head.contains("anthropic-version: 2023-06-01"));
    assert!(asked[1].head.contains("accept: text/event-stream") && asked[1].body["stream"] == true);
    assert!(asked[2].head.starts_with("POST /v1/messages/count_tokens HTTP/1.1"));
    let counted: Vec<&String> = asked[2].body.as_object().expect("an object").keys().collect();
    assert_eq!(counted, ["model", "messages"]);
}
