//! The same dialect in and out: the provider is sent the app's bytes and the app gets the provider's, whole and streamed.

use super::upstream::anthropic_events;
use super::{Kind, Said};
use crate::SHIPWAY;
use serde_json::{Value, json};
use testkit::provider::Move;
use testkit::{Client, Provider, Reply, Script, Server, TestProject};

/// A server with one bare provider `up`.
struct Up {
    provider: Provider,
    _project: TestProject,
    _server: Server,
    client: Client,
}

impl Up {
    fn start(kind: Kind, more: &str) -> Self {
        let provider = Provider::start(Script::default());
        let project = TestProject::empty(SHIPWAY);
        project.write("key", "sk-secret");
        let declared = kind.declared(&provider, &project.path("key")).replace(&format!("x{}", kind.name()), "up");
        let project =
            project.append("shipway.toml", &format!("{}{more}", declared.trim_end_matches('\n').to_owned() + "\n"));
        let server = project.serve();
        let client = server.client();
        Self { provider, _project: project, _server: server, client }
    }

    fn ask(&self, path: &str, body: &Value, script: Script) -> Reply {
        self.provider.next(script);
        self.client.post(path, body)
    }

    fn sent(&self) -> Value {
        self.provider.requests().last().cloned().unwrap_or_default()
    }

    /// What was recorded of an answer.
    fn recorded(&self, reply: &Reply) -> Value {
        let trace = reply.header("x-shipway-trace").expect("a trace");
        self.client.get(&format!("/v1/traces/{trace}")).json()["row"].clone()
    }
}

/// Events in Anthropic's and OpenAI's way: each under its name.
fn named(events: &[Value]) -> String {
    let event = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default());
    events.iter().map(event).collect()
}

fn stream(text: &str) -> Script {
    Script::stream_head().then(Move::Send(text.as_bytes().to_vec()))
}

/// What an app reads of a stream: comments are nothing to it.
fn without_comments(reply: &Reply) -> String {
    let text = reply.text();
    let frames = text.split_inclusive("\n\n").filter(|frame| !frame.starts_with(':'));
    frames.collect()
}

fn chat_chunk(fields: &Value) -> Value {
    let mut chunk = json!({"id": "up-1", "object": "chat.completion.chunk", "created": 1, "model": "m-1"});
    fields.as_object().into_iter().flatten().for_each(|(name, value)| chunk[name] = value.clone());
    chunk
}

/// Anthropic's stream with a search that it makes itself.
fn searched() -> Vec<Value> {
    let mut events = anthropic_events(&Said::text());
    let search = [
        json!({"type": "content_block_start", "index": 1, "content_block":
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"query\":\"rain\"}"}}),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "content_block_start", "index": 2, "content_block":
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result", "url": "https://w.example"}]}}),
        json!({"type": "content_block_stop", "index": 2}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {"cited_text": "It rains."}}}),
        json!({"type": "an_event_of_tomorrow"}),
    ];
    let at = events.len() - 2;
    events.splice(at..at, search);
    events
}

