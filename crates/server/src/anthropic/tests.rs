//! Anthropic's messages as data: what is read of a request, what is refused, whole answers, and frames to the letter.

use super::Messages;
use crate::problem::Problem;
use crate::scripted::{self, citation, inner, streamed, whole};
use crate::wire::Wire;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde_json::{Value, json};
use usecase::Dialect;

/// A request with these fields besides.
fn asking(fields: &Value) -> Value {
    let mut body = json!({ "model": "support", "max_tokens": 100, "messages": [{ "role": "user", "content": "Hi" }] });
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body
}

fn conversation(messages: &Value) -> Value {
    inner(&Messages, &asking(&json!({ "messages": messages })))["messages"].clone()
}

/// The fields beside the messages, and without the limit that every request has.
fn rest(fields: &Value) -> Value {
    let mut rest = inner(&Messages, &asking(fields))["rest"].clone();
    rest.as_object_mut().expect("fields").shift_remove("max_tokens");
    rest
}

#[test]
fn a_conversation() {
    let check = |messages: Value, expected: Value| assert_eq!(conversation(&messages), expected);
    check(
        json!([
            { "role": "user", "content": [{ "type": "text", "text": "Weather?", "cache_control": { "type": "ephemeral" } },
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } },
                { "type": "image", "source": { "type": "url", "url": "https://example.com/a.png" } }] },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "Oslo.", "signature": "sig" },
                { "type": "thinking", "thinking": "Unsigned.", "signature": "" },
                { "type": "redacted_thinking", "data": "xyz" },
                { "type": "text", "text": "Let me look.", "citations": null },
                { "type": "tool_use", "id": "toolu_1", "name": "weather", "input": { "city": "Oslo" } }] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "toolu_1", "is_error": true,
                  "content": [{ "type": "text", "text": "no such city" }] },
                { "type": "tool_result", "tool_use_id": "toolu_2" },
                { "type": "text", "text": "Go on." }] },
        ]),
        json!([
            { "role": "user", "content": [
                { "type": "text", "text": "Weather?", "cache_control": { "type": "ephemeral" } },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } },
                { "type": "image_url", "image_url": { "url": "https://example.com/a.png" } }] },
            { "role": "assistant", "content": [{ "type": "text", "text": "Let me look." }],
              "thinking_blocks": [{ "type": "thinking", "thinking": "Oslo.", "signature": "sig" },
                                  { "type": "redacted_thinking", "data": "xyz" }],
              "tool_calls": [{ "id": "toolu_1", "type": "function",
                               "function": { "name": "weather", "arguments": "{\"city\":\"Oslo\"}" } }],
              "reasoning_content": "Unsigned." },
            { "role": "tool", "content": [{ "type": "text", "text": "no such city" }],
              "tool_call_id": "toolu_1", "is_error": true },
            { "role": "tool", "content": "", "tool_call_id": "toolu_2" },
            { "role": "user", "content": [{ "type": "text", "text": "Go on." }] },
        ]),
    );
}

#[test]
fn blocks_as_parts() {
    let check = |block: Value, expected: Value| {
        let read = conversation(&json!([{ "role": "user", "content": [block] }]));
        assert_eq!(read[0]["content"][0], expected);
    };
    let document = |source: Value| json!({ "type": "document", "title": "Terms", "source": source });
    check(
        document(json!({ "type": "base64", "media_type": "application/pdf", "data": "JVBE" })),
        json!({ "type": "file", "file": { "file_data": "data:application/pdf;base64,JVBE", "filename": "Terms" } }),
    );
    check(
        document(json!({ "type": "url", "url": "https://example.com/t.pdf" })),
        json!({ "type": "file", "file": { "file_url": "https://example.com/t.pdf", "filename": "Terms" } }),
    );
    check(
        document(json!({ "type": "text", "media_type": "text/plain", "data": "60 days." })),
        json!({ "type": "text", "text": "Terms\n60 days." }),
    );
    check(
        document(
            json!({ "type": "content", "content": [{ "type": "text", "text": "60" }, { "type": "text", "text": "days" }] }),
        ),
        json!({ "type": "text", "text": "Terms\n60\ndays" }),
    );
    check(
        json!({ "type": "search_result", "title": "T", "source": "https://a.example", "content": [{ "type": "text", "text": "x" }] }),
        json!({ "type": "text", "text": "T\nhttps://a.example\nx" }),
    );
    // What is not known here stays as it came.
    let tomorrow = json!({ "type": "hologram", "source": { "deep": [1] } });
    check(tomorrow.clone(), tomorrow);
    let stored = json!({ "type": "image", "source": { "type": "file", "file_id": "file_1" } });
    check(stored.clone(), stored);
}

