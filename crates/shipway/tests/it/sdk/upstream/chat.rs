//! The model in chat completions.

use super::{GAP, HELLO, Turn, broken_off};
use serde_json::{Value, json};
use testkit::Script;
use testkit::provider::{Move, completion, frame};

pub(super) fn script(turn: Turn, streamed: bool) -> Script {
    match (turn, streamed) {
        (Turn::Says(pieces), true) => stream(pieces.iter().map(|piece| json!({ "content": piece })), "stop"),
        (Turn::Says(pieces), false) => whole(json!({ "content": pieces.concat() }), "stop"),
        (Turn::Thinks, true) => stream(
            ["Which greeting? ", "Hello."]
                .map(|piece| json!({ "reasoning_content": piece }))
                .into_iter()
                .chain([json!({ "content": HELLO.concat() })]),
            "stop",
        ),
        (Turn::Thinks, false) => {
            whole(json!({ "reasoning_content": "Which greeting? Hello.", "content": HELLO.concat() }), "stop")
        }
        (Turn::Calls(calls), true) => stream((0..).zip(calls).flat_map(call_pieces), "tool_calls"),
        (Turn::Calls(calls), false) => {
            let calls: Vec<Value> = calls
                .into_iter()
                .map(|(id, name, arguments)| json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments.to_string() } }))
                .collect();
            whole(json!({ "content": null, "tool_calls": calls }), "tool_calls")
        }
        (Turn::Endless, _) => Script::stream_head()
            .then(Move::Endless { bytes: frame(&json!({ "content": "and so on " }), None), gap: GAP }),
        (Turn::BreaksOff, _) => {
            broken_off(Script::stream_head().then(Move::Send(frame(&json!({ "content": HELLO[0] }), None))))
        }
    }
}

fn whole(message: Value, reason: &str) -> Script {
    let mut body = completion("");
    body["choices"][0]["message"] = message;
    body["choices"][0]["message"]["role"] = json!("assistant");
    body["choices"][0]["finish_reason"] = json!(reason);
    Script::json(200, &[], &body)
}

fn stream(deltas: impl IntoIterator<Item = Value>, reason: &str) -> Script {
    let begun = Script::stream_head().then(Move::Send(frame(&json!({ "role": "assistant", "content": "" }), None)));
    let said = deltas.into_iter().fold(begun, |script, delta| script.then(Move::Send(frame(&delta, None))));
    let usage = json!({ "id": "up-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "scripted-1",
        "choices": [], "usage": { "prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25 } });
    let end = format!("data: {usage}\n\ndata: [DONE]\n\n").into_bytes();
    said.then(Move::Send(frame(&json!({}), Some(reason)))).then(Move::Send(end))
}

/// A call in three pieces: its name, and its arguments torn in two.
fn call_pieces((index, (id, name, arguments)): (usize, (&'static str, String, Value))) -> Vec<Value> {
    let arguments = arguments.to_string();
    let (first, second) = arguments.split_at(7);
    let begun = json!({ "index": index, "id": id, "type": "function", "function": { "name": name, "arguments": "" } });
    let more = |text: &str| json!({ "index": index, "function": { "arguments": text } });
    [begun, more(first), more(second)].map(|call| json!({ "tool_calls": [call] })).to_vec()
}
