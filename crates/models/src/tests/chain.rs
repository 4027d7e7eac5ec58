//! The chain: what goes out, what comes back, what it cost, and what is tried next.

use super::upstream::{
    STOP, Step, Upstream, ask, call, delta, heard, project, provider, reasons, request, response, stream, whole,
};
use crate::{Error, Journal, Models, ReplyBody};
use futures_util::StreamExt;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use usecase::declared::{Model, ModelRef, ProjectFile, Residency, SecretRef};
use usecase::{AttemptEnd, Cost, Fault, MicroUsd, Remedy};

#[tokio::test]
async fn a_whole_answer_is_priced_once_for_each_token() {
    let head = "x-request-id: up-1\r\nx-ratelimit-remaining-requests: 9\r\nset-cookie: secret=1\r\n";
    let upstream = Upstream::start(vec![response("200 OK", head, &whole("Today"))]).await;
    let reply = ask(&project(&[upstream.address]), &["a/m"], call(false)).await.expect("an answer");
    assert_eq!(reply.upstream_request_id.as_deref(), Some("up-1"));
    let names: Vec<&str> = reply.upstream_headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x-request-id", "x-ratelimit-remaining-requests"]);
    let ReplyBody::Whole(completion) = &reply.body else { panic!("a whole answer was asked for") };
    assert_eq!(completion.rest["id"], "c1");
    let attempt = reply.running.finish(None, AttemptEnd::Answered);
    // 600 fresh tokens at 1 USD, 400 cached at 0.10, 100 out at 2, per million.
    assert_eq!(attempt.cost, Cost::known(MicroUsd(600 + 40 + 200)));
    assert!(!attempt.usage.estimated && attempt.duration_us >= attempt.first_token_us.expect("a first byte"));
}

#[tokio::test]
async fn what_goes_out_is_the_request_and_nothing_of_the_app() {
    let upstream = Upstream::start(vec![stream(&[&delta("Hi"), STOP]), response("200 OK", "", &whole("Hi"))]).await;
    let mut file = project(&[upstream.address]);
    let key = tempfile("models-key-test", "sk-of-the-provider\n");
    file.providers.get_mut("a").expect("declared").api_key = Some(SecretRef::File(key.display().to_string()));
    for streamed in [true, false] {
        let mut call = call(streamed);
        let request = Arc::make_mut(&mut call.request);
        request.rest = json!({
            "temperature": 0.2, "response_format": {"type": "json_object"}, "n": 2, "something_new": [1],
            "stream_options": {"include_obfuscation": false}, "model": "smuggled", "stream": "maybe",
        })
        .as_object()
        .cloned()
        .expect("an object");
        request.metadata.insert("conversation".to_owned(), "private".into());
        let reply = ask(&file, &["a/org/model:7b"], call).await.expect("an answer");
        assert_eq!(heard(reply.body).await.0, "Hi");
    }
    let asked = upstream.asked();
    assert!(asked[0].head.starts_with("POST /v1/chat/completions HTTP/1.1"));
    assert!(asked[0].head.contains("authorization: Bearer sk-of-the-provider"));
    let message = json!([{"role": "user", "content": "When does my order leave?"}]);
    let same = json!({
        "model": "org/model:7b", "messages": message, "temperature": 0.2, "response_format": {"type": "json_object"}, "n": 2,
        "something_new": [1],
    });
    assert_eq!(asked[1].body, same, "no stream_options without a stream");
    let mut streamed = same;
    streamed["stream"] = json!(true);
    streamed["stream_options"] = json!({"include_obfuscation": false, "include_usage": true});
    assert_eq!(asked[0].body, streamed);
    std::fs::remove_file(key).expect("it was written");
}

fn tempfile(name: &str, text: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    std::fs::write(&path, text).expect("a writable temporary folder");
    path
}

#[tokio::test]
async fn a_missing_key_is_named_and_the_next_model_answers() {
    let upstream = Upstream::start(vec![response("200 OK", "", &whole("Hi"))]).await;
    let mut file = project(&[upstream.address, upstream.address]);
    file.providers.get_mut("a").expect("declared").api_key =
        Some(SecretRef::Env("SHIPWAY_TEST_NO_SUCH_KEY".to_owned()));
    let reply = ask(&file, &["a/m", "b/m"], call(false)).await.expect("b answers");
    assert_eq!(
        reasons(&reply.attempts)[&0],
        "a/m needs an API key, and `env:SHIPWAY_TEST_NO_SUCH_KEY` gives none that can be sent"
    );
    assert_eq!(upstream.asked().len(), 1, "nothing was sent without the key");
    let failed = ask(&file, &["a/m"], call(false)).await.map(|reply| reply.model).expect_err("no key");
    assert_eq!((failed.error.fault(), failed.error.remedy()), (Fault::Operator, Remedy::TryNext));
}

