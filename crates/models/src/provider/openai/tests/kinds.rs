//! What each kind of OpenAI-compatible server is sent, and what is read of the ways in which they answer.

use super::super::{embedding, fitting, stream, wire};
use crate::provider::{golden, splice};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use usecase::declared::ProviderKind::{
    self, Azure, Groq, LlamaCpp, Mistral, Ollama, Openai, Openrouter, Together, Vllm,
};
use usecase::{ChatRequest, Dialect, EmbeddingRequest, Raw};

fn sent(kind: ProviderKind, request: &ChatRequest) -> Result<(Value, Vec<String>), String> {
    let (request, warnings) = fitting::fit(kind, false, request)?;
    let written = wire::Written { model: "m", request: &request, kind, surface: wire::Surface::Other };
    let body = written.body().expect("it can be written");
    Ok((serde_json::from_slice(&body).expect("JSON"), warnings))
}

/// A request as this kind of server gets it, beside model and messages, with what was left out.
fn check(kind: ProviderKind, request: &ChatRequest, fields: &Value, left_out: &[&str]) {
    let (mut body, warnings) = sent(kind, request).expect("it can be had");
    let body_fields = body.as_object_mut().expect("an object");
    body_fields.remove("model");
    body_fields.remove("messages");
    assert_eq!(&body, fields, "{kind:?}");
    let expected: Vec<String> =
        left_out.iter().map(|name| format!("{name} has no meaning here and was left out")).collect();
    assert_eq!(warnings, expected, "{kind:?}");
}

fn check_refused(kind: ProviderKind, asked: Value, feature: &str) {
    assert_eq!(sent(kind, &golden::request(asked)).expect_err("it cannot be had"), feature, "{kind:?}");
}

#[test]
fn fields_are_named_as_each_server_names_them() {
    let asked = |stream: bool| {
        golden::request(
            json!({"seed": 0, "max_completion_tokens": 9, "user": "u", "logit_bias": {"1": 2}, "store": false, "stream": stream}),
        )
    };
    let same = json!({"seed": 0, "max_completion_tokens": 9, "user": "u", "logit_bias": {"1": 2}, "store": false});
    check(Openai, &asked(false), &same, &[]);
    check(Vllm, &asked(false), &same, &[]);
    check(Mistral, &asked(false), &json!({"random_seed": 0, "max_tokens": 9}), &["`logit_bias`", "`user`"]);
    check(
        Mistral,
        &asked(true),
        &json!({"random_seed": 0, "max_tokens": 9, "stream": true}),
        &["`logit_bias`", "`user`"],
    );
    let short = |rest: Value| {
        let mut fields = json!({"seed": 0, "max_tokens": 9, "user": "u", "store": false});
        fields.as_object_mut().expect("an object").extend(rest.as_object().cloned().expect("an object"));
        fields
    };
    let one_at_a_time = golden::request(json!({"parallel_tool_calls": false}));
    check(Ollama, &one_at_a_time, &json!({}), &["`parallel_tool_calls`"]);
    check(Ollama, &asked(false), &json!({"seed": 0, "max_tokens": 9, "store": false}), &["`logit_bias`", "`user`"]);
    check(LlamaCpp, &asked(false), &short(json!({"logit_bias": {"1": 2}})), &[]);
    check(Together, &asked(false), &short(json!({"logit_bias": {"1": 2}})), &[]);
    let usage = json!({"provider": {"order": ["a"]}, "stream": true, "stream_options": {"include_usage": true}, "usage": {"include": true}});
    let preferring = golden::request(json!({"provider": {"order": ["a"]}, "stream": true}));
    check(Openrouter, &preferring, &usage, &[]);
}

