//! Providers of every kind against a scripted server: where a call goes, with which key, and what comes back.

use super::upstream::{Step, Upstream, ask, call, heard, provider, response, stream};
use crate::{Error, Journal, Models, ModerationRequest, ReplyBody, RerankRequest};
use serde_json::{Value, json};
use usecase::declared::{ModelRef, Price, ProjectFile, Provider, ProviderKind, Residency, SecretRef};
use usecase::{AttemptEnd, Cost, EmbeddingRequest, Fault, MicroUsd, Remedy};

/// A project with one provider `a` of this kind, whose key is in a file.
struct Kind {
    file: ProjectFile,
    key: std::path::PathBuf,
}

impl Kind {
    fn new(name: &str, kind: ProviderKind, base_url: String) -> Self {
        let key = std::env::temp_dir().join(format!("models-kind-{name}-{}", std::process::id()));
        std::fs::write(&key, "sk-secret\n").expect("a writable temporary folder");
        let api_key = Some(SecretRef::File(key.display().to_string()));
        let timeouts = provider("127.0.0.1:1".parse().expect("an address")).timeouts;
        let declared = Provider { base_url: Some(base_url), api_key, timeouts, ..Provider::of_kind(kind) };
        let mut file = ProjectFile::default();
        file.providers.insert("a".to_owned(), declared);
        let price = Price::new(MicroUsd(1_000_000), None, MicroUsd(2_000_000), "2026-11-20".to_owned());
        file.prices.insert("a/m".to_owned(), price);
        Self { file, key }
    }
}

impl Drop for Kind {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.key));
    }
}

fn ok(body: &Value) -> Vec<Step> {
    response("200 OK", "", &body.to_string())
}

/// Asks `a/m` and gives what the server was asked and what was heard.
async fn check(kind: &Kind, upstream: &Upstream, streamed: bool, line: &str, header: &str, said: &str) -> Cost {
    let reply = ask(&kind.file, &["a/m"], call(streamed)).await.expect("an answer");
    let (text, error) = heard(reply.body).await;
    assert_eq!((text.as_str(), error.map(|error| error.to_string())), (said, None));
    let head = upstream.asked().last().expect("it was asked").head.clone();
    assert!(head.starts_with(line), "{head}");
    assert!(head.contains(header), "{head}");
    let first = head.lines().next().expect("a request line");
    assert!(!first.contains("sk-secret"), "a key does not belong into an address");
    reply.running.finish(None, AttemptEnd::Answered).cost
}

#[tokio::test]
async fn azure_is_asked_by_deployment_or_by_its_newer_surface() {
    let answer =
        json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]});
    let upstream = Upstream::start(vec![ok(&answer)]).await;
    let address = upstream.address;
    let mut kind = Kind::new("azure", ProviderKind::Azure, format!("http://{address}/openai/v1/"));
    check(&kind, &upstream, false, "POST /openai/v1/chat/completions HTTP/1.1", "api-key: sk-secret", "Hi").await;
    assert_eq!(upstream.asked()[0].body["model"], "m");
    assert!(!upstream.asked()[0].head.contains("authorization"));
    kind.file.providers.get_mut("a").expect("declared").api_version = Some("2024-10-21".to_owned());
    let line = "POST /openai/deployments/m/chat/completions?api-version=2024-10-21 HTTP/1.1";
    check(&kind, &upstream, false, line, "api-key: sk-secret", "Hi").await;
}

#[tokio::test]
async fn what_azure_filters_is_the_apps_fault_and_said_so() {
    let refusal = json!({"error": {"code": "content_filter", "message": "filtered", "param": "prompt", "type": null,
        "status": 400, "innererror": {"code": "ResponsibleAIPolicyViolation"}}});
    let upstream = Upstream::start(vec![response("400 Bad Request", "", &refusal.to_string())]).await;
    let kind = Kind::new("filter", ProviderKind::Azure, format!("http://{}", upstream.address));
    let failed = ask(&kind.file, &["a/m"], call(false)).await.map(|reply| reply.model).expect_err("refused");
    assert_eq!((failed.error.fault(), failed.error.remedy()), (Fault::Caller, Remedy::Fail));
    assert_eq!(failed.error.upstream().and_then(|upstream| upstream.code.as_deref()), Some("content_filter"));
}