#[test]
fn fields_under_the_inner_names() {
    let check = |fields: Value, expected: Value| assert_eq!(rest(&fields), expected);
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    check(
        json!({ "temperature": 0.2, "top_p": 0.9, "top_k": 5 }),
        json!({ "temperature": 0.2, "top_p": 0.9, "top_k": 5 }),
    );
    check(json!({ "stop_sequences": ["END"] }), json!({ "stop": ["END"] }));
    check(json!({ "service_tier": "standard_only" }), json!({ "service_tier": "default" }));
    check(
        json!({ "tools": [{ "name": "weather", "description": "d", "input_schema": schema, "cache_control": { "type": "ephemeral" } },
                          { "type": "web_search_20250305", "name": "web_search", "max_uses": 2 }] }),
        json!({ "tools": [
            { "type": "function", "function": { "name": "weather", "description": "d", "parameters": schema },
              "cache_control": { "type": "ephemeral" } },
            { "type": "web_search_20250305", "name": "web_search", "max_uses": 2 }] }),
    );
    check(json!({ "tool_choice": { "type": "any" } }), json!({ "tool_choice": "required" }));
    check(
        json!({ "tool_choice": { "type": "tool", "name": "weather", "disable_parallel_tool_use": true } }),
        json!({ "tool_choice": { "type": "function", "function": { "name": "weather" } }, "parallel_tool_calls": false }),
    );
    let format = json!({ "type": "json_schema", "schema": schema });
    let expected =
        json!({ "type": "json_schema", "json_schema": { "name": "answer", "schema": schema, "strict": true } });
    check(
        json!({ "output_config": { "format": format, "effort": "max" } }),
        json!({ "response_format": expected, "reasoning_effort": "xhigh" }),
    );
    check(json!({ "output_format": format }), json!({ "response_format": expected }));
    let thinking = json!({ "type": "enabled", "budget_tokens": 2048 });
    check(json!({ "thinking": thinking }), json!({ "thinking": thinking }));
    check(json!({ "a_field_of_tomorrow": [1] }), json!({ "a_field_of_tomorrow": [1] }));
}

#[test]
fn facts_about_the_request() {
    let metadata = json!({ "user_id": "u-1", "conversation": "c-1", "page": "checkout" });
    let body =
        asking(&json!({ "metadata": metadata, "system": [{ "type": "text", "text": "Be brief." }], "stream": true }));
    let request = scripted::read(&Messages, &body).expect("a request").request;
    assert_eq!((request.subject.as_deref(), request.conversation.as_deref()), (Some("u-1"), Some("c-1")));
    assert_eq!((request.stream, request.dialect), (true, Dialect::Messages));
    assert_eq!(json!(request.metadata), metadata);
    assert_eq!(request.rest["user"], "u-1");
    assert_eq!(
        json!(request.messages[0]),
        json!({ "role": "system", "content": [{ "type": "text", "text": "Be brief." }] })
    );
    assert!(request.raw.is_none(), "Anthropic would refuse our facts");
    let plain = scripted::read(&Messages, &asking(&json!({ "metadata": { "user_id": "u-1" } }))).expect("a request");
    assert!(plain.request.raw.is_some_and(|raw| raw.dialect == Dialect::Messages));

    let mut headers = HeaderMap::new();
    headers.append("anthropic-beta", "a-2025, b-2025".parse().expect("a header"));
    headers.append("anthropic-beta", "c-2025".parse().expect("a header"));
    let asked = Messages.read(&headers, &Bytes::from(asking(&json!({})).to_string())).expect("a request");
    assert_eq!(asked.request.rest["anthropic_beta"], json!(["a-2025", "b-2025", "c-2025"]));

    let cited = json!([{ "role": "user", "content": [
        { "type": "document", "source": { "type": "text", "data": "x" }, "citations": { "enabled": true } }] }]);
    let warned =
        scripted::read(&Messages, &asking(&json!({ "messages": cited }))).expect("a request").request.lost.named;
    assert_eq!(warned, ["the model's own citations of documents may be missing"]);
}

