//! What an app reads in an answer, whichever dialect it speaks.

use super::Dialect;
use serde_json::{Value, json};
use testkit::Reply;

/// The parts of an answer that an app acts on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) text: String,
    pub(super) thoughts: String,
    /// Name and arguments of each call.
    pub(super) calls: Vec<(String, Value)>,
    /// `end`, `cut` or `calls`.
    pub(super) stop: &'static str,
    /// Input, cached input, output.
    pub(super) usage: [u64; 3],
}

pub(super) fn whole(dialect: Dialect, body: &Value) -> Seen {
    match dialect {
        Dialect::Chat => chat(&body["choices"][0]["message"], &body["choices"][0]["finish_reason"], &body["usage"]),
        Dialect::Messages => message(body),
        Dialect::Responses => response(body),
    }
}

/// A streamed answer, put together as an SDK does.
pub(super) fn streamed(dialect: Dialect, reply: &Reply) -> Seen {
    let frames = reply.frames();
    match dialect {
        Dialect::Chat => {
            assert!(reply.done(), "{}", reply.text());
            chat_stream(&frames)
        }
        Dialect::Messages => {
            assert_eq!(frames.last().map(|frame| &frame["type"]), Some(&json!("message_stop")), "{}", reply.text());
            message_stream(&frames)
        }
        Dialect::Responses => {
            let last = frames.last().cloned().unwrap_or_default();
            assert_eq!(last["type"], format!("response.{}", last["response"]["status"].as_str().unwrap_or_default()));
            let deltas = frames.iter().filter(|frame| frame["type"] == "response.output_text.delta");
            let text: String = deltas.filter_map(|frame| frame["delta"].as_str()).collect();
            let seen = response(&last["response"]);
            assert_eq!(seen.text, text);
            seen
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn arguments(text: &Value) -> Value {
    serde_json::from_str(text.as_str().unwrap_or_default()).unwrap_or_default()
}

fn chat(message: &Value, reason: &Value, usage: &Value) -> Seen {
    let call = |call: &Value| (text(&call["function"]["name"]), arguments(&call["function"]["arguments"]));
    let figure = |pointer: &str| usage.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    Seen {
        text: text(&message["content"]),
        thoughts: text(&message["reasoning_content"]),
        calls: list(&message["tool_calls"]).iter().map(call).collect(),
        stop: stop(reason, ["stop", "length", "tool_calls"]),
        usage: ["/prompt_tokens", "/prompt_tokens_details/cached_tokens", "/completion_tokens"].map(figure),
    }
}

fn stop(reason: &Value, names: [&str; 3]) -> &'static str {
    let place = names.iter().position(|name| reason == name);
    place.map_or("unknown", |place| ["end", "cut", "calls"][place])
}

fn chat_stream(frames: &[Value]) -> Seen {
    let mut message = json!({"content": "", "reasoning_content": "", "tool_calls": []});
    let (mut reason, mut usage) = (Value::Null, Value::Null);
    for frame in frames {
        let choice = &frame["choices"][0];
        for name in ["content", "reasoning_content"] {
            message[name] = (text(&message[name]) + choice["delta"][name].as_str().unwrap_or_default()).into();
        }
        for call in list(&choice["delta"]["tool_calls"]) {
            let index = call["index"].as_u64().and_then(|index| usize::try_from(index).ok()).expect("an index");
            let calls = message["tool_calls"].as_array_mut().expect("a list");
            if index == calls.len() {
                assert!(call["id"].is_string() && call["function"]["name"].is_string(), "{call}");
                calls.push(call.clone());
            } else {
                let place = &mut calls[index]["function"]["arguments"];
                *place = (text(place) + call["function"]["arguments"].as_str().unwrap_or_default()).into();
            }
        }
        reason = if choice["finish_reason"].is_null() { reason } else { choice["finish_reason"].clone() };
        usage = if frame["usage"].is_null() { usage } else { frame["usage"].clone() };
    }
    chat(&message, &reason, &usage)
}

fn message(body: &Value) -> Seen {
    let mut seen = Seen { stop: stop(&body["stop_reason"], ["end_turn", "max_tokens", "tool_use"]), ..Seen::default() };
    for block in list(&body["content"]) {
        match block["type"].as_str().unwrap_or_default() {
            "text" => seen.text += &text(&block["text"]),
            "thinking" => seen.thoughts += &text(&block["thinking"]),
            "tool_use" => seen.calls.push((text(&block["name"]), block["input"].clone())),
            other => panic!("a block of type {other}"),
        }
    }
    let figure = |name: &str| body["usage"][name].as_u64().unwrap_or(0);
    let cached = figure("cache_read_input_tokens");
    seen.usage =
        [figure("input_tokens") + cached + figure("cache_creation_input_tokens"), cached, figure("output_tokens")];
    seen
}

fn message_stream(frames: &[Value]) -> Seen {
    let mut body = json!({"content": []});
    let mut inputs = std::collections::BTreeMap::<usize, String>::new();
    for frame in frames {
        let index = frame["index"].as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
        match frame["type"].as_str().unwrap_or_default() {
            "message_start" => body = frame["message"].clone(),
            "content_block_start" => {
                let content = body["content"].as_array_mut().expect("a list");
                assert_eq!(content.len(), index, "blocks are numbered one after the other");
                content.push(frame["content_block"].clone());
            }
            "content_block_delta" => {
                let delta = &frame["delta"];
                for name in ["text", "thinking"].into_iter().filter(|name| delta[*name].is_string()) {
                    let place = &mut body["content"][index][name];
                    *place = (text(place) + &text(&delta[name])).into();
                }
                *inputs.entry(index).or_default() += delta["partial_json"].as_str().unwrap_or_default();
            }
            "content_block_stop" if body["content"][index]["type"] == "tool_use" => {
                body["content"][index]["input"] = arguments(&json!(inputs.get(&index)));
            }
            "message_delta" => {
                body["stop_reason"] = frame["delta"]["stop_reason"].clone();
                for (name, value) in frame["usage"].as_object().into_iter().flatten() {
                    body["usage"][name] = value.clone();
                }
            }
            _ => {}
        }
    }
    message(&body)
}

fn response(body: &Value) -> Seen {
    let mut seen = Seen::default();
    for item in list(&body["output"]) {
        match item["type"].as_str().unwrap_or_default() {
            "message" => seen.text.extend(list(&item["content"]).iter().map(|part| text(&part["text"]))),
            "reasoning" => seen.thoughts.extend(list(&item["summary"]).iter().map(|part| text(&part["text"]))),
            "function_call" => seen.calls.push((text(&item["name"]), arguments(&item["arguments"]))),
            other => panic!("an item of type {other}"),
        }
    }
    seen.stop = match (body["status"].as_str(), body["incomplete_details"]["reason"].as_str()) {
        (Some("completed"), _) if !seen.calls.is_empty() => "calls",
        (Some("completed"), _) => "end",
        (Some("incomplete"), Some("max_output_tokens")) => "cut",
        _ => "unknown",
    };
    let figure = |pointer: &str| body["usage"].pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    seen.usage = ["/input_tokens", "/input_tokens_details/cached_tokens", "/output_tokens"].map(figure);
    seen
}