#[test]
fn what_would_change_the_answer_is_refused() {
    check_refused(Mistral, json!({"logprobs": true}), "`logprobs`");
    check_refused(Groq, json!({"n": 2}), "`n`");
    check_refused(Groq, json!({"top_logprobs": 1}), "`top_logprobs`");
    check_refused(Ollama, json!({"tool_choice": "required"}), "`tool_choice`");
    check_refused(Together, json!({"logprobs": true}), "`logprobs`");
    let with = |part: Value| json!({"messages": [{"role": "user", "content": [part]}]});
    let far = with(json!({"type": "image_url", "image_url": {"url": "https://p.example/a.png"}}));
    check_refused(Ollama, far, "a picture by its address");
    let file = with(json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}}));
    for kind in [Mistral, Groq, Ollama, Vllm, LlamaCpp] {
        check_refused(kind, file.clone(), "a message's part of type `file`");
    }
    for harmless in [json!({"n": 1}), json!({"logprobs": false}), json!({"tool_choice": "auto"})] {
        for kind in [Mistral, Groq, Ollama, Together] {
            check(kind, &golden::request(harmless.clone()), &harmless, &[]);
        }
    }
    check(Together, &golden::request(json!({"logprobs": 1})), &json!({"logprobs": 1}), &[]);
}

#[test]
fn messages_are_written_as_each_server_takes_them() {
    let request = golden::request(json!({"messages": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Hi", "name": "ann"},
        {"role": "assistant", "content": null, "refusal": null, "annotations": [], "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "1"},
    ]}));
    let messages = |kind: ProviderKind| sent(kind, &request).expect("it can be had");
    assert_eq!(messages(Openai).0["messages"], serde_json::to_value(&request.messages).expect("JSON"));
    let (mistral, left_out) = messages(Mistral);
    let id = mistral["messages"][3]["tool_call_id"].as_str().expect("an id").to_owned();
    assert!(id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    assert_eq!(
        mistral["messages"],
        json!([
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": null, "tool_calls": [{"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": id, "content": "1"},
        ])
    );
    assert_eq!(left_out.len(), 2, "{left_out:?}");
    let (groq, left_out) = messages(Groq);
    assert_eq!(groq["messages"][1], json!({"role": "user", "content": "Hi"}));
    assert_eq!((&groq["messages"][0]["role"], left_out.len()), (&json!("system"), 1));
    let (vllm, left_out) = messages(Vllm);
    assert_eq!(
        (&vllm["messages"][0]["role"], &vllm["messages"][1]["name"], left_out.len()),
        (&json!("system"), &json!("ann"), 0)
    );
}

#[test]
fn words_of_another_dialect_are_left_out_by_name() {
    let mark = json!({"type": "ephemeral"});
    let request = golden::foreign(json!({
        "top_k": 5, "thinking": {"type": "enabled", "budget_tokens": 2000}, "temperature": 1,
        "tools": [{"type": "function", "function": {"name": "f"}, "cache_control": mark}],
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "Be brief.", "cache_control": mark}]},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Ho", "reasoning_content": "Hm", "thinking_blocks": [{"type": "thinking", "thinking": "Hm", "signature": "s"}]},
            {"role": "tool", "tool_call_id": "x", "content": "no", "is_error": true},
        ],
    }));
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let left_out = [
        "`thinking`",
        "`thinking_blocks` of a message",
        "`reasoning_content` of a message",
        "`is_error` of a message",
        "`cache_control`",
    ];
    check(Vllm, &request, &json!({"temperature": 1, "top_k": 5, "tools": tools}), &left_out);
    let with_top_k: Vec<&str> = ["`top_k`"].into_iter().chain(left_out).collect();
    check(Openai, &request, &json!({"temperature": 1, "tools": tools}), &with_top_k);
    let messages = sent(Azure, &request).expect("it can be had").0["messages"].clone();
    assert_eq!(
        messages,
        json!([
            {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Ho"},
            {"role": "tool", "tool_call_id": "x", "content": "no"},
        ])
    );
    // OpenRouter hands marks on, and has a word for the budget.
    let (routed, _) = sent(Openrouter, &request).expect("it can be had");
    assert_eq!((&routed["tools"][0]["cache_control"], &routed["reasoning"]), (&mark, &json!({"max_tokens": 2000})));
    let file = json!({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_url": "https://example.com/a.pdf"}}]}]});
    let refused = sent(Openai, &golden::foreign(file.clone())).expect_err("it cannot be had");
    assert_eq!(refused, "a file by its address");
    for (foreign, feature) in [
        (
            json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
            "a tool of type `web_search_20250305`",
        ),
        (json!({"mcp_servers": [{"url": "https://m.example"}]}), "`mcp_servers`"),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "server_tool_use"}]}]}),
            "a message's part of type `server_tool_use`",
        ),
    ] {
        assert_eq!(sent(Openai, &golden::foreign(foreign)).expect_err("it cannot be had"), feature);
    }
    let (sent_fields, named) =
        sent(Openai, &golden::foreign(json!({"of_tomorrow": 1, "mcp_servers": []}))).expect("it can be had");
    assert_eq!((sent_fields.get("of_tomorrow"), named.len()), (None, 1), "{named:?}");
    assert!(sent(Openrouter, &golden::foreign(file)).is_ok());
    // The same words of an app that speaks chat completions itself are its own affair.
    let own = ChatRequest { dialect: Dialect::Chat, ..request };
    assert_eq!(sent(Openai, &own).expect("it can be had").1, [""; 0]);
}

