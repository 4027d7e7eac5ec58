//! Files and batches over the wire, against the real binary: from upload to download, whose they are, and a kill in the
//! middle.

use crate::{SHIPWAY, scripted_shop};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use testkit::{Client, Provider, Reply, Script, Server, TestProject};

/// A use case that needs nothing.
const SHOP: &str = r#"
[usecase]
summary = "Answers"
owner = { team = "Shop", contact = "shop@example.com", oncall = "https://hooks.example.com/shop" }
"#;

const BOUNDARY: &str = "----the-border";

fn request(custom_id: &str, model: &str) -> String {
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] });
    json!({ "custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body }).to_string()
}

fn form(purpose: &str, content: &str) -> Vec<u8> {
    let field = |name: &str, value: &str| {
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file =
        "content-disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\ncontent-type: application/jsonl";
    format!("{}--{BOUNDARY}\r\n{file}\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n", field("purpose", purpose)).into_bytes()
}

fn upload(client: &Client, content: &str) -> Reply {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    client.post_raw("/v1/files", &[("content-type", &kind)], form("batch", content))
}

fn create(client: &Client, file: &Value, endpoint: &str) -> Reply {
    let metadata = json!({ "night": "1" });
    let body = json!({ "input_file_id": file, "endpoint": endpoint, "completion_window": "24h", "metadata": metadata });
    client.post("/v1/batches", &body)
}

/// Uploads lines and makes a batch of them; its id.
fn begin(client: &Client, lines: &[String]) -> String {
    begin_at(client, lines, "/v1/chat/completions")
}

fn begin_at(client: &Client, lines: &[String], endpoint: &str) -> String {
    let file = upload(client, &lines.join("\n"));
    assert_eq!(file.status, 200, "{}", file.text());
    let batch = create(client, &file.json()["id"], endpoint);
    assert_eq!(batch.status, 200, "{}", batch.text());
    assert_eq!(batch.json()["status"], "validating");
    batch.json()["id"].as_str().expect("an id").to_owned()
}

/// The batch once it is what is waited for.
fn once(client: &Client, id: &str, patience: Duration, is: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + patience;
    loop {
        let batch = client.get(&format!("/v1/batches/{id}")).json();
        if is(&batch) {
            return batch;
        }
        assert!(Instant::now() < until, "the batch is still {batch}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn over(client: &Client, id: &str) -> Value {
    once(client, id, Duration::from_secs(60), |batch| {
        ["completed", "failed", "expired", "cancelled"].iter().any(|status| batch["status"] == *status)
    })
}

/// The lines of a file by `custom_id`, each of which must stand there once.
fn lines_of(client: &Client, file: &Value) -> BTreeMap<String, Value> {
    let Some(file) = file.as_str() else { return BTreeMap::new() };
    let content = client.get(&format!("/v1/files/{file}/content"));
    assert_eq!(content.status, 200, "{}", content.text());
    let mut lines = BTreeMap::new();
    for line in content.text().lines() {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        let id = line["custom_id"].as_str().expect("a custom_id").to_owned();
        assert!(lines.insert(id.clone(), line).is_none(), "{id} stands twice");
    }
    lines
}

#[test]
fn from_upload_to_download() {
    let provider = Provider::choosing(|body| match body["messages"].to_string().contains("bad") {
        true => Script::json(400, &[], &json!({ "error": { "message": "no", "type": "invalid_request_error" } })),
        false => Script::says("Hello from upstream."),
    });
    let project = scripted_shop(&provider);
    let server = project.serve();
    let client = server.client();
    let bad = request("r-2", "scripted/m").replace("Hello", "bad");
    let id = begin(&client, &[request("r-1", "scripted/m"), bad, request("r-3", "shop")]);
    let batch = over(&client, &id);
    assert_eq!(batch["status"], "completed", "{batch}");
    assert_eq!(batch["request_counts"], json!({ "total": 3, "completed": 2, "failed": 1 }));
    assert_eq!(batch["metadata"], json!({ "night": "1" }));
    assert!(batch["completed_at"].is_i64() && batch["cancelled_at"].is_null() && batch["errors"].is_null());
    let (output, errors) = (lines_of(&client, &batch["output_file_id"]), lines_of(&client, &batch["error_file_id"]));
    assert_eq!(output.keys().collect::<Vec<_>>(), ["r-1", "r-3"]);
    let body = &output["r-1"]["response"]["body"];
    assert_eq!(body["choices"][0]["message"]["content"], "Hello from upstream.");
    assert_eq!(errors["r-2"]["response"]["status_code"], 400);

    // Each line left the record of a live request, under the source of a batch.
    let trace = output["r-1"]["response"]["request_id"].as_str().expect("a trace");
    let record = client.get(&format!("/v1/traces/{trace}")).json();
    assert!(record.to_string().contains("\"batch\""), "{record}");
    let metrics = client.get("/metrics").text();
    assert!(metrics.contains("shipway_batch_lines_total{status=\"answered\"} 2"), "{metrics}");
    assert!(metrics.contains("shipway_batch_lines_in_flight 0"), "{metrics}");

    let listed = client.get("/v1/batches?limit=1").json();
    assert_eq!((&listed["data"][0]["id"], &listed["has_more"]), (&json!(id), &json!(false)));
    let shown = project.must(&["batch", "show", &id, "--json"]).json();
    assert_eq!(shown["status"], "completed");
    assert!(project.must(&["batch", "list"]).stdout.contains(&id));
    let files = client.get("/v1/files?purpose=batch_output").json();
    assert_eq!(files["data"].as_array().map(Vec::len), Some(2));
}

#[test]
fn every_endpoint_answers_its_lines() {
    let project = TestProject::empty(SHIPWAY).file("usecases/shop/usecase.toml", SHOP);
    let server = project.serve();
    let client = server.client();
    let check = |endpoint: &str, body: Value, holds: fn(&Value) -> bool| {
        let line = json!({ "custom_id": "a", "method": "POST", "url": endpoint, "body": body }).to_string();
        let batch = over(&client, &begin_at(&client, &[line], endpoint));
        assert_eq!(batch["request_counts"]["completed"], 1, "{batch} {:?}", lines_of(&client, &batch["error_file_id"]));
        let output = lines_of(&client, &batch["output_file_id"]);
        assert!(holds(&output["a"]["response"]["body"]), "{output:?}");
    };
    let model = "simulated/say?text=hello";
    check("/v1/responses", json!({ "model": model, "input": "Hi" }), |body| body["object"] == "response");
    check("/v1/embeddings", json!({ "model": "shop", "input": ["one", "two"] }), |body| {
        body["data"].as_array().is_some_and(|vectors| vectors.len() == 2)
    });
}

#[test]
fn a_batch_is_asked_for_at_the_price_of_one() {
    let provider = Provider::choosing(|body| {
        let mut answer = testkit::provider::completion("Hello.");
        answer["service_tier"] = body.get("service_tier").cloned().unwrap_or_else(|| json!("default"));
        Script::json(200, &[], &answer)
    });
    let project = scripted_shop(&provider).append("shipway.toml", "batch = \"50%\"\n");
    let server = project.serve();
    let client = server.client();
    let batch = over(&client, &begin(&client, &[request("a", "scripted/m")]));
    assert_eq!(batch["status"], "completed", "{batch}");
    let live = client.post("/v1/chat/completions", &crate::ask("scripted/m", "Hello"));
    assert_eq!(live.header("x-shipway-cost"), Some("0.000030"));
    let tiers: Vec<Value> = provider.requests().iter().map(|request| request["service_tier"].clone()).collect();
    assert_eq!(tiers, [json!("flex"), Value::Null]);
    // 20 tokens in at 1 USD and 5 out at 2, per million: 30, of which the batch pays half.
    let rows = project.must(&["audit", "requests", "--json"]).json();
    let cost =
        |source: &str| rows.as_array()?.iter().find(|row| row["source"] == source).map(|row| row["cost"].clone());
    assert_eq!(cost("batch").expect("the line")["known"], 15, "{rows}");
    assert_eq!(cost("live").expect("the request")["known"], 30, "{rows}");
}

#[test]
fn what_is_refused_says_why() {
    let project = TestProject::empty(SHIPWAY).append("shipway.toml", "[server]\nmax_file_bytes = 2000\n");
    let server = project.serve();
    let client = server.client();
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let post = |body: Vec<u8>| client.post_raw("/v1/files", &[("content-type", &kind)], body);
    assert_eq!(client.post("/v1/files", &json!({})).status, 415);
    let wrong = post(form("assistants", "x"));
    assert_eq!((wrong.status, &wrong.json()["error"]["param"]), (400, &json!("purpose")));
    let large = post(form("batch", &"x".repeat(2_001)));
    assert_eq!((large.status, large.error_code()), (413, "file_too_large".to_owned()));
    assert_eq!(post(b"no form at all".to_vec()).status, 400);
    assert_eq!(post(form("batch", "")).status, 400);
    let field = |value: &str| format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n{value}\r\n");
    assert_eq!(post([field("1").repeat(20).into_bytes(), form("batch", "x")].concat()).status, 400, "many fields");
    assert_eq!(post([field(&"1".repeat(1_100)).into_bytes(), form("batch", "x")].concat()).status, 400, "a long one");
    assert_eq!(client.get("/v1/files/file-none").error_code(), "not_found");
    assert_eq!(client.get("/v1/batches?limit=many").status, 400);
    assert_eq!(create(&client, &json!("file-none"), "/v1/chat/completions").status, 404);

    let lines = [request("a", "simulated/say?text=x"), request("a", "nobody"), "nonsense".to_owned()];
    let batch = over(&client, &begin(&client, &lines));
    assert_eq!(batch["status"], "failed");
    let codes: Vec<_> = batch["errors"]["data"].as_array().expect("errors").iter().map(|e| e["code"].clone()).collect();
    assert_eq!(codes, ["duplicate_custom_id", "invalid_json_line"]);
    let unknown = over(&client, &begin(&client, &[request("a", "nobody")]));
    assert_eq!(unknown["errors"]["data"][0]["code"], "model_not_found");
}

#[test]
fn a_key_sees_its_own_only() {
    let project = TestProject::empty(SHIPWAY);
    let key = |arguments: &[&str]| {
        let arguments = [&["key", "create", "--json"], arguments].concat();
        project.must(&arguments).json()["secret"].as_str().expect("a secret").to_owned()
    };
    let (ann, bob, admin) = (key(&["ann"]), key(&["bob"]), key(&["root", "--role", "admin"]));
    let server = project.serve();
    // What means something only inside opens nothing outside.
    let inside = [("x-shipway-inside-key", "developer"), ("content-type", "application/json")];
    assert_eq!(server.client().post_raw("/v1/chat/completions", &inside, b"{}".to_vec()).status, 401);
    let client = |key: &str| server.client_with_key(key);
    let id = begin(&client(&ann), &[request("a", "simulated/say?text=x")]);
    let batch = over(&client(&ann), &id);
    assert_eq!(batch["status"], "completed", "{batch}");
    for path in [
        format!("/v1/batches/{id}"),
        format!("/v1/files/{}", batch["input_file_id"].as_str().expect("a file")),
        format!("/v1/files/{}/content", batch["output_file_id"].as_str().expect("a file")),
    ] {
        let statuses = [&ann, &bob, &admin].map(|key| client(key).get(&path).status);
        assert_eq!(statuses, [200, 404, 200], "{path}");
    }
    assert_eq!(client(&bob).get("/v1/files").json()["data"], json!([]));
    assert_eq!(client(&bob).post(&format!("/v1/batches/{id}/cancel"), &json!({})).status, 404);
    assert_eq!(client(&ann).post(&format!("/v1/batches/{id}/cancel"), &json!({})).status, 409);
}

#[test]
fn a_budget_that_is_spent_holds_a_batch_and_fails_no_line() {
    let provider = Provider::start(Script::says("Hello from upstream."));
    let project = scripted_shop(&provider);
    let made = project.must(&["key", "create", "poor", "--budget-per-day", "0.000001 USD", "--json"]).json();
    let server = project.serve();
    let client = server.client_with_key(made["secret"].as_str().expect("a secret"));
    let id = begin(&client, &[request("a", "scripted/m")]);
    once(&client, &id, Duration::from_secs(20), |batch| batch["status"] == "in_progress");
    std::thread::sleep(Duration::from_millis(300));
    let batch = client.get(&format!("/v1/batches/{id}")).json();
    assert_eq!(batch["request_counts"], json!({ "total": 1, "completed": 0, "failed": 0 }));
    let cancelled = project.must(&["batch", "cancel", &id, "--json"]).json();
    assert_eq!(cancelled["status"], "cancelling");
    let batch = over(&client, &id);
    assert_eq!(batch["status"], "cancelled");
    assert_eq!(lines_of(&client, &batch["error_file_id"])["a"]["error"]["code"], "batch_cancelled");
    assert!(provider.requests().is_empty());
}

#[test]
fn a_batch_yields_to_live_traffic() {
    let project = TestProject::empty(SHIPWAY);
    let server = project.serve();
    let client = server.client();
    let live = 16 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get) + 4;
    let figure = |metrics: &str, name: &str| -> usize {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().expect("a number"))
    };
    let (in_flight, answered) = ("shipway_requests_in_flight", "shipway_batch_lines_total{status=\"answered\"}");
    let mut looked = 0;
    std::thread::scope(|scope| {
        for _ in 0..live {
            let url = server.url();
            scope.spawn(move || {
                let slow = crate::ask("simulated/say?text=x&latency=2500ms", "Hello");
                assert_eq!(Client::new(&url).post("/v1/chat/completions", &slow).status, 200);
            });
        }
        let until = Instant::now() + Duration::from_secs(20);
        while figure(&client.get("/metrics").text(), in_flight) < live {
            assert!(Instant::now() < until, "the live traffic did not come up");
        }
        let id = begin(&client, &[request("a", "simulated/say?text=x")]);
        loop {
            let metrics = client.get("/metrics").text();
            if figure(&metrics, in_flight) < live {
                break;
            }
            assert_eq!(figure(&metrics, answered), 0, "a line was answered beside {live} live requests");
            looked += 1;
        }
        assert_eq!(over(&client, &id)["status"], "completed");
    });
    assert!(looked > 0, "the live traffic was over before it could be seen");
}

#[test]
fn killed_in_the_middle_it_goes_on_and_answers_each_line_once() {
    const LINES: usize = 150;
    let project = TestProject::empty(SHIPWAY);
    let lines: Vec<String> =
        (0..LINES).map(|at| request(&format!("r-{at:03}"), "simulated/say?text=hello&latency=5ms")).collect();
    let server = project.serve();
    let id = begin(&server.client(), &lines);
    let mut server: Option<Server> = Some(server);
    for share in [1, 2, 3] {
        let running = server.take().expect("a server");
        once(&running.client(), &id, Duration::from_secs(30), |batch| {
            batch["request_counts"]["completed"].as_u64().unwrap_or(0) >= share * LINES as u64 / 5
        });
        running.kill();
        server = Some(project.serve());
    }
    let server = server.expect("a server");
    let client = server.client();
    let batch = over(&client, &id);
    assert_eq!(batch["status"], "completed", "{batch}");
    assert_eq!(batch["request_counts"], json!({ "total": LINES, "completed": LINES, "failed": 0 }));
    let output = lines_of(&client, &batch["output_file_id"]);
    assert_eq!(output.len(), LINES);

    // What the output names is in the ledger as answered; at each kill at most the two workers' lines were asked twice.
    let rows = project.must(&["audit", "requests", "--json", "--limit", "100000"]).json();
    let rows = rows.as_array().expect("rows");
    let status_of: BTreeMap<&str, &str> =
        rows.iter().filter_map(|row| Some((row["trace"].as_str()?, row["status"].as_str()?))).collect();
    for line in output.values() {
        let trace = line["response"]["request_id"].as_str().expect("a trace");
        assert_eq!(status_of.get(trace), Some(&"answered"));
    }
    assert!(rows.iter().all(|row| row["source"] == "batch"));
    assert!(rows.len() <= LINES + 3 * 2, "{} requests for {LINES} lines", rows.len());
}

#[test]
fn a_drain_leaves_the_rest_for_the_next_start() {
    let project = TestProject::empty(SHIPWAY);
    let lines: Vec<String> =
        (0..60).map(|at| request(&format!("r-{at}"), "simulated/say?text=hello&latency=50ms")).collect();
    let mut server = project.serve();
    let id = begin(&server.client(), &lines);
    once(&server.client(), &id, Duration::from_secs(30), |batch| batch["request_counts"]["completed"] != 0);
    server.terminate();
    assert_eq!(server.wait(Duration::from_secs(20)), Some(0));
    let shown = project.must(&["batch", "show", &id, "--json"]).json();
    assert_eq!(shown["status"], "in_progress", "{shown}");
    let rows = project.must(&["audit", "requests", "--json", "--limit", "1000"]).json();
    let rows = rows.as_array().expect("rows");
    assert!(rows.iter().all(|row| row["status"] == "answered"), "no line was cut");
    assert_eq!(rows.len() as u64, shown["counts"]["completed"].as_u64().expect("a count"));
    let server = project.serve();
    let batch = over(&server.client(), &id);
    assert_eq!(batch["request_counts"]["completed"], 60);
}
