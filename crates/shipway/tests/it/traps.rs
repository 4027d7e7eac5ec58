//! The traps of OpenAI compatibility that users of other gateways fell into, each as a test.

use crate::{SHIPWAY, ask, ask_streamed};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::provider::{Move, completion, frame};
use testkit::{Provider, Reply, Script, Server, TestProject};

/// A scripted provider behind a running server, which a test keeps alive.
struct Rig {
    provider: Provider,
    server: Server,
    _project: TestProject,
}

fn rig(script: Script) -> Rig {
    let provider = Provider::start(script);
    let project = TestProject::with_scripted(SHIPWAY, &provider.base_url());
    let server = project.serve();
    Rig { provider, server, _project: project }
}

impl Rig {
    fn post(&self, body: &Value) -> Reply {
        self.server.client().post("/v1/chat/completions", body)
    }

    fn sent(&self) -> Value {
        self.provider.requests().last().cloned().expect("a request reached the provider")
    }
}

#[test]
fn usage_is_always_asked_of_the_provider_and_given_only_when_asked_for() {
    let rig = rig(Script::streams(&["Hel", "lo"]));
    let reply = rig.post(&ask_streamed("scripted/m", "Hi"));
    assert_eq!(rig.sent()["stream_options"]["include_usage"], json!(true));
    assert!(reply.frames().iter().all(|frame| frame["choices"] != json!([]) && frame.get("usage").is_none()));
    assert!(reply.done());
    // Accounted all the same: 20 tokens in, 5 out.
    assert!(reply.text().contains("cost=0.000030"), "{}", reply.text());
}

