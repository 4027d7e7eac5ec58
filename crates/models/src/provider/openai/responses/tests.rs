//! Responses as they come, and what is read of them.
#![expect(clippy::needless_pass_by_value, reason = "JSON that is written where it is used needs no reference")]

use super::*;
use crate::provider::golden::{decode, model, sse, streamed, whole};

fn response(status: &str, output: Value) -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "error": null, "model": "gpt-5",
        "output": output, "usage": {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 14}})
}

#[test]
fn a_whole_response_is_read() {
    let check = |body: Value, expected: Value| {
        let read = completion(&body).unwrap_or_else(|what| panic!("{body}: {what}"));
        assert_eq!(whole(&read), expected, "{body}");
    };
    let said = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "Yes", "annotations": []},
            {"type": "output_text", "text": "."}]},
    ]);
    let answer = json!({"content": "Yes.", "reasoning_content": "Hm.", "finish_reason": "stop"});
    check(response("completed", said), json!({"choices": [answer], "usage": [9, 4, 5, 2]}));
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"});
    let called = json!({"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let answer = json!({"tool_calls": [called], "finish_reason": "tool_calls"});
    check(response("completed", json!([call])), json!({"choices": [answer], "usage": [9, 4, 5, 2]}));
    let mut cut = response("incomplete", json!([]));
    for (reason, ours) in [("max_output_tokens", "length"), ("content_filter", "content_filter")] {
        cut["incomplete_details"] = json!({"reason": reason});
        check(cut.clone(), json!({"choices": [{"finish_reason": ours}], "usage": [9, 4, 5, 2]}));
    }
    for status in ["queued", "in_progress", "cancelled", "failed", ""] {
        assert!(completion(&response(status, json!([]))).is_err(), "{status}");
    }
}

#[test]
fn a_stream_is_read_event_by_event_and_kept_to_the_letter() {
    let mut created = response("in_progress", json!([]));
    created["usage"] = Value::Null;
    let item = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": ""});
    let events = [
        json!({"type": "response.created", "response": created}),
        json!({"type": "response.output_item.added", "item": {"type": "web_search_call", "id": "ws_1"}}),
        json!({"type": "response.web_search_call.searching", "item_id": "ws_1"}),
        json!({"type": "response.output_text.delta", "delta": "Yes."}),
        json!({"type": "response.output_item.added", "item": item}),
        json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": "{}"}),
        json!({"type": "response.completed", "response": response("completed", json!([item]))}),
    ];
    let begun = json!({"id": "call_1", "index": 0, "type": "function", "function": {"name": "f", "arguments": ""}});
    let expected = json!([
        {"role": "assistant"}, {"provider_calls": ["web_search_call"]}, {"choices": []}, {"content": "Yes."},
        {"tool_calls": [begun]}, {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
        {"finish_reason": "tool_calls", "usage": [9, 4, 5, 2]},
    ]);
    assert_eq!(streamed(|| Events::new(&model("m")), &sse(&events)), expected);
    let (chunks, error) = decode(Events::new(&model("m")), [sse(&events).as_bytes()]);
    let kept: Vec<Value> =
        chunks.iter().filter_map(|chunk| serde_json::from_slice(&chunk.raw.as_ref()?.bytes).ok()).collect();
    assert_eq!((kept.as_slice(), error.is_none()), (events.as_slice(), true));
}

#[test]
fn a_stream_that_fails_is_an_error() {
    let created = json!({"type": "response.created", "response": response("in_progress", json!([]))});
    let failed = json!({"code": "server_error", "message": "sorry"});
    for (last, expected) in [
        (json!({"type": "response.failed", "response": {"status": "failed", "error": failed}}), "server_error"),
        (json!({"type": "error", "code": "rate_limit_exceeded", "message": "m", "param": null}), "rate_limit_exceeded"),
        (json!({"type": "error", "error": {"code": "server_error", "message": "m"}}), "server_error"),
        (json!({"type": "response.output_text.delta", "delta": "Yes."}), "ended in the middle"),
    ] {
        let (_, error) = decode(Events::new(&model("m")), [sse(&[created.clone(), last.clone()]).as_bytes()]);
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(expected), "{last}: {error}");
    }
}
