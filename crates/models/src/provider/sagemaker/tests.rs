//! An endpoint whose container speaks chat completions, whole and in AWS's framing.

use crate::provider::aws::tests::{event, exception};
use crate::tests::upstream::{self, STOP, Step, Upstream, delta};
use crate::{Error, ReplyBody};
use usecase::declared::{ProjectFile, Provider, ProviderKind, SecretRef};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\nconnection: close\r\n\r\n";

/// A gateway before the endpoint takes a key in place of a signature; how requests are signed is tested elsewhere.
fn project(upstream: &Upstream, key: &std::path::Path) -> ProjectFile {
    std::fs::write(key, "gateway-secret").expect("a file");
    let provider = Provider {
        base_url: Some(format!("http://{}", upstream.address)),
        region: Some("eu-central-1".to_owned()),
        api_key: Some(SecretRef::File(key.display().to_string())),
        ..Provider::of_kind(ProviderKind::Sagemaker)
    };
    let mut file = ProjectFile::default();
    file.providers.insert("sage".to_owned(), provider);
    file
}

/// The container's events, cut into parts where it pleases the service.
fn parts(events: &str, length: usize) -> Vec<u8> {
    let cut = events.as_bytes().chunks(length).map(|part| event("PayloadPart", part));
    cut.collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn a_container_is_asked_and_its_answer_handed_over() {
    let events = delta("Größe ") + &delta("🦀") + STOP;
    let stream = |bytes: Vec<u8>| vec![Step::Send(HEAD.as_bytes().to_vec()), Step::Send(bytes)];
    let broken_off =
        [parts(&delta("Well"), 9), exception("ModelStreamError", br#"{"Message":"out of memory"}"#)].concat();
    let failed = r#"{"Message":"Received client error (400)","OriginalMessage":"too long","OriginalStatusCode":400}"#;
    let server = Upstream::start(vec![
        upstream::response("200 OK", "x-amzn-requestid: r1\r\n", &upstream::whole("On Monday.")),
        stream(parts(&events, 7)),
        stream(broken_off),
        upstream::response("424 Failed Dependency", "x-amzn-errortype: ModelError\r\n", failed),
    ])
    .await;
    let key = std::env::temp_dir().join(format!("sagemaker-{}", std::process::id()));
    let file = project(&server, &key);
    let chain = ["sage/my-endpoint"];
    let reply = upstream::ask(&file, &chain, upstream::call(false)).await.expect("an answer");
    assert_eq!(reply.upstream_request_id.as_deref(), Some("r1"));
    assert_eq!(upstream::heard(reply.body).await.0, "On Monday.");
    let reply = upstream::ask(&file, &chain, upstream::call(true)).await.expect("a stream");
    assert!(matches!(reply.body, ReplyBody::Stream(_)));
    let (said, error) = upstream::heard(reply.body).await;
    assert_eq!((said.as_str(), error.is_none()), ("Größe 🦀", true));
    let reply = upstream::ask(&file, &chain, upstream::call(true)).await.expect("a stream");
    let (said, error) = upstream::heard(reply.body).await;
    let Some(Error::ErrorInBody(report)) = error else { panic!("it broke off: {error:?}") };
    assert_eq!((said.as_str(), report.status, report.message.as_str()), ("Well", Some(500), "out of memory"));
    let refused = upstream::ask(&file, &chain, upstream::call(false)).await.expect_err("too long");
    let Error::Status(report) = &refused.error else { panic!("a status: {}", refused.error) };
    assert_eq!((report.status, report.kind.as_deref()), (Some(400), Some("ModelError")), "the container's own status");

    let asked = server.asked();
    assert!(asked[0].head.starts_with("POST /endpoints/my-endpoint/invocations HTTP/1.1"), "{}", asked[0].head);
    assert!(asked[1].head.starts_with("POST /endpoints/my-endpoint/invocations-response-stream HTTP/1.1"));
    assert!(asked[0].body.get("model").is_none() && asked[0].body["messages"][0]["role"] == "user");
    assert!(asked[1].body["stream"] == true && asked[1].body["stream_options"]["include_usage"] == true);
    std::fs::remove_file(key).expect("the file is there");
}
