//! Every way an upstream was seen to fail, on a real connection: which error it becomes, whose fault that is, and that
//! the next model of the chain answers unseen where it may.

use super::upstream::{
    STOP, Step, TIGHT, Upstream, ask, call, delta, heard, project, reasons, response, stream, whole,
};
use crate::{Error, Wait};
use std::time::Duration;
use usecase::{AttemptEnd, Fault, Remedy};

/// Plays a script to a call and gives the error of the only model.
async fn failure(streamed: bool, script: Vec<Step>) -> Error {
    let upstream = Upstream::start(vec![script]).await;
    let failed = ask(&project(&[upstream.address]), &["a/m"], call(streamed)).await;
    failed.map(|reply| format!("{:?}", reply.body)).expect_err("the upstream fails").error
}

/// Both kinds of calls fail so, and a second model answers both without a trace of the first.
async fn check(name: &str, script: fn() -> Vec<Step>, fits: fn(&Error) -> bool) {
    for streamed in [false, true] {
        let error = failure(streamed, script()).await;
        assert!(fits(&error), "{name}, streamed {streamed}: {error:?}");
        assert_eq!(error.fault(), Fault::Provider, "{name}: {error:?}");
        let broken = Upstream::start(vec![script()]).await;
        let good = if streamed { stream(&[&delta("Today"), STOP]) } else { response("200 OK", "", &whole("Today")) };
        let good = Upstream::start(vec![good]).await;
        let reply = ask(&project(&[broken.address, good.address]), &["a/m", "b/m"], call(streamed)).await;
        let reply = reply.expect("the second model answers");
        assert_eq!(reply.model.to_string(), "b/m", "{name}");
        assert_eq!(reply.attempts.len(), 1, "{name}: {:?}", reasons(&reply.attempts));
        assert_eq!(reply.attempts[0].model, "a/m");
        assert!(matches!(reply.attempts[0].end, AttemptEnd::Failed(_)));
        let (text, error) = heard(reply.body).await;
        assert_eq!((text.as_str(), error.is_none()), ("Today", true), "{name}");
    }
}

#[tokio::test]
async fn it_hangs_before_its_headers() {
    check("hang", || vec![Step::Hang], |error| matches!(error, Error::Timeout { wait: Wait::FirstToken, .. })).await;
}

#[tokio::test]
async fn it_hangs_after_its_headers() {
    let script = || vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n".to_vec()), Step::Hang];
    check("hang", script, |error| matches!(error, Error::Timeout { wait: Wait::FirstToken, .. })).await;
}

#[tokio::test]
async fn it_ends_the_connection_without_a_word() {
    check("silence", Vec::new, |error| matches!(error, Error::CutOff { .. })).await;
}

#[tokio::test]
async fn it_resets_the_connection() {
    check("reset", || vec![Step::Reset], |error| matches!(error, Error::CutOff { .. })).await;
    let mut script = stream(&[&delta("One")]);
    script.extend([Step::Pause(Duration::from_millis(30)), Step::Reset]);
    let error = breaks(script, "One").await;
    assert!(matches!(error, Error::CutOff { .. }), "{error:?}");
}

#[tokio::test]
async fn it_sends_an_empty_body() {
    let empty = |error: &Error| matches!(error, Error::Garbage { .. } | Error::CutOff { .. });
    check("empty", || response("200 OK", "", ""), empty).await;
}

#[tokio::test]
async fn it_sends_no_json() {
    let script = || response("200 OK", "", "<html>Welcome</html>");
    check("html", script, |error| matches!(error, Error::Garbage { .. })).await;
    let error = failure(false, script()).await.to_string();
    assert!(!error.contains("Welcome"), "{error}");
}