#[test]
fn requests_with_one_beginning_meet_in_one_cache() {
    let key = |asked: Value, surface: wire::Surface| {
        let request = golden::request(asked);
        let written = wire::Written { model: "m", request: &request, kind: Openai, surface };
        let body: Value = serde_json::from_slice(&written.body().expect("it can be written")).expect("JSON");
        body.get("prompt_cache_key").and_then(Value::as_str).map(str::to_owned)
    };
    let asked = |system: &str, question: &str| json!({"messages": [{"role": "system", "content": system}, {"role": "user", "content": question}]});
    let first = key(asked("Be brief.", "Hi"), wire::Surface::Home).expect("a key");
    assert_eq!(key(asked("Be brief.", "Ho"), wire::Surface::Home).as_ref(), Some(&first));
    assert_ne!(key(asked("Be long.", "Hi"), wire::Surface::Home).as_ref(), Some(&first));
    assert_eq!(key(asked("Be brief.", "Hi"), wire::Surface::Other), None, "another server may not know the field");
    assert_eq!(key(json!({}), wire::Surface::Home), None);
    assert_eq!(key(json!({"prompt_cache_key": "mine", "tools": []}), wire::Surface::Home).as_deref(), Some("mine"));
}

#[test]
fn the_limit_of_an_answer_has_the_name_that_the_models_there_take() {
    let check = |surface: wire::Surface, asked: Value, expected: Value| {
        let request = golden::request(asked);
        let body = wire::Written { model: "m", request: &request, kind: Openai, surface }.body();
        let mut body: Value = serde_json::from_slice(&body.expect("it can be written")).expect("JSON");
        let fields = body.as_object_mut().expect("an object");
        fields.retain(|name, _| name.starts_with("max"));
        assert_eq!(body, expected, "{surface:?}");
    };
    let (old, new) = (json!({"max_tokens": 9}), json!({"max_completion_tokens": 9}));
    check(wire::Surface::Home, old.clone(), new.clone());
    check(wire::Surface::Undated, old.clone(), new.clone());
    check(wire::Surface::Other, old.clone(), old);
    check(wire::Surface::Other, new.clone(), new);
    let both = json!({"max_tokens": 9, "max_completion_tokens": 8});
    check(wire::Surface::Home, both.clone(), both);
}

fn raw(json: &str) -> ChatRequest {
    let value: Value = serde_json::from_str(json).expect("JSON");
    let request = golden::request(value.clone());
    ChatRequest { raw: Raw::keep(Dialect::Chat, Bytes::copy_from_slice(json.as_bytes()), &value), ..request }
}