#[tokio::test]
async fn gemini_whole_and_streamed() {
    let piece = |text: &str, reason: Option<&str>| {
        json!({"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": reason}],
            "usageMetadata": {"promptTokenCount": 50, "candidatesTokenCount": 7}})
    };
    let events =
        [format!("data: {}\r\n\r\n", piece("Good ", None)), format!("data: {}\r\n\r\n", piece("day", Some("STOP")))];
    let streamed = stream(&[&events[0], &events[1]]);
    let upstream = Upstream::start(vec![ok(&piece("Hi", Some("STOP"))), streamed]).await;
    let kind = Kind::new("gemini", ProviderKind::Gemini, format!("http://{}/v1beta", upstream.address));
    let key = "x-goog-api-key: sk-secret";
    let cost = check(&kind, &upstream, false, "POST /v1beta/models/m:generateContent HTTP/1.1", key, "Hi").await;
    assert_eq!(cost, Cost::known(MicroUsd(64)));
    let line = "POST /v1beta/models/m:streamGenerateContent?alt=sse HTTP/1.1";
    assert_eq!(check(&kind, &upstream, true, line, key, "Good day").await, Cost::known(MicroUsd(64)));
    let sent = json!({"contents": [{"role": "user", "parts": [{"text": "When does my order leave?"}]}]});
    assert_eq!(upstream.asked()[1].body, sent);
}

#[tokio::test]
async fn gemini_counts_tokens_before_a_call() {
    let upstream = Upstream::start(vec![ok(&json!({"totalTokens": 31})), ok(&json!({}))]).await;
    let kind = Kind::new("count", ProviderKind::Gemini, format!("http://{}/v1beta", upstream.address));
    let models = Models::new(&kind.file).expect("a sound project");
    let model = ModelRef::parse("a/m").expect("a model");
    let cleared = models.clear(&Residency::default(), &model).expect("no rule stands against it");
    let request = call(false).request;
    assert_eq!(models.count_tokens(&cleared, request.clone()).await.expect("a count"), 31);
    let asked = &upstream.asked()[0];
    assert!(asked.head.starts_with("POST /v1beta/models/m:countTokens HTTP/1.1"));
    assert_eq!(asked.body["generateContentRequest"]["model"], "models/m");
    assert!(models.count_tokens(&cleared, request).await.is_err());
}

#[tokio::test]
async fn a_wrong_key_for_gemini_is_the_operators_fault_and_never_repeated() {
    let refusal = json!({"error": {"code": 400, "message": "API key not valid: sk-secret", "status": "INVALID_ARGUMENT",
        "details": [{"reason": "API_KEY_INVALID"}]}});
    let upstream = Upstream::start(vec![response("400 Bad Request", "", &refusal.to_string())]).await;
    let kind = Kind::new("gemini-key", ProviderKind::Gemini, format!("http://{}", upstream.address));
    let failed = ask(&kind.file, &["a/m"], call(false)).await.map(|reply| reply.model).expect_err("refused");
    assert_eq!((failed.error.fault(), failed.error.remedy()), (Fault::Operator, Remedy::TryNext));
    assert!(!format!("{:?}", failed.error).contains("sk-secret"));
}

#[tokio::test]
async fn cohere_whole_and_streamed() {
    let usage = json!({"billed_units": {"input_tokens": 50, "output_tokens": 7}});
    let answer = json!({"id": "1", "finish_reason": "COMPLETE", "usage": usage,
        "message": {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}});
    let events = [
        json!({"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant"}}}),
        json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Good day"}}}}),
        json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}}),
    ];
    let events: Vec<String> = events.iter().map(|event| format!("event: x\ndata: {event}\n\n")).collect();
    let streamed = stream(&events.iter().map(String::as_str).collect::<Vec<_>>());
    let upstream = Upstream::start(vec![ok(&answer), streamed]).await;
    let kind = Kind::new("cohere", ProviderKind::Cohere, format!("http://{}", upstream.address));
    let key = "authorization: Bearer sk-secret";
    let cost = check(&kind, &upstream, false, "POST /v2/chat HTTP/1.1", key, "Hi").await;
    assert_eq!(cost, Cost::known(MicroUsd(64)));
    assert_eq!(
        check(&kind, &upstream, true, "POST /v2/chat HTTP/1.1", key, "Good day").await,
        Cost::known(MicroUsd(64))
    );
}

