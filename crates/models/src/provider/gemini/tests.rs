//! What is sent to Gemini and what is read of its answers, feature by feature.

use super::{request, stream, wire};
use crate::provider::golden;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A request and the body that is sent for it, with what was left out.
fn check_sent(model: &str, asked: Value, sent: &Value, warnings: &[&str]) {
    let shown = asked.to_string();
    let (body, left_out) = request::body(model, &golden::request(asked)).expect("it can be had");
    assert_eq!((&body, left_out.iter().map(String::as_str).collect()), (sent, warnings.to_vec()), "{shown}");
}

fn hi() -> Value {
    json!([{"role": "user", "parts": [{"text": "Hi"}]}])
}

fn check_config(model: &str, asked: Value, config: &Value, warnings: &[&str]) {
    check_sent(model, asked, &json!({"contents": hi(), "generationConfig": config}), warnings);
}

#[test]
fn text_turns_and_instructions() {
    let asked = json!({"messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "developer", "content": "In French."},
        {"role": "user", "content": [{"type": "text", "text": "And"}, {"type": "text", "text": "you?"}]},
        {"role": "user", "content": "Well?"},
    ]});
    let sent = json!({
        "systemInstruction": {"parts": [{"text": "Be brief."}, {"text": "In French."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [{"text": "Hello"}]},
            {"role": "user", "parts": [{"text": "And"}, {"text": "you?"}, {"text": "Well?"}]},
        ],
    });
    check_sent("gemini-2.5-flash", asked, &sent, &[]);
}

#[test]
fn pictures_files_and_sound() {
    let asked = json!({"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.JPG?x=1"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,BBBB", "filename": "a.pdf"}},
        {"type": "input_audio", "input_audio": {"data": "CCCC", "format": "wav"}},
    ]}]});
    let sent = json!({"contents": [{"role": "user", "parts": [
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"fileData": {"fileUri": "https://example.com/a.JPG?x=1", "mimeType": "image/jpeg"}},
        {"inlineData": {"mimeType": "application/pdf", "data": "BBBB"}},
        {"inlineData": {"mimeType": "audio/wav", "data": "CCCC"}},
    ]}]});
    check_sent("gemini-2.5-flash", asked, &sent, &["`detail` of a picture was left out"]);
}

fn tool(name: &str, strict: bool) -> Value {
    let parameters = json!({"type": "object", "properties": {"q": {"type": ["string", "null"]}}});
    json!({"type": "function", "function": {"name": name, "description": "d", "parameters": parameters, "strict": strict}})
}

#[test]
fn tools_and_how_they_are_chosen() {
    let check = |choice: Value, strict: bool, config: Option<Value>| {
        let declared = &tool("f", strict)["function"];
        let mut sent = json!({"contents": hi(), "tools": [{"functionDeclarations": [
            {"name": "f", "description": "d", "parametersJsonSchema": declared["parameters"]},
        ]}]});
        if let Some(config) = config {
            sent["toolConfig"] = json!({"functionCallingConfig": config});
        }
        check_sent("gemini-2.5-flash", json!({"tools": [tool("f", strict)], "tool_choice": choice}), &sent, &[]);
    };
    check(Value::Null, false, None);
    check(Value::Null, true, Some(json!({"mode": "VALIDATED"})));
    check(json!("auto"), false, Some(json!({"mode": "AUTO"})));
    check(json!("none"), true, Some(json!({"mode": "NONE"})));
    check(json!("required"), false, Some(json!({"mode": "ANY"})));
    let named = json!({"type": "function", "function": {"name": "f"}});
    check(named, true, Some(json!({"mode": "ANY", "allowedFunctionNames": ["f"]})));
}

/// A conversation with two calls at once, the first of them signed.
fn called(signed: bool) -> Value {
    let mut calls = json!([
        {"id": "x", "type": "function", "function": {"name": "f", "arguments": "{\"q\":1}"}},
        {"id": "y", "type": "function", "function": {"name": "g", "arguments": ""}},
    ]);
    if signed {
        calls[0]["extra_content"] = json!({"google": {"thought_signature": "sig"}});
    }
    json!({"messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": null, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "y", "content": "{\"a\":1}"},
        {"role": "tool", "tool_call_id": "x", "content": "broken", "is_error": true},
        {"role": "user", "content": "Go on"},
    ]})
}

