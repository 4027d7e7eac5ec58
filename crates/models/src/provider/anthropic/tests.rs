//! Every feature in Anthropic's words and back: requests, whole answers, streams, and a server on the loopback address.

use super::request::{self, Written};
use super::response;
use crate::provider::blocks::tests::call;
use crate::provider::transport::{Decode, Decoder};
use crate::tests::upstream::{self, Upstream};
use crate::{Error, Models, ReplyBody};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::declared::{ModelRef, ProjectFile, Provider, ProviderKind, Residency};
use usecase::{Chunk, Dialect, Fault, Raw, Remedy};

const SONNET: &str = "claude-sonnet-4-5";

fn written(model: &str, dialect: Dialect, body: Value) -> Result<(Value, Vec<String>), String> {
    let Written { body, warnings, .. } = request::write(model, &call(dialect, body))?;
    Ok((serde_json::from_slice(&body).expect("JSON"), warnings))
}

/// What goes out for this body of a chat request, but for the model.
fn check_as(model: &str, body: Value, expected: Value) {
    let (mut sent, warnings) =
        written(model, Dialect::Chat, body.clone()).unwrap_or_else(|what| panic!("{body}: {what}"));
    assert_eq!(sent["model"], model);
    sent.as_object_mut().expect("an object").remove("model");
    assert_eq!(sent, expected, "{body}");
    assert_eq!(warnings, Vec::<String>::new(), "{body}");
}

fn check(body: Value, expected: Value) {
    check_as(SONNET, body, expected);
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

fn hi() -> Value {
    json!([{"role": "user", "content": "Hi"}])
}

fn sent_hi() -> Value {
    json!([{"role": "user", "content": [text("Hi")]}])
}

#[test]
fn a_conversation_is_written_in_turns() {
    check(
        json!({"messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "developer", "content": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
            user(json!("One")), user(json!("Two")),
            {"role": "assistant", "content": "Yes."}, user(json!("")),
            {"role": "assistant", "content": null, "refusal": "No."}, user(json!("Three")),
        ], "max_tokens": 9, "temperature": 0.5, "top_k": 3, "stop": "END"}),
        json!({
            "max_tokens": 9,
            "system": [text("Be kind."), {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
            "messages": [
                user(json!([text("One"), text("Two")])),
                {"role": "assistant", "content": [text("Yes."), text("No.")]},
                user(json!([text("Three")])),
            ],
            "temperature": 0.5, "top_k": 3, "stop_sequences": ["END"],
        }),
    );
    check(
        json!({"messages": hi(), "stop": ["a", "b"], "max_completion_tokens": 7, "stream": true, "user": "u1", "service_tier": "default", "n": 1, "logprobs": false}),
        json!({"max_tokens": 7, "messages": sent_hi(), "stop_sequences": ["a", "b"], "stream": true, "metadata": {"user_id": "u1"}, "service_tier": "standard_only"}),
    );
    check(json!({"messages": hi()}), json!({"max_tokens": 4096, "messages": sent_hi()}));
}

#[test]
fn pictures_and_documents_are_written() {
    let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url, "detail": "high"}});
    let pdf =
        json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0=", "filename": "a.pdf"}});
    let plain = json!({"type": "file", "file": {"file_data": "data:text/plain;charset=utf-8;base64,R3LDvMOfZQ=="}});
    let far = json!({"type": "file", "file": {"file_url": "https://x.example/a.pdf"}});
    check(
        json!({"messages": [user(json!([image("data:image/png;base64,iVBO"), image("https://x.example/a.png"), pdf, plain, far]))]}),
        json!({"max_tokens": 4096, "messages": [user(json!([
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
            {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}},
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}, "title": "a.pdf"},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"}},
            {"type": "document", "source": {"type": "url", "url": "https://x.example/a.pdf"}},
        ]))]}),
    );
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "description": "d", "parameters": {"type": "object"}, "strict": true}})
}

