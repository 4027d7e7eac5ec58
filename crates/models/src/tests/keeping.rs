//! Connections are kept: also after a stream, whose answer is over before its body is.

use super::upstream::{STOP, call, delta, heard, project, read, whole};
use crate::Models;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use usecase::declared::{ModelRef, Residency};

#[tokio::test]
async fn a_connection_serves_again_after_a_stream() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            connection.set_nodelay(true).expect("a connection without delay");
            tokio::spawn(async move {
                let body = format!("{}{STOP}", delta("Hi"));
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
                let streamed = format!("{head}{:x}\r\n{body}\r\n", body.len());
                let body = whole("Hi");
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
                let whole = format!("{head}{:x}\r\n{body}\r\n", body.len());
                while let Some(asked) = read(&mut connection).await {
                    let answer = if asked.body["stream"] == true { &streamed } else { &whole };
                    connection.write_all(answer.as_bytes()).await.expect("a client that reads");
                    // The end of the body comes by itself.
                    tokio::task::yield_now().await;
                    connection.write_all(b"0\r\n\r\n").await.expect("a client that reads");
                }
            });
        }
    });
    let models = Models::new(&project(&[address])).expect("a sound project");
    let model = ModelRef::parse("a/m").expect("a model");
    for streamed in [true, true, false, false, true] {
        let cleared = models.clear(&Residency::default(), &model).expect("no rule stands against it");
        let reply = models.call(vec![cleared], call(streamed)).await.expect("an answer");
        assert!(matches!(heard(reply.body).await, (text, None) if text == "Hi"));
        // It is read out beside, when nobody waits any more.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
