//! What is sent to Cohere and what is read of its answers, feature by feature.

use super::{embedding, request, stream, wire};
use crate::provider::golden;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use usecase::Embeddings;

/// A request and what is sent for it beside model, stream and messages, with what was left out.
fn check_fields(asked: Value, sent: &Value, warnings: &[&str]) {
    let (shown, stream) = (asked.to_string(), asked["stream"] == true);
    let (mut body, mut left_out) = request::body("m", &golden::request(asked)).expect("it can be had");
    let fields = body.as_object_mut().expect("an object");
    assert_eq!((fields.remove("model"), fields.remove("stream")), (Some("m".into()), Some(stream.into())), "{shown}");
    fields.remove("messages");
    left_out.sort();
    assert_eq!((&body, left_out.iter().map(String::as_str).collect()), (sent, warnings.to_vec()), "{shown}");
}

fn check_messages(messages: Value, sent: &Value, warnings: &[&str]) {
    let mut asked = json!({});
    asked["messages"] = messages;
    let (body, left_out) = request::body("m", &golden::request(asked)).expect("it can be had");
    assert_eq!((&body["messages"], left_out.iter().map(String::as_str).collect()), (sent, warnings.to_vec()));
}

fn check_refused(asked: Value, feature: &str) {
    let refused = request::body("m", &golden::request(asked)).expect_err("it cannot be had");
    assert!(refused.contains(feature), "{refused}");
}

#[test]
fn messages_of_every_kind() {
    let picture = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}});
    let call = json!({"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let mut foreign = call.clone();
    foreign["extra_content"] = json!({"google": {"thought_signature": "sig"}});
    let asked = json!([
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, picture]},
        {"role": "assistant", "content": null, "reasoning_content": "I look it up.", "tool_calls": [foreign]},
        {"role": "tool", "tool_call_id": "x", "content": "{\"a\":1}"},
        {"role": "assistant", "content": "Done", "refusal": null, "annotations": []},
        {"role": "user", "content": [{"type": "text", "text": "Thanks", "cache_control": {"type": "ephemeral"}}]},
    ]);
    let sent = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, picture]},
        {"role": "assistant", "tool_plan": "I look it up.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "x", "content": "{\"a\":1}"},
        {"role": "assistant", "content": "Done"},
        {"role": "user", "content": [{"type": "text", "text": "Thanks"}]},
    ]);
    check_messages(asked, &sent, &["`cache_control` was left out"]);
    let failed = json!([{"role": "tool", "tool_call_id": "x", "content": "no", "is_error": true}]);
    let sent = json!([{"role": "tool", "tool_call_id": "x", "content": "no"}]);
    check_messages(failed, &sent, &["`is_error` of a message was left out"]);
    check_refused(json!({"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]}), "`file`");
}

fn tool(name: &str, strict: Option<bool>) -> Value {
    let mut tool = json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}});
    if let Some(strict) = strict {
        tool["function"]["strict"] = strict.into();
    }
    tool
}

#[test]
fn tools_and_how_they_are_chosen() {
    let (f, g) = (tool("f", None), tool("g", None));
    let check = |choice: Value, sent: Value| {
        check_fields(json!({"tools": [tool("f", Some(true)), g], "tool_choice": choice}), &sent, &[]);
    };
    check(Value::Null, json!({"tools": [f, g], "strict_tools": true}));
    check(json!("auto"), json!({"tools": [f, g], "strict_tools": true}));
    check(json!("required"), json!({"tools": [f, g], "strict_tools": true, "tool_choice": "REQUIRED"}));
    check(json!("none"), json!({"tools": [f, g], "strict_tools": true, "tool_choice": "NONE"}));
    // A certain tool is the only one shown.
    let named = json!({"type": "function", "function": {"name": "g"}});
    check(named, json!({"tools": [g], "strict_tools": true, "tool_choice": "REQUIRED"}));
}