#[test]
fn usage_on_a_chunk_with_choices_counts() {
    let mut last = json!({ "id": "up", "object": "chat.completion.chunk",
        "choices": [{ "index": 0, "delta": { "content": "!" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 50, "prompt_tokens_details": { "cached_tokens": 80 } } });
    last["system_fingerprint"] = json!("fp");
    let script = Script::stream_head()
        .then(Move::Send(frame(&json!({ "content": "Hi" }), None)))
        .then(Move::Send(format!("data: {last}\n\ndata: [DONE]\n\n").into_bytes()));
    let rig = rig(script);
    let reply = rig.post(&ask_streamed("scripted/m", "Hi"));
    assert_eq!(reply.streamed_text(), "Hi!");
    // 20 fresh at 1, 80 cached at 0.10, 50 out at 2 USD a million: 20 + 8 + 100 micro-dollars; cached counted once.
    assert!(reply.text().contains("cost=0.000128"), "{}", reply.text());
}

#[test]
fn include_obfuscation_is_the_apps_choice_and_its_field_passes() {
    let chunk = json!({ "id": "up", "object": "chat.completion.chunk", "obfuscation": "xyz",
        "choices": [{ "index": 0, "delta": { "content": "Hi" }, "finish_reason": null }] });
    let script = Script::stream_head()
        .then(Move::Send(format!("data: {chunk}\n\n").into_bytes()))
        .then(Move::Send(frame(&json!({}), Some("stop"))))
        .then(Move::Send(b"data: [DONE]\n\n".to_vec()));
    let rig = rig(script);
    let mut body = ask_streamed("scripted/m", "Hi");
    body["stream_options"] = json!({ "include_obfuscation": false });
    let reply = rig.post(&body);
    assert_eq!(rig.sent()["stream_options"], json!({ "include_obfuscation": false, "include_usage": true }));
    assert_eq!(reply.frames()[0]["obfuscation"], "xyz");
}

#[test]
fn frames_split_anywhere_and_data_without_a_space() {
    let text = "data:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Grüße 🙂\"},\"finish_reason\":null}]}\r\n\r\n: ping\r\n\r\ndata:{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata:[DONE]\r\n\r\n";
    let bytes = text.as_bytes();
    // Cut in the middle of the ü and of the emoji, and inside of a line end.
    let ue = text.find('ü').expect("the ü") + 1;
    let smile = text.find('🙂').expect("the emoji") + 2;
    let end = text.find("\r\n").expect("a line end") + 1;
    let mut script = Script::stream_head();
    let mut from = 0;
    for cut in [ue, smile, end, bytes.len()] {
        script = script.then(Move::Send(bytes[from..cut].to_vec())).then(Move::Pause(Duration::from_millis(5)));
        from = cut;
    }
    let reply = rig(script).post(&ask_streamed("scripted/m", "Hi"));
    assert_eq!(reply.streamed_text(), "Grüße 🙂");
    assert!(reply.done(), "{}", reply.text());
}

#[test]
fn streamed_tool_calls_are_canonical() {
    // As Ollama sends them: every index 0, ids repeated or blank.
    let call = |id: &str, name: Option<&str>, arguments: &str| json!({ "tool_calls": [{ "index": 0, "id": id, "type": "function", "function": { "name": name, "arguments": arguments } }] });
    let script = Script::stream_head()
        .then(Move::Send(frame(&call("call_a", Some("weather"), "{\"city\":"), None)))
        .then(Move::Send(frame(&call("", None, "\"Oslo\"}"), None)))
        .then(Move::Send(frame(&call("call_b", Some("time"), "{}"), None)))
        .then(Move::Send(frame(&json!({}), Some("tool_calls"))))
        .then(Move::Send(b"data: [DONE]\n\n".to_vec()));
    let reply = rig(script).post(&ask_streamed("scripted/m", "Hi"));
    let mut calls: std::collections::BTreeMap<u64, (String, String, String)> = std::collections::BTreeMap::new();
    for frame in reply.frames() {
        for call in frame["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let entry = calls.entry(call["index"].as_u64().expect("an index")).or_default();
            if let Some(id) = call["id"].as_str() {
                assert!(entry.0.is_empty(), "the id of a call comes once: {}", reply.text());
                entry.0 = id.to_owned();
            }
            entry.1.push_str(call["function"]["name"].as_str().unwrap_or_default());
            entry.2.push_str(call["function"]["arguments"].as_str().unwrap_or_default());
        }
    }
    let expected = [
        (0, ("call_a".to_owned(), "weather".to_owned(), "{\"city\":\"Oslo\"}".to_owned())),
        (1, ("call_b".to_owned(), "time".to_owned(), "{}".to_owned())),
    ];
    assert_eq!(calls, expected.into(), "{}", reply.text());
}

#[test]
fn a_429_keeps_its_status_message_code_and_retry_after() {
    let error = json!({ "error": { "message": "slow down", "type": "requests", "param": null, "code": "rate_limit_exceeded" } });
    let rig = rig(Script::json(429, &[("retry-after", "17")], &error));
    let reply = rig.post(&ask("scripted/m", "Hi"));
    assert_eq!(reply.status, 429);
    assert_eq!(reply.header("retry-after"), Some("17"));
    assert_eq!(reply.error_code(), "rate_limit_exceeded");
    assert!(reply.json()["error"]["message"].as_str().is_some_and(|text| text.contains("slow down")));
}

#[test]
fn a_400_of_the_provider_reaches_the_app_with_its_words() {
    let error = json!({ "error": { "message": "context too long", "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded" } });
    let reply = rig(Script::json(400, &[], &error)).post(&ask("scripted/m", "Hi"));
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "context_length_exceeded"));
    assert_eq!(reply.json()["error"]["param"], "messages");
}

#[test]
fn a_wrong_provider_key_is_not_the_apps_401() {
    let error = json!({ "error": { "message": "Incorrect API key provided: sk-very-secret", "type": "invalid_request_error", "code": "invalid_api_key" } });
    let reply = rig(Script::json(401, &[], &error)).post(&ask("scripted/m", "Hi"));
    assert_eq!(reply.status, 502, "{}", reply.text());
    assert!(!reply.text().contains("sk-very-secret"), "{}", reply.text());
}

#[test]
fn the_apps_own_credentials_never_reach_the_provider() {
    let rig = rig(Script::says("Hi"));
    rig.server.client().post_raw(
        "/v1/chat/completions",
        &[("content-type", "application/json"), ("authorization", "Bearer sk-the-apps-own"), ("cookie", "session=1")],
        ask("scripted/m", "Hi").to_string().into_bytes(),
    );
    let head = rig.provider.heads().last().cloned().expect("a request");
    assert!(!head.contains("sk-the-apps-own") && !head.to_ascii_lowercase().contains("cookie"), "{head}");
}

#[test]
fn standard_and_unknown_parameters_are_forwarded() {
    let rig = rig(Script::says("Hi"));
    let mut body = ask("scripted/m", "Hi");
    let extra = json!({ "n": 1, "logprobs": true, "top_logprobs": 2, "seed": 7, "stop": ["\n"], "logit_bias": { "50256": -100 },
        "user": "u-1", "store": false, "metadata": { "team": "a" }, "reasoning_effort": "low", "made_up": [true, null] });
    for (name, value) in extra.as_object().expect("an object") {
        body[name] = value.clone();
    }
    rig.post(&body);
    let sent = rig.sent();
    for (name, value) in extra.as_object().expect("an object") {
        assert_eq!(&sent[name], value, "{name} was changed or dropped");
    }
}