#[tokio::test]
async fn it_sends_json_of_another_shape() {
    for body in [
        "[]",
        "7",
        "{}",
        r#"{"choices":{}}"#,
        r#"{"choices":[]}"#,
        r#"{"choices":[7]}"#,
        r#"{"choices":[{"message":"x"}]}"#,
    ] {
        let error = failure(false, response("200 OK", "", body)).await;
        assert!(matches!(error, Error::Garbage { .. }), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn it_lies_about_its_length() {
    let script = || {
        vec![Step::Send(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{\"id\":1".to_vec(),
        )]
    };
    check("length", script, |error| matches!(error, Error::CutOff { .. })).await;
}

#[tokio::test]
async fn it_reports_an_error_with_status_200() {
    let script = || response("200 OK", "", r#"{"error":{"message":"overloaded","code":529}}"#);
    check("error body", script, |error| matches!(error, Error::ErrorInBody(upstream) if upstream.status == Some(529)))
        .await;
}

#[tokio::test]
async fn it_reports_a_fault_of_its_own() {
    let script = || response("500 Internal Server Error", "", r#"{"error":{"message":"ouch","type":"server_error"}}"#);
    check("500", script, |error| matches!(error, Error::Status(upstream) if upstream.message == "ouch")).await;
    let plain = || response("502 Bad Gateway", "", "<html>nginx</html>");
    check("502", plain, |error| matches!(error, Error::Status(upstream) if upstream.status == Some(502))).await;
}

#[tokio::test]
async fn it_is_not_there() {
    let address = Upstream::start(vec![Vec::new()]).await.address;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("bound");
    assert_ne!(address, gone);
    let failed =
        ask(&project(&[gone]), &["a/m"], call(false)).await.map(|reply| reply.model).expect_err("nobody listens");
    assert!(matches!(failed.error, Error::Connect { .. }), "{:?}", failed.error);
    assert_eq!(failed.error.remedy(), Remedy::RetrySame);
    assert_eq!(failed.attempts.len(), 2, "tried once more, because nothing was sent");
    assert!(failed.attempts.iter().all(|attempt| attempt.cost == usecase::Cost::ZERO));
}

/// Streams that begin well: the app sees what came, then the error, and never a clean end.
async fn breaks(script: Vec<Step>, text: &str) -> Error {
    let upstream = Upstream::start(vec![script]).await;
    let good = Upstream::start(vec![stream(&[&delta("no"), STOP])]).await;
    let reply = ask(&project(&[upstream.address, good.address]), &["a/m", "b/m"], call(true)).await;
    let reply = reply.expect("it begins well");
    assert_eq!(reply.model.to_string(), "a/m");
    let (seen, error) = heard(reply.body).await;
    assert_eq!(seen, text);
    assert!(good.asked().is_empty(), "nothing may be tried after the first content");
    let attempt = reply.running.finish(None, AttemptEnd::Failed("broke".to_owned()));
    assert!(attempt.usage.estimated && attempt.usage.output_tokens > 0 && attempt.cost.known.0 > 0);
    error.expect("a broken stream ends in an error")
}

#[tokio::test]
async fn it_dies_in_the_middle_of_a_stream() {
    let error = breaks(stream(&[&delta("One"), &delta(" two")]), "One two").await;
    assert!(matches!(error, Error::CutOff { .. }), "{error:?}");
    let half = delta(" two");
    let error = breaks(stream(&[&delta("One"), &half[..half.len() - 9]]), "One").await;
    assert!(matches!(error, Error::CutOff { .. }), "{error:?}");
}

#[tokio::test]
async fn it_hangs_in_the_middle_of_a_stream() {
    let mut script = stream(&[&delta("One")]);
    script.push(Step::Hang);
    let error = breaks(script, "One").await;
    assert!(matches!(error, Error::Timeout { wait: Wait::Idle, .. }), "{error:?}");
}

#[tokio::test]
async fn it_drips_for_ever() {
    let mut script = stream(&[&delta("One")]);
    for _ in 0..40 {
        script.extend([Step::Pause(Duration::from_millis(TIGHT / 3)), Step::Send(b": still here\n\n".to_vec())]);
    }
    let error = breaks(script, "One").await;
    assert!(matches!(error, Error::Timeout { wait: Wait::Total, .. }), "{error:?}");
}

#[tokio::test]
async fn it_reports_an_error_in_the_middle_of_a_stream() {
    let report = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\",\"code\":\"503\"}}\n\n";
    let error = breaks(stream(&[&delta("One"), report]), "One").await;
    assert!(
        matches!(&error, Error::ErrorInBody(upstream) if upstream.message == "overloaded" && upstream.status == Some(503))
    );
    assert!(!error.to_string().contains("overloaded"), "the record names the fault without the upstream's words");
}

#[tokio::test]
async fn it_streams_garbage() {
    let error = breaks(stream(&[&delta("One"), "data: {nonsense\n\n"]), "One").await;
    assert!(matches!(error, Error::Garbage { .. }), "{error:?}");
    let mut script = stream(&[&delta("One")]);
    script.push(Step::Send(b"data: {\"choices\":[{\"delta\":{\"content\":\"\xc3\"}}]}\n\n".to_vec()));
    let error = breaks(script, "One").await;
    assert!(matches!(error, Error::Garbage { .. }), "half a character inside an event: {error:?}");
}

#[tokio::test]
async fn streams_that_fail_before_content_are_replaced_unseen() {
    let role = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    let mut hanging = stream(&[role]);
    hanging.push(Step::Hang);
    let scripts = [
        hanging,
        stream(&[]),
        stream(&[": ping\n\n"]),
        stream(&[role]),
        stream(&["data: [DONE]\n\n"]),
        stream(&[role, "data: {\"error\":{\"message\":\"no capacity\"}}\n\n"]),
        stream(&[role, "data: what\n\n"]),
    ];
    for script in scripts {
        let broken = Upstream::start(vec![script]).await;
        let good = Upstream::start(vec![stream(&[&delta("Good"), STOP])]).await;
        let reply =
            ask(&project(&[broken.address, good.address]), &["a/m", "b/m"], call(true)).await.expect("b answers");
        assert_eq!((reply.model.to_string().as_str(), reply.attempts.len()), ("b/m", 1));
        assert_eq!(heard(reply.body).await.0, "Good");
        let attempt = reply.running.finish(None, AttemptEnd::Answered);
        assert_eq!(attempt.model, "b/m");
        assert!(attempt.first_token_us.is_some());
    }
}
