//! Every feature in Converse's words and back, vectors of each family, and a server on the loopback address.
#![expect(clippy::needless_pass_by_value, reason = "JSON that is written where it is used needs no reference")]

use super::embedding::Family;
use super::{request, response};
use crate::provider::aws::eventstream::Framed;
use crate::provider::aws::tests::{event, exception};
use crate::provider::blocks::tests::call;
use crate::provider::transport::{Decode, Decoder};
use crate::tests::upstream::{self, Step, Upstream};
use crate::{Error, Models, ReplyBody};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::declared::{AwsCredentials, ModelRef, ProjectFile, Provider, ProviderKind, Residency, SecretRef};
use usecase::{Chunk, Dialect, EmbeddingRequest};

const SONNET: &str = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";
const LLAMA: &str = "meta.llama3-1-8b-instruct-v1:0";

fn written(model: &str, body: Value) -> Result<(Value, Vec<String>), String> {
    request::write(model, &call(Dialect::Chat, body)).map(|written| (written.body.into(), written.warnings))
}

/// What goes out for this body of a chat request.
fn check(model: &str, body: Value, expected: Value) {
    let (sent, warnings) = written(model, body.clone()).unwrap_or_else(|what| panic!("{body}: {what}"));
    assert_eq!(sent, expected, "{body}");
    assert_eq!(warnings, Vec::<String>::new(), "{body}");
}

fn with(mut base: Value, more: Value) -> Value {
    base.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
    base
}

fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

fn hi(more: Value) -> Value {
    with(json!({"messages": [user(json!("Hi"))]}), more)
}

fn sent_hi(more: Value) -> Value {
    with(json!({"messages": [user(json!([{"text": "Hi"}]))]}), more)
}

#[test]
fn a_conversation_is_written_in_turns() {
    check(
        SONNET,
        json!({"messages": [
            {"role": "system", "content": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
            user(json!([{"type": "text", "text": "One"}, {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,AAAA"}},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "Größe: a_b.pdf"}},
                {"type": "file", "file": {"file_url": "s3://bucket/a.csv"}}])),
            {"role": "assistant", "content": "Yes.", "thinking_blocks": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}],
                "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}}]},
            {"role": "tool", "tool_call_id": "a", "is_error": true, "content": "no"},
        ]}),
        json!({
            "system": [{"text": "Be kind."}, {"cachePoint": {"type": "default", "ttl": "1h"}}],
            "messages": [
                user(json!([{"text": "One"}, {"image": {"format": "jpeg", "source": {"bytes": "AAAA"}}},
                    {"document": {"format": "pdf", "name": "Gr e a b", "source": {"bytes": "JVBE"}}},
                    {"document": {"format": "csv", "name": "document", "source": {"s3Location": {"uri": "s3://bucket/a.csv"}}}}])),
                {"role": "assistant", "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}}, {"reasoningContent": {"redactedContent": "d"}},
                    {"text": "Yes."}, {"toolUse": {"toolUseId": "a", "name": "f", "input": {"x": 1}}}]},
                user(json!([{"toolResult": {"toolUseId": "a", "content": [{"text": "no"}], "status": "error"}}])),
            ],
        }),
    );
}

#[test]
fn settings_are_written_where_the_model_takes_them() {
    let settings = json!({"temperature": 0.5, "max_tokens": 9, "stop": "END", "top_k": 3, "service_tier": "priority"});
    let written = json!({"temperature": 0.5, "maxTokens": 9, "stopSequences": ["END"]});
    let tier = json!({"type": "priority"});
    check(
        SONNET,
        hi(settings.clone()),
        sent_hi(
            json!({"inferenceConfig": written, "additionalModelRequestFields": {"top_k": 3}, "additionalModelResponseFieldPaths": ["/stop_sequence"], "serviceTier": tier}),
        ),
    );
    let nova = json!({"inferenceConfig": {"topK": 3}});
    check(
        NOVA,
        hi(settings),
        sent_hi(json!({"inferenceConfig": written, "additionalModelRequestFields": nova, "serviceTier": tier})),
    );
    check(LLAMA, hi(json!({"top_p": 0.9, "service_tier": "auto"})), sent_hi(json!({"inferenceConfig": {"topP": 0.9}})));
    check(
        SONNET,
        hi(json!({"reasoning_effort": "low", "anthropic_beta": ["b"], "requestMetadata": {"team": "x"}})),
        sent_hi(json!({"requestMetadata": {"team": "x"}, "inferenceConfig": {"maxTokens": 6144},
            "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2048}, "anthropic_beta": ["b"]}})),
    );
    check(
        "global.anthropic.claude-opus-4-6-v1",
        hi(json!({"reasoning_effort": "high"})),
        sent_hi(
            json!({"additionalModelRequestFields": {"thinking": {"type": "adaptive"}}, "outputConfig": {"effort": "high"}}),
        ),
    );
    check(
        "openai.gpt-oss-20b-1:0",
        hi(json!({"reasoning_effort": "low"})),
        sent_hi(json!({"additionalModelRequestFields": {"reasoning_effort": "low"}})),
    );
    let schema = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}});
    let format =
        json!({"type": "json_schema", "structure": {"jsonSchema": {"schema": "{\"type\":\"object\"}", "name": "n"}}});
    check(LLAMA, hi(json!({"response_format": schema})), sent_hi(json!({"outputConfig": {"textFormat": format}})));
}

