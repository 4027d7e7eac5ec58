//! What a provider can do wrong, and what the app gets for it. A use case falls back to quoting its passages; a bare
//! model has nobody to fall back to, and its app gets the error.

use crate::{QUESTION, SHIPWAY, ask, ask_streamed, scripted_shop};
use serde_json::json;
use std::time::Duration;
use testkit::provider::{Move, frame};
use testkit::{Provider, Script, TestProject};

/// (name, script, status for a bare model's app, `error.code`)
fn before_the_first_piece() -> Vec<(&'static str, Script, u16, &'static str)> {
    let json = |status, body| Script::json(status, &[], &body);
    let error = |message: &str| json!({ "error": { "message": message, "type": "server_error", "code": null } });
    vec![
        ("hangs before the headers", Script::default().then(Move::Hang), 504, "upstream_timeout"),
        ("closes at once", Script::default(), 502, "upstream_error"),
        ("resets", Script::default().then(Move::Reset), 502, "upstream_error"),
        ("500", json(500, error("boom")), 502, "upstream_error"),
        ("503", json(503, error("busy")), 502, "upstream_error"),
        ("an error in a 200", json(200, error("no capacity")), 502, "upstream_error"),
        (
            "a body that is not JSON",
            Script::raw(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
            ),
            502,
            "upstream_error",
        ),
        ("JSON of the wrong shape", json(200, json!({ "hello": 1 })), 502, "upstream_error"),
        (
            "a length that lies",
            Script::raw(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\nconnection: close\r\n\r\n{\"choices\": [",
            ),
            502,
            "upstream_error",
        ),
        ("garbage for HTTP", Script::raw("this is not HTTP\r\n\r\n"), 502, "upstream_error"),
    ]
}

#[test]
fn a_bare_models_app_gets_the_right_error() {
    for (name, script, status, code) in before_the_first_piece() {
        let provider = Provider::start(script);
        let project = TestProject::with_scripted(SHIPWAY, &provider.base_url());
        let server = project.serve();
        let reply = server.client().post("/v1/chat/completions", &ask("scripted/m", "Hi"));
        assert_eq!((reply.status, reply.error_code().as_str()), (status, code), "{name}: {}", reply.text());
        assert!(reply.json()["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        let trace = reply.header("x-shipway-trace").expect("the trace of the failure").to_owned();
        assert_eq!(server.client().get(&format!("/v1/traces/{trace}")).json()["row"]["status"], "failed", "{name}");
        let rows = project.must(&["audit", "verify", "--json"]).json();
        assert_eq!(rows["intact"], json!(true), "{name}");
    }
}

#[test]
fn a_use_case_falls_back_to_its_passages_and_says_so() {
    for (name, script, _, _) in before_the_first_piece() {
        for streamed in [false, true] {
            let provider = Provider::start(script.clone());
            let project = scripted_shop(&provider);
            let server = project.serve();
            let body = if streamed { ask_streamed("shop", QUESTION) } else { ask("shop", QUESTION) };
            let reply = server.client().post("/v1/chat/completions", &body);
            assert_eq!(reply.status, 200, "{name}: {}", reply.text());
            assert!(reply.text().contains("45 days"), "{name}, streamed {streamed}: {}", reply.text());
            assert_eq!(reply.header("x-shipway-model"), Some("local/extractive"), "{name}");
            let trace = reply.header("x-shipway-trace").expect("a trace").to_owned();
            let record = server.client().get(&format!("/v1/traces/{trace}")).json();
            let attempts = record["attempts"].as_array().expect("attempts");
            assert_eq!(attempts.first().expect("the failed one")["model"], "scripted/m", "{name}");
            assert_eq!(attempts.last().expect("the answer")["model"], "local/extractive", "{name}");
            let verdicts = record["verdicts"].to_string();
            assert!(verdicts.contains("\"fallback\""), "{name}: {verdicts}");
        }
    }
}

/// (name, what follows the first piece)
fn after_the_first_piece() -> Vec<(&'static str, Vec<Move>)> {
    vec![
        ("hangs", vec![Move::Hang]),
        ("cuts", vec![]),
        ("resets", vec![Move::Pause(Duration::from_millis(20)), Move::Reset]),
        ("sends garbage", vec![Move::Send(b"data: {\"choices\": [broken\n\n".to_vec())]),
        ("sends an error", vec![Move::Send(b"data: {\"error\": {\"message\": \"overloaded\"}}\n\n".to_vec())]),
        ("sends half a character", vec![Move::Send(b"data: {\"choices\": [{\"delta\": {\"content\": \"\xc3".to_vec())]),
    ]
}

#[test]
fn a_stream_that_breaks_ends_with_an_error_and_never_with_done() {
    for (name, moves) in after_the_first_piece() {
        let mut script = Script::stream_head().then(Move::Send(frame(&json!({ "content": "Hello" }), None)));
        script.0.extend(moves);
        let provider = Provider::start(script);
        let project = TestProject::with_scripted(SHIPWAY, &provider.base_url());
        let server = project.serve();
        let reply = server.client().post("/v1/chat/completions", &ask_streamed("scripted/m", "Hi"));
        assert_eq!(reply.status, 200, "{name}");
        assert!(reply.streamed_text().starts_with("Hello"), "{name}: {}", reply.text());
        assert!(!reply.text().contains("[DONE]"), "{name}: {}", reply.text());
        let last = reply.frames().last().cloned().expect("an error frame");
        assert!(last["error"]["message"].is_string(), "{name}: {last}");
        let trace = reply.header("x-shipway-trace").expect("a trace").to_owned();
        let record = server.client().get(&format!("/v1/traces/{trace}")).json();
        assert_eq!(record["row"]["status"], "failed", "{name}");
    }
}

#[test]
fn an_upstream_that_is_not_there() {
    let project = TestProject::with_scripted(SHIPWAY, "http://127.0.0.1:9/v1");
    let server = project.serve();
    let reply = server.client().post("/v1/chat/completions", &ask("scripted/m", "Hi"));
    assert_eq!(reply.status, 502, "{}", reply.text());
}

#[test]
fn a_larger_model_that_fails_does_not_cost_the_answer() {
    let provider = Provider::start(Script::json(500, &[], &json!({ "error": { "message": "down" } })));
    provider.next(Script::says("Lamps come by balloon from Saturn."));
    let project = scripted_shop(&provider).append(
        "usecases/shop/usecase.toml",
        "escalate = { to = \"scripted/larger\", when = \"grounding\" }\n[guard]\ngrounding = { at_least = 0.9, otherwise = \"review\" }\n",
    );
    let server = project.serve();
    let reply = server.client().post("/v1/chat/completions", &ask("shop", QUESTION));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.text().contains("Saturn"), "{}", reply.text());
    assert_eq!(provider.requests()[1]["model"], "larger");
    let trace = reply.header("x-shipway-trace").expect("a trace").to_owned();
    let record = server.client().get(&format!("/v1/traces/{trace}")).json();
    assert!(record["verdicts"].to_string().contains("grounding"), "why it was escalated is on record: {record}");
}