/// A refusal: whose fault it is, and whether the next model is asked.
async fn check_refusal(status: &str, body: &str, fault: Fault, next: bool) {
    let refusing = Upstream::start(vec![response(status, "", body)]).await;
    let good = Upstream::start(vec![response("200 OK", "", &whole("Hi"))]).await;
    let file = project(&[refusing.address, good.address]);
    let failed = ask(&file, &["a/m"], call(false)).await.map(|reply| reply.model).expect_err("refused");
    assert_eq!(failed.error.fault(), fault, "{status}");
    let upstream = failed.error.upstream().expect("its own words");
    assert!(status.starts_with(&upstream.status.expect("a status").to_string()));
    assert_eq!(failed.attempts[0].cost, Cost::ZERO, "what was turned away cost nothing");
    assert_eq!(ask(&file, &["a/m", "b/m"], call(false)).await.is_ok(), next, "{status}");
}

#[tokio::test]
async fn a_refusal_says_whose_fault_it_is() {
    let error = |kind: &str, code: &str| {
        json!({"error": {"message": "no", "type": kind, "code": code, "param": null}}).to_string()
    };
    check_refusal("400 Bad Request", &error("invalid_request_error", "context_length_exceeded"), Fault::Caller, false)
        .await;
    check_refusal("422 Unprocessable", r#"{"detail":[{"msg":"bad"}]}"#, Fault::Caller, false).await;
    check_refusal("401 Unauthorized", &error("invalid_request_error", "invalid_api_key"), Fault::Operator, true).await;
    check_refusal("403 Forbidden", "", Fault::Operator, true).await;
    check_refusal("404 Not Found", &error("invalid_request_error", "model_not_found"), Fault::Operator, true).await;
    check_refusal("302 Found", "", Fault::Operator, true).await;
    check_refusal("429 Too Many", &error("tokens", "rate_limit_exceeded"), Fault::Provider, true).await;
    check_refusal("429 Too Many", &error("insufficient_quota", "insufficient_quota"), Fault::Operator, true).await;
    check_refusal("503 Busy", "", Fault::Provider, true).await;
}

#[tokio::test]
async fn a_short_retry_after_is_sat_out_once() {
    let busy = |after: &str| response("429 Too Many", after, "{}");
    let good = || response("200 OK", "", &whole("Hi"));
    let upstream = Upstream::start(vec![busy("retry-after-ms: 60\r\n"), good()]).await;
    let begun = Instant::now();
    let reply = ask(&project(&[upstream.address]), &["a/m"], call(false)).await.expect("the second try");
    assert!(begun.elapsed() >= Duration::from_millis(60));
    assert_eq!(reasons(&reply.attempts)[&0], "a/m answered with status 429");
    let upstream = Upstream::start(vec![busy("retry-after: 0\r\n"), busy("retry-after: 0\r\n"), good()]).await;
    let failed = ask(&project(&[upstream.address]), &["a/m"], call(false))
        .await
        .map(|reply| reply.model)
        .expect_err("once only");
    assert_eq!(failed.attempts.len(), 2);
    let upstream = Upstream::start(vec![busy("retry-after: 30\r\n"), good()]).await;
    let failed =
        ask(&project(&[upstream.address]), &["a/m"], call(false)).await.map(|reply| reply.model).expect_err("too long");
    assert_eq!(failed.attempts.len(), 1);
    assert_eq!(failed.error.upstream().and_then(|upstream| upstream.retry_after), Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn an_upstream_that_quotes_our_key_is_not_repeated() {
    let key = tempfile("models-quoted-key", "sk-secret-123");
    let body = |status: &str| {
        response(status, "", r#"{"error":{"message":"key sk-secret-123 is bad","code":"sk-secret-123"}}"#)
    };
    let in_stream = "data: {\"error\":{\"message\":\"key sk-secret-123 is bad\",\"code\":\"sk-secret-123\"}}\n\n";
    let broken = stream(&[&delta("One"), in_stream]);
    let upstream = Upstream::start(vec![body("401 Unauthorized"), body("500 Broken"), broken]).await;
    let mut file = project(&[upstream.address]);
    file.providers.get_mut("a").expect("declared").api_key = Some(SecretRef::File(key.display().to_string()));
    for _ in 0..2 {
        let failed = ask(&file, &["a/m"], call(false)).await.map(|reply| reply.model).expect_err("refused");
        let told = format!("{:?} {}", failed.error, failed.error);
        assert!(!told.contains("sk-secret"), "{told}");
    }
    let (_, error) = heard(ask(&file, &["a/m"], call(true)).await.expect("it begins well").body).await;
    let told = format!("{:?}", error.expect("it breaks off"));
    assert!(told.contains("[key]") && !told.contains("sk-secret"), "{told}");
    std::fs::remove_file(key).expect("it was written");
}

#[tokio::test]
async fn usage_is_taken_wherever_it_stands_in_a_stream() {
    let usage = r#""usage":{"prompt_tokens":50,"completion_tokens":7}"#;
    let last = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}],{usage}}}\n\n");
    let apart = format!("{}data: {{\"choices\":[],{usage}}}\n\ndata: [DONE]\n\n", &STOP[..STOP.len() - 14]);
    for end in [format!("{last}data: [DONE]\n\n"), last, apart] {
        let upstream = Upstream::start(vec![stream(&[&delta("Hi"), &end])]).await;
        let reply = ask(&project(&[upstream.address]), &["a/m"], call(true)).await.expect("an answer");
        assert!(heard(reply.body).await.1.is_none(), "{end}");
        let attempt = reply.running.finish(None, AttemptEnd::Answered);
        assert_eq!(
            (attempt.usage.input_tokens, attempt.usage.output_tokens, attempt.usage.estimated),
            (50, 7, false),
            "{end}"
        );
        assert_eq!(attempt.cost, Cost::known(MicroUsd(64)));
    }
}