#[test]
fn what_nothing_changed_goes_out_to_the_letter() {
    let check = |kind: ProviderKind, json: &str, expected: &str| {
        let request = raw(json);
        let (request, _) = fitting::fit(kind, false, &request).expect("it can be had");
        let body = wire::Written { model: "o\"m", request: &request, kind, surface: wire::Surface::Home }.body();
        assert_eq!(std::str::from_utf8(&body.expect("it can be written")), Ok(expected), "{json}");
    };
    let tail = r#""messages":[{"role":"user","content":"Gr\u00f6ße"}], "temperature":1.0e0 }"#;
    check(Openai, &format!(r#"{{ "model" : "x",{tail}"#), &format!(r#"{{ "model" : "o\"m",{tail}"#));
    let streamed = |options: &str| format!(r#"{{"stream":true,{options}"model":"x",{tail}"#);
    let expected = |options: &str| format!(r#"{{"stream":true,{options}"model":"o\"m",{tail}"#);
    let asking = r#""stream_options":{"include_usage":true}"#;
    check(Openai, &streamed(""), &format!(r#"{{"stream":true,"model":"o\"m",{asking},{tail}"#));
    for (given, sent) in [
        (r#""stream_options":{"include_usage":false, "x": 1},"#, r#""stream_options":{"include_usage":true, "x": 1},"#),
        (r#""stream_options":{ "x": 1},"#, r#""stream_options":{"include_usage":true, "x": 1},"#),
        (r#""stream_options":{ },"#, r#""stream_options":{"include_usage":true },"#),
        (r#""stream_options":null,"#, r#""stream_options":{"include_usage":true},"#),
    ] {
        check(Vllm, &streamed(given), &expected(sent));
    }
    // Mistral reports without being asked.
    check(Mistral, &streamed(""), &expected(""));
}

#[test]
fn what_something_changed_is_written_anew() {
    // A key that stands twice: what was read is the last, the next reader may take the first.
    assert_eq!(raw(r#"{"model":"x","messages":[{"role":"user","content":"a","content":"b"}]}"#).raw, None);
    let asked = raw(r#"{"model":"x","seed":1,"messages":[{"role":"user","content":"Hi"}]}"#);
    let (fitted, _) = fitting::fit(Mistral, false, &asked).expect("it can be had");
    assert_eq!((fitted.raw.is_some(), asked.raw.is_some()), (false, true));
    assert_eq!(splice::with_model(&Bytes::from_static(b"{\"model\":1,\"model\":2}"), "m"), None);
    assert_eq!(splice::with_model(&Bytes::from_static(b"[1]"), "m"), None);
    assert_eq!(splice::with_model(&Bytes::from_static(b"{}"), "m"), None);
}

fn events() -> stream::Events {
    stream::Events::new(&golden::model("m"), "salt".to_owned(), true)
}

#[test]
fn usage_that_the_app_did_not_ask_for_is_cut_out_of_a_piece() {
    let check = |piece: &str, expected: Option<&str>| {
        let cut = splice::without_usage(piece.as_bytes());
        assert_eq!(cut.as_deref(), expected.map(str::as_bytes), "{piece}");
    };
    check(r#"{"a":1,"usage":null}"#, Some(r#"{"a":1}"#));
    check(r#"{"a":"\"usage\":1" , "usage" : {"x":[1]} , "b":2}"#, Some(r#"{"a":"\"usage\":1" , "b":2}"#));
    check(r#"{ "usage":null, "choices":[{"usage":1}]}"#, Some(r#"{ "choices":[{"usage":1}]}"#));
    check(r#"{"usage":{}}"#, Some("{}"));
    // Without it, written in disguise, or no object: left to the slower way.
    for odd in [r#"{"a":1}"#, r#"{"\u0075sage":null}"#, "[1]", "", "{", r#"{"usage":1,"usage":2}"#] {
        check(odd, None);
    }
}

#[test]
fn pieces_are_kept_to_the_letter_while_nothing_in_them_changed() {
    let check = |data: &str, kept: bool| {
        let bytes = format!("data: {data}\n\n");
        let (chunks, _) = golden::decode(events(), [bytes.as_bytes()]);
        let raw = chunks[0].raw.as_ref();
        assert_eq!(
            raw.map(|raw| (raw.dialect, &*raw.bytes)),
            kept.then_some((Dialect::Chat, data.as_bytes())),
            "{data}"
        );
    };
    check(
        r#"{"id": "c",  "choices":[{"index":0,"delta":{"content":"Gr\u00f6ße"},"logprobs":null}],"obfuscation":"xx"}"#,
        true,
    );
    check(r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}}"#, true);
    check(
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"x","type":"function","function":{"name":"f","arguments":""}}]}}]}"#,
        true,
    );
    check(
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"f","arguments":""}}]}}]}"#,
        false,
    );
    check(r#"{"choices":[{"index":0,"delta":{"reasoning":"Hm"}}]}"#, false);
    check(r#"{"choices":[{"index":0,"delta":{"reasoning":null,"content":"a"}}]}"#, true);
    check(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"eos"}]}"#, false);
    check(r#"{"choices":[{"index":0,"delta":{"content":"a","content":"b"}}]}"#, false);
}

#[test]
fn answers_are_read_in_every_servers_way() {
    let piece = |delta: Value| json!({"choices": [{"index": 0, "delta": delta}]});
    let end = |reason: &str| json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]});
    let check = |events_of_stream: &[Value], comment: &str, got: Value| {
        let bytes = format!("{comment}{}", golden::sse(events_of_stream));
        assert_eq!(golden::streamed(events, &bytes), got);
    };
    let reasoning = json!([{"reasoning_content": "Hm"}, {"content": "Hi"}, {"finish_reason": "stop"}]);
    let said = [piece(json!({"reasoning": "Hm"})), piece(json!({"content": "Hi"})), end("eos")];
    check(&said, ": OPENROUTER PROCESSING\n\n", reasoning);
    let mut groq = end("stop");
    groq["x_groq"] = json!({"id": "r", "usage": {"prompt_tokens": 3, "completion_tokens": 4}});
    check(&[groq], "", json!([{"finish_reason": "stop", "usage": [3, 0, 4, 0]}]));
    let mut timed = end("stop");
    timed["timings"] = json!({"predicted_per_second": 40.5});
    let (chunks, _) = golden::decode(events(), [golden::sse(&[timed]).as_bytes()]);
    assert_eq!(chunks[0].rest["timings"]["predicted_per_second"], 40.5);
    let filtered = json!({"choices": [], "prompt_filter_results": [{"prompt_index": 0}]});
    let (chunks, _) = golden::decode(events(), [golden::sse(&[filtered, end("content_filter")]).as_bytes()]);
    assert_eq!(chunks[0].rest["prompt_filter_results"][0]["prompt_index"], 0);
    let broken = json!({"error": {"code": 502, "message": "provider disconnected"}, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]});
    check(
        &[piece(json!({"content": "Hi"})), broken],
        "",
        json!([{"content": "Hi"}, {"error": "a/m answered with status 502 (502)"}]),
    );
    check(
        &[end("error")],
        "",
        json!([{"error": "a/m answered something that cannot be read: it ended with an error that it does not name"}]),
    );
}