#[test]
fn what_only_the_body_to_the_letter_says_is_shown_to_the_guards() {
    let cited = json!([{ "cited_text": "ann@x.de", "document_title": "Ann" }]);
    let messages = json!([
        { "role": "assistant", "content": [{ "type": "text", "text": "Yes.", "citations": cited }] },
        { "role": "user", "note": "ann", "content": [
            { "type": "image", "alt": "Ann", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } },
            { "type": "document", "title": "T", "source": { "type": "text", "data": "x" } },
            { "type": "document", "context": "Of Ann", "source": { "type": "url", "url": "https://x.example" } }] },
    ]);
    let request = scripted::read(&Messages, &asking(&json!({ "messages": messages }))).expect("a request").request;
    assert_eq!(
        json!(request.lost.unseen),
        json!([{ "citations": cited }, { "alt": "Ann" }, { "context": "Of Ann" }, { "note": "ann" }])
    );
    assert!(request.raw.is_some());
}

#[test]
fn what_is_wrong_is_named() {
    let check = |fields: Value, expected: &str| {
        let error = scripted::read(&Messages, &asking(&fields)).err().unwrap_or_default();
        assert!(error.contains(expected), "{error}");
    };
    let message = |content: Value| json!({ "messages": [{ "role": "user", "content": content }] });
    check(json!({ "max_tokens": null }), "`max_tokens` is missing");
    check(json!({ "max_tokens": 0 }), "`max_tokens` must be a whole number");
    check(json!({ "messages": [] }), "`messages` must hold at least one message");
    check(json!({ "messages": [1] }), "`messages[0]` must be an object");
    check(json!({ "messages": [{ "role": "king", "content": "Hi" }] }), "`messages[0].role` must be one of");
    check(message(json!([])), "`messages[0].content` must be a string or a non-empty array");
    check(message(json!([{ "text": "x" }])), "`messages[0].content[0].type` is missing");
    check(message(json!([{ "type": "text" }])), "`messages[0].content[0].text` is missing");
    check(message(json!([{ "type": "image" }])), "`messages[0].content[0].source` is no source");
    check(message(json!([{ "type": "tool_result" }])), "tool_use_id` is missing");
    check(json!({ "system": 1 }), "`system` must be a string");
    check(json!({ "tools": [{ "name": "x" }] }), "`tools[0].input_schema` must be");
    check(json!({ "tool_choice": { "type": "some" } }), "`tool_choice.type` must be one of");
    check(json!({ "output_config": { "format": { "type": "xml" } } }), "`output_config.format` must be");
    check(json!({ "metadata": "x" }), "`metadata` must be an object");
}

