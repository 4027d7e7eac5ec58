//! Embeddings as data, both ways.

use super::{body, read};
use serde_json::{Value, json};
use usecase::{Embeddings, Usage};

#[test]
fn requests() {
    let check = |input: Value, expected: &[&str]| {
        let asked = read(json!({ "model": "support", "input": input }).to_string().as_bytes()).expect("a request");
        let texts: Vec<String> = asked.request.messages.iter().map(|message| message.content.text()).collect();
        assert_eq!(texts, expected);
    };
    check(json!("one"), &["one"]);
    check(json!(["one", "two"]), &["one", "two"]);
    let asked =
        json!({ "model": "openai/e", "input": "x", "dimensions": 8, "user": "u-1", "encoding_format": "base64" });
    let asked = read(asked.to_string().as_bytes()).expect("a request");
    assert!(asked.base64);
    assert_eq!(asked.request.subject.as_deref(), Some("u-1"));
    assert_eq!(json!(asked.request.rest), json!({ "dimensions": 8, "user": "u-1" }));
}

#[test]
fn what_is_wrong_is_named() {
    let check = |fields: Value, expected: &str| {
        let mut body = json!({ "model": "support", "input": "x" });
        fields.as_object().into_iter().flatten().for_each(|(name, value)| body[name] = value.clone());
        let error = read(body.to_string().as_bytes()).expect_err("no request").message;
        assert!(error.contains(expected), "{error}");
    };
    check(json!({ "input": null }), "`input` is missing");
    check(json!({ "input": [] }), "1 to 2048 texts");
    check(json!({ "input": "" }), "an empty text");
    check(json!({ "input": [1, 2] }), "holds tokens");
    check(json!({ "input": [[1, 2]] }), "holds tokens");
    check(json!({ "input": [true] }), "a string or an array of strings");
    check(json!({ "encoding_format": "hex" }), "float or base64");
    check(json!({ "dimensions": 0 }), "`dimensions` must be a whole number");
}

#[test]
fn answers() {
    let usage = Usage { input_tokens: 3, ..Usage::default() };
    let embeddings = Embeddings { vectors: vec![vec![1.0, -0.5], vec![0.0, 2.0]], usage: Some(usage) };
    assert_eq!(
        body("support", &embeddings, false),
        json!({
            "object": "list", "model": "support", "usage": { "prompt_tokens": 3, "total_tokens": 3 },
            "data": [{ "object": "embedding", "index": 0, "embedding": [1.0, -0.5] },
                     { "object": "embedding", "index": 1, "embedding": [0.0, 2.0] }],
        })
    );
    // 1.0 is 00 00 80 3f, -0.5 is 00 00 00 bf.
    assert_eq!(body("support", &embeddings, true)["data"][0]["embedding"], "AACAPwAAAL8=");
}
