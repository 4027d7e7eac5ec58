//! Whole measurements, against a server of a few lines that answers, stalls, streams and hangs up.

use crate::{Measured, Pace, Plan, Progress, Request, Target, run};
use bytes::Bytes;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A server that plays `answer` for every request whose body has a `}`, after `delay`.
async fn serve(answer: &'static str, delay: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("the port"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, answer, delay));
        }
    });
    url
}

async fn talk(mut stream: TcpStream, answer: &str, delay: Duration) {
    let mut bytes = [0; 4_096];
    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
        if !bytes[..count].contains(&b'}') {
            continue;
        }
        tokio::time::sleep(delay).await;
        if stream.write_all(answer.as_bytes()).await.is_err() || answer.contains("close") {
            return;
        }
    }
}

async fn plan(url: &str, pace: Pace, millis: u64) -> Plan {
    Plan {
        target: Target::resolve(url).await.expect("a target"),
        requests: vec![Request { body: Bytes::from_static(b"{}"), key: Some("k".to_owned()) }],
        pace,
        length: Duration::from_millis(millis),
        connections: 4,
        timeout: Duration::from_millis(500),
        stream: false,
        expected_text: None,
    }
}

async fn measure(plan: &Plan) -> Measured {
    let (_keep, stop) = watch::channel(false);
    run(plan, &Progress::default(), &stop).await.expect("a measurement")
}

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nserver-timing: own;dur=1.0, total;dur=3.0\r\n\
                    x-shipway-cost: 0.000010\r\n\r\n{}";

#[tokio::test]
async fn an_open_loop_counts_from_when_a_request_was_due() {
    // One connection, 20 ms an answer, 100 requests a second: the server is twice too slow, and the queue grows.
    let url = serve(GOOD, Duration::from_millis(20)).await;
    let pace = Pace::Constant { per_second: 100.0 };
    let measured = measure(&Plan { connections: 1, ..plan(&url, pace, 300).await }).await;
    assert_eq!((measured.answered(), measured.failed()), (30, 0));
    assert!(measured.latency.quantile(0.99) > 200_000, "the wait is part of it: {:?}", measured.latency.summary());
    assert_eq!((measured.own.count(), measured.own.quantile(0.5)), (30, 1_000));
    assert_eq!(measured.model.quantile(0.5) / 10, 200);
    assert_eq!((measured.cost.known.0, measured.priced), (300, 30));
}

#[tokio::test]
async fn a_closed_loop_keeps_all_connections_busy() {
    let url = serve(GOOD, Duration::from_millis(10)).await;
    let measured = measure(&plan(&url, Pace::Closed, 200).await).await;
    assert_eq!((measured.failed(), measured.most_at_once), (0, 4));
    assert!((8..=80).contains(&measured.answered()), "{}", measured.answered());
}

#[tokio::test]
async fn errors_are_counted_by_kind() {
    let cases = [
        ("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", 0, "status 503"),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 99\r\n\r\n{", 0, "connection broken"),
        (GOOD, 5_000, "timeout"),
    ];
    for (answer, delay, kind) in cases {
        let url = serve(answer, Duration::from_millis(delay)).await;
        let measured = measure(&plan(&url, Pace::Constant { per_second: 100.0 }, 30).await).await;
        assert_eq!((measured.answered(), measured.errors.get(kind)), (0, Some(&3)), "{:?}", measured.errors);
    }
}

#[tokio::test]
async fn streams_are_judged_by_their_end_and_their_words() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"ab\"}}]}\n\n";
    let cases = [
        (format!("{head}{piece}{piece}data: [DONE]\n\n"), "abab", None),
        (format!("{head}{piece}data: [DONE]\n\n"), "abab", Some("stream with lost frames")),
        (format!("{head}{piece}"), "ab", Some("stream without its end")),
        (format!("{head}{piece}data: {{\"error\":{{}}}}\n\n"), "ab", Some("stream ended with an error")),
    ];
    for (answer, expected, failure) in cases {
        let url = serve(Box::leak(answer.into_boxed_str()), Duration::ZERO).await;
        let base = plan(&url, Pace::Constant { per_second: 100.0 }, 20).await;
        let measured = measure(&Plan { stream: true, expected_text: Some(expected.to_owned()), ..base }).await;
        let failed = failure.map_or(0, |kind| measured.errors.get(kind).copied().unwrap_or_default());
        assert_eq!((measured.answered() + failed, measured.failed()), (2, failed), "{:?}", measured.errors);
        assert_eq!(measured.first_token.count(), measured.answered());
    }
}

#[tokio::test]
async fn a_stop_keeps_what_was_measured() {
    let url = serve(GOOD, Duration::ZERO).await;
    let (stopper, stop) = watch::channel(false);
    let (plan, progress) = (plan(&url, Pace::Constant { per_second: 50.0 }, 60_000).await, Progress::default());
    let running = run(&plan, &progress, &stop);
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        stopper.send(true).expect("it runs");
    };
    let (measured, ()) = tokio::join!(running, stopping);
    let measured = measured.expect("a measurement");
    assert!((2..20).contains(&measured.answered()), "{}", measured.answered());
}

#[tokio::test]
async fn what_cannot_be_measured_is_said() {
    for url in ["not a url", "https://example.com", "http://", "ftp://127.0.0.1"] {
        assert!(Target::resolve(url).await.is_err(), "{url}");
    }
    let unreachable = plan("http://127.0.0.1:9", Pace::Closed, 10).await;
    let (_keep, stop) = watch::channel(false);
    let error = run(&unreachable, &Progress::default(), &stop).await.expect_err("nothing listens there");
    assert!(error.to_string().starts_with("nothing answers at 127.0.0.1:9"), "{error}");
}