#[tokio::test]
async fn what_a_provider_cannot_be_asked_is_left_to_the_next() {
    let upstream = Upstream::start(vec![ok(&json!({}))]).await;
    let kind = Kind::new("unsupported", ProviderKind::Cohere, format!("http://{}", upstream.address));
    let mut asked = super::upstream::request(false);
    asked.rest.insert("n".to_owned(), 2.into());
    let asked = crate::Call { request: asked.into(), ..call(false) };
    let failed = ask(&kind.file, &["a/m"], asked).await.map(|reply| reply.model).expect_err("it cannot be had");
    assert!(matches!(failed.error, Error::Unsupported { .. }), "{}", failed.error);
    assert_eq!((failed.error.remedy(), upstream.asked().len()), (Remedy::TryNext, 0));
}

#[tokio::test]
async fn a_body_of_the_same_dialect_is_streamed_to_the_letter_both_ways() {
    let data = r#"{"id":"c",  "choices":[{"index":0,"delta":{"content":"H\u0069"},"finish_reason":"stop"}]}"#;
    let upstream = Upstream::start(vec![stream(&[&format!("data: {data}\n\ndata: [DONE]\n\n")])]).await;
    let kind = Kind::new("raw", ProviderKind::Vllm, format!("http://{}/v1", upstream.address));
    let body = r#"{"model":"support","messages":[{"role":"user","content":"Hi"}],"new_field":1,"stream":true}"#;
    let value: Value = serde_json::from_str(body).expect("JSON");
    let raw = usecase::Raw::keep(usecase::Dialect::Chat, body.into(), &value);
    let request = usecase::ChatRequest { raw, ..super::upstream::request(true) };
    let reply =
        ask(&kind.file, &["a/m"], crate::Call { request: request.into(), ..call(true) }).await.expect("an answer");
    let mut sent = value;
    sent["model"] = "m".into();
    sent["stream_options"] = json!({"include_usage": true});
    assert_eq!(upstream.asked()[0].body, sent);
    let ReplyBody::Stream(chunks) = reply.body else { panic!("a stream was asked for") };
    let chunks: Vec<_> = futures_util::StreamExt::collect(chunks).await;
    let raw = chunks[0].as_ref().expect("a piece").raw.as_ref().expect("nothing was changed");
    assert_eq!(&*raw.bytes, data.as_bytes());
}

fn texts(count: usize) -> EmbeddingRequest {
    let texts = (0..count).map(|at| format!("text {at}")).collect();
    EmbeddingRequest { model: "a/m".to_owned(), texts, rest: serde_json::Map::new() }
}

async fn embed(
    file: &ProjectFile,
    chain: &[&str],
    request: &EmbeddingRequest,
) -> Result<crate::Embedded, crate::Exhausted> {
    let models = Models::new(file).expect("a sound project");
    let clear = |name: &&str| {
        models
            .clear(&Residency::default(), &ModelRef::parse(name).expect("a model"))
            .expect("no rule stands against it")
    };
    models.embed(chain.iter().map(clear).collect(), request, &Journal::new()).await
}

#[tokio::test]
async fn vectors_come_from_the_first_that_gives_them_and_are_priced() {
    let vectors = json!({"data": [{"index": 0, "embedding": [1, 0]}, {"index": 1, "embedding": [0, 1]}], "usage": {"prompt_tokens": 50}});
    let upstream = Upstream::start(vec![response("503 Busy", "", "{}"), ok(&vectors)]).await;
    let mut kind = Kind::new("vectors", ProviderKind::Mistral, format!("http://{}/v1", upstream.address));
    let second = kind.file.providers["a"].clone();
    kind.file.providers.insert("b".to_owned(), second);
    let embedded = embed(&kind.file, &["local/extractive", "a/m", "b/m"], &texts(2)).await.expect("vectors");
    assert_eq!(embedded.embeddings.vectors, [[1.0, 0.0], [0.0, 1.0]]);
    assert_eq!(embedded.model.to_string(), "b/m");
    let ends: Vec<bool> = embedded.attempts.iter().map(|attempt| attempt.end == AttemptEnd::Answered).collect();
    assert_eq!(ends, [false, false, true]);
    assert_eq!(embedded.attempts[2].usage.input_tokens, 50);
    assert!(embedded.attempts[2].cost.part_unknown, "b/m has no price");
    assert!(upstream.asked()[1].head.starts_with("POST /v1/embeddings HTTP/1.1"));
    let embedded = embed(&kind.file, &["a/m"], &texts(2)).await.expect("vectors");
    assert_eq!(embedded.attempts[0].cost, Cost::known(MicroUsd(50)));
    let failed = embed(&kind.file, &["local/extractive"], &texts(1)).await.expect_err("it has no vectors");
    assert!(matches!(failed.error, Error::Unsupported { .. }) && failed.attempts.len() == 1);
}