#[test]
fn anthropics_events_reach_the_app_to_the_letter() {
    let up = Up::start(Kind::Anthropic, "");
    let asked = json!({"model": "up/claude-sonnet-4-5", "max_tokens": 9, "stream": true,
        "tools": [{"type": "web_search_20250305", "name": "web_search"}], "messages": [{"role": "user", "content": "Hi"}]});
    let events = named(&searched()).replace("\":", "\" :");
    let reply = up.ask("/v1/messages", &asked, stream(&events));
    assert_eq!(without_comments(&reply), events);
    assert_eq!(reply.header("x-shipway-warning"), None);
    let row = up.recorded(&reply);
    assert_eq!(
        (&row["status"], &row["usage"]["input_tokens"], &row["usage"]["output_tokens"]),
        (&json!("answered"), &json!(20), &json!(5)),
        "{row}"
    );
    // The end comes after the record, which the comment proves.
    let text = reply.text();
    assert!(text.find(": shipway status=answered") < text.find("event: message_delta"), "{text}");

    // Broken off, and broken by a report: no good end, and the error is ours.
    let broken = named(&searched()[..6]);
    let error = named(&[json!({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}})]);
    for script in [stream(&broken).then(Move::Reset), stream(&format!("{broken}{error}"))] {
        let reply = up.ask("/v1/messages", &asked, script);
        let text = without_comments(&reply);
        assert!(text.starts_with(&broken) && !text.contains("message_stop"), "{text}");
        assert_eq!(reply.frames().last().map(|frame| frame["type"].clone()), Some(json!("error")), "{text}");
    }

    // What was masked is translated there and back.
    let mut personal = asked;
    personal["messages"][0]["content"] = json!("I am ann@example.com");
    let reply = up.ask("/v1/messages", &personal, stream(&named(&searched())));
    assert!(!up.sent().to_string().contains("ann@example.com"));
    assert!(reply.text().contains("message_stop") && !reply.text().contains("msg_1"), "{}", reply.text());
}

#[test]
fn signed_thoughts_that_were_masked_are_left_out_by_name() {
    let up = Up::start(Kind::Anthropic, "");
    let thinking = |words: &str| {
        json!({"model": "up/claude-sonnet-4-5", "max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 2048},
            "tools": [{"name": "mail", "input_schema": {"type": "object"}}],
            "messages": [
                {"role": "user", "content": "Write to ann@example.com"},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": words, "signature": "c2lnbmVk"},
                    {"type": "tool_use", "id": "t1", "name": "mail", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "sent"}]}]})
    };
    let answer = || super::upstream::whole(Kind::Anthropic, &Said::text());
    let reply = up.ask("/v1/messages", &thinking("To ann@example.com it goes."), answer());
    let sent = up.sent();
    assert_eq!(sent["messages"][1]["content"][0]["type"], "tool_use", "{sent}");
    assert_eq!(sent.get("thinking"), None, "the API wants its own thoughts before a call");
    let warning = reply.header("x-shipway-warning").unwrap_or_default();
    assert!(warning.contains("signed thoughts") && warning.contains("`thinking` was left out"), "{warning}");
    let reply = up.ask("/v1/messages", &thinking("A mail, then."), answer());
    assert_eq!(
        up.sent()["messages"][1]["content"][0],
        json!({"type": "thinking", "thinking": "A mail, then.", "signature": "c2lnbmVk"})
    );
    assert_eq!(reply.header("x-shipway-warning"), None);
}

/// A response with a search of OpenAI's own.
fn response(status: &str) -> Value {
    json!({"id": "resp_up", "object": "response", "created_at": 1, "status": status, "error": null, "incomplete_details": null,
        "model": "m-1", "output": [
            {"type": "web_search_call", "id": "ws_1", "status": "completed"},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "It rains.", "annotations": [{"type": "url_citation"}]}]}],
        "usage": {"input_tokens": 20, "input_tokens_details": {"cached_tokens": 8}, "output_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 25}})
}

fn response_events() -> Vec<Value> {
    let mut opening = response("in_progress");
    (opening["output"], opening["usage"]) = (json!([]), Value::Null);
    let mut events = vec![
        json!({"type": "response.created", "response": opening}),
        json!({"type": "response.in_progress", "response": opening}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "web_search_call", "id": "ws_1"}}),
        json!({"type": "response.web_search_call.searching", "output_index": 0, "item_id": "ws_1"}),
        json!({"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "item_id": "msg_1", "delta": "It rains."}),
        json!({"type": "response.completed", "response": response("completed")}),
    ];
    events.iter_mut().enumerate().for_each(|(number, event)| event["sequence_number"] = json!(number));
    events
}

