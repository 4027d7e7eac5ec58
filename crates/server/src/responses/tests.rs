//! OpenAI's responses as data: what is read of a request, what is refused, whole answers, and events to the letter.

use super::{Responses, sealed};
use crate::problem::Problem;
use crate::scripted::{self, citation, inner, streamed, whole};
use crate::wire::Wire;
use serde_json::{Value, json};
use usecase::Dialect;

fn asking(fields: &Value) -> Value {
    let mut body = json!({ "model": "support", "input": "Hi" });
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body
}

fn conversation(input: &Value) -> Value {
    inner(&Responses, &asking(&json!({ "input": input })))["messages"].clone()
}

#[test]
fn a_conversation() {
    let check = |input: Value, expected: Value| assert_eq!(conversation(&input), expected);
    check(json!("Hi"), json!([{ "role": "user", "content": "Hi" }]));
    check(
        json!([
            { "role": "user", "content": [
                { "type": "input_text", "text": "Weather?" },
                { "type": "input_image", "image_url": "https://example.com/a.png", "detail": "low" },
                { "type": "input_file", "file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf" }] },
            { "type": "reasoning", "id": "rs_1", "summary": [{ "type": "summary_text", "text": "Oslo." }] },
            { "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
              "content": [{ "type": "output_text", "text": "Let me look.", "annotations": [] }] },
            { "type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}", "id": "fc_1" },
            { "type": "function_call", "call_id": "call_2", "name": "time", "arguments": "{}" },
            { "type": "function_call_output", "call_id": "call_1", "output": "rain" },
            { "type": "function_call_output", "call_id": "call_2", "output": [{ "type": "input_text", "text": "noon" }] },
            { "type": "message", "role": "assistant", "content": "It rains." },
            { "type": "message", "role": "developer", "content": "Be brief." },
        ]),
        json!([
            { "role": "user", "content": [
                { "type": "text", "text": "Weather?" },
                { "type": "image_url", "image_url": { "url": "https://example.com/a.png", "detail": "low" } },
                { "type": "file", "file": { "file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf" } }] },
            { "role": "assistant", "content": [{ "type": "text", "text": "Let me look." }], "reasoning_content": "Oslo.",
              "tool_calls": [
                { "id": "call_1", "type": "function", "function": { "name": "weather", "arguments": "{}" } },
                { "id": "call_2", "type": "function", "function": { "name": "time", "arguments": "{}" } }] },
            { "role": "tool", "content": "rain", "tool_call_id": "call_1" },
            { "role": "tool", "content": [{ "type": "text", "text": "noon" }], "tool_call_id": "call_2" },
            { "role": "assistant", "content": "It rains." },
            { "role": "developer", "content": "Be brief." },
        ]),
    );
}

#[test]
fn signed_thoughts_come_back_as_they_were() {
    let blocks = [json!({ "type": "thinking", "thinking": "Oslo.", "signature": "sig" })];
    let sealed = sealed::seal(&blocks);
    assert_eq!(sealed::open(&sealed).as_deref(), Some(blocks.as_slice()));
    for broken in ["", "shipway.", "shipway.!", "gAAAAABm", "shipway.WzFd"] {
        assert_eq!(sealed::open(broken), None, "{broken}");
    }
    let input = json!([
        { "role": "user", "content": "Weather?" },
        { "type": "reasoning", "summary": [{ "type": "summary_text", "text": "Oslo." }], "encrypted_content": sealed },
        { "type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}" },
    ]);
    let message = &conversation(&input)[1];
    assert_eq!(message["thinking_blocks"], json!(blocks));
    assert_eq!(message.get("reasoning_content"), None);

    let answer = json!({ "content": "Rain.", "reasoning_content": "Oslo.", "thinking_blocks": blocks });
    let body = whole(&Responses, &answer, "stop", Vec::new());
    assert_eq!(body["output"][0]["encrypted_content"], json!(sealed));
    assert_eq!(body["output"][0]["summary"], json!([{ "type": "summary_text", "text": "Oslo." }]));
}