#[test]
fn whole_answers() {
    let mut shown = String::new();
    let mut show = |name: &str, message: Value, reason: &str| {
        let body = whole(&Messages, &message, reason, Vec::new());
        shown.push_str(&format!("{name}: {}\n", serde_json::to_string_pretty(&body).expect("text")));
    };
    show("text", json!({ "content": "Within 60 days." }), "stop");
    show("stop sequence", json!({ "content": "1, 2", "stop_sequence": "3" }), "stop");
    show(
        "tools",
        json!({ "content": null, "tool_calls": [
            { "id": "call_1", "type": "function", "function": { "name": "weather", "arguments": "{\"city\":\"Oslo\"}" } },
            { "id": "call_2", "type": "function", "function": { "name": "time", "arguments": "" } },
            { "id": "call_3", "type": "function", "function": { "name": "time", "arguments": "{\"a" } }] }),
        "tool_calls",
    );
    show(
        "reasoning",
        json!({ "content": "60.", "reasoning_content": "days",
                "thinking_blocks": [{ "type": "thinking", "thinking": "days", "signature": "sig" }] }),
        "stop",
    );
    show("unsigned reasoning", json!({ "content": "60.", "reasoning_content": "days" }), "length");
    show("refusal", json!({ "content": null, "refusal": "No." }), "stop");
    show(
        "found on the web",
        json!({ "content": "It rains.", "annotations": [{ "type": "url_citation", "url_citation": {
            "start_index": 0, "end_index": 2, "title": "Weather", "url": "https://w.example" } }] }),
        "stop",
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn citations_on_the_text() {
    let body = whole(&Messages, &json!({ "content": "Within 60 days." }), "stop", vec![citation(15)]);
    assert_eq!(
        body["content"][0]["citations"],
        json!([{
            "type": "web_search_result_location", "cited_text": "return any lamp within 60 days.", "title": "Returns",
            "url": "shipway://support/handbook/returns", "encrypted_index": "",
            "shipway": { "collection": "support/handbook", "document": "returns", "passage": 2,
                         "answer_start": 0, "answer_end": 15, "start": 40, "end": 71 },
        }])
    );
    let frames = streamed(&Messages, &[json!({ "content": "Within 60 days." })], "stop", vec![citation(15)]);
    assert!(
        frames.contains("\"type\":\"citations_delta\",\"citation\":{\"type\":\"web_search_result_location\""),
        "{frames}"
    );
}

#[test]
fn frames_to_the_letter() {
    let shown: Vec<String> = scripted::streams()
        .into_iter()
        .map(|(name, deltas, reason)| format!("== {name}\n{}", streamed(&Messages, &deltas, reason, Vec::new())))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn every_block_is_begun_and_stopped() {
    for (name, deltas, reason) in scripted::streams() {
        let frames = streamed(&Messages, &deltas, reason, Vec::new());
        let events = frames.lines().filter_map(|line| line.strip_prefix("data: "));
        let events: Vec<Value> = events.map(|event| serde_json::from_str(event).expect("JSON")).collect();
        let (mut open, mut next) = (None, 0);
        for event in &events {
            match event["type"].as_str().unwrap_or_default() {
                "content_block_start" => {
                    assert_eq!((open, event["index"].as_u64()), (None, Some(next)), "{name}");
                    open = Some(next);
                    next += 1;
                }
                "content_block_delta" => assert_eq!(event["index"].as_u64(), open, "{name}"),
                "content_block_stop" => assert_eq!(event["index"].as_u64(), open.take(), "{name}"),
                _ => {}
            }
        }
        assert_eq!((open, events[0]["type"].as_str()), (None, Some("message_start")), "{name}");
        assert_eq!(events.last().map(|event| event["type"].clone()), Some(json!("message_stop")), "{name}");
    }
}

#[test]
fn errors_in_anthropics_form() {
    let check = |status: u16, expected: &str| {
        let status = StatusCode::from_u16(status).expect("a status");
        let body = Problem::new(status, "server_error", "some_code", "what is wrong").anthropic_body();
        let details = json!({ "error_code": "some_code" });
        let error = json!({ "type": expected, "message": "what is wrong", "details": details });
        assert_eq!(body, json!({ "type": "error", "error": error, "request_id": null }));
    };
    check(400, "invalid_request_error");
    check(401, "authentication_error");
    check(403, "permission_error");
    check(404, "not_found_error");
    check(409, "invalid_request_error");
    check(413, "request_too_large");
    check(429, "rate_limit_error");
    check(500, "api_error");
    check(502, "api_error");
    check(503, "overloaded_error");
    check(504, "timeout_error");
    check(529, "overloaded_error");
    let mut frames = Messages.frames(scripted::identity());
    let mut out = Vec::new();
    frames.failed(&Problem::bad_request("broke off".to_owned()), &mut out);
    let text = String::from_utf8(out).expect("text");
    assert!(text.starts_with("event: error\ndata: {\"type\":\"error\""), "{text}");
}