/// With ids and sealed reasoning as they look there: guards must not take them for anything else.
fn asked_of_openai() -> Value {
    let id = |kind: &str| format!("{kind}_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b");
    let sealed = "gAAAAABo4fK2mXv0Qd8b7yWJtO1kZ5c9sRr3uUeYxNnPq6hLwVgTfIaSzCjBDMEoKpHG2l4A==".repeat(8);
    json!({"model": "up/m", "tools": [{"type": "web_search"}, {"type": "file_search", "vector_store_ids": [id("vs")]}],
        "previous_response_id": id("resp"), "include": ["web_search_call.action.sources"], "background": false,
        "truncation": "auto", "max_tool_calls": 3,
        "input": [
            {"type": "reasoning", "id": id("rs"), "summary": [], "encrypted_content": sealed},
            {"type": "web_search_call", "id": id("ws"), "status": "completed"},
            {"type": "function_call", "id": id("fc"), "call_id": "call_DdmO9pD3xa9XTPNJ32zg2hcA", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_DdmO9pD3xa9XTPNJ32zg2hcA", "output": "1"},
            {"role": "user", "content": "Hi"}]})
}

#[test]
fn openais_own_responses_are_had_to_the_letter() {
    let up = Up::start(Kind::Openai, "responses = true\n");
    let asked = asked_of_openai();
    let reply =
        up.ask("/v1/responses", &asked, Script::json(200, &[("x-request-id", "upstream-1")], &response("completed")));
    assert_eq!(reply.text(), response("completed").to_string());
    assert_eq!(reply.header("x-shipway-warning"), None);
    let mut expected = asked.clone();
    expected["model"] = "m".into();
    assert_eq!(up.sent(), expected);
    let head = up.provider.heads().last().cloned().unwrap_or_default();
    assert!(head.starts_with("POST /v1/responses "), "{head}");
    let row = up.recorded(&reply);
    assert_eq!(
        (&row["status"], &row["usage"]["input_tokens"], &row["usage"]["cached_input_tokens"]),
        (&json!("answered"), &json!(20), &json!(8)),
        "{row}"
    );

    let mut streamed = asked.clone();
    streamed["stream"] = true.into();
    let events = named(&response_events());
    let reply = up.ask("/v1/responses", &streamed, stream(&events));
    assert_eq!(without_comments(&reply), events);
    assert_eq!(up.recorded(&reply)["usage"]["output_tokens"], 5);
    let mut failed = response("failed");
    failed["error"] = json!({"code": "server_error", "message": "no"});
    let failed = named(&[json!({"type": "response.failed", "response": failed})]);
    let reply = up.ask("/v1/responses", &streamed, stream(&(named(&response_events()[..5]) + &failed)));
    let last = reply.frames().last().cloned().unwrap_or_default();
    assert_eq!(
        (&last["type"], &last["response"]["id"], &last["sequence_number"]),
        (&json!("response.failed"), &json!("resp_up"), &json!(5))
    );

    // Masked it has to be translated, and what then cannot be said is refused.
    let mut personal = asked;
    personal["input"] = json!("I am ann@example.com");
    let reply = up.client.post("/v1/responses", &personal);
    assert_eq!((reply.status, reply.error_code().as_str()), (400, "unsupported"), "{}", reply.text());
    let plain = json!({"model": "up/m", "input": "I am ann@example.com"});
    let reply = up.ask("/v1/responses", &plain, Script::says("Hello ann."));
    assert_eq!((reply.status, &reply.json()["object"]), (200, &json!("response")), "{}", reply.text());
    assert!(up.provider.heads().last().is_some_and(|head| head.starts_with("POST /v1/chat/completions ")));
    let personal = json!({"model": "up/m", "input": [{"type": "mcp_call", "id": "m", "output": "ann@example.com"}]});
    assert_eq!(up.client.post("/v1/responses", &personal).status, 400);
}

#[test]
fn what_only_openais_service_can_do_is_refused_elsewhere_by_name() {
    let up = Up::start(Kind::Openai, "");
    for (fields, expected) in [
        (asked_of_openai(), "previous_response_id"),
        (json!({"model": "up/m", "input": "Hi", "tools": [{"type": "web_search"}]}), "web_search"),
        (json!({"model": "up/m", "input": [{"type": "item_reference", "id": "x"}]}), "item_reference"),
        (json!({"model": "up/m", "conversation": "c"}), "conversation"),
        (json!({"model": "up/m", "prompt": {"id": "p"}}), "prompt"),
        (json!({"model": "up/m", "input": "Hi", "background": true}), "background"),
    ] {
        let reply = up.client.post("/v1/responses", &fields);
        let message = reply.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(reply.status == 400 && message.contains(expected), "{fields}: {}", reply.text());
    }
    assert!(up.provider.requests().is_empty());
    let reply =
        up.ask("/v1/responses", &json!({"model": "up/m", "input": "Hi", "truncation": "auto"}), Script::says("Hello."));
    assert!(reply.header("x-shipway-warning").is_some_and(|warning| warning.contains("truncation")));
}

#[test]
fn an_app_that_did_not_ask_for_usage_sees_none() {
    let up = Up::start(Kind::Openai, "");
    let with = |choices: Value| chat_chunk(&json!({"choices": choices, "obfuscation": "x", "usage": null}));
    let say =
        |delta: Value, reason: Value| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason}]);
    let filtered = chat_chunk(&json!({"choices": [], "prompt_filter_results": [], "usage": null}));
    let usage = json!({"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25,
        "completion_tokens_details": {"accepted_prediction_tokens": 1}});
    let chunks = [
        filtered,
        with(say(json!({"role": "assistant", "content": ""}), Value::Null)),
        with(say(json!({"content": "Hello."}), Value::Null)),
        with(say(json!({}), json!("stop"))),
        chat_chunk(&json!({"choices": [], "usage": usage})),
    ];
    let sent = String::from_utf8(super::upstream::events(&chunks, true)).expect("text");
    let ask = |fields: Value| {
        let mut body = crate::ask_streamed("up/m", "Hi");
        fields.as_object().into_iter().flatten().for_each(|(name, value)| body[name] = value.clone());
        up.ask("/v1/chat/completions", &body, stream(&sent))
    };
    let asked = ask(json!({"stream_options": {"include_usage": true}}));
    assert_eq!(without_comments(&asked), sent);
    let silent = ask(json!({}));
    let expected: Vec<String> = chunks[..4]
        .iter()
        .map(|chunk| format!("data: {}\n\n", chunk.to_string().replace(",\"usage\":null", "")))
        .collect();
    assert_eq!(without_comments(&silent), expected.concat() + "data: [DONE]\n\n");
    assert_eq!(up.sent()["stream_options"]["include_usage"], true);
    assert_eq!(up.recorded(&silent)["usage"]["output_tokens"], 5);
}

