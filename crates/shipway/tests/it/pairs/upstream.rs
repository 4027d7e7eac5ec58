//! What each provider answers, in its own words: whole, in pieces, and when it says no.

use super::{Kind, Said};
use serde_json::{Value, json};
use testkit::Script;
use testkit::provider::Move;

/// Which wire format a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Chat,
    Anthropic,
    Bedrock,
    Gemini,
    Cohere,
}

/// A whole answer.
pub(super) fn whole(kind: Kind, said: &Said) -> Script {
    let body = match kind.wire() {
        Wire::Chat => chat(said),
        Wire::Anthropic => anthropic(said),
        Wire::Bedrock => bedrock(said),
        Wire::Gemini => gemini(said),
        Wire::Cohere => cohere(said),
    };
    Script::json(200, &[("x-request-id", "upstream-1"), ("request-id", "upstream-1")], &body)
}

/// The same in pieces.
pub(super) fn streamed(kind: Kind, said: &Said) -> Script {
    let (bytes, content_type) = match kind {
        Kind::Bedrock => (bedrock_events(said), "application/vnd.amazon.eventstream"),
        Kind::Sagemaker => {
            (framed("PayloadPart", &events(&chat_events(said), true)), "application/vnd.amazon.eventstream")
        }
        kind => (events(&pieces(kind, said), kind.wire() == Wire::Chat), "text/event-stream"),
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n");
    Script::raw(head).then(Move::Send(bytes))
}

fn pieces(kind: Kind, said: &Said) -> Vec<Value> {
    match kind.wire() {
        Wire::Chat => chat_events(said),
        Wire::Anthropic => anthropic_events(said),
        Wire::Gemini => gemini_events(said),
        Wire::Cohere => cohere_events(said),
        Wire::Bedrock => Vec::new(),
    }
}

/// A refusal with a status, in the provider's own form.
pub(super) fn refuses(kind: Kind, status: u16) -> Script {
    let body = match kind.wire() {
        Wire::Chat => json!({"error": {"message": "no", "type": "its_type", "code": "its_code"}}),
        Wire::Anthropic => json!({"type": "error", "error": {"type": "its_type", "message": "no"}}),
        Wire::Bedrock => json!({"message": "no"}),
        Wire::Gemini => json!({"error": {"code": status, "message": "no", "status": "ITS_TYPE"}}),
        Wire::Cohere => json!({"id": "1", "message": "no"}),
    };
    Script::json(status, &[("retry-after", "7")], &body)
}

/// Server-sent events, with `[DONE]` where the format has it.
pub(super) fn events(data: &[Value], done: bool) -> Vec<u8> {
    let mut text: String = data.iter().map(|event| format!("data: {event}\n\n")).collect();
    text.push_str(if done { "data: [DONE]\n\n" } else { "" });
    text.into_bytes()
}

fn chat(said: &Said) -> Value {
    let calls = said.calls.iter().map(|(id, name, input)| {
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": input.to_string()}})
    });
    let mut message = json!({"role": "assistant", "content": said.text});
    if !said.calls.is_empty() {
        message["tool_calls"] = calls.collect();
    }
    if let Some(thoughts) = said.thoughts {
        message["reasoning_content"] = thoughts.into();
    }
    json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "m", "usage": chat_usage(),
        "choices": [{"index": 0, "message": message, "finish_reason": reason(said, ["stop", "length", "tool_calls"])}]})
}

fn chat_usage() -> Value {
    json!({"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25, "prompt_tokens_details": {"cached_tokens": 8}})
}

fn reason<'a>(said: &Said, names: [&'a str; 3]) -> &'a str {
    match (said.calls.is_empty(), said.is_cut) {
        (false, _) => names[2],
        (true, true) => names[1],
        (true, false) => names[0],
    }
}