#[test]
fn tools_and_their_results_are_written() {
    let sent_tool = json!({"name": "f", "description": "d", "input_schema": {"type": "object"}, "strict": true});
    let choice = |choice: Value, parallel: Value, expected: Value| {
        let mut sent = json!({"max_tokens": 4096, "messages": sent_hi(), "tools": [sent_tool]});
        if !expected.is_null() {
            sent["tool_choice"] = expected;
        }
        check(
            json!({"messages": hi(), "tools": [tool("f")], "tool_choice": choice, "parallel_tool_calls": parallel}),
            sent,
        );
    };
    choice(Value::Null, Value::Null, Value::Null);
    choice(json!("auto"), json!(true), json!({"type": "auto"}));
    choice(json!("none"), json!(false), json!({"type": "none"}));
    choice(json!("required"), Value::Null, json!({"type": "any"}));
    choice(Value::Null, json!(false), json!({"type": "auto", "disable_parallel_tool_use": true}));
    let named = json!({"type": "function", "function": {"name": "f"}});
    choice(named, json!(false), json!({"type": "tool", "name": "f", "disable_parallel_tool_use": true}));
    let call = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}});
    let bare = json!({"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"}});
    check(
        json!({"messages": [
            user(json!("Hi")),
            {"role": "assistant", "content": "Well.", "tool_calls": [call("a", "{\"x\": 1}"), call("b", "")]},
            {"role": "tool", "tool_call_id": "a", "content": "12"},
            {"role": "tool", "tool_call_id": "b", "is_error": true, "content": [{"type": "text", "text": "no"}, {"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0"}}]},
            user(json!("So?")),
        ], "tools": [bare]}),
        json!({"max_tokens": 4096, "messages": [
            user(json!([text("Hi")])),
            {"role": "assistant", "content": [text("Well."),
                {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}}, {"type": "tool_use", "id": "b", "name": "f", "input": {}}]},
            user(json!([
                {"type": "tool_result", "tool_use_id": "a", "content": [text("12")]},
                {"type": "tool_result", "tool_use_id": "b", "content": [text("no"), {"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "R0"}}], "is_error": true},
                text("So?"),
            ])),
        ], "tools": [{"name": "f", "input_schema": {"type": "object", "properties": {}}, "cache_control": {"type": "ephemeral"}}]}),
    );
}

#[test]
fn a_schema_of_the_answer_is_written() {
    let schema = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let format = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": true}});
    check(
        json!({"messages": hi(), "response_format": format}),
        json!({"max_tokens": 4096, "messages": sent_hi(), "output_config": {"format": {"type": "json_schema", "schema": schema}}}),
    );
    check(
        json!({"messages": hi(), "response_format": {"type": "text"}}),
        json!({"max_tokens": 4096, "messages": sent_hi()}),
    );
}

#[test]
fn reasoning_is_asked_for_as_the_model_takes_it() {
    let check = |model: &str, asked: Value, expected: Value| {
        let mut body = json!({"messages": hi()});
        body.as_object_mut().expect("an object").extend(asked.as_object().cloned().expect("an object"));
        let mut sent = json!({"max_tokens": 4096, "messages": sent_hi()});
        sent.as_object_mut().expect("an object").extend(expected.as_object().cloned().expect("an object"));
        check_as(model, body, sent);
    };
    let effort = |effort: &str| json!({"reasoning_effort": effort});
    let enabled = |budget: u64| json!({"type": "enabled", "budget_tokens": budget});
    check(SONNET, effort("low"), json!({"max_tokens": 6144, "thinking": enabled(2048)}));
    check(
        SONNET,
        json!({"reasoning_effort": "high", "max_tokens": 9000}),
        json!({"max_tokens": 9000, "thinking": enabled(8999)}),
    );
    check(SONNET, effort("none"), json!({}));
    check(
        "claude-opus-4-6",
        effort("minimal"),
        json!({"output_config": {"effort": "low"}, "thinking": {"type": "adaptive"}}),
    );
    let adaptive = json!({"type": "adaptive", "display": "summarized"});
    check("claude-opus-4-8", effort("xhigh"), json!({"output_config": {"effort": "xhigh"}, "thinking": adaptive}));
    check("claude-sonnet-5", effort("none"), json!({"thinking": {"type": "disabled"}}));
    check(SONNET, json!({"thinking": enabled(2000)}), json!({"max_tokens": 6096, "thinking": enabled(2000)}));
    check(
        "claude-opus-5-5",
        json!({"thinking": {"type": "adaptive"}, "reasoning_effort": "medium"}),
        json!({"output_config": {"effort": "medium"}, "thinking": {"type": "adaptive"}}),
    );
}