#[test]
fn tools_are_written() {
    let tool = json!({"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true}});
    let spec = json!({"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}, "description": "d", "strict": true}});
    let check = |choice: Value, expected: Value| {
        let config = with(json!({"tools": [spec]}), expected);
        check(SONNET, hi(json!({"tools": [tool], "tool_choice": choice})), sent_hi(json!({"toolConfig": config})));
    };
    check(Value::Null, json!({}));
    check(json!("auto"), json!({"toolChoice": {"auto": {}}}));
    check(json!("required"), json!({"toolChoice": {"any": {}}}));
    check(json!({"type": "function", "function": {"name": "f"}}), json!({"toolChoice": {"tool": {"name": "f"}}}));
    let none = written(SONNET, hi(json!({"tools": [tool], "tool_choice": "none"})));
    assert_eq!(none, Ok((sent_hi(json!({})), Vec::new())));
    let one = written(SONNET, hi(json!({"tools": [tool], "parallel_tool_calls": false}))).expect("it can be had");
    let extra = json!({"tool_choice": {"type": "auto", "disable_parallel_tool_use": true}});
    assert_eq!(one.0["additionalModelRequestFields"], extra);
    let (sent, warnings) = written(LLAMA, hi(json!({"tools": [with(tool, json!({"cache_control": {"type": "ephemeral"}}))], "parallel_tool_calls": false}))).expect("it can be had");
    assert_eq!(sent, sent_hi(json!({"toolConfig": {"tools": [spec]}})));
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn the_cache_is_marked_where_the_model_keeps_prompts() {
    let long = "word ".repeat(2000);
    let check = |model: &str, expected: Value| {
        let body = json!({"messages": [{"role": "system", "content": long}, user(json!("Hi"))]});
        assert_eq!(
            written(model, body).expect("it can be had").0["system"].get(1).cloned().unwrap_or_default(),
            expected
        );
    };
    let point = json!({"cachePoint": {"type": "default"}});
    check(SONNET, point.clone());
    check(NOVA, point);
    check(LLAMA, Value::Null);
}

#[test]
fn what_has_no_counterpart_is_named_or_refused() {
    let named = |model: &str, fields: Value, expected: &[&str]| {
        let (_, warnings) = written(model, hi(fields)).expect("it can be had");
        let names: Vec<&str> = warnings.iter().filter_map(|warning| warning.split('`').nth(1)).collect();
        assert_eq!(names, expected);
    };
    named(SONNET, json!({"seed": 7, "user": "u", "service_tier": "other"}), &["service_tier", "seed", "user"]);
    named(
        LLAMA,
        json!({"top_k": 3, "reasoning_effort": "low", "thinking": {"type": "adaptive"}}),
        &["thinking", "reasoning_effort", "top_k"],
    );
    let refused = |model: &str, body: Value, expected: &str| {
        let what = written(model, body).expect_err(expected);
        assert!(what.contains(expected), "{what}");
    };
    refused(LLAMA, hi(json!({"n": 2})), "`n`");
    let far = json!([{"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}]);
    refused(NOVA, json!({"messages": [user(far)]}), "not in the message itself");
    let id = json!([{"type": "file", "file": {"file_id": "file-1"}}]);
    refused(NOVA, json!({"messages": [user(id)]}), "a document of type");
    let calls =
        json!([user(json!("Hi")), {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f"}}]}]);
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    refused(SONNET, json!({"messages": calls, "tools": tools, "tool_choice": "none"}), "`tool_choice` none");
}

#[test]
fn a_whole_answer_is_read() {
    let body = json!({
        "output": {"message": {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}}, {"reasoningContent": {"redactedContent": "d"}},
            {"text": "Yes. "}, {"citationsContent": {"content": [{"text": "Cited."}], "citations": []}},
            {"toolUse": {"toolUseId": "a", "name": "f", "input": {"x": 1}}},
        ]}},
        "stopReason": "tool_use", "additionalModelResponseFields": {"stop_sequence": "END"},
        "usage": {"inputTokens": 3, "outputTokens": 9, "totalTokens": 132, "cacheReadInputTokens": 100, "cacheWriteInputTokens": 20},
        "metrics": {"latencyMs": 1},
    });
    let completion = response::completion(Some("r1"), NOVA, &body).expect("it can be read");
    let choice = &completion.choices[0];
    assert_eq!(choice.finish_reason.as_deref(), Some("tool_calls"));
    assert_eq!(choice.rest["stop_sequence"], "END");
    assert_eq!(
        serde_json::to_value(&choice.message).expect("JSON"),
        json!({"role": "assistant", "content": "Yes. Cited.", "reasoning_content": "Hm.",
            "thinking_blocks": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}],
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}}]})
    );
    let usage = completion.usage.expect("it is reported");
    let read = (usage.input_tokens, usage.cached_input_tokens, usage.cache_write_tokens, usage.output_tokens);
    assert_eq!(read, (123, 100, 20, 9));
    assert_eq!((&completion.rest["id"], &completion.rest["model"]), (&json!("r1"), &json!(NOVA)));
}

/// A stream as ConverseStream sends it: blocks of text and reasoning are not announced.
fn stream() -> Vec<u8> {
    let part = |name: &str, payload: Value| event(name, payload.to_string().as_bytes());
    let delta = |index: u64, delta: Value| {
        part("contentBlockDelta", json!({"contentBlockIndex": index, "delta": delta, "p": "abc"}))
    };
    let close = |index: u64| part("contentBlockStop", json!({"contentBlockIndex": index}));
    [
        part("messageStart", json!({"role": "assistant"})),
        delta(0, json!({"reasoningContent": {"text": "Hm."}})),
        delta(0, json!({"reasoningContent": {"signature": "s"}})),
        close(0),
        delta(1, json!({"text": "Größe 🦀"})),
        close(1),
        part(
            "contentBlockStart",
            json!({"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "a", "name": "f"}}}),
        ),
        delta(2, json!({"toolUse": {"input": "{\"x\":"}})),
        delta(2, json!({"toolUse": {"input": "1}"}})),
        close(2),
        part("messageStop", json!({"stopReason": "tool_use"})),
        part(
            "metadata",
            json!({"usage": {"inputTokens": 3, "outputTokens": 9, "totalTokens": 12}, "metrics": {"latencyMs": 1}}),
        ),
    ]
    .concat()
}

fn model() -> ModelRef {
    ModelRef { provider: "a".to_owned(), model: "m".to_owned() }
}

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<Chunk, String>> {
    let events = response::Events::new(&model(), Some("r1"));
    let mut decoder = Framed::new(&model(), response::unwrap, Decoder::new(&model(), events));
    pieces.into_iter().for_each(|piece| decoder.push(piece));
    decoder.finish();
    let chunks = std::iter::from_fn(|| decoder.next()).map(|chunk| chunk.map_err(|error| error.to_string()));
    let timeless = |mut chunk: Chunk| {
        chunk.rest.remove("created");
        chunk
    };
    chunks.map(|chunk| chunk.map(timeless)).collect()
}

#[test]
fn a_stream_is_read_in_our_form() {
    let chunks = decode([stream().as_slice()]);
    let deltas: Vec<Value> = chunks
        .iter()
        .flat_map(|chunk| &chunk.as_ref().expect("a chunk").choices)
        .map(|choice| json!([choice.text, choice.delta, choice.finish_reason]))
        .collect();
    let call = |fields: Value| json!([null, {"tool_calls": [fields]}, null]);
    assert_eq!(
        Value::from(deltas),
        json!([
            [null, {"role": "assistant"}, null],
            [null, {"reasoning_content": "Hm."}, null],
            [null, {"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "s"}]}, null],
            ["Größe 🦀", {}, null],
            call(json!({"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}})),
            call(json!({"index": 0, "function": {"arguments": "{\"x\":"}})),
            call(json!({"index": 0, "function": {"arguments": "1}"}})),
            [null, {}, "tool_calls"],
        ])
    );
    let last = chunks.last().and_then(|chunk| chunk.as_ref().ok()).expect("a chunk");
    assert_eq!(last.usage.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((3, 9)));
    assert_eq!(last.rest["id"], "r1");
}

#[test]
fn a_stream_that_breaks_off_is_an_error() {
    let whole = stream();
    let metadata = decode([&whole[..whole.len() - 1]]);
    assert!(metadata.iter().all(Result::is_ok), "only the usage is missing");
    let check = |bytes: &[u8], expected: &str| {
        let chunks = decode([bytes]);
        let error = chunks.last().and_then(|chunk| chunk.as_ref().err()).expect(expected);
        assert!(error.contains(expected), "{error}");
    };
    check(&whole[..whole.len() / 2], "in the middle");
    check(&[], "without an answer");
    let broken_off = [&whole[..0], &exception("throttlingException", br#"{"message":"slow"}"#)].concat();
    check(&broken_off, "status 429 (throttlingException)");
    check(&event("messageStop", br#"{"stopReason":"malformed_tool_use"}"#), "malformed");
    check(&event("metadata", b"{}"), "no reason");
    check(&event("messageStart", b"nonsense"), "not JSON");
    let mut flipped = whole;
    flipped[20] ^= 1;
    check(&flipped, "wrong checksum");
}

proptest! {
    #[test]
    fn any_cuts_give_the_same_chunks(mut cuts in proptest::collection::vec(0..2000_usize, 0..12)) {
        let whole = stream();
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(whole.len()));
        cuts.extend([0, whole.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &whole[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(pieces), decode([whole.as_slice()]));
    }

    #[test]
    fn corrupted_bytes_give_an_error_and_what_was_sound_before(at in 0..10_000_usize, mask in 1..=255_u8) {
        let mut bytes = stream();
        let (at, whole) = (at % bytes.len(), decode([bytes.as_slice()]));
        bytes[at] ^= mask;
        let chunks = decode([bytes.as_slice()]);
        prop_assert!(chunks.last().is_some_and(Result::is_err) || at >= bytes.len() - 200);
        let sound: Vec<_> = chunks.into_iter().take_while(Result::is_ok).collect();
        prop_assert!(whole.starts_with(&sound));
    }
}

#[test]
fn vectors_are_asked_for_in_each_familys_words() {
    let request = |texts: &[&str], rest: Value| EmbeddingRequest {
        model: "m".to_owned(),
        texts: texts.iter().map(|text| (*text).to_owned()).collect(),
        rest: rest.as_object().cloned().expect("an object"),
    };
    let check = |model: &str, rest: Value, bodies: Value, answer: Value, vectors: usize| {
        let family = Family::of(model).expect("a family");
        let written = family.bodies(&request(&["a", "b"], rest)).expect("it can be had");
        assert_eq!(Value::from(written), bodies);
        assert_eq!(family.vectors(&answer).map(|vectors| vectors.len()), Ok(vectors));
    };
    let titan = json!([{"inputText": "a", "dimensions": 256}, {"inputText": "b", "dimensions": 256}]);
    check("amazon.titan-embed-text-v2:0", json!({"dimensions": 256}), titan, json!({"embedding": [0.5, 1]}), 1);
    let nova = |text: &str| json!({"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": {"embeddingPurpose": "GENERIC_RETRIEVAL", "text": {"truncationMode": "NONE", "value": text}, "embeddingDimension": 1024}});
    check(
        "amazon.nova-2-multimodal-embeddings-v1:0",
        json!({"dimensions": 1024, "input_type": "search_query"}),
        json!([nova("a"), nova("b")]),
        json!({"embeddings": [{"embeddingType": "TEXT", "embedding": [0.5]}]}),
        1,
    );
    let cohere = json!([{"texts": ["a", "b"], "input_type": "search_document", "embedding_types": ["float"], "output_dimension": 512}]);
    check("cohere.embed-v4:0", json!({"dimensions": 512}), cohere, json!({"embeddings": {"float": [[0.5], [1]]}}), 2);
    let many = request(&["x"; 100], json!({}));
    assert_eq!(Family::Cohere.bodies(&many).map(|bodies| bodies.len()), Ok(2));
    assert!(Family::Cohere.vectors(&json!({"embeddings": [["x"]]})).is_err());
    assert!(Family::Titan.vectors(&json!({})).is_err());
    assert!(Family::Titan.bodies(&request(&["a"], json!({"truncate": "END"}))).is_err());
    assert_eq!(Family::of(NOVA), None);
}

/// A provider whose credentials are files beside the test.
fn project(upstream: &Upstream, folder: &std::path::Path, api_key: bool) -> ProjectFile {
    let secret = |name: &str| {
        let path = folder.join(name);
        std::fs::write(&path, format!("{name}-secret")).expect("a file");
        SecretRef::File(path.display().to_string())
    };
    let aws = AwsCredentials {
        access_key_id: secret("id"),
        secret_access_key: secret("key"),
        session_token: Some(secret("token")),
    };
    let provider = Provider {
        base_url: Some(format!("http://{}/vpc", upstream.address)),
        region: Some("eu-central-1".to_owned()),
        aws: Some(aws),
        api_key: api_key.then(|| secret("api")),
        ..Provider::of_kind(ProviderKind::Bedrock)
    };
    let mut file = ProjectFile::default();
    file.providers.insert("aws".to_owned(), provider);
    file
}

#[tokio::test]
async fn a_server_is_asked_and_its_answer_handed_over() {
    let folder = std::env::temp_dir().join(format!("bedrock-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let answer = json!({"output": {"message": {"content": [{"text": "On Monday."}]}}, "stopReason": "end_turn", "usage": {"inputTokens": 8, "outputTokens": 3}});
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\nx-amzn-requestid: r2\r\nconnection: close\r\n\r\n";
    let refusal = "x-amzn-errortype: ValidationException:http://internal/\r\n";
    let server = Upstream::start(vec![
        upstream::response("200 OK", "x-amzn-requestid: r1\r\n", &answer.to_string()),
        vec![Step::Send(head.as_bytes().to_vec()), Step::Send(stream())],
        upstream::response("200 OK", "", "{\"inputTokens\": 42}"),
        upstream::response("400 Bad Request", refusal, r#"{"message":"The key-secret is malformed"}"#),
    ])
    .await;
    let file = project(&server, &folder, false);
    let name = format!("aws/{SONNET}");
    let reply = upstream::ask(&file, &[&name], upstream::call(false)).await.expect("an answer");
    assert_eq!(reply.upstream_request_id.as_deref(), Some("r1"));
    assert_eq!(upstream::heard(reply.body).await.0, "On Monday.");
    let reply = upstream::ask(&file, &[&name], upstream::call(true)).await.expect("a stream");
    assert!(matches!(reply.body, ReplyBody::Stream(_)));
    assert_eq!(upstream::heard(reply.body).await.0, "Größe 🦀");
    let models = Models::new(&file).expect("a sound project");
    let cleared = models.clear(&Residency::default(), &ModelRef::parse(&name).expect("a model")).expect("no rule");
    let counted = models.count_tokens(&cleared, Arc::new(upstream::request(false))).await;
    assert_eq!(counted.expect("a count"), 42);
    let refused = upstream::ask(&file, &[&name], upstream::call(false)).await.expect_err("malformed");
    let Error::Status(report) = &refused.error else { panic!("a status: {}", refused.error) };
    let read = (report.status, report.kind.as_deref(), report.message.as_str());
    assert_eq!(read, (Some(400), Some("ValidationException"), "The [key] is malformed"));

    let asked = server.asked();
    let path = "/vpc/model/eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0";
    assert!(asked[0].head.starts_with(&format!("POST {path}/converse HTTP/1.1")), "{}", asked[0].head);
    let signed = "AWS4-HMAC-SHA256 Credential=id-secret/";
    assert!(asked[0].head.contains(signed) && asked[0].head.contains("x-amz-security-token: token-secret"));
    assert!(asked[0].head.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token"));
    assert!(asked[1].head.starts_with(&format!("POST {path}/converse-stream")));
    assert!(asked[1].head.contains("accept: application/vnd.amazon.eventstream"));
    assert!(asked[2].head.starts_with(&format!("POST {path}/count-tokens")));
    assert_eq!(asked[2].body["input"]["converse"]["messages"], asked[0].body["messages"]);

    let file = project(&server, &folder, true);
    let _ = upstream::ask(&file, &[&name], upstream::call(false)).await;
    let last = server.asked().pop().expect("a request");
    assert!(last.head.contains("authorization: Bearer api-secret") && !last.head.contains("x-amz-date"));
    std::fs::remove_dir_all(&folder).expect("the folder is there");
}

#[test]
fn what_cannot_be_used_is_said_at_once() {
    let check = |region: Option<&str>| {
        let provider = Provider { region: region.map(str::to_owned), ..Provider::of_kind(ProviderKind::Bedrock) };
        let mut file = ProjectFile::default();
        file.providers.insert("aws".to_owned(), provider);
        Models::new(&file).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(check(Some("eu-central-1")), Ok(()));
    for region in [None, Some(""), Some("evil.example/"), Some("EU")] {
        assert!(check(region).expect_err("no region").contains("`region` is missing"), "{region:?}");
    }
}