fn chat_events(said: &Said) -> Vec<Value> {
    let chunk = |delta: Value, reason: Value| {
        json!({"id": "up-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "usage": null,
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
    };
    let mut all = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    all.extend(said.thoughts.map(|thoughts| chunk(json!({"reasoning_content": thoughts}), Value::Null)));
    all.extend(halves(said.text).map(|half| chunk(json!({"content": half}), Value::Null)));
    for (index, (id, name, input)) in said.calls.iter().enumerate() {
        let begun = json!({"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}});
        all.push(chunk(json!({"tool_calls": [begun]}), Value::Null));
        let more = json!({"index": index, "function": {"arguments": input.to_string()}});
        all.push(chunk(json!({"tool_calls": [more]}), Value::Null));
    }
    all.push(chunk(json!({}), reason(said, ["stop", "length", "tool_calls"]).into()));
    all.push(json!({"id": "up-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [],
        "usage": chat_usage()}));
    all
}

fn halves(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(|text| {
        let (first, second) = text.split_at(text.len() / 2);
        [first, second]
    })
}

fn anthropic(said: &Said) -> Value {
    let mut content: Vec<Value> = Vec::new();
    content.extend(said.thoughts.map(|text| json!({"type": "thinking", "thinking": text, "signature": "c2ln"})));
    content.extend(said.text.map(|text| json!({"type": "text", "text": text})));
    let calls = said.calls.iter();
    content.extend(calls.map(|(id, name, input)| json!({"type": "tool_use", "id": id, "name": name, "input": input})));
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": content,
        "stop_reason": reason(said, ["end_turn", "max_tokens", "tool_use"]), "stop_sequence": null,
        "usage": anthropic_usage(5)})
}

fn anthropic_usage(output: u64) -> Value {
    json!({"input_tokens": 12, "cache_read_input_tokens": 8, "cache_creation_input_tokens": 0, "output_tokens": output})
}

pub(super) fn anthropic_events(said: &Said) -> Vec<Value> {
    let opening = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": anthropic_usage(1)});
    let mut all = vec![json!({"type": "message_start", "message": opening}), json!({"type": "ping"})];
    let mut index = 0;
    let mut block = |start: Value, deltas: Vec<Value>| {
        all.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        let deltas = deltas.into_iter();
        all.extend(deltas.map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})));
        all.push(json!({"type": "content_block_stop", "index": index}));
        index += 1;
    };
    if let Some(thoughts) = said.thoughts {
        let thinking = json!({"type": "thinking_delta", "thinking": thoughts});
        let signed = json!({"type": "signature_delta", "signature": "c2ln"});
        block(json!({"type": "thinking", "thinking": "", "signature": ""}), vec![thinking, signed]);
    }
    if said.text.is_some() {
        let deltas = halves(said.text).map(|half| json!({"type": "text_delta", "text": half})).collect();
        block(json!({"type": "text", "text": ""}), deltas);
    }
    for (id, name, input) in &said.calls {
        let input = json!({"type": "input_json_delta", "partial_json": input.to_string()});
        block(json!({"type": "tool_use", "id": id, "name": name, "input": {}}), vec![input]);
    }
    let stop = reason(said, ["end_turn", "max_tokens", "tool_use"]);
    all.push(json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null},
        "usage": anthropic_usage(5)}));
    all.push(json!({"type": "message_stop"}));
    all
}

fn bedrock(said: &Said) -> Value {
    let mut content: Vec<Value> = Vec::new();
    content.extend(
        said.thoughts.map(|text| json!({"reasoningContent": {"reasoningText": {"text": text, "signature": "c2ln"}}})),
    );
    content.extend(said.text.map(|text| json!({"text": text})));
    let calls = said.calls.iter();
    content.extend(calls.map(|(id, name, input)| json!({"toolUse": {"toolUseId": id, "name": name, "input": input}})));
    json!({"output": {"message": {"role": "assistant", "content": content}}, "usage": bedrock_usage(),
        "stopReason": reason(said, ["end_turn", "max_tokens", "tool_use"])})
}

fn bedrock_usage() -> Value {
    json!({"inputTokens": 12, "cacheReadInputTokens": 8, "cacheWriteInputTokens": 0, "outputTokens": 5, "totalTokens": 25})
}

fn bedrock_events(said: &Said) -> Vec<u8> {
    let mut bytes = framed("messageStart", br#"{"role":"assistant"}"#);
    let mut index = 0;
    let mut block = |start: Option<Value>, deltas: Vec<Value>| {
        let mut say = |name: &str, mut payload: Value| {
            payload["contentBlockIndex"] = index.into();
            bytes.extend(framed(name, payload.to_string().as_bytes()));
        };
        if let Some(start) = start {
            say("contentBlockStart", json!({"start": start}));
        }
        deltas.into_iter().for_each(|delta| say("contentBlockDelta", json!({"delta": delta})));
        say("contentBlockStop", json!({}));
        index += 1;
    };
    if let Some(thoughts) = said.thoughts {
        let deltas =
            vec![json!({"reasoningContent": {"text": thoughts}}), json!({"reasoningContent": {"signature": "c2ln"}})];
        block(None, deltas);
    }
    if said.text.is_some() {
        block(None, halves(said.text).map(|half| json!({"text": half})).collect());
    }
    for (id, name, input) in &said.calls {
        let start = json!({"toolUse": {"toolUseId": id, "name": name}});
        block(Some(start), vec![json!({"toolUse": {"input": input.to_string()}})]);
    }
    let stop = json!({"stopReason": reason(said, ["end_turn", "max_tokens", "tool_use"])});
    bytes.extend(framed("messageStop", stop.to_string().as_bytes()));
    bytes.extend(framed("metadata", json!({"usage": bedrock_usage()}).to_string().as_bytes()));
    bytes
}

fn gemini(said: &Said) -> Value {
    let mut parts: Vec<Value> = Vec::new();
    parts.extend(said.thoughts.map(|text| json!({"text": text, "thought": true})));
    parts.extend(said.text.map(|text| json!({"text": text})));
    let calls = said.calls.iter();
    parts.extend(calls.map(|(id, name, input)| json!({"functionCall": {"id": id, "name": name, "args": input}})));
    json!({"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0,
            "finishReason": reason(said, ["STOP", "MAX_TOKENS", "STOP"])}],
        "usageMetadata": {"promptTokenCount": 20, "cachedContentTokenCount": 8, "candidatesTokenCount": 5},
        "modelVersion": "gemini", "responseId": "r-1"})
}

