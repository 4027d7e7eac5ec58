//! Texts of a delta besides its content: restored where they are cut, and flushed into the last piece.

use super::Voice;
use guardrails::{Guards, Vault};
use serde_json::{Value, json};
use usecase::declared::Guard;

/// Feeds `text` in pieces of `size` characters at a place of the delta; gives back what came out there in all.
fn through(vault: &Vault, text: &str, size: usize, place: &str, delta: impl Fn(&str) -> Value) -> String {
    let mut voice = Voice::new(vault, None);
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for piece in characters.chunks(size) {
        let mut value = delta(&piece.iter().collect::<String>());
        voice.restore(vault, "", &mut value);
        out.push_str(value.pointer(place).and_then(Value::as_str).unwrap_or_default());
    }
    let tails = Value::Object(voice.tails());
    out + tails.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn every_text_of_a_delta_is_restored_wherever_it_is_cut() {
    let mut vault = Vault::new();
    let original = "Write to jo \"the lamp\" doe at jo.doe@example.org now";
    let masked = Guards::new(&Guard::default()).mask(original, &mut vault).expect("an address is masked");
    assert!(!masked.contains("jo.doe"), "{masked}");
    for size in 1..=masked.chars().count() {
        let check = |place: &str, delta: &dyn Fn(&str) -> Value| {
            assert_eq!(through(&vault, &masked, size, place, delta), original, "{place}, pieces of {size}");
        };
        check("/reasoning_content", &|piece| json!({ "reasoning_content": piece }));
        check("/refusal", &|piece| json!({ "refusal": piece }));
        check(
            "/tool_calls/0/custom/input",
            &|piece| json!({ "tool_calls": [{ "index": 0, "custom": { "input": piece } }] }),
        );
        check("/function_call/arguments", &|piece| json!({ "function_call": { "arguments": piece } }));
    }
}

#[test]
fn names_and_ids_are_left_alone() {
    let vault = Vault::new();
    let mut voice = Voice::new(&vault, None);
    let call = json!({ "role": "assistant", "tool_calls": [{ "index": 1, "id": "call_[", "type": "function",
        "function": { "name": "send_[", "arguments": "{}" } }] });
    let mut value = call.clone();
    voice.restore(&vault, "", &mut value);
    assert_eq!(value, call);
    assert_eq!(voice.tails().len(), 0);
}