#[test]
fn whole_answers_with_thoughts_in_parts() {
    let parts =
        json!([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, {"type": "text", "text": "Yes"}]);
    let answer = json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": parts}, "finish_reason": "model_length"}]});
    let mut changed = false;
    let completion = wire::completion(answer, &mut changed).expect("it can be read");
    let got = json!({"choices": [{"content": "Yes", "reasoning_content": "Hm", "finish_reason": "length"}]});
    assert_eq!((golden::whole(&completion), changed), (got, true));
}

#[test]
fn embeddings_are_asked_for_as_numbers_and_read_by_index() {
    let rest = json!({"dimensions": 2, "encoding_format": "base64", "input_type": "query"})
        .as_object()
        .cloned()
        .expect("an object");
    let request = EmbeddingRequest { model: "x".to_owned(), texts: vec!["a".to_owned(), "b".to_owned()], rest };
    let body =
        |kind: ProviderKind| serde_json::from_slice::<Value>(&embedding::body(kind, "m", &request)).expect("JSON");
    let sent = json!({"model": "m", "input": ["a", "b"], "encoding_format": "float"});
    let with = |fields: Value| {
        let mut sent = sent.clone();
        sent.as_object_mut().expect("an object").extend(fields.as_object().cloned().expect("an object"));
        sent
    };
    assert_eq!(body(Openai), with(json!({"dimensions": 2})));
    assert_eq!(body(Mistral), with(json!({"output_dimension": 2})));
    assert_eq!(body(Vllm), with(json!({"dimensions": 2, "input_type": "query"})));
    let read = |answer: Value| embedding::read(&answer, 2);
    let vector = |index: u64, numbers: Value| json!({"index": index, "embedding": numbers});
    let answer = json!({"data": [vector(1, json!([1, 2])), vector(0, json!([0.5, -1]))], "usage": {"prompt_tokens": 4, "total_tokens": 4}});
    let embeddings = read(answer).expect("it can be read");
    assert_eq!(embeddings.vectors, [[0.5, -1.0], [1.0, 2.0]]);
    assert_eq!(embeddings.usage.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((4, 0)));
    for wrong in [
        json!({}),
        json!({"data": [vector(0, json!([1]))]}),
        json!({"data": [vector(0, json!([1])), vector(7, json!([1]))]}),
        json!({"data": [vector(0, json!([1])), vector(1, json!("AAAA"))]}),
        json!({"data": [vector(0, json!([1])), vector(1, json!([]))]}),
    ] {
        assert!(read(wrong.clone()).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn cutting_usage_out_changes_nothing_else(text in "\\PC{0,30}", place in 0..4_usize, usage in any::<Option<i64>>()) {
        let mut fields = vec![("a", json!(text)), ("usage", json!({"x": [1, text]})), ("b", json!(null))];
        fields[1].1 = usage.map_or(fields[1].1.clone(), Value::from);
        fields.rotate_left(place % 3);
        let piece: Map<String, Value> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut expected = piece.clone();
        expected.shift_remove("usage");
        let cut = splice::without_usage(Value::Object(piece).to_string().as_bytes()).expect("it has one");
        prop_assert_eq!(serde_json::from_slice::<Value>(&cut).expect("JSON"), Value::Object(expected));
    }

    #[test]
    fn splicing_changes_the_named_fields_only(
        before in "[a-z]{0,8}", text in "\\PC{0,30}", model in "\\PC{0,12}",
        options in proptest::option::of(proptest::option::of(any::<bool>())), streamed in any::<bool>(),
    ) {
        let mut body = json!({"messages": [{"role": "user", "content": text, "model": "inner"}], "model": before, "z": {"stream_options": 1}});
        if let Some(options) = options {
            body["stream_options"] = options.map_or_else(|| json!({"other": 1}), |include| json!({"include_usage": include}));
        }
        let bytes = Bytes::from(body.to_string());
        let spliced = splice::chat_request(&bytes, &model, streamed).expect("there is a model");
        let read: Value = serde_json::from_slice(&spliced).expect("it is still JSON");
        body["model"] = model.into();
        if streamed {
            if body.get("stream_options").is_none() {
                body["stream_options"] = json!({});
            }
            body["stream_options"]["include_usage"] = json!(true);
        }
        prop_assert_eq!(read, body);
    }
}

#[test]
fn thousands_of_strange_fields_are_counted_and_gone() {
    let strange = || (0..60_000).map(|at| (format!("f{at}"), json!(1))).collect::<Map<String, Value>>();
    let named = |warnings: &[String]| (warnings.len(), warnings.last().cloned().unwrap_or_default());
    let counted = (17, "and 59984 more".to_owned());
    let request = ChatRequest { dialect: Dialect::Messages, ..golden::request(strange().into()) };
    let (body, warnings) = sent(Openai, &request).expect("it can be had");
    assert_eq!((body.get("f0"), body.get("f59999"), named(&warnings)), (None, None, counted.clone()));

    let mut request = golden::request(json!({}));
    request.messages[0].rest = strange();
    let (body, warnings) = sent(Mistral, &request).expect("it can be had");
    let fields = body["messages"][0].as_object().map(Map::len);
    assert_eq!((fields, named(&warnings)), (Some(2), counted));
}