/// The parts one by one, the reason with the last.
fn gemini_events(said: &Said) -> Vec<Value> {
    let whole = gemini(said);
    let parts = whole["candidates"][0]["content"]["parts"].as_array().cloned().unwrap_or_default();
    let last = parts.len() - 1;
    let event = |(at, part): (usize, Value)| {
        let mut event = whole.clone();
        event["candidates"][0]["content"]["parts"] = json!([part]);
        if at < last {
            event["candidates"][0]["finishReason"].take();
        }
        event
    };
    parts.into_iter().enumerate().map(event).collect()
}

fn cohere(said: &Said) -> Value {
    let mut content: Vec<Value> = Vec::new();
    content.extend(said.thoughts.map(|text| json!({"type": "thinking", "thinking": text})));
    content.extend(said.text.map(|text| json!({"type": "text", "text": text})));
    let mut message = json!({"role": "assistant", "content": content});
    let calls = said.calls.iter().map(|(id, name, input)| {
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": input.to_string()}})
    });
    if !said.calls.is_empty() {
        message["tool_calls"] = calls.collect();
    }
    json!({"id": "1", "message": message, "usage": cohere_usage(),
        "finish_reason": reason(said, ["COMPLETE", "MAX_TOKENS", "TOOL_CALL"])})
}

fn cohere_usage() -> Value {
    json!({"billed_units": {"input_tokens": 20, "output_tokens": 5}, "cached_tokens": 8})
}

fn cohere_events(said: &Said) -> Vec<Value> {
    let event =
        |kind: &str, index: usize, message: Value| json!({"type": kind, "index": index, "delta": {"message": message}});
    let mut all = vec![json!({"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant"}}})];
    all.extend(said.thoughts.map(|text| event("content-delta", 0, json!({"content": {"thinking": text}}))));
    all.extend(halves(said.text).map(|half| event("content-delta", 0, json!({"content": {"text": half}}))));
    for (index, (id, name, input)) in said.calls.iter().enumerate() {
        let start = json!({"id": id, "type": "function", "function": {"name": name, "arguments": ""}});
        all.push(event("tool-call-start", index, json!({"tool_calls": start})));
        let more = json!({"function": {"arguments": input.to_string()}});
        all.push(event("tool-call-delta", index, json!({"tool_calls": more})));
        all.push(json!({"type": "tool-call-end", "index": index}));
    }
    let reason = reason(said, ["COMPLETE", "MAX_TOKENS", "TOOL_CALL"]);
    all.push(json!({"type": "message-end", "delta": {"finish_reason": reason, "usage": cohere_usage()}}));
    all
}

/// One message of an AWS event stream (<https://smithy.io/2.0/aws/amazon-eventstream.html>).
fn framed(event: &str, payload: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [(":event-type", event), (":content-type", "application/json"), (":message-type", "event")] {
        headers.push(u8::try_from(name.len()).expect("a short name"));
        headers.extend(name.as_bytes());
        headers.push(7);
        headers.extend(u16::try_from(value.len()).expect("a short value").to_be_bytes());
        headers.extend(value.as_bytes());
    }
    let length = |count: usize| u32::try_from(count).expect("a short message").to_be_bytes();
    let mut bytes = [length(16 + headers.len() + payload.len()), length(headers.len())].concat();
    bytes.extend(crc32(&bytes).to_be_bytes());
    bytes.extend(headers);
    bytes.extend(payload);
    bytes.extend(crc32(&bytes).to_be_bytes());
    bytes
}

/// CRC-32 as in IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