#[test]
fn an_unknown_finish_reason_passes_and_logprobs_come_back() {
    let mut answer = completion("Hi");
    answer["choices"][0]["finish_reason"] = json!("tired");
    answer["choices"][0]["logprobs"] = json!({ "content": [] });
    let reply = rig(Script::json(200, &[], &answer)).post(&ask("scripted/m", "Hi")).json();
    assert_eq!(reply["choices"][0]["finish_reason"], "tired");
    assert_eq!(reply["choices"][0]["logprobs"], json!({ "content": [] }));
}

#[test]
fn an_empty_choices_chunk_is_no_error() {
    let first = json!({ "id": "up", "object": "chat.completion.chunk", "choices": [], "prompt_filter_results": [] });
    let script = Script::stream_head()
        .then(Move::Send(format!("data: {first}\n\n").into_bytes()))
        .then(Move::Send(frame(&json!({ "content": "Hi" }), None)))
        .then(Move::Send(frame(&json!({}), Some("stop"))))
        .then(Move::Send(b"data: [DONE]\n\n".to_vec()));
    let reply = rig(script).post(&ask_streamed("scripted/m", "Hi"));
    assert_eq!(reply.streamed_text(), "Hi");
    assert!(reply.done() && reply.frames().iter().all(|frame| frame["id"] != json!("")));
}

#[test]
fn a_stream_without_a_finish_reason_loses_nothing() {
    let script = Script::stream_head()
        .then(Move::Send(frame(&json!({ "content": "Hello [" }), None)))
        .then(Move::Send(b"data: [DONE]\n\n".to_vec()));
    let reply = rig(script).post(&ask_streamed("scripted/m", "My mail is jo@example.org."));
    // The bracket was held back, since a placeholder could have begun there.
    assert_eq!(reply.streamed_text(), "Hello [", "{}", reply.text());
    assert!(reply.done());
}

#[test]
fn a_bare_models_own_annotations_come_back() {
    let mut answer = completion("Hi");
    let own = json!([{ "type": "url_citation", "url_citation": { "url": "https://example.com", "title": "t", "start_index": 0, "end_index": 2 } }]);
    answer["choices"][0]["message"]["annotations"] = own.clone();
    let reply = rig(Script::json(200, &[], &answer)).post(&ask("scripted/m", "Hi")).json();
    assert_eq!(reply["choices"][0]["message"]["annotations"], own);
}

#[test]
fn a_silent_stream_is_kept_alive_between_frames() {
    let script = Script::stream_head()
        .then(Move::Send(frame(&json!({ "content": "a" }), None)))
        .then(Move::Pause(Duration::from_millis(250)))
        .then(Move::Send(frame(&json!({ "content": "b" }), Some("stop"))))
        .then(Move::Send(b"data: [DONE]\n\n".to_vec()));
    let provider = Provider::start(script);
    let project = TestProject::with_scripted(SHIPWAY, &provider.base_url())
        .append("shipway.toml", "[server]\nkeepalive = \"50ms\"\n");
    let server = project.serve();
    let reply = server.client().post("/v1/chat/completions", &ask_streamed("scripted/m", "Hi"));
    assert!(reply.text().contains("\n\n: keepalive\n\n"), "{}", reply.text());
    assert_eq!(reply.streamed_text(), "ab");
    assert!(reply.done());
}

/// A rig whose streams are kept alive every 100 ms, and whose provider may take its time.
fn patient_rig(script: Script) -> Rig {
    let provider = Provider::start(script);
    let project = TestProject::with_scripted(SHIPWAY, &provider.base_url())
        .append("shipway.toml", "[server]\nkeepalive = \"100ms\"\n");
    let text = std::fs::read_to_string(project.path("shipway.toml")).expect("the project's file");
    project.write("shipway.toml", text.replace("\"400ms\"", "\"4s\""));
    let server = project.serve();
    Rig { provider, server, _project: project }
}