#[tokio::test]
async fn many_texts_go_out_in_batches() {
    let vectors = |count: usize| vec![json!([1, 0]); count];
    let cohere = |count: usize| {
        ok(&json!({"embeddings": {"float": vectors(count)}, "meta": {"billed_units": {"input_tokens": 2}}}))
    };
    let upstream = Upstream::start(vec![cohere(96), cohere(4)]).await;
    let kind = Kind::new("batches", ProviderKind::Cohere, format!("http://{}", upstream.address));
    let embedded = embed(&kind.file, &["a/m"], &texts(100)).await.expect("vectors");
    assert_eq!((embedded.embeddings.vectors.len(), embedded.attempts[0].usage.input_tokens), (100, 4));
    assert_eq!(upstream.asked()[1].body["texts"][0], "text 96");
    let gemini = |count: usize| {
        let vectors: Vec<Value> = vectors(count).into_iter().map(|values| json!({"values": values})).collect();
        ok(&json!({"embeddings": vectors}))
    };
    let upstream = Upstream::start(vec![gemini(100), gemini(1)]).await;
    let kind = Kind::new("batches-of-gemini", ProviderKind::Gemini, format!("http://{}/v1beta", upstream.address));
    let embedded = embed(&kind.file, &["a/m"], &texts(101)).await.expect("vectors");
    assert_eq!((embedded.embeddings.vectors.len(), embedded.attempts[0].usage.estimated), (101, true));
    assert!(upstream.asked()[0].head.starts_with("POST /v1beta/models/m:batchEmbedContents HTTP/1.1"));
    let first = json!({"model": "models/m", "content": {"parts": [{"text": "text 0"}]}});
    assert_eq!(upstream.asked()[0].body["requests"][0], first);
}

async fn rerank(file: &ProjectFile, model: &str) -> Result<crate::Reranked, crate::Exhausted> {
    let models = Models::new(file).expect("a sound project");
    let model = ModelRef::parse(model).expect("a model");
    let cleared = models.clear(&Residency::default(), &model).expect("no rule stands against it");
    let request = RerankRequest { question: "q".to_owned(), documents: vec!["one".to_owned(), "two".to_owned()] };
    models.rerank(vec![cleared], &request, &Journal::new()).await
}