#[test]
fn pieces_of_several_answers_keep_their_order_to_the_letter() {
    let up = Up::start(Kind::Openai, "");
    let say = |index: u32, delta: Value, reason: Value| {
        chat_chunk(&json!({"choices": [{"index": index, "delta": delta, "finish_reason": reason}]}))
    };
    let chunks = [
        say(0, json!({"role": "assistant", "content": "One"}), Value::Null),
        say(1, json!({"role": "assistant", "content": "Two"}), Value::Null),
        say(0, json!({}), json!("stop")),
        say(1, json!({"content": "!"}), Value::Null),
        say(1, json!({}), json!("length")),
    ];
    let sent = String::from_utf8(super::upstream::events(&chunks, true)).expect("text");
    let mut asked = crate::ask_streamed("up/m", "Hi");
    asked["n"] = json!(2);
    assert_eq!(without_comments(&up.ask("/v1/chat/completions", &asked, stream(&sent))), sent);
    // Cut off while one answer had ended: no good end.
    let cut = String::from_utf8(super::upstream::events(&chunks[..4], false)).expect("text");
    let reply = up.ask("/v1/chat/completions", &asked, stream(&cut).then(Move::Reset));
    assert!(!reply.done() && reply.text().contains("\"error\""), "{}", reply.text());
}
