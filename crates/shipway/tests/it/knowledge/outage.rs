//! Postgres goes away under a stream of questions and comes back: the app is told to come again, and answers are there again
//! without anybody touching Shipway.

use super::home::{Home, in_postgres, ingest, page, question};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use testkit::postgres::OwnServer;
use testkit::{Client, Reply};

const ASKED: &str = "Within how many days can I return a lamp?";

fn until(client: &Client, wanted: impl Fn(&Reply) -> bool) -> Reply {
    let begun = Instant::now();
    loop {
        let reply = question(client, ASKED);
        if wanted(&reply) {
            return reply;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{} {}", reply.status, reply.text());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Asks until told to stop, and gives every refusal.
fn refusals(url: &str, stop: &AtomicBool) -> Vec<(u16, String)> {
    let client = Client::new(url);
    let mut refused = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let reply = question(&client, ASKED);
        if reply.status == 200 {
            assert!(reply.text().contains("45 days"), "a wrong answer is worse than none: {}", reply.text());
        } else {
            refused.push((reply.status, reply.text()));
        }
    }
    refused
}

#[test]
fn a_restart_of_postgres_is_outlived() {
    if !testkit::postgres::is_here() {
        return;
    }
    let postgres = OwnServer::start();
    let project = in_postgres(Home::Embedded.shop("files = \"pages/**/*.md\""), &postgres.url, "shipway");
    page(&project, "returns", None, "You can return any lamp within 45 days of delivery.");
    ingest(&project);
    let server = project.serve();
    let client = server.client();
    until(&client, |reply| reply.status == 200);
    let (url, stop) = (server.url(), AtomicBool::new(false));
    let refused = std::thread::scope(|scope| {
        let asking = scope.spawn(|| refusals(&url, &stop));
        postgres.restart();
        until(&client, |reply| reply.status == 200);
        stop.store(true, Ordering::Relaxed);
        asking.join().expect("only good answers and refusals")
    });
    refused.iter().for_each(|(status, text)| check_refusal(&postgres, *status, text));

    // Down for longer than any retry.
    postgres.crash();
    let reply = until(&client, |reply| reply.status != 200);
    check_refusal(&postgres, reply.status, &reply.text());
    let ready = client.get("/readyz");
    assert_ne!(ready.status, 500, "{}", ready.text());
    assert_eq!(project.shipway(&["ingest", "shop"]).code, 1);
    postgres.restart();
    assert!(until(&client, |reply| reply.status == 200).text().contains("45 days"));
    ingest(&project);
}

/// It is the server's fault, says what is wrong, and tells nothing of how to get into the database.
fn check_refusal(postgres: &OwnServer, status: u16, text: &str) {
    let error: serde_json::Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"));
    let message = error["error"]["message"].as_str().unwrap_or_default();
    assert!((500..600).contains(&status), "{status} {text}");
    assert!(message.len() > 20 && !message.contains(&postgres.url), "{text}");
}
