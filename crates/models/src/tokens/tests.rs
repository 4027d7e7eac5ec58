//! Tokens counted without a tokenizer.

use super::{Count, most_output, of_characters, of_request, of_text};
use crate::tests::upstream::request;
use serde_json::json;
use usecase::Content;

#[test]
fn counts_err_upwards() {
    // Beside each text how many words, groups of three digits, signs and syllables it has.
    let check = |text: &str, tokens: u64| assert!(of_text(text) >= tokens, "{text}: {} < {tokens}", of_text(text));
    check("The quick brown fox jumps over the lazy dog.", 10);
    check("1234567890", 4);
    check("{\"a\": [1, 2, 3], \"b\": null}", 14);
    check("こんにちは世界", 2);
    check("", 0);
    assert_eq!((of_text("four"), of_text("fives"), of_characters(9)), (1, 2, 3));
}

#[test]
fn pieces_add_up_to_the_whole() {
    let text = "Größe und 3 kg, 東京 🦀";
    let mut count = Count::default();
    text.chars().for_each(|c| count.add(&c.to_string()));
    assert_eq!(count.tokens(), of_text(text));
}

#[test]
fn everything_that_is_sent_counts() {
    let mut request = request(false);
    let plain = of_request(&request);
    request.rest.insert(
        "tools".to_owned(),
        json!([{"type": "function", "function": {"name": "f", "description": "long ".repeat(100)}}]),
    );
    let with_tools = of_request(&request);
    assert!(with_tools > plain + 100);
    request.messages[0].content = Content::Parts(vec![
        json!({"type": "text", "text": "When does my order leave?"}),
        json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{}", "A".repeat(1_000_000))}}),
    ]);
    assert_eq!(of_request(&request), with_tools + 1105, "a picture is not counted by its bytes");
}

#[test]
fn the_output_limit_is_the_requests_own() {
    let check = |rest: serde_json::Value, most: u64| {
        let mut request = request(false);
        request.rest = rest.as_object().cloned().expect("an object");
        assert_eq!(most_output(&request, None), most);
    };
    check(json!({}), 4096);
    check(json!({"max_tokens": 10}), 10);
    check(json!({"max_tokens": 10, "max_completion_tokens": 20, "n": 3}), 60);
    check(json!({"max_tokens": u64::MAX, "n": 3}), u64::MAX);
    check(json!({"max_tokens": -1, "n": 0}), 4096);
}