#[test]
fn a_model_that_thinks_is_waited_for_with_words_that_keep_the_connection_alive() {
    // Before any header, and before the first content.
    for head_first in [false, true] {
        let thinks = Move::Pause(Duration::from_millis(400));
        let mut script = Script::streams(&["Hel", "lo"]);
        script.0.insert(usize::from(head_first), thinks);
        let rig = patient_rig(script);
        let reply = rig.post(&ask_streamed("scripted/m", "Hi"));
        let text = reply.text();
        assert!(reply.status == 200 && text.starts_with(": keepalive\n\n: keepalive\n\n"), "{text}");
        assert_eq!(reply.header("content-type"), Some("text/event-stream; charset=utf-8"));
        assert_eq!((reply.streamed_text().as_str(), reply.done()), ("Hello", true), "{text}");
        assert!(text.contains(": shipway status=answered cost=0.000030"), "{text}");
        let messages = json!({ "model": "scripted/m", "max_tokens": 50, "stream": true,
            "messages": [{ "role": "user", "content": "Hi" }] });
        let said = rig.server.client().post("/v1/messages", &messages).text();
        assert!(said.starts_with("event: ping\ndata: {\"type\":\"ping\"}\n\n"), "{said}");
        let (begun, ended) = (said.find("event: message_start"), said.find("event: message_stop"));
        assert!(begun.is_some() && begun < ended && !said.contains(": keepalive"), "{said}");
        // What comes whole has its headers when it has its body.
        let whole = rig.post(&ask("scripted/m", "Hi"));
        assert!(!whole.text().contains("keepalive"), "{}", whole.text());
    }
}

#[test]
fn what_fails_after_the_first_keepalive_is_an_error_in_the_stream() {
    let error = json!({ "error": { "message": "context too long", "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded" } });
    let mut late = Script::json(400, &[], &error);
    late.0.insert(0, Move::Pause(Duration::from_millis(400)));
    let rig = patient_rig(late);
    let reply = rig.post(&ask_streamed("scripted/m", "Hi"));
    let text = reply.text();
    assert!(reply.status == 200 && text.starts_with(": keepalive\n\n") && !reply.done(), "{text}");
    let frames = reply.frames();
    assert_eq!((frames.len(), &frames[0]["error"]["code"]), (1, &json!("context_length_exceeded")), "{text}");
    for (path, body) in [
        (
            "/v1/messages",
            json!({ "model": "scripted/m", "max_tokens": 50, "stream": true, "messages": [{ "role": "user", "content": "Hi" }] }),
        ),
        ("/v1/responses", json!({ "model": "scripted/m", "stream": true, "input": "Hi" })),
    ] {
        let said = rig.server.client().post(path, &body).text();
        assert!(said.contains("context too long") && !said.contains("message_stop"), "{path}: {said}");
        assert!(!said.contains("response.completed"), "{path}: {said}");
    }
    let metrics = rig.server.client().get("/metrics").text();
    assert!(metrics.contains("shipway_requests_total{status=\"failed\"} 3"), "{metrics}");
    // Before it, a failure has its own status.
    let quick = patient_rig(Script::json(400, &[], &error)).post(&ask_streamed("scripted/m", "Hi"));
    assert_eq!((quick.status, quick.error_code().as_str()), (400, "context_length_exceeded"));
}

#[test]
fn the_providers_request_id_and_rate_limits_come_back() {
    let headers = [("x-request-id", "up-77"), ("x-ratelimit-remaining-requests", "9"), ("set-cookie", "a=1")];
    let rig = rig(Script::json(200, &headers, &completion("Hi")));
    let reply = rig.post(&ask("scripted/m", "Hi"));
    assert_eq!(reply.header("x-shipway-upstream-request-id"), Some("up-77"));
    assert_eq!(reply.header("x-ratelimit-remaining-requests"), Some("9"));
    assert_eq!(reply.header("set-cookie"), None);
    assert_eq!(reply.header("x-request-id"), reply.header("x-shipway-trace"));
}

#[test]
fn a_hang_between_pieces_is_not_the_first_token_timeout() {
    let script = Script::stream_head()
        .then(Move::Send(frame(&json!({ "content": "a" }), None)))
        .then(Move::Pause(Duration::from_millis(150)))
        .then(Move::Send(frame(&json!({ "content": "b" }), None)))
        .then(Move::Pause(Duration::from_millis(150)))
        .then(Move::Send(frame(&json!({ "content": "c" }), Some("stop"))))
        .then(Move::Send(b"data: [DONE]\n\n".to_vec()));
    // Each gap is below the idle limit of 400 ms.
    let reply = rig(script).post(&ask_streamed("scripted/m", "Hi"));
    assert_eq!(reply.streamed_text(), "abc");
    assert!(reply.done());
}