#[test]
fn sampling_formats_and_thinking() {
    let asked = json!({"temperature": 0.2, "top_p": 0.9, "top_k": 4, "seed": 7, "stop": "END", "max_completion_tokens": 9,
        "documents": [{"id": "1", "data": {"text": "t"}}], "stream": true, "stream_options": {"include_usage": true}});
    let sent = json!({"temperature": 0.2, "p": 0.9, "k": 4, "seed": 7, "stop_sequences": ["END"], "max_tokens": 9,
        "documents": [{"id": "1", "data": {"text": "t"}}]});
    check_fields(asked, &sent, &[]);
    let check = |asked: Value, sent: Value| check_fields(asked, &sent, &[]);
    check(json!({"response_format": {"type": "json_object"}}), json!({"response_format": {"type": "json_object"}}));
    check(
        json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}}),
        json!({"response_format": {"type": "json_object", "json_schema": {"type": "object"}}}),
    );
    check(json!({"reasoning_effort": "none"}), json!({"thinking": {"type": "disabled"}}));
    check(json!({"reasoning_effort": "high"}), json!({"thinking": {"type": "enabled"}}));
    let thinking = json!({"thinking": {"type": "enabled", "budget_tokens": 500}});
    check(thinking, json!({"thinking": {"type": "enabled", "token_budget": 500}}));
    check_fields(
        json!({"user": "u", "logit_bias": {"1": 1}}),
        &json!({}),
        &["`logit_bias` was left out", "`user` was left out"],
    );
    check_refused(json!({"n": 2}), "`n`");
    check_refused(json!({"logprobs": true}), "`logprobs`");
}

#[test]
fn whole_answers() {
    let check = |answer: Value, got: Value| {
        let completion = wire::completion("m", &answer, "salt").expect("it can be read");
        assert_eq!(golden::whole(&completion), got, "{answer}");
    };
    let usage = json!({"billed_units": {"input_tokens": 5.0, "output_tokens": 7}, "tokens": {"input_tokens": 90, "output_tokens": 9}, "cached_tokens": 2});
    let content = json!([{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Good "}, {"type": "text", "text": "day"}]);
    let citations = json!([{"start": 0, "end": 4, "text": "Good", "sources": []}]);
    check(
        json!({"id": "1", "finish_reason": "COMPLETE", "message": {"role": "assistant", "content": content, "citations": citations}, "usage": usage}),
        json!({"choices": [{"content": "Good day", "reasoning_content": "Hm", "citations": citations, "finish_reason": "stop"}], "usage": [5, 2, 7, 0]}),
    );
    let calls = json!([{"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}}]);
    check(
        json!({"finish_reason": "TOOL_CALL", "message": {"tool_plan": "I look.", "tool_calls": calls}}),
        json!({"choices": [{"reasoning_content": "I look.", "tool_calls": calls, "finish_reason": "tool_calls"}]}),
    );
    for (reason, ours) in [("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length")] {
        check(json!({"finish_reason": reason, "message": {}}), json!({"choices": [{"finish_reason": ours}]}));
    }
    for reason in ["ERROR", "TIMEOUT", "INVENTED"] {
        assert!(wire::completion("m", &json!({"finish_reason": reason, "message": {}}), "s").is_err(), "{reason}");
    }
    assert!(wire::completion("m", &json!({"finish_reason": "COMPLETE"}), "s").is_err());
}

fn events() -> stream::Events {
    stream::Events::new(&golden::model("m"), "salt".to_owned())
}

fn event(kind: &str, message: Value) -> Value {
    let mut event = json!({"type": kind});
    event["delta"]["message"] = message;
    event
}

fn call_event(kind: &str, index: u32, call: Value) -> Value {
    let mut event = json!({"type": kind, "index": index});
    event["delta"]["message"]["tool_calls"] = call;
    event
}

fn end(reason: &str) -> Value {
    let usage = json!({"billed_units": {"input_tokens": 5, "output_tokens": 7}});
    json!({"type": "message-end", "delta": {"finish_reason": reason, "usage": usage}})
}

fn text_in_pieces() -> Vec<Value> {
    let text = |text: &str| event("content-delta", json!({"content": {"text": text}}));
    vec![
        json!({"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant", "content": []}}}),
        event("content-start", json!({"content": {"type": "thinking", "thinking": ""}})),
        event("content-delta", json!({"content": {"thinking": "Hm"}})),
        json!({"type": "content-end", "index": 0}),
        text("Größe"),
        event("citation-start", json!({"citations": {"start": 0, "end": 5}})),
        text("."),
        end("COMPLETE"),
    ]
}

fn calls_in_pieces() -> Vec<Value> {
    let start =
        |id: &str, name: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": ""}});
    let more = |arguments: &str| json!({"function": {"arguments": arguments}});
    vec![
        json!({"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant"}}}),
        event("tool-plan-delta", json!({"tool_plan": "I look."})),
        call_event("tool-call-start", 0, start("x", "f")),
        call_event("tool-call-delta", 0, more("{\"q\"")),
        call_event("tool-call-delta", 0, more(":1}")),
        json!({"type": "tool-call-end", "index": 0}),
        call_event("tool-call-start", 1, start("y", "g")),
        call_event("tool-call-delta", 1, more("{}")),
        end("TOOL_CALL"),
    ]
}

#[test]
fn streamed_answers() {
    let got = json!([
        {"role": "assistant"}, {"reasoning_content": "Hm"}, {"content": "Größe"},
        {"citations": [{"start": 0, "end": 5}]}, {"content": "."}, {"finish_reason": "stop", "usage": [5, 0, 7, 0]},
    ]);
    assert_eq!(golden::streamed(events, &golden::sse(&text_in_pieces())), got);
    let more =
        |index: u32, arguments: &str| json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]});
    let start = |index: u32, id: &str, name: &str| json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}]});
    let got = json!([
        {"role": "assistant"}, {"reasoning_content": "I look."}, start(0, "x", "f"), more(0, "{\"q\""), more(0, ":1}"),
        start(1, "y", "g"), more(1, "{}"), {"finish_reason": "tool_calls", "usage": [5, 0, 7, 0]},
    ]);
    assert_eq!(golden::streamed(events, &golden::sse(&calls_in_pieces())), got);
}