#[test]
fn fields_under_the_inner_names() {
    let check = |fields: Value, expected: Value| {
        assert_eq!(inner(&Responses, &asking(&fields))["rest"], expected);
    };
    let schema = json!({ "type": "object" });
    check(json!({ "temperature": 0.2, "top_p": 0.9 }), json!({ "temperature": 0.2, "top_p": 0.9 }));
    check(json!({ "max_output_tokens": 9 }), json!({ "max_completion_tokens": 9 }));
    check(json!({ "store": true, "background": false, "previous_response_id": null }), json!({}));
    check(json!({ "reasoning": { "effort": "low", "summary": "auto" } }), json!({ "reasoning_effort": "low" }));
    check(
        json!({ "tools": [{ "type": "function", "name": "f", "parameters": schema, "strict": true, "description": null }] }),
        json!({ "tools": [{ "type": "function", "function": { "name": "f", "parameters": schema, "strict": true } }] }),
    );
    check(json!({ "tools": [], "tool_choice": "auto" }), json!({ "tool_choice": "auto" }));
    check(
        json!({ "tool_choice": { "type": "function", "name": "f" }, "parallel_tool_calls": false }),
        json!({ "parallel_tool_calls": false, "tool_choice": { "type": "function", "function": { "name": "f" } } }),
    );
    check(
        json!({ "text": { "format": { "type": "json_schema", "name": "n", "schema": schema, "strict": true }, "verbosity": "low" } }),
        json!({ "verbosity": "low", "response_format": { "type": "json_schema",
            "json_schema": { "name": "n", "schema": schema, "strict": true } } }),
    );
    check(json!({ "text": { "format": { "type": "text" } } }), json!({}));
    check(
        json!({ "include": ["message.output_text.logprobs", "reasoning.encrypted_content"] }),
        json!({ "logprobs": true }),
    );
    check(json!({ "user": "u-1", "a_field_of_tomorrow": 1 }), json!({ "user": "u-1", "a_field_of_tomorrow": 1 }));
}

#[test]
fn facts_about_the_request() {
    let body = asking(&json!({
        "instructions": "Be brief.", "metadata": { "conversation": "c-1" }, "user": "u-1", "stream": true,
        "truncation": "auto", "include": ["file_search_call.results"], "max_tool_calls": 2,
    }));
    let asked = scripted::read(&Responses, &body).expect("a request");
    let request = asked.request;
    assert_eq!(json!(request.messages[0]), json!({ "role": "system", "content": "Be brief." }));
    assert_eq!((request.subject.as_deref(), request.conversation.as_deref()), (Some("u-1"), Some("c-1")));
    assert_eq!((request.stream, request.dialect), (true, Dialect::Responses));
    assert_eq!(request.lost.named.len(), 3, "{:?}", request.lost.named);
    assert_eq!((&asked.echo["instructions"], &asked.echo["tool_choice"]), (&json!("Be brief."), &json!("auto")));
}

#[test]
fn what_is_wrong_is_named() {
    let check = |fields: Value, expected: &str| {
        let error = scripted::read(&Responses, &asking(&fields)).err().unwrap_or_default();
        assert!(error.contains(expected), "{error}");
    };
    check(json!({ "input": null }), "`input` is missing");
    check(json!({ "input": 1 }), "`input` must be a string or an array");
    check(json!({ "input": [] }), "`input` must hold at least one");
    check(json!({ "background": true }), "`background` is not supported");
    check(json!({ "text": { "format": { "type": "xml" } } }), "`text.format.type` must be one of");
    check(json!({ "max_output_tokens": 0 }), "`max_output_tokens` must be a whole number");
    check(json!({ "tools": [{ "name": "f" }] }), "`tools[0].type` is missing");
    check(json!({ "tool_choice": "some" }), "`tool_choice` must be");
}

#[test]
fn what_only_openais_own_service_can_do_is_noted_and_read_by_guards() {
    let check = |fields: Value, expected: &str, read: &str| {
        let request = scripted::read(&Responses, &asking(&fields)).expect("a request").request;
        assert_eq!(request.lost.refused.len(), 1, "{:?}", request.lost);
        assert!(request.lost.refused[0].contains(expected), "{:?}", request.lost);
        let all = json!([request.messages, request.rest]).to_string();
        assert!(all.contains(read) && request.raw.is_some(), "{all}");
    };
    check(json!({ "input": [{ "type": "item_reference", "id": "x" }] }), "nothing is stored here", "\"x\"");
    check(json!({ "input": [{ "type": "mcp_call", "output": "Jo" }] }), "`mcp_call`", "\"output\":\"Jo\"");
    check(
        json!({ "input": [{ "role": "user", "content": [{ "type": "input_video", "text": "Jo" }] }] }),
        "`input_video`",
        "Jo",
    );
    check(
        json!({ "input": [{ "role": "user", "content": [{ "type": "input_image", "file_id": "f" }] }] }),
        "stored elsewhere",
        "input_image",
    );
    check(json!({ "previous_response_id": "resp_1" }), "answers are not stored here", "resp_1");
    check(json!({ "previous_response_id": "resp_1", "input": null }), "answers are not stored here", "resp_1");
    check(json!({ "conversation": "conv_1" }), "conversations are not stored here", "conv_1");
    check(json!({ "prompt": { "id": "p" } }), "a prompt is declared in a use case", "prompt");
    check(json!({ "tools": [{ "type": "web_search" }] }), "OpenAI's own service runs", "web_search");
    check(json!({ "tool_choice": { "type": "file_search" } }), "`tool_choice`", "file_search");
}