#[tokio::test]
async fn a_whole_answer_to_a_streamed_call_becomes_a_stream() {
    let upstream = Upstream::start(vec![response("200 OK", "", &whole("All of it"))]).await;
    let reply = ask(&project(&[upstream.address]), &["a/m"], call(true)).await.expect("an answer");
    assert!(matches!(reply.body, ReplyBody::Stream(_)));
    assert_eq!(heard(reply.body).await.0, "All of it");
    assert_eq!(reply.running.finish(None, AttemptEnd::Answered).usage.output_tokens, 100);
}

#[tokio::test]
async fn who_goes_away_frees_the_upstream_and_still_knows_the_cost() {
    let mut script = stream(&[&delta("One two three")]);
    script.push(Step::Hang);
    let upstream = Upstream::start(vec![script]).await;
    let reply = ask(&project(&[upstream.address]), &["a/m"], call(true)).await.expect("it begins");
    let ReplyBody::Stream(mut body) = reply.body else { panic!("a stream was asked for") };
    assert!(body.next().await.expect("a piece").is_ok());
    drop(body);
    let attempt = reply.running.finish(None, AttemptEnd::Cancelled);
    assert_eq!((attempt.end, attempt.usage.output_tokens), (AttemptEnd::Cancelled, 4));
    let left = async {
        while !upstream.was_left() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_millis(900), left).await.expect("the connection is closed");
}

#[tokio::test]
async fn a_call_dropped_before_its_first_token_is_in_the_journal() {
    let (broken, hanging) = (Upstream::start(vec![Vec::new()]).await, Upstream::start(vec![vec![Step::Hang]]).await);
    let models = Models::new(&project(&[broken.address, hanging.address])).expect("a sound project");
    let clear =
        |name: &str| models.clear(&Residency::default(), &ModelRef::parse(name).expect("a model")).expect("cleared");
    let (journal, rules) = (Journal::new(), Model::default());
    let calling = models.call_noting(vec![clear("a/m"), clear("b/m")], &rules, call(true), &journal);
    let asked = async {
        while hanging.asked().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    futures_util::future::select(Box::pin(calling), Box::pin(asked)).await;
    let attempts = journal.cancel();
    assert_eq!(attempts.len(), 2);
    assert!(matches!(attempts[0].end, AttemptEnd::Failed(_)));
    assert_eq!((&attempts[1].end, attempts[1].cost.part_unknown), (&AttemptEnd::Cancelled, true));
    assert!(attempts[1].cost.known.0 > 0 && journal.cancel().is_empty());
}

#[tokio::test]
async fn the_last_of_the_chain_needs_no_network() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("bound");
    let reply = ask(&project(&[gone]), &["a/m", "local/extractive"], call(false)).await.expect("it always answers");
    assert_eq!(reply.attempts.len(), 2);
    assert_eq!(heard(reply.body).await.0, crate::ABSTENTION);
    assert_eq!(reply.running.finish(None, AttemptEnd::Answered).cost, Cost::ZERO);
    let failed =
        ask(&ProjectFile::default(), &[], call(false)).await.map(|reply| reply.model).expect_err("nobody to ask");
    assert!(matches!(failed.error, Error::NoModel) && failed.attempts.is_empty());
}

#[tokio::test]
async fn a_stream_without_prices_or_usage_has_an_unknown_cost() {
    let upstream = Upstream::start(vec![stream(&[&delta("Hi"), STOP])]).await;
    let mut file = ProjectFile::default();
    file.providers.insert("a".to_owned(), provider(upstream.address));
    let mut call = call(true);
    call.request = request(true).into();
    let reply = ask(&file, &["a/m"], call).await.expect("an answer");
    assert!(heard(reply.body).await.1.is_none());
    let attempt = reply.running.finish(None, AttemptEnd::Answered);
    assert!(attempt.usage.estimated && attempt.usage.input_tokens > 0);
    assert_eq!(attempt.cost, Cost::UNKNOWN);
}