#[test]
fn calls_go_back_with_their_signatures_and_results() {
    let check = |model: &str, signed: bool, signature: Option<&str>| {
        let mut first = json!({"functionCall": {"id": "x", "name": "f", "args": {"q": 1}}});
        if let Some(signature) = signature {
            first["thoughtSignature"] = signature.into();
        }
        let sent = json!({"contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [first, {"functionCall": {"id": "y", "name": "g", "args": {}}}]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "y", "name": "g", "response": {"a": 1}}},
                {"functionResponse": {"id": "x", "name": "f", "response": {"error": "broken"}}},
            ]},
            {"role": "user", "parts": [{"text": "Go on"}]},
        ]});
        check_sent(model, called(signed), &sent, &[]);
    };
    check("gemini-3-pro-preview", true, Some("sig"));
    check("gemini-2.5-flash", true, Some("sig"));
    check("gemini-2.5-flash", false, None);
    // A call that another model made.
    check("gemini-3.1-flash", false, Some("skip_thought_signature_validator"));
}

#[test]
fn sampling_and_formats() {
    let asked = json!({
        "temperature": 0.2, "top_p": 0.9, "top_k": 40, "max_tokens": 10, "max_completion_tokens": 20, "stop": "END",
        "n": 2, "seed": 7, "presence_penalty": 0.1, "frequency_penalty": 0.2, "logprobs": true, "top_logprobs": 3,
    });
    let config = json!({
        "temperature": 0.2, "topP": 0.9, "topK": 40, "maxOutputTokens": 20, "stopSequences": ["END"],
        "candidateCount": 2, "seed": 7, "presencePenalty": 0.1, "frequencyPenalty": 0.2, "responseLogprobs": true,
        "logprobs": 3,
    });
    check_config("gemini-2.5-flash", asked, &config, &[]);
    let format = json!({"response_format": {"type": "json_object"}, "stop": ["a", "b"]});
    let config = json!({"responseMimeType": "application/json", "stopSequences": ["a", "b"]});
    check_config("gemini-2.5-flash", format, &config, &[]);
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    let format = json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}});
    let config = json!({"responseMimeType": "application/json", "responseJsonSchema": schema});
    check_config("gemini-2.5-flash", format, &config, &[]);
}

#[test]
fn reasoning_by_budget_and_by_level() {
    let check = |model: &str, asked: Value, config: Value, warnings: &[&str]| {
        check_config(model, asked, &json!({"thinkingConfig": config}), warnings);
    };
    let effort = |effort: &str| json!({"reasoning_effort": effort});
    let budget = |tokens: i64| json!({"thinkingBudget": tokens, "includeThoughts": tokens != 0});
    let level = |level: &str| json!({"thinkingLevel": level, "includeThoughts": true});
    check("gemini-2.5-flash", effort("none"), budget(0), &[]);
    check("gemini-2.5-flash", effort("low"), budget(1024), &[]);
    check("gemini-2.5-pro", effort("medium"), budget(8192), &[]);
    check("gemini-2.5-pro", effort("xhigh"), budget(24576), &[]);
    check("gemini-3-pro-preview", effort("medium"), level("medium"), &[]);
    check("gemini-3-pro-preview", effort("xhigh"), level("high"), &[]);
    check("gemini-3-flash", effort("minimal"), level("minimal"), &[]);
    let always = "`reasoning_effort` was left out: this model always thinks, here as little as it can";
    check("gemini-3-pro-preview", effort("none"), level("low"), &[always]);
    let exact = |thinking: Value| json!({"thinking": thinking, "reasoning_effort": "high"});
    check("gemini-2.5-flash", exact(json!({"type": "enabled", "budget_tokens": 2000})), budget(2000), &[]);
    check("gemini-2.5-flash", exact(json!({"type": "disabled"})), budget(0), &[]);
    check("gemini-3-pro", json!({"thinking": {"type": "adaptive"}}), json!({"includeThoughts": true}), &[]);
}

#[test]
fn what_gemini_has_no_word_for_is_named_or_refused() {
    let asked = json!({
        "user": "u1", "logit_bias": {"1": 2}, "store": false, "parallel_tool_calls": false, "verbosity": "low",
        "safetySettings": [{"category": "c", "threshold": "t"}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]}],
    });
    let sent = json!({"contents": hi(), "safetySettings": [{"category": "c", "threshold": "t"}]});
    let warnings = [
        "`cache_control` was left out: Gemini caches by itself",
        "`parallel_tool_calls` was left out: Gemini decides how many tools it calls at once",
        "`logit_bias` was left out",
        "`user` was left out",
        "`verbosity` was left out",
    ];
    let (body, mut left_out) = request::body("gemini-2.5-flash", &golden::request(asked)).expect("it can be had");
    assert_eq!(body, sent);
    left_out.sort();
    let mut warnings = warnings.to_vec();
    warnings.sort_unstable();
    assert_eq!(left_out, warnings);
    let refused = |asked: Value, feature: &str| {
        let refused = request::body("gemini-2.5-flash", &golden::request(asked)).expect_err("it cannot be had");
        assert!(refused.contains(feature), "{refused}");
    };
    refused(json!({"tools": [{"type": "web_search"}]}), "web_search");
    refused(json!({"modalities": ["text", "audio"]}), "modalities");
    refused(json!({"web_search_options": {"a": 1}}), "web_search_options");
    refused(json!({"response_format": {"type": "grammar"}}), "response_format");
}