#[test]
fn signed_reasoning_goes_back_as_it_came() {
    let block = |text: &str| json!({"type": "thinking", "thinking": text, "signature": "s"});
    let redacted = json!({"type": "redacted_thinking", "data": "d"});
    let check_back = |assistant: Value, expected: Value| {
        check(
            json!({"messages": [user(json!("Hi")), assistant]}),
            json!({"max_tokens": 4096, "messages": [user(json!([text("Hi")])), {"role": "assistant", "content": expected}]}),
        );
    };
    let whole = json!({"role": "assistant", "content": "Yes.", "reasoning_content": "Hm.", "thinking_blocks": [block("Hm."), redacted]});
    check_back(whole, json!([block("Hm."), redacted, text("Yes.")]));
    let streamed =
        json!({"role": "assistant", "content": "Yes.", "reasoning_content": "Hm.", "thinking_blocks": [block("")]});
    check_back(streamed, json!([block("Hm."), text("Yes.")]));
    let silent = json!({"role": "assistant", "content": "Yes.", "thinking_blocks": [block("")]});
    check_back(silent, json!([block(""), text("Yes.")]));
}

#[test]
fn what_has_no_counterpart_is_named() {
    let check = |model: &str, fields: Value, expected: &[&str]| {
        let mut body = json!({"messages": hi(), "tools": [tool("f")]});
        body.as_object_mut().expect("an object").extend(fields.as_object().cloned().expect("an object"));
        let (sent, warnings) = written(model, Dialect::Chat, body).unwrap_or_else(|what| panic!("{fields}: {what}"));
        let names: Vec<&str> = warnings.iter().filter_map(|warning| warning.split('`').nth(1)).collect();
        assert_eq!(names, expected, "{fields}");
        for name in expected.iter().filter(|name| **name != "temperature") {
            assert!(sent.get(name).is_none(), "{sent}");
        }
    };
    check(
        SONNET,
        json!({"seed": 7, "logit_bias": {"1": 2}, "store": false, "frequency_penalty": 0, "presence_penalty": 0.1, "x_new": 1}),
        &["seed", "logit_bias", "presence_penalty", "x_new"],
    );
    check(SONNET, json!({"service_tier": "flex"}), &["service_tier"]);
    check(SONNET, json!({"temperature": 1.5}), &["temperature"]);
    check(SONNET, json!({"temperature": 0.5, "top_p": 0.9}), &["top_p"]);
    check("claude-opus-4-7", json!({"top_p": 0.5}), &["top_p"]);
    check(SONNET, json!({"reasoning_effort": "low", "top_k": 5}), &["top_k"]);
    check(SONNET, json!({"reasoning_effort": "low", "max_tokens": 500}), &["reasoning_effort"]);
    check(SONNET, json!({"reasoning_effort": "low", "tool_choice": "required"}), &["reasoning_effort"]);
    check("claude-3-haiku-20240307", json!({"reasoning_effort": "low"}), &["reasoning_effort"]);
    check("claude-opus-5-5", json!({"reasoning_effort": "none"}), &["reasoning_effort"]);
    let unsigned = json!([user(json!("Hi")), {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}]);
    check(SONNET, json!({"reasoning_effort": "low", "messages": unsigned}), &["reasoning_effort"]);
    let named = json!([{"role": "user", "content": "Hi", "name": "bob"}, {"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}]);
    check(SONNET, json!({"messages": named}), &["name", "reasoning_content"]);
}

#[test]
fn what_would_change_the_answer_is_refused() {
    let check = |model: &str, fields: Value, expected: &str| {
        let mut body = json!({"messages": hi()});
        body.as_object_mut().expect("an object").extend(fields.as_object().cloned().expect("an object"));
        let refused = written(model, Dialect::Chat, body).expect_err(expected);
        assert!(refused.contains(expected), "{refused}");
    };
    check(SONNET, json!({"n": 2}), "`n`");
    check(SONNET, json!({"logprobs": true}), "`logprobs`");
    check(SONNET, json!({"modalities": ["text", "audio"]}), "`modalities`");
    check(SONNET, json!({"web_search_options": {"a": 1}}), "`web_search_options`");
    check(SONNET, json!({"response_format": {"type": "json_object"}}), "without a schema");
    let schema = json!({"type": "json_schema", "json_schema": {"schema": {"type": "object"}}});
    check("claude-3-haiku-20240307", json!({"response_format": schema}), "a schema of the answer");
    check(SONNET, json!({"tools": [{"type": "web_search"}]}), "a tool of type `web_search`");
    check(SONNET, json!({"tools": [tool("f")], "tool_choice": {"type": "allowed_tools"}}), "`tool_choice`");
    check(SONNET, json!({"messages": []}), "without a message");
    check(SONNET, json!({"messages": [user(json!([{"type": "input_audio", "input_audio": {}}]))]}), "sound");
    check(
        SONNET,
        json!({"messages": [user(json!([{"type": "image_url", "image_url": {"url": "data:image/tiff;base64,A"}}]))]}),
        "`image/tiff`",
    );
    check(
        SONNET,
        json!({"messages": [user(json!([{"type": "image_url", "image_url": {"url": "data:text/plain,A"}}]))]}),
        "base64",
    );
    check(
        SONNET,
        json!({"messages": [user(json!("Hi")), {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{"}}]}]}),
        "not a JSON object",
    );
    check(SONNET, json!({"messages": [user(json!("Hi")), {"role": "tool", "content": "1"}]}), "without the id");
}

#[test]
fn anthropics_own_dialect_passes() {
    let search = json!({"type": "web_search_20250305", "name": "web_search"});
    let result = json!({"type": "search_result", "source": "s", "title": "t", "content": []});
    let (sent, warnings) = written(
        SONNET,
        Dialect::Messages,
        json!({"messages": [user(json!([result]))], "max_tokens": 5, "tools": [search], "context_management": {"edits": []},
            "output_config": {"effort": "low"}, "speed": "fast", "stream_options": {"include_usage": true}}),
    )
    .expect("it is all Anthropic's own");
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(
        sent,
        json!({"model": SONNET, "max_tokens": 5, "messages": [user(json!([result]))], "output_config": {"effort": "low"},
            "tools": [search], "context_management": {"edits": []}, "speed": "fast"})
    );
}

#[test]
fn an_unchanged_request_goes_out_to_the_letter() {
    let bytes = Bytes::from_static(b"{ \"model\":\"support\",\"max_tokens\": 5, \"x\":1.0, \"messages\":[] }");
    let mut call = call(Dialect::Messages, json!({"messages": hi(), "anthropic_beta": ["a", "b"]}));
    Arc::make_mut(&mut call.request).raw = Some(Raw { dialect: Dialect::Messages, bytes });
    let written = request::write(SONNET, &call).expect("it is sent as it is");
    assert_eq!(written.body, "{ \"model\":\"claude-sonnet-4-5\",\"max_tokens\": 5, \"x\":1.0, \"messages\":[] }");
    assert_eq!(written.betas.as_deref(), Some("a,b"));
}

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
    let mut decoder = Decoder::new(&model(), response::Events::new(&model()));
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
