//! A disk that is full, a database that is locked, a port that is taken: the app is told to come again, the operator
//! what to do, and nothing recorded is lost.

use crate::{QUESTION, SHIPWAY, ask, shop};
use serde_json::json;
use std::process::{Command, Stdio};
use std::time::Duration;
use testkit::TestProject;

#[test]
fn a_locked_database_is_503_and_never_401() {
    let project = shop();
    let key = project.must(&["key", "create", "app", "--json"]).json();
    let secret = key["secret"].as_str().expect("a secret").to_owned();
    let server = project.serve();
    let client = server.client_with_key(&secret);
    assert_eq!(client.post("/v1/chat/completions", &ask("shop", QUESTION)).status, 409, "no release yet");

    let before = project.must(&["audit", "requests", "--json"]).json().as_array().map_or(0, Vec::len);
    let database = project.path(".shipway/shipway.db");
    let script = "import sqlite3, sys, time\n\
                  c = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                  c.execute('BEGIN EXCLUSIVE')\n\
                  print('locked', flush=True)\n\
                  sys.stdin.read()";
    let mut holder = Command::new("python3")
        .args(["-c", script])
        .arg(&database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 holds the lock");
    let mut line = String::new();
    let stdout = holder.stdout.take().expect("its output");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("its line");
    let reply = client.post("/v1/chat/completions", &ask("simulated/say?text=hi", "Hi"));
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert!(reply.header("retry-after").is_some());
    assert_eq!(reply.error_code(), "storage_unavailable");
    drop(holder.stdin.take());
    let _ = holder.wait();

    let reply = client.post("/v1/chat/completions", &ask("simulated/say?text=hi", "Hi"));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let after = project.must(&["audit", "requests", "--json"]).json().as_array().map_or(0, Vec::len);
    assert!(after > before);
    assert_eq!(project.must(&["audit", "verify", "--json"]).json()["intact"], json!(true));
}

#[test]
fn a_full_disk_refuses_answers_and_loses_none() {
    let project = TestProject::empty(SHIPWAY);
    project.must(&["audit", "verify"]);
    // A limit on the size of any file that the server writes stands for a disk that is full: the write fails the same
    // way, with EFBIG instead of ENOSPC.
    let script = format!("trap '' XFSZ; ulimit -f 700; exec '{SHIPWAY}' serve --listen 127.0.0.1:0 --json");
    let mut child = Command::new("bash")
        .args(["-c", &script])
        .current_dir(project.root())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("bash starts the server");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("its line");
    let announcement: serde_json::Value = serde_json::from_str(&line).expect("the announcement");
    let url = format!("http://{}", announcement["address"].as_str().expect("an address"));
    let client = testkit::Client::new(&url);

    // 64 KB of question a time, which the ledger keeps.
    let body = ask("simulated/say?text=hi", &"word ".repeat(13_000));
    let mut answered = Vec::new();
    let mut refused = None;
    for _ in 0..60 {
        let reply = client.post("/v1/chat/completions", &body);
        if reply.status != 200 {
            refused = Some(reply);
            break;
        }
        answered.push(reply.header("x-shipway-trace").expect("a trace").to_owned());
    }
    let refused = refused.expect("the disk never filled up");
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(!answered.is_empty());
    child.kill().expect("the server was running");
    let _ = child.wait();

    let rows = project.must(&["audit", "requests", "--json", "--limit", "1000"]).json();
    let recorded: Vec<String> = rows
        .as_array()
        .into_iter()
        .flatten()
        .filter(|row| row["status"] == "answered")
        .filter_map(|row| row["trace"].as_str().map(str::to_owned))
        .collect();
    assert!(answered.iter().all(|trace| recorded.contains(trace)), "an answer was given without a record");
    assert_eq!(project.must(&["audit", "verify", "--json"]).json()["intact"], json!(true));
}

#[test]
fn a_taken_port_and_a_public_address_are_refused_with_what_to_do() {
    let project = shop();
    let mut server = project.serve();
    let taken = server.address.clone();
    let output = project.shipway(&["serve", "--listen", &taken]);
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("in use") && output.stderr.contains("--listen"), "{}", output.stderr);
    let output = project.shipway(&["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("shipway key create"), "{}", output.stderr);
    let output = project.shipway(&["serve", "--listen", "nonsense"]);
    assert!(output.stderr.contains("not an address"), "{}", output.stderr);
    server.terminate();
    assert_eq!(server.wait(Duration::from_secs(10)), Some(0));
}

#[test]
fn broken_files_are_quarantined_and_the_rest_serves() {
    let project = shop();
    project.write("usecases/shop/pages/broken.md", "---\ntitle: [unclosed\n---\nText.");
    project.write("usecases/shop/pages/bytes.md", b"\xff\xfe\x00\xd8broken".as_slice());
    let text = std::fs::read_to_string(project.path("usecases/shop/usecase.toml")).expect("the declaration");
    project.write("usecases/shop/usecase.toml", text.replace("pages/**/*.md", "pages/**/*"));
    project.write("usecases/shop/pages/broken.pdf", b"%PDF-1.4\n1 0 obj << broken".as_slice());
    let reports = project.must(&["ingest", "shop", "--json"]).json();
    let quarantined = reports[0]["quarantined"].as_array().expect("a list");
    assert_eq!(quarantined.len(), 3, "{reports}");
    assert!(quarantined.iter().all(|held| held["reason"].as_str().is_some_and(|reason| !reason.is_empty())));
    let server = project.serve();
    assert!(server.client().post("/v1/chat/completions", &ask("shop", QUESTION)).text().contains("45 days"));
}
