//! What holds for every dialect, whatever is sent: no body breaks its reader, no answer its writer.

use super::Wire;
use crate::anthropic::Messages;
use crate::openai::Chat;
use crate::responses::Responses;
use crate::scripted;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const WIRES: [&dyn Wire; 3] = [&Chat, &Messages, &Responses];

/// Words that the readers and writers look for, as keys and as values.
const WORDS: &[&str] = &[
    "type",
    "role",
    "content",
    "text",
    "source",
    "data",
    "url",
    "id",
    "name",
    "input",
    "tool_use",
    "tool_result",
    "tool_use_id",
    "thinking",
    "redacted_thinking",
    "signature",
    "image",
    "document",
    "base64",
    "user",
    "assistant",
    "message",
    "function",
    "function_call",
    "function_call_output",
    "call_id",
    "arguments",
    "output",
    "reasoning",
    "summary",
    "encrypted_content",
    "input_text",
    "input_image",
    "image_url",
    "tool_calls",
    "index",
    "refusal",
    "reasoning_content",
    "thinking_blocks",
    "annotations",
    "url_citation",
    "format",
    "json_schema",
    "schema",
];

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(WORDS).prop_map(str::to_owned)
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3_u8).prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..5).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A field of a request that every dialect gives a meaning.
fn field() -> impl Strategy<Value = (String, Value)> {
    let names = [
        "messages",
        "input",
        "system",
        "tools",
        "tool_choice",
        "output_config",
        "text",
        "reasoning",
        "metadata",
        "instructions",
        "include",
        "stream",
        "stop_sequences",
    ];
    (prop::sample::select(names.to_vec()).prop_map(str::to_owned), any_json())
}

proptest! {
    #[test]
    fn no_body_breaks_a_reader(fields in prop::collection::vec(field(), 0..5), item in any_json()) {
        let mut body = json!({ "model": "m", "max_tokens": 1, "messages": [item], "input": [item] });
        fields.into_iter().for_each(|(name, value)| body[name.as_str()] = value);
        for wire in WIRES {
            let _ = scripted::read(wire, &body);
        }
    }

    #[test]
    fn no_answer_breaks_a_writer(deltas in prop::collection::vec(prop::collection::vec((word(), any_json()), 0..4), 0..6)) {
        let deltas: Vec<Value> = deltas.into_iter().map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())).collect();
        for wire in WIRES {
            let frames = scripted::streamed(wire, &deltas, "stop", vec![scripted::citation(3)]);
            for line in frames.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|line| *line != "[DONE]") {
                prop_assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
            }
            if let Some(message) = deltas.first() {
                let mut message = message.clone();
                message["content"] = json!("Within 60 days.");
                scripted::whole(wire, &message, "stop", Vec::new());
            }
        }
    }
}

#[test]
fn a_request_of_too_many_fields_is_refused_at_the_door() {
    for wire in WIRES {
        let body: Map<String, Value> = (0..1_025).map(|at| (format!("f{at}"), json!(1))).collect();
        let error = scripted::read(wire, &body.into()).err().unwrap_or_default();
        assert_eq!(error, "the body has 1025 fields; at most 1024 are taken");
    }
    let mut body: Map<String, Value> = (0..1_022).map(|at| (format!("f{at}"), json!(1))).collect();
    body.insert("model".to_owned(), json!("support"));
    body.insert("messages".to_owned(), json!([{ "role": "user", "content": "Hi" }]));
    assert!(scripted::read(&Chat, &body.into()).is_ok());
}

#[test]
fn words_of_the_callers_own_stand_in_no_refusal() {
    let check = |fields: Value| {
        let mut body = json!({ "model": "support", "input": "Hi" });
        body.as_object_mut().expect("fields").extend(fields.as_object().cloned().expect("fields"));
        let lost = scripted::read(&Responses, &body).expect("a request").request.lost;
        let said = [lost.refused, lost.named].concat();
        assert!(said.len() == 1 && !said[0].contains("example"), "{said:?}");
    };
    check(json!({ "tools": [{ "type": "jo@example.com" }] }));
    check(json!({ "include": ["jo@example.com"] }));
    check(json!({ "input": [{ "type": "jo@example.com" }] }));
}
