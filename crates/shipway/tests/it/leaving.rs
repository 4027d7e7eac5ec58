//! Apps that go away, and servers that are told to stop.

use crate::{SHIPWAY, ask, ask_streamed};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::provider::{Move, frame};
use testkit::{Provider, Script, TestProject};

/// Asks until `wanted` holds: what a server does after an app has gone is not in the app's hands.
fn eventually(what: &str, mut wanted: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !wanted() {
        assert!(Instant::now() < until, "{what} did not happen within 10 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn statuses(project: &TestProject) -> Vec<Value> {
    project.must(&["audit", "requests", "--json"]).json().as_array().cloned().unwrap_or_default()
}

#[test]
fn an_app_that_leaves_cancels_the_upstream_and_is_recorded() {
    let endless = Script::stream_head().then(Move::Send(frame(&json!({ "content": "Hello" }), None))).then(Move::Hang);
    let cases = [
        ("before the first byte", Script::default().then(Move::Hang), ask("scripted/m", "Hi"), 0),
        ("in the middle of a stream", endless, ask_streamed("scripted/m", "Hi"), 1),
        // The piece is a word that keeps the connection alive.
        ("before a stream's first piece", Script::default().then(Move::Hang), ask_streamed("scripted/m", "Hi"), 1),
    ];
    for (name, script, body, pieces) in cases {
        let provider = Provider::start(script);
        // Timeouts so long that only a cancellation can end the call.
        let project = TestProject::with_scripted(SHIPWAY, &provider.base_url())
            .append("shipway.toml", "[server]\nkeepalive = \"100ms\"\n");
        let text = std::fs::read_to_string(project.path("shipway.toml")).expect("the project's file");
        project.write("shipway.toml", text.replace("400ms", "50s").replace("\"5s\"", "\"55s\""));
        let server = project.serve();
        let client = server.client();
        client.post_and_leave("/v1/chat/completions", &body, pieces, Duration::from_secs(2));
        drop(client);
        eventually(name, || provider.left() == 1);
        eventually(name, || statuses(&project).first().is_some_and(|row| row["status"] == "cancelled"));
        let metrics = server.client().get("/metrics").text();
        assert!(metrics.contains("shipway_requests_total{status=\"cancelled\"} 1"), "{name}: {metrics}");
        assert!(metrics.contains("shipway_requests_in_flight 0"), "{name}: {metrics}");
    }
}

/// The use case reads answers to their end; timeouts so long that they end nothing.
fn draining(provider: &Provider, server: &str) -> TestProject {
    let project = TestProject::with_scripted(SHIPWAY, &provider.base_url())
        .append("usecases/shop/usecase.toml", "on_disconnect = \"drain\"\n")
        .append("shipway.toml", server);
    let text = std::fs::read_to_string(project.path("shipway.toml")).expect("the project's file");
    project.write("shipway.toml", text.replace("400ms", "50s").replace("\"5s\"", "\"55s\""));
    project.must(&["ingest", "shop"]);
    project
}

/// The script with a pause after so many of its moves.
fn late(mut script: Script, moves: usize) -> Script {
    script.0.insert(moves, Move::Pause(Duration::from_millis(600)));
    script
}

/// The same of a stream: its head is one move, each piece another.
fn late_stream(moves: usize) -> Script {
    late(Script::streams(&["Within ", "45 days."]), moves)
}

#[test]
fn with_drain_an_app_that_leaves_ends_nothing() {
    let question = "How long may I return a lamp?";
    let soon = "[server]\nkeepalive = \"100ms\"\n";
    let cases = [
        ("a stream", late_stream(2), ask_streamed("shop", question), 1, ""),
        ("a whole answer", late(Script::says("Within 45 days."), 0), ask("shop", question), 0, ""),
        ("a stream before its first byte", late_stream(0), ask_streamed("shop", question), 0, ""),
        ("a response that began without its answer", late_stream(0), ask_streamed("shop", question), 1, soon),
    ];
    for (name, script, body, pieces, server) in cases {
        let provider = Provider::start(script);
        let project = draining(&provider, server);
        let mut server = project.serve();
        let client = server.client();
        client.post_and_leave("/v1/chat/completions", &body, pieces, Duration::from_millis(200));
        drop(client);
        // Told to stop meanwhile, the server waits for it.
        server.terminate();
        assert_eq!(server.wait(Duration::from_secs(10)), Some(0), "{name}");
        let rows = statuses(&project);
        assert_eq!((rows.len(), &rows[0]["status"]), (1, &json!("answered")), "{name}: {rows:?}");
        assert_eq!(provider.left(), 0, "{name}");
        // 20 tokens in at 1 and 5 out at 2 USD a million.
        assert_eq!(rows[0]["cost"], json!({ "known": 30, "part_unknown": false }), "{name}: {rows:?}");
        assert_eq!(rows[0]["usage"]["output_tokens"], 5, "{name}: {rows:?}");
    }
}

#[test]
fn a_drained_answer_counts_and_is_cut_when_the_server_cannot_wait() {
    let provider = Provider::start(late_stream(2));
    let project = draining(&provider, "");
    let server = project.serve();
    let body = ask_streamed("shop", "How long may I return a lamp?");
    server.client().post_and_leave("/v1/chat/completions", &body, 1, Duration::from_millis(200));
    let counted = || server.client().get("/metrics").text();
    eventually("the end", || counted().contains("shipway_requests_total{status=\"answered\"} 1"));
    assert!(counted().contains("shipway_requests_in_flight 0"), "{}", counted());

    let provider = Provider::start(Script::stream_head().then(Move::Hang));
    let project = draining(&provider, "[server]\ndrain = \"300ms\"\n");
    let mut server = project.serve();
    server.client().post_and_leave("/v1/chat/completions", &body, 1, Duration::from_millis(200));
    server.terminate();
    assert_eq!(server.wait(Duration::from_secs(4)), Some(0), "it ends in good order, and soon");
    let rows = statuses(&project);
    assert_eq!((rows.len(), &rows[0]["status"]), (1, &json!("cancelled")), "{rows:?}");
}

#[test]
fn sigterm_drains_a_running_stream() {
    let slow = Script::stream_head()
        .then(Move::Send(frame(&json!({ "content": "Hel" }), None)))
        .then(Move::Pause(Duration::from_millis(300)))
        .then(Move::Send(frame(&json!({ "content": "lo" }), Some("stop"))))
        .then(Move::Send(b"data: [DONE]\n\n".to_vec()));
    let provider = Provider::start(slow);
    let project = TestProject::with_scripted(SHIPWAY, &provider.base_url());
    let mut server = project.serve();
    let client = server.client();
    let asking = std::thread::spawn(move || client.post("/v1/chat/completions", &ask_streamed("scripted/m", "Hi")));
    eventually("the stream's beginning", || !provider.requests().is_empty());
    server.terminate();
    let reply = asking.join().expect("the asking thread");
    assert_eq!(reply.streamed_text(), "Hello");
    assert!(reply.done(), "{}", reply.text());
    assert_eq!(server.wait(Duration::from_secs(10)), Some(0), "the server ends in good order");
}

#[test]
fn a_drain_that_runs_out_cancels_what_runs_and_records_it() {
    let endless = Script::stream_head().then(Move::Send(frame(&json!({ "content": "Hello" }), None))).then(Move::Hang);
    let cases = [
        ("a stream", endless, ask_streamed("scripted/m", "Hi")),
        ("a whole answer", Script::default().then(Move::Hang), ask("scripted/m", "Hi")),
    ];
    for (name, script, body) in cases {
        let provider = Provider::start(script);
        let project = TestProject::with_scripted(SHIPWAY, &provider.base_url())
            .append("shipway.toml", "[server]\ndrain = \"300ms\"\n");
        let text = std::fs::read_to_string(project.path("shipway.toml")).expect("the project's file");
        project.write("shipway.toml", text.replace("400ms", "50s").replace("\"5s\"", "\"55s\""));
        let mut server = project.serve();
        let client = server.client();
        let asking = std::thread::spawn(move || client.try_post("/v1/chat/completions", &body));
        eventually(name, || !provider.requests().is_empty());
        server.terminate();
        assert_eq!(server.wait(Duration::from_secs(4)), Some(0), "{name}: the server ends in good order, and soon");
        asking.join().expect("the asking thread");
        let rows = statuses(&project);
        assert_eq!(rows.len(), 1, "{name}: {rows:?}");
        assert_eq!(rows[0]["status"], "cancelled", "{name}: {rows:?}");
        assert_eq!(project.must(&["audit", "verify", "--json"]).json()["intact"], json!(true), "{name}");
    }
}