fn check_read(answer: &Value, got: &Value) {
    let completion = wire::completion("m", answer, "salt").expect("it can be read");
    assert_eq!(&golden::whole(&completion), got, "{answer}");
}

fn candidate(parts: Value, reason: &str) -> Value {
    let mut candidate = json!({"finishReason": reason, "index": 0, "content": {"role": "model"}});
    candidate["content"]["parts"] = parts;
    json!({"candidates": [candidate]})
}

#[test]
fn whole_answers() {
    let mut answer = candidate(json!([{"text": "Hm", "thought": true}, {"text": "Good "}, {"text": "day"}]), "STOP");
    answer["usageMetadata"] = json!({"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 5,
        "thoughtsTokenCount": 3, "toolUsePromptTokenCount": 1, "totalTokenCount": 18});
    let said = json!({"content": "Good day", "reasoning_content": "Hm", "finish_reason": "stop"});
    check_read(&answer, &json!({"choices": [said], "usage": [10, 4, 8, 3]}));
    let calls = json!([
        {"functionCall": {"name": "f", "args": {"q": 1}}, "thoughtSignature": "sig"},
        {"functionCall": {"id": "y", "name": "g"}},
    ]);
    check_read(
        &candidate(calls, "STOP"),
        &json!({"choices": [{"finish_reason": "tool_calls", "tool_calls": [
            {"id": "call_salt0_0", "type": "function", "function": {"name": "f", "arguments": "{\"q\":1}"},
                "extra_content": {"google": {"thought_signature": "sig"}}},
            {"id": "y", "type": "function", "function": {"name": "g", "arguments": "{}"}},
        ]}]}),
    );
    check_read(
        &json!({"promptFeedback": {"blockReason": "SAFETY"}}),
        &json!({"choices": [{"finish_reason": "content_filter"}]}),
    );
    let mut answer = candidate(json!([{"text": "Hi"}]), "STOP");
    answer["candidates"][0]["logprobsResult"] = json!({
        "chosenCandidates": [{"token": "Hi", "tokenId": 1, "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "Ho", "logProbability": -1.5}]}],
    });
    let token = |text: &str, logprob: f64| json!({"token": text, "logprob": logprob, "bytes": text.as_bytes()});
    let mut chosen = token("Hi", -0.5);
    chosen["top_logprobs"] = json!([token("Ho", -1.5)]);
    check_read(
        &answer,
        &json!({"choices": [
            {"content": "Hi", "finish_reason": "stop", "logprobs": {"content": [chosen], "refusal": null}},
        ]}),
    );
}

#[test]
fn why_answers_end() {
    for (reason, ours) in [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("SPII", "content_filter"),
    ] {
        check_read(
            &candidate(json!([{"text": "Hi"}]), reason),
            &json!({"choices": [{"content": "Hi", "finish_reason": ours}]}),
        );
    }
    for reason in ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "OTHER", "INVENTED"] {
        assert!(wire::completion("m", &candidate(json!([{"text": "Hi"}]), reason), "salt").is_err(), "{reason}");
    }
    assert!(wire::completion("m", &json!({"candidates": []}), "salt").is_err());
}

fn events() -> stream::Events {
    stream::Events::new(&golden::model("m"), "salt".to_owned())
}

/// Two candidates, thoughts, calls, and a running count of tokens.
fn answer_in_pieces() -> Vec<Value> {
    let piece = |parts: Value| {
        json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}],
        "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}, "modelVersion": "m-1", "responseId": "r"})
    };
    let mut calls = piece(json!([
        {"functionCall": {"name": "f", "args": {"ü": 1}}, "thoughtSignature": "sig"},
        {"functionCall": {"name": "f", "args": {}}},
    ]));
    calls["candidates"][0]["finishReason"] = "STOP".into();
    calls["usageMetadata"] = json!({"promptTokenCount": 3, "candidatesTokenCount": 7, "thoughtsTokenCount": 2});
    vec![piece(json!([{"text": "Hm", "thought": true}])), piece(json!([{"text": "Größe"}])), calls]
}

