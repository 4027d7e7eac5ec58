//! Every kind of bad input gets the right status, OpenAI's error shape, and a sentence that says what to do.

use crate::{ask, shop};
use serde_json::{Value, json};

/// (name, body, status, a piece of the message)
fn cases() -> Vec<(&'static str, Value, u16, &'static str)> {
    let with = |field: &str, value: Value| {
        let mut body = ask("shop", "Hi");
        body[field] = value;
        body
    };
    vec![
        ("no model", json!({ "messages": [] }), 400, "`model` is missing"),
        ("model of the wrong type", with("model", json!(7)), 400, "`model` must be"),
        ("no messages", json!({ "model": "shop" }), 400, "`messages` is missing"),
        ("empty messages", with("messages", json!([])), 400, "at least one message"),
        ("messages of the wrong type", with("messages", json!("Hi")), 400, "must be an array"),
        ("a message that is no object", with("messages", json!(["Hi"])), 400, "messages[0] must be an object"),
        ("an unknown role", with("messages", json!([{ "role": "king", "content": "Hi" }])), 400, "role must be one of"),
        ("no content", with("messages", json!([{ "role": "user" }])), 400, "content is missing"),
        (
            "content of the wrong type",
            with("messages", json!([{ "role": "user", "content": 1 }])),
            400,
            "content must be",
        ),
        ("stream of the wrong type", with("stream", json!("yes")), 400, "`stream` must be true or false"),
        ("negative max_tokens", with("max_tokens", json!(-5)), 400, "`max_tokens` must be a whole number"),
        ("max_tokens of zero", with("max_tokens", json!(0)), 400, "`max_tokens` must be a whole number"),
        ("n of zero", with("n", json!(0)), 400, "`n` must be"),
        (
            "stream_options without stream",
            with("stream_options", json!({ "include_usage": true })),
            400,
            "only allowed when",
        ),
        ("metadata of the wrong type", with("metadata", json!("page")), 400, "`metadata` must be an object"),
        ("a filter that is no facet", with("metadata", json!({ "filter": { "colour": "red" } })), 400, "no facet"),
        ("an unknown use case", with("model", json!("shopp")), 404, "no use case or provider"),
        ("an unknown provider", with("model", json!("nobody/m")), 404, "no use case or provider"),
        ("a body that is no object", json!([1, 2]), 400, "must be a JSON object"),
    ]
}

#[test]
fn wrong_fields() {
    let project = shop();
    let server = project.serve();
    let client = server.client();
    for (name, body, status, message) in cases() {
        let reply = client.post("/v1/chat/completions", &body);
        assert_eq!(reply.status, status, "{name}: {}", reply.text());
        let error = &reply.json()["error"];
        assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{name}: {error}");
        assert_eq!(error["type"], "invalid_request_error", "{name}");
        assert!(error.get("param").is_some() && error.get("code").is_some(), "{name}: {error}");
    }
}

#[test]
fn wrong_bytes() {
    let project = shop();
    let server = project.serve();
    let client = server.client();
    let json_type = ("content-type", "application/json");
    let big = format!(
        "{{\"model\": \"shop\", \"messages\": [{{\"role\": \"user\", \"content\": \"{}\"}}]}}",
        "a".repeat(10_000_000)
    );
    let cases = [
        ("malformed JSON", json_type, b"{\"model\": ".to_vec(), 400, "not valid JSON"),
        ("invalid UTF-8", json_type, b"{\"model\": \"\xff\xfe\"}".to_vec(), 400, "not UTF-8"),
        ("an empty body", json_type, Vec::new(), 400, "not valid JSON"),
        ("a wrong content type", ("content-type", "text/plain"), b"{}".to_vec(), 415, "application/json"),
        ("10 MB", json_type, big.into_bytes(), 413, "server.max_body_bytes"),
        ("deep nesting", json_type, "[".repeat(100_000).into_bytes(), 400, "not valid JSON"),
    ];
    for (name, header, body, status, message) in cases {
        let reply = client.post_raw("/v1/chat/completions", &[header], body);
        assert_eq!(reply.status, status, "{name}: {}", reply.text());
        assert!(reply.text().contains(message), "{name}: {}", reply.text());
    }
    assert_eq!(client.get("/v1/chat/completions").status, 405);
    assert_eq!(client.get("/nowhere").status, 404);
    // After all of this it still answers.
    assert_eq!(client.post("/v1/chat/completions", &ask("shop", crate::QUESTION)).status, 200);
}

#[test]
fn a_failing_template_does_not_quote_the_conversation() {
    let project = shop()
        .file("usecases/shop/prompt.md", "{{ question.no.such.field }}")
        .append("usecases/shop/usecase.toml", "[prompt]\ntemplate = \"prompt.md\"\n");
    let server = project.serve();
    let reply = server.client().post("/v1/chat/completions", &ask("shop", "Is my name Zebulon Quist?"));
    assert_eq!(reply.status, 500, "{}", reply.text());
    let trace = reply.header("x-shipway-trace").expect("a trace").to_owned();
    let row = server.client().get(&format!("/v1/traces/{trace}")).json()["row"].to_string();
    assert!(!reply.text().contains("Zebulon") && !row.contains("Zebulon"), "{} {row}", reply.text());
}

#[test]
fn a_template_that_fails_is_the_operators_fault() {
    let project = shop()
        .file("usecases/shop/prompt.md", "{{ passages | no_such_filter }}")
        .append("usecases/shop/usecase.toml", "[prompt]\ntemplate = \"prompt.md\"\n");
    let server = project.serve();
    let reply = server.client().post("/v1/chat/completions", &ask("shop", crate::QUESTION));
    assert_eq!(reply.status, 500, "{}", reply.text());
    assert!(reply.text().contains("prompt template of `shop` failed"), "{}", reply.text());
}