#[test]
fn whole_answers() {
    let mut shown = String::new();
    let mut show = |name: &str, message: Value, reason: &str, citations| {
        let body = whole(&Responses, &message, reason, citations);
        shown.push_str(&format!("{name}: {}\n", serde_json::to_string_pretty(&body).expect("text")));
    };
    show("text", json!({ "content": "Within 60 days." }), "stop", vec![citation(15)]);
    show(
        "tools",
        json!({ "content": null, "tool_calls": [
            { "id": "call_1", "type": "function", "function": { "name": "weather", "arguments": "{\"city\":\"Oslo\"}" } },
            { "id": "call_2", "type": "function", "function": { "name": "time", "arguments": "{}" } }] }),
        "tool_calls",
        Vec::new(),
    );
    show("filtered", json!({ "content": "Well" }), "content_filter", Vec::new());
    show("too long", json!({ "content": "Well" }), "length", Vec::new());
    show("refusal", json!({ "content": null, "refusal": "No." }), "stop", Vec::new());
    insta::assert_snapshot!(shown);
}

#[test]
fn events_to_the_letter() {
    let shown: Vec<String> = scripted::streams()
        .into_iter()
        .map(|(name, deltas, reason)| {
            format!("== {name}\n{}", streamed(&Responses, &deltas, reason, vec![citation(6)]))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

/// As an SDK puts a stream together: items by their index, parts by theirs, deltas appended; what comes of it is what the
/// last event says.
#[test]
fn the_deltas_add_up_to_the_response() {
    for (name, deltas, reason) in scripted::streams() {
        let frames = streamed(&Responses, &deltas, reason, Vec::new());
        let mut texts = std::collections::BTreeMap::<(u64, u64), String>::new();
        let mut output = Vec::new();
        let data = frames.lines().filter_map(|line| line.strip_prefix("data: "));
        for (number, event) in data.enumerate() {
            let event: Value = serde_json::from_str(event).expect("JSON");
            assert_eq!(event["sequence_number"], json!(number), "{name}");
            let place = (event["output_index"].as_u64().unwrap_or(0), event["content_index"].as_u64().unwrap_or(0));
            match event["type"].as_str().unwrap_or_default() {
                "response.output_item.added" => assert_eq!(place.0, output.len() as u64, "{name}"),
                "response.output_item.done" => output.push(event["item"].clone()),
                kind if kind.ends_with(".delta") => {
                    texts.entry(place).or_default().push_str(event["delta"].as_str().unwrap_or_default());
                }
                "response.output_text.done" => assert_eq!(event["text"], json!(texts[&place]), "{name}"),
                "response.function_call_arguments.done" => {
                    assert_eq!(event["arguments"], json!(texts[&place]), "{name}");
                }
                "response.completed" | "response.incomplete" => {
                    assert_eq!(event["response"]["output"], json!(output), "{name}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn a_stream_that_fails_says_so_last() {
    let mut frames = Responses.frames(scripted::identity());
    let mut out = Vec::new();
    frames.chunk(scripted::chunk(&json!({ "content": "Wi" }), None), &mut out);
    frames.failed(&Problem::worker_stopped(), &mut out);
    let text = String::from_utf8(out).expect("text");
    let last = text.lines().rfind(|line| line.starts_with("data: ")).expect("an event");
    let event: Value = serde_json::from_str(&last[6..]).expect("JSON");
    assert_eq!((&event["type"], &event["response"]["status"]), (&json!("response.failed"), &json!("failed")));
    assert_eq!(event["response"]["error"]["code"], "server_error");
}