#[test]
fn streams_that_break() {
    let check = |events_of_stream: &[Value], expected: &str| {
        let bytes = golden::sse(events_of_stream);
        let error = golden::decode(events(), [bytes.as_bytes()]).1.map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some(expected));
    };
    check(&text_in_pieces()[..5], "a/m broke off: its stream ended in the middle of the answer");
    check(&[], "a/m broke off: its stream ended without an answer");
    check(&[end("ERROR")], "a/m answered something that cannot be read: the model failed");
    check(&[json!({"message": "internal"})], "a/m answered with status 500");
}

#[test]
fn embeddings_are_asked_for_with_a_purpose_and_read_in_order() {
    let rest = json!({"dimensions": 256, "input_type": "search_query"}).as_object().cloned().expect("an object");
    let sent = json!({"model": "m", "texts": ["a"], "input_type": "search_query", "embedding_types": ["float"], "output_dimension": 256});
    assert_eq!(embedding::body("m", &["a".to_owned()], &rest), sent);
    assert_eq!(embedding::body("m", &[], &Map::new())["input_type"], "search_document");
    let answer = json!({"embeddings": {"float": [[0.5, 1], [2, -1]]}, "meta": {"billed_units": {"input_tokens": 3}}});
    let mut all = Embeddings { vectors: Vec::new(), usage: None };
    embedding::read(&answer, 2, &mut all).expect("it can be read");
    embedding::read(&answer, 2, &mut all).expect("it can be read");
    assert_eq!(all.vectors, [[0.5, 1.0], [2.0, -1.0], [0.5, 1.0], [2.0, -1.0]]);
    assert_eq!(all.usage.map(|usage| usage.input_tokens), Some(6));
    assert!(embedding::read(&answer, 3, &mut all).is_err());
    assert!(embedding::read(&json!({"embeddings": {"float": [["a"]]}}), 1, &mut all).is_err());
}

proptest! {
    #[test]
    fn any_cuts_give_the_same_chunks(mut cuts in proptest::collection::vec(0..700_usize, 0..12)) {
        let bytes = golden::sse(&calls_in_pieces());
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(bytes.len()));
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes.as_bytes()[pair[0]..pair[1]]).collect();
        let choices = |chunks: Vec<usecase::Chunk>| chunks.into_iter().map(|chunk| chunk.choices).collect::<Vec<_>>();
        let whole = choices(golden::decode(events(), [bytes.as_bytes()]).0);
        prop_assert_eq!(choices(golden::decode(events(), pieces).0), whole);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in "[a-z-]{0,20}", text in "\\PC{0,40}") {
        let odd = json!({"type": kind, "index": text, "delta": {"message": {"content": text, "tool_calls": [text]}}});
        let line = format!("data: {odd}\n\n");
        drop(golden::decode(events(), [line.as_bytes(), &bytes]));
    }
}

#[test]
fn a_report_of_more_tokens_than_any_context_holds_is_none() {
    let usage =
        |output: f64| super::wire::usage(&json!({"billed_units": {"input_tokens": 9, "output_tokens": output}}));
    assert!(usage(5.0).is_some());
    assert_eq!(usage(f64::from(u32::MAX)), None);
    assert_eq!(usage(1e30), None);
}