#[test]
fn streamed_answers() {
    let call = |index: u32, arguments: &str| {
        json!({"index": index, "id": format!("call_salt0_{index}"), "type": "function",
            "function": {"name": "f", "arguments": arguments}})
    };
    let mut signed = call(0, "{\"ü\":1}");
    signed["extra_content"] = json!({"google": {"thought_signature": "sig"}});
    let got = json!([
        {"role": "assistant", "reasoning_content": "Hm", "usage": [3, 0, 0, 0]},
        {"content": "Größe", "usage": [3, 0, 0, 0]},
        {"tool_calls": [signed, call(1, "{}")], "finish_reason": "tool_calls", "usage": [3, 0, 9, 2]},
    ]);
    assert_eq!(golden::streamed(events, &golden::sse(&answer_in_pieces())), got);
    let blocked = golden::sse(&[json!({"promptFeedback": {"blockReason": "OTHER"}})]);
    assert_eq!(golden::streamed(events, &blocked), json!([{"finish_reason": "content_filter"}]));
}

#[test]
fn streams_that_break() {
    let pieces = answer_in_pieces();
    let error = |bytes: &str| golden::decode(events(), [bytes.as_bytes()]).1.map(|error| error.to_string());
    let check = |bytes: &str, expected: &str| assert_eq!(error(bytes).as_deref(), Some(expected));
    check(&golden::sse(&pieces[..2]), "a/m broke off: its stream ended in the middle of the answer");
    check("", "a/m broke off: its stream ended without an answer");
    check("data: {\n\n", "a/m answered something that cannot be read: an event of its stream is not JSON");
    let refused = json!({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}});
    check(&golden::sse(&[pieces[0].clone(), refused]), "a/m answered with status 503 (503)");
    check(
        &golden::sse(&[candidate(json!([]), "MALFORMED_FUNCTION_CALL")]),
        "a/m answered something that cannot be read: the model's output is malformed",
    );
    assert_eq!(error(&golden::sse(&pieces)), None);
}

#[test]
fn refusals_name_the_wait_and_the_wrong_key() {
    let report = |status: u16, body: Value| {
        crate::provider::refusal::report_of(&golden::model("m"), Some(status), &body).expect("a report")
    };
    let busy = report(
        429,
        json!({"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.Help"},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"},
        ]}}),
    );
    assert_eq!((busy.status, busy.retry_after), (Some(429), Some(std::time::Duration::from_millis(1500))));
    assert_eq!(busy.kind.as_deref(), Some("RESOURCE_EXHAUSTED"));
    let key = report(
        400,
        json!({"error": {"code": 400, "message": "API key not valid.", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"},
        ]}}),
    );
    assert_eq!(key.status, Some(401));
}

proptest! {
    #[test]
    fn any_cuts_give_the_same_chunks(mut cuts in proptest::collection::vec(0..700_usize, 0..12)) {
        let bytes = golden::sse(&answer_in_pieces());
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(bytes.len()));
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes.as_bytes()[pair[0]..pair[1]]).collect();
        let shown = |(chunks, error): (Vec<usecase::Chunk>, Option<crate::Error>)| {
            let choices: Vec<_> = chunks.into_iter().map(|chunk| (chunk.choices, chunk.usage)).collect();
            (choices, error.map(|error| error.to_string()))
        };
        prop_assert_eq!(shown(golden::decode(events(), pieces)), shown(golden::decode(events(), [bytes.as_bytes()])));
    }

    #[test]
    fn no_answer_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,40}") {
        let odd = json!({"candidates": [{"content": {"parts": [text, {"text": 1}, {"functionCall": text}]}, "finishReason": text}]});
        drop(wire::completion("m", &odd, "salt"));
        let line = format!("data: {odd}\n\n");
        let (_, error) = golden::decode(events(), [line.as_bytes(), &bytes]);
        prop_assert!(error.is_some() || text == "STOP");
    }
}

#[test]
fn a_report_of_more_tokens_than_any_context_holds_is_none() {
    let usage = |output: u64| {
        super::wire::usage(&json!({"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": output}}))
    };
    assert!(usage(5).is_some());
    assert_eq!(usage(u64::from(u32::MAX)), None);
    assert_eq!(usage(u64::MAX), None);
}
