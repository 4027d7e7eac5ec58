//! The model in Anthropic's messages.

use super::{GAP, HELLO, Turn, broken_off};
use serde_json::{Value, json};
use testkit::Script;
use testkit::provider::Move;

pub(super) fn script(turn: Turn, streamed: bool) -> Script {
    let text = |pieces: &[String]| block(json!({ "type": "text", "text": "" }), "text_delta", "text", pieces);
    match turn {
        Turn::Says(pieces) => answer(&[text(&pieces)], "end_turn", streamed),
        Turn::Thinks => {
            let thoughts = ["Which greeting? ".to_owned(), "Hello.".to_owned()];
            let thinking = json!({ "type": "thinking", "thinking": "", "signature": "" });
            let thinking = block(thinking, "thinking_delta", "thinking", &thoughts);
            answer(&[thinking, text(&[HELLO.concat()])], "end_turn", streamed)
        }
        Turn::Calls(calls) => {
            let blocks: Vec<Block> = calls
                .into_iter()
                .map(|(id, name, arguments)| {
                    let written = arguments.to_string();
                    let (first, second) = written.split_at(7);
                    let mut call = block(
                        json!({ "type": "tool_use", "id": id, "name": name, "input": {} }),
                        "input_json_delta",
                        "partial_json",
                        &[first.to_owned(), second.to_owned()],
                    );
                    call.whole["input"] = arguments;
                    call
                })
                .collect();
            answer(&blocks, "tool_use", streamed)
        }
        Turn::Endless => begun().then(Move::Endless { bytes: delta(0, "text_delta", "text", "and so on "), gap: GAP }),
        Turn::BreaksOff => broken_off(begun().then(Move::Send(delta(0, "text_delta", "text", HELLO[0])))),
    }
}

/// A block, whole and as the events of a stream.
struct Block {
    whole: Value,
    start: Value,
    deltas: Vec<(&'static str, &'static str, String)>,
}

fn block(start: Value, kind: &'static str, field: &'static str, pieces: &[String]) -> Block {
    let mut whole = start.clone();
    let mut deltas: Vec<_> = pieces.iter().map(|piece| (kind, field, piece.clone())).collect();
    if kind != "input_json_delta" {
        whole[field] = json!(pieces.concat());
    }
    if kind == "thinking_delta" {
        whole["signature"] = json!("c2lnbmVk");
        deltas.push(("signature_delta", "signature", "c2lnbmVk".to_owned()));
    }
    Block { whole, start, deltas }
}

fn message(content: &[Value], reason: Option<&str>, output: u64) -> Value {
    json!({ "id": "msg_up_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929", "content": content,
        "stop_reason": reason, "stop_sequence": null, "usage": { "input_tokens": 20, "output_tokens": output } })
}

fn event(data: &Value) -> Vec<u8> {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or_default()).into_bytes()
}

fn delta(index: usize, kind: &str, field: &str, text: &str) -> Vec<u8> {
    event(&json!({ "type": "content_block_delta", "index": index, "delta": { "type": kind, field: text } }))
}

fn begun() -> Script {
    let start = json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } });
    head().then(Move::Send(event(&start)))
}

fn head() -> Script {
    Script::stream_head().then(Move::Send(event(&json!({ "type": "message_start", "message": message(&[], None, 1) }))))
}

fn answer(blocks: &[Block], reason: &str, streamed: bool) -> Script {
    if !streamed {
        let content: Vec<Value> = blocks.iter().map(|block| block.whole.clone()).collect();
        return Script::json(200, &[], &message(&content, Some(reason), 5));
    }
    let mut script = head();
    for (index, block) in blocks.iter().enumerate() {
        let start = json!({ "type": "content_block_start", "index": index, "content_block": block.start });
        script = script.then(Move::Send(event(&start)));
        for (kind, field, text) in &block.deltas {
            script = script.then(Move::Send(delta(index, kind, field, text)));
        }
        script = script.then(Move::Send(event(&json!({ "type": "content_block_stop", "index": index }))));
    }
    let end = json!({ "type": "message_delta", "delta": { "stop_reason": reason, "stop_sequence": null },
        "usage": { "input_tokens": 20, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 5 } });
    script.then(Move::Send(event(&end))).then(Move::Send(event(&json!({ "type": "message_stop" }))))
}
