//! `kill -9` at any moment loses no answered request: whatever an app was given is in the ledger of the next start, the
//! chain is intact, and a request that was cut shows as interrupted.

use crate::{SHIPWAY, ask, ask_streamed};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::TestProject;

/// How many times the server is killed. Each kill comes at another moment of the load.
const KILLS: u64 = 12;
const APPS: usize = 4;

#[test]
fn killed_under_load_many_times() {
    let project = TestProject::empty(SHIPWAY);
    let answered = Arc::new(Mutex::new(BTreeSet::new()));
    for round in 0..KILLS {
        let server = project.serve();
        let url = server.url();
        let apps: Vec<_> = (0..APPS)
            .map(|app| {
                let (url, answered) = (url.clone(), Arc::clone(&answered));
                std::thread::spawn(move || ask_until_dead(&url, app, &answered))
            })
            .collect();
        // A different moment each round, spread over several group commits.
        std::thread::sleep(Duration::from_millis(120 + 37 * round % 200));
        server.kill();
        apps.into_iter().for_each(|app| app.join().expect("an app's thread"));
    }
    let answered = answered.lock().expect("the answers").clone();
    assert!(answered.len() > 50, "only {} answers in all: the load was no load", answered.len());

    // A server's start marks what the kills cut.
    drop(project.serve());
    let rows = project.must(&["audit", "requests", "--json", "--limit", "1000000"]).json();
    let rows = rows.as_array().expect("rows").clone();
    let with = |status: &str| -> BTreeSet<String> {
        let rows = rows.iter().filter(|row| row["status"] == status);
        rows.filter_map(|row| row["trace"].as_str().map(str::to_owned)).collect()
    };
    let recorded = with("answered");
    let lost: Vec<&String> = answered.difference(&recorded).collect();
    assert!(lost.is_empty(), "{} of {} answers have no record: {lost:?}", lost.len(), answered.len());
    assert!(rows.iter().all(|row| !row["status"].is_null()), "a request is still shown as running");
    assert!(!with("interrupted").is_empty(), "no kill cut a request: the moments are badly chosen");
    let report = project.must(&["audit", "verify", "--json"]).json();
    assert_eq!(report["intact"], serde_json::json!(true), "{report}");
}

fn ask_until_dead(url: &str, app: usize, answered: &Mutex<BTreeSet<String>>) {
    let client = testkit::Client::new(url);
    let model = "simulated/say?text=hello&latency=3ms";
    let streamed = app.is_multiple_of(2);
    for _ in 0..100_000 {
        let body = if streamed { ask_streamed(model, "Hi") } else { ask(model, "Hi") };
        let Some(reply) = client.try_post("/v1/chat/completions", &body) else { return };
        let whole = if streamed { reply.done() } else { reply.status == 200 };
        if whole {
            let trace = reply.header("x-shipway-trace").expect("a trace").to_owned();
            answered.lock().expect("the answers").insert(trace);
        }
    }
}
