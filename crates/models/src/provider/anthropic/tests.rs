//! Every feature of a request in Anthropic's words, and beside it (`answers`) the answers in ours.
#![expect(clippy::needless_pass_by_value, reason = "JSON that is written where it is used needs no reference")]

mod answers;

use super::request::{self, Written};
use crate::provider::blocks::tests::call;
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::{Dialect, Raw};

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
    let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url, "detail": "auto"}});
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
    check("claude-sonnet-5-5", effort("none"), json!({"thinking": {"type": "between_tools"}}));
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
    let picture = json!([{"type": "image_url", "image_url": {"url": "https://x.example/a.png", "detail": "low"}}]);
    check(SONNET, json!({"messages": [user(picture)]}), &["detail"]);
    check(SONNET, json!({"tools": [{"type": "function", "function": {"name": "f"}, "x_new": 1}]}), &["x_new"]);
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
    let forced = json!({"tools": [tool("f")], "tool_choice": "required"});
    check("claude-opus-5-5", forced, "a tool that has to be called");
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
    let eager = json!({"type": "function", "function": {"name": "f"}, "eager_input_streaming": true});
    let sent_eager =
        json!({"name": "f", "input_schema": {"type": "object", "properties": {}}, "eager_input_streaming": true});
    let result = json!({"type": "search_result", "source": "s", "title": "t", "content": []});
    let (sent, warnings) = written(
        SONNET,
        Dialect::Messages,
        json!({"messages": [user(json!([result]))], "max_tokens": 5, "tools": [search, eager], "reasoning_effort": "medium", "context_management": {"edits": []},
            "output_config": {"task_budget": 5}, "speed": "fast", "stream_options": {"include_usage": true}}),
    )
    .expect("it is all Anthropic's own");
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(
        sent,
        json!({"model": SONNET, "max_tokens": 5, "messages": [user(json!([result]))], "output_config": {"task_budget": 5, "effort": "medium"},
            "tools": [search, sent_eager], "context_management": {"edits": []}, "speed": "fast"})
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