#[tokio::test]
async fn rerankers_are_asked_in_one_form_and_priced() {
    let results = json!([{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": -1.5}]);
    let sent = json!({"model": "m", "query": "q", "documents": ["one", "two"], "top_n": 2});
    let check = async |kind, path: &str, extra: Value, tokens: Option<u64>| {
        let mut answer = json!({"id": "1", "results": results});
        answer.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        let upstream = Upstream::start(vec![response("503 Busy", "retry-after: 0\r\n", "{}"), ok(&answer)]).await;
        let base = format!("http://{}{path}", upstream.address);
        let kind = Kind::new("rerank", kind, base.trim_end_matches("/v2").to_owned());
        let reranked = rerank(&kind.file, "a/m").await.expect("scores");
        assert_eq!(reranked.relevance.scores, [-1.5, 0.9]);
        let [failed, answered] = &reranked.attempts[..] else { panic!("two attempts") };
        assert!(failed.end != AttemptEnd::Answered && answered.end == AttemptEnd::Answered);
        assert_eq!(answered.usage.estimated, tokens.is_none());
        assert!(
            tokens.is_none_or(|tokens| answered.cost == Cost::known(MicroUsd(i64::try_from(tokens).expect("few"))))
        );
        let asked = upstream.asked();
        assert!(asked[1].head.starts_with(&format!("POST {path}/rerank HTTP/1.1")), "{}", asked[1].head);
        assert_eq!(asked[1].body, sent);
    };
    check(ProviderKind::Vllm, "/v1", json!({"usage": {"total_tokens": 56}}), Some(56)).await;
    check(ProviderKind::Openai, "/v1", json!({"usage": {"prompt_tokens": 7, "total_tokens": 9}}), Some(7)).await;
    check(ProviderKind::Cohere, "/v2", json!({"meta": {"billed_units": {"search_units": 1}}}), None).await;
}

#[tokio::test]
async fn a_reranker_that_says_too_little_is_not_believed() {
    let check = async |results: Value, what: &str| {
        let upstream = Upstream::start(vec![ok(&json!({"results": results}))]).await;
        let kind = Kind::new("rerank-bad", ProviderKind::Vllm, format!("http://{}/v1", upstream.address));
        let error = rerank(&kind.file, "a/m").await.expect_err("it cannot be read").error;
        assert!(error.to_string().contains(what), "{error}");
    };
    check(json!([{"index": 1, "relevance_score": 0.9}]), "a document has no score").await;
    check(json!([{"index": 2, "relevance_score": 0.9}]), "no document that it belongs to").await;
    check(json!([{"index": 0, "relevance_score": "high"}]), "a score is no number").await;
    check(Value::Null, "`results` is missing").await;
    let refused = rerank(&ProjectFile::default(), "local/extractive").await.expect_err("it has none").error;
    assert!(matches!(refused, Error::Unsupported { .. }), "{refused}");
}

#[test]
fn every_kind_can_be_declared_and_says_what_it_needs() {
    let project = |kind: ProviderKind| {
        let mut file = ProjectFile::default();
        file.providers.insert("a".to_owned(), Provider::of_kind(kind));
        file
    };
    use ProviderKind::{Azure, Cohere, Gemini, Groq, LlamaCpp, Mistral, Ollama, Openrouter, Together, Vllm};
    for kind in [Cohere, Gemini, Groq, LlamaCpp, Mistral, Ollama, Openrouter, Together, Vllm] {
        let models = Models::new(&project(kind)).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let nowhere = Residency { data: Some(Vec::new()) };
        let stays_here = models.clear(&nowhere, &ModelRef::parse("a/m").expect("a model")).is_ok();
        assert_eq!(stays_here, matches!(kind, Vllm | Ollama | LlamaCpp), "{kind:?}");
    }
    let error = Models::new(&project(Azure)).map(|_| ()).expect_err("it has no address");
    assert!(error.to_string().contains("the endpoint of the resource"), "{error}");
}

#[tokio::test]
async fn moderation_is_asked_where_it_is_and_refused_where_it_is_not() {
    let request = ModerationRequest { text: "Hello".to_owned(), said_by_model: false };
    let judged = async |file: &ProjectFile, model: &str| {
        let models = Models::new(file).expect("a sound project");
        let model = ModelRef::parse(model).expect("a model");
        let cleared = models.clear(&Residency::default(), &model).expect("no rule stands against it");
        models.moderate(cleared, &request, &Journal::new()).await
    };
    let answer = json!({"results": [{"flagged": true, "category_scores": {"hate": 0.4}}]});
    let upstream = Upstream::start(vec![response("503 Busy", "retry-after: 0\r\n", "{}"), ok(&answer)]).await;
    let kind = Kind::new("moderation", ProviderKind::Openai, format!("http://{}/v1", upstream.address));
    let moderated = judged(&kind.file, "a/m").await.expect("a judgement");
    assert_eq!((moderated.moderation.score, moderated.attempts.len()), (1.0, 2));
    let asked = upstream.asked();
    assert!(asked[1].head.starts_with("POST /v1/moderations HTTP/1.1"), "{}", asked[1].head);
    assert_eq!(asked[1].body, json!({"model": "m", "input": "Hello"}));
    let refused = judged(&ProjectFile::default(), "local/extractive").await.expect_err("it has none").error;
    assert!(matches!(refused, Error::Unsupported { .. }), "{refused}");
}
