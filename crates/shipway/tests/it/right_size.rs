//! Small models and large ones: each signal of doubt on the wire, the threshold found on eval cases, and what was saved
//! and wasted, as the commands show it.

use crate::{QUESTION, SHIPWAY, ask, ask_streamed, scripted_shop};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::provider::{Move, completion};
use testkit::{Client, Provider, Script, Server, TestProject};

const LARGE: &str = "You can return any lamp within 45 days of delivery.";

/// An answer of the small model with the probability of its tokens, when they were asked for.
fn says(body: &Value, text: &str, probability: f64) -> Script {
    let mut answer = completion(text);
    if body["logprobs"] == true {
        let token = json!({ "token": "t", "logprob": probability.ln(), "top_logprobs": [] });
        answer["choices"][0]["logprobs"] = json!({ "content": [token, token] });
    }
    Script::json(200, &[], &answer)
}

/// A provider whose large model always says the same; `small` scripts the other one.
fn provider(mut small: impl FnMut(&Value) -> Script + Send + 'static) -> Provider {
    Provider::choosing(move |body| if body["model"] == "larger" { Script::says(LARGE) } else { small(body) })
}

/// The shop with a larger model that is asked by these rules.
fn escalating(provider: &Provider, rules: &str) -> TestProject {
    let price = "[prices.\"scripted/larger\"]\ninput = \"10 USD\"\noutput = \"20 USD\"\nas_of = \"2026-11-01\"\n";
    scripted_shop(provider)
        .append("shipway.toml", price)
        .append("usecases/shop/usecase.toml", &format!("[model.escalate]\nto = \"scripted/larger\"\n{rules}\n"))
}

/// The record of the request that this reply answers.
fn record(client: &Client, trace: Option<&str>) -> Value {
    client.get(&format!("/v1/traces/{}", trace.expect("a trace"))).json()
}

fn doubts(record: &Value) -> Vec<(String, Option<f64>)> {
    let verdicts = record["verdicts"].as_array().expect("verdicts").iter();
    let escalating = verdicts.filter(|verdict| verdict["guard"] == "escalate");
    escalating.map(|one| (one["rule"].as_str().unwrap_or_default().to_owned(), one["score"].as_f64())).collect()
}

fn models(record: &Value) -> Vec<&str> {
    record["attempts"].as_array().expect("attempts").iter().filter_map(|attempt| attempt["model"].as_str()).collect()
}

#[test]
fn improbable_answers_go_to_the_larger_model_and_the_app_sees_no_logprobs() {
    let provider = provider(|body| says(body, "Lamps may be returned, within 45 days I think.", 0.4));
    let project = escalating(&provider, "when = \"logprobs\"");
    let server = project.serve();
    let client = server.client();
    for streamed in [false, true] {
        let reply = client.post(
            "/v1/chat/completions",
            &if streamed { ask_streamed("shop", QUESTION) } else { ask("shop", QUESTION) },
        );
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(reply.text().contains("any lamp"), "the larger one's answer: {}", reply.text());
        assert!(!reply.text().contains("\"token\""), "{}", reply.text());
        let record = record(&client, reply.header("x-shipway-trace"));
        assert_eq!(models(&record), ["scripted/m", "scripted/larger"]);
        let doubts = doubts(&record);
        let [(rule, Some(score))] = doubts.as_slice() else { panic!("{doubts:?}") };
        assert!(rule == "logprobs" && (score - 0.4).abs() < 1e-9, "{rule} {score}");
        // 20 tokens in and 5 out: 20 + 10 millionths for the small one, ten times that for the large one.
        assert_eq!(record["row"]["cost"]["known"], json!(30 + 300), "{}", record["row"]);
        assert_eq!(record["row"]["review"], json!(false));
    }
    let asked = provider.requests();
    assert_eq!(
        (&asked[0]["logprobs"], &asked[1]["logprobs"]),
        (&json!(true), &Value::Null),
        "only where they are used"
    );
}

#[test]
fn an_app_that_asks_for_logprobs_gets_them() {
    let provider = provider(|body| says(body, LARGE, 0.9));
    let project = escalating(&provider, "when = \"logprobs\"");
    let server = project.serve();
    let mut body = ask("shop", QUESTION);
    body["logprobs"] = json!(true);
    let reply = server.client().post("/v1/chat/completions", &body);
    assert_eq!(reply.json()["choices"][0]["logprobs"]["content"][0]["token"], "t", "{}", reply.text());
    let record = record(&server.client(), reply.header("x-shipway-trace"));
    assert_eq!((models(&record).len(), doubts(&record).len()), (1, 1), "sure enough, and on record");
}

/// (the provider's kind, whether each of two requests asks for log-probabilities)
#[test]
fn a_model_without_logprobs_is_asked_without_and_that_is_said() {
    let check = |kind: &str, wanted: &[bool]| {
        let refusal = json!({ "error": { "message": "Unsupported parameter", "type": "invalid_request_error",
            "param": "logprobs", "code": "unsupported_parameter" } });
        let provider = provider(move |body| match body["logprobs"] == true {
            true => Script::json(400, &[], &refusal),
            false => Script::says(LARGE),
        });
        let project = escalating(&provider, "when = \"logprobs\"");
        let file = std::fs::read_to_string(project.path("shipway.toml")).expect("the project's file");
        project.write("shipway.toml", file.replace("kind = \"openai\"", &format!("kind = \"{kind}\"")));
        let server = project.serve();
        for _ in 0..2 {
            let reply = server.client().post("/v1/chat/completions", &ask("shop", QUESTION));
            assert_eq!(reply.status, 200, "{}", reply.text());
            assert_eq!(reply.header("x-shipway-warning"), None, "the app asked for nothing that it did not get");
            let record = record(&server.client(), reply.header("x-shipway-trace"));
            assert_eq!((models(&record), doubts(&record)), (vec!["scripted/m"], vec![("logprobs".to_owned(), None)]));
        }
        let asked: Vec<bool> = provider.requests().iter().map(|body| body["logprobs"] == true).collect();
        assert_eq!(asked, wanted, "{kind}: it is not asked for them again");
    };
    // The upstream refuses them once; a server that is known to have none is never asked.
    check("openai", &[true, false, false]);
    check("mistral", &[false, false]);
}

#[test]
fn an_answer_that_misses_its_schema_goes_to_the_larger_model() {
    let provider = Provider::choosing(|body| match body["model"] == "larger" {
        true => Script::says("{\"days\": 45}"),
        false => Script::says("{\"days\": \"forty-five\"}"),
    });
    let project = escalating(&provider, "when = [\"schema\"]");
    let server = project.serve();
    let mut body = ask("shop", QUESTION);
    body["response_format"] = json!({ "type": "json_schema", "json_schema": { "name": "days", "schema":
        { "type": "object", "properties": { "days": { "type": "integer" } }, "required": ["days"] } } });
    let reply = server.client().post("/v1/chat/completions", &body);
    assert_eq!(reply.json()["choices"][0]["message"]["content"], "{\"days\": 45}", "{}", reply.text());
    let record = record(&server.client(), reply.header("x-shipway-trace"));
    assert_eq!(doubts(&record), [("schema".to_owned(), Some(0.0))]);
}

#[test]
fn a_model_that_contradicts_itself_is_not_sure() {
    let asked = AtomicUsize::new(0);
    let provider = provider(move |_| {
        let days = [45, 30, 14][asked.fetch_add(1, Ordering::Relaxed) % 3];
        Script::says(&format!("Any lamp can be returned within {days} days."))
    });
    let project = escalating(&provider, "when = [\"disagreement\"]");
    let server = project.serve();
    let reply = server.client().post("/v1/chat/completions", &ask("shop", QUESTION));
    assert!(reply.text().contains("of delivery"), "{}", reply.text());
    let record = record(&server.client(), reply.header("x-shipway-trace"));
    assert_eq!(doubts(&record), [("disagreement".to_owned(), Some(0.0))]);
    assert_eq!(models(&record), ["scripted/m", "scripted/m", "scripted/m", "scripted/larger"], "all are paid");
    assert_eq!(record["row"]["cost"]["known"], json!(3 * 30 + 300));
    let temperatures: Vec<Value> = provider.requests().iter().map(|body| body["temperature"].clone()).collect();
    assert_eq!(temperatures, [Value::Null, json!(0.7), json!(0.7), Value::Null]);
}

#[test]
fn samples_under_way_when_the_app_leaves_are_on_record() {
    let provider = provider(|body| match body["temperature"] == 0.7 {
        true => Script::default().then(Move::Hang),
        false => Script::says(LARGE),
    });
    let project = escalating(&provider, "when = [\"disagreement\"]");
    // Timeouts so long that only the app's leaving can end the call.
    let file = std::fs::read_to_string(project.path("shipway.toml")).expect("the project's file");
    project.write("shipway.toml", file.replace("400ms", "50s").replace("\"5s\"", "\"55s\""));
    let server = project.serve();
    server.client().post_and_leave("/v1/chat/completions", &ask("shop", QUESTION), 0, Duration::from_millis(500));
    let until = Instant::now() + Duration::from_secs(10);
    let row = loop {
        let rows = project.must(&["audit", "requests", "--json"]).json();
        if let Some(row) = rows.as_array().and_then(|rows| rows.iter().find(|row| row["status"] == "cancelled")) {
            break row.clone();
        }
        assert!(Instant::now() < until, "the app's leaving was not recorded: {rows}");
        std::thread::sleep(Duration::from_millis(20));
    };
    let record = record(&server.client(), row["trace"].as_str());
    let ends: Vec<&str> =
        record["attempts"].as_array().expect("attempts").iter().filter_map(|one| one["end"]["end"].as_str()).collect();
    assert_eq!(ends, ["answered", "cancelled", "cancelled"], "{record}");
    assert_eq!(record["row"]["cost"]["part_unknown"], json!(true), "what they cost nobody can tell");
}

#[test]
fn a_larger_model_that_fails_leaves_the_answer_as_it_was_judged() {
    let provider = Provider::choosing(|body| match body["model"] == "larger" {
        true => Script::json(500, &[], &json!({ "error": { "message": "down" } })),
        false => says(body, LARGE, 0.1),
    });
    let project = escalating(&provider, "when = [\"logprobs\"]");
    let server = project.serve();
    let reply = server.client().post("/v1/chat/completions", &ask("shop", QUESTION));
    assert_eq!((reply.status, reply.text().contains(LARGE)), (200, true), "{}", reply.text());
    let record = record(&server.client(), reply.header("x-shipway-trace"));
    let rules: Vec<String> = doubts(&record).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["logprobs", "failed"]);
}

/// Thirty questions; the small model fails every fifth and is unsure of exactly those.
fn tuned() -> (Provider, TestProject) {
    let provider = provider(|body| {
        let question = body["messages"].to_string();
        let hard = (0..30).step_by(5).any(|number| question.contains(&format!("lamp number {number}?")));
        if hard { says(body, "Within a year.", 0.3) } else { says(body, LARGE, 0.95) }
    });
    let cases: String = (0..30)
        .map(|number| {
            format!(
                "- vars: {{ question: \"Within how many days can I return lamp number {number}?\" }}\n  \
                 assert: [{{ type: contains, value: 45 days }}]\n"
            )
        })
        .collect();
    let project = escalating(&provider, "when = [\"logprobs\"]").file("usecases/shop/evals/cases.yaml", &cases);
    (provider, project)
}

#[test]
fn tuning_finds_the_threshold_that_tells_and_says_how_sure_it_is() {
    let (_provider, project) = tuned();
    let found = project.must(&["eval", "shop", "--tune-routing", "--json"]).json();
    assert_eq!((&found["small_only"]["passed"], &found["large_only"]["passed"]), (&json!(24), &json!(30)), "{found}");
    let pick = &found["pick"];
    assert_eq!((&pick["passed"], &pick["escalated"]), (&json!(30), &json!(6)), "{pick}");
    let least = pick["policy"]["at_least"]["logprobs"].as_f64();
    assert!(
        least.is_some_and(|least| 0.3 < least && least < 0.95),
        "what is declared, where others tell as much: {pick}"
    );
    assert_eq!(
        (&found["advice"], &found["unseen"]["point"]["passed"]),
        (&json!("inconclusive"), &json!(30)),
        "{found}"
    );
    assert!(found["more_cases_needed"].as_u64().is_some_and(|more| more > 50), "{found}");
    let text = project.must(&["eval", "shop", "--tune-routing"]).stdout;
    for piece in
        ["[model.escalate]", "to = \"scripted/larger\"", "inconclusive", "cross-validation", "S small alone", "◆"]
    {
        assert!(text.contains(piece), "{piece} is missing in:\n{text}");
    }
    println!("{text}");
    // Neither run is one of the bundle's: the gate has seen nothing.
    let check = project.shipway(&["check", "shop", "--json"]).json();
    assert_eq!(check["readiness"]["lines"][1]["state"], "fails", "{check}");
    let requests = project.must(&["audit", "requests", "--limit", "5", "--json"]).json();
    assert!(requests.to_string().contains("\"eval\""), "{requests}");
}

#[test]
fn tuning_needs_a_larger_model() {
    let provider = Provider::start(Script::says(LARGE));
    let project = scripted_shop(&provider);
    let output = project.shipway(&["eval", "shop", "--tune-routing"]);
    assert!(output.code == 1 && output.stderr.contains("escalate = {"), "{}", output.stderr);
}

fn released(provider: &Provider, more: &str) -> (TestProject, Server) {
    let project = scripted_shop(provider).append("usecases/shop/usecase.toml", more);
    let server = project.serve();
    (project, server)
}

#[test]
fn what_was_saved_and_what_was_wasted_is_shown() {
    let provider = Provider::choosing(|body| {
        let mut answer = completion(
            "Certainly! You can return any lamp within 45 days of delivery. Let me know if you have any other questions.",
        );
        answer["usage"] = json!({ "prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100,
            "prompt_tokens_details": { "cached_tokens": 600 },
            "completion_tokens_details": { "reasoning_tokens": 40 } });
        if body["messages"].to_string().contains("at length") {
            answer["choices"][0]["finish_reason"] = json!("length");
        }
        match body["stream"] == true {
            true => Script::streams(&["Lamps can be returned within 45 days of delivery."]),
            false => Script::json(200, &[], &answer),
        }
    });
    let (project, server) = released(&provider, "[cache]\nttl = \"1h\"\n");
    let client = server.client();
    for question in [QUESTION, QUESTION, "Tell me at length within how many days I can return a lamp."] {
        assert_eq!(client.post("/v1/chat/completions", &ask("shop", question)).status, 200);
    }
    let streamed = client.post("/v1/chat/completions", &ask_streamed("shop", "Can lamps be returned?"));
    let recorded = record(&client, streamed.header("x-shipway-trace"));
    assert_eq!(recorded["payload"]["answer"]["finish_reasons"], json!(["stop"]), "{recorded}");
    let found = project.must(&["cost", "shop", "--json"]).json();
    let savings = &found["savings"];
    // 600 tokens at 0.90 USD a million less, for both of the calls that had them kept.
    assert_eq!(savings["prompt_cache"]["saved"], json!(2 * 540), "{found}");
    // 400 tokens at 1 USD, 600 at 0.10 and 100 at 2 USD a million: what the first answer had cost.
    assert_eq!((&savings["answer_cache"]["exact"], &savings["answer_cache"]["saved"]), (&json!(1), &json!(660)));
    let waste = &found["waste"];
    assert_eq!(waste["kinds"]["reasoning"]["tokens"], json!(2 * 40), "{waste}");
    assert_eq!(
        (&waste["kinds"]["cut"]["answers"], &waste["kinds"]["cut"]["cost"]),
        (&json!(1), &json!(200)),
        "{waste}"
    );
    for kind in ["cut", "opening", "closing"] {
        assert!(waste["kinds"][kind]["tokens"].as_u64().is_some_and(|tokens| tokens > 0), "{kind}: {waste}");
    }
    assert_eq!(waste["max_tokens"], Value::Null, "too few answers for a limit: {waste}");
    let text = project.must(&["cost", "shop"]).stdout;
    for piece in
        ["saved by the provider's prompt cache", "saved by the answer cache", "closing", "no limit is suggested"]
    {
        assert!(text.contains(piece), "{piece} is missing in:\n{text}");
    }
    println!("{text}");
    let shown = client.get("/v1/use_cases/shop").json();
    assert_eq!(shown["savings"]["prompt_cache"]["saved"], savings["prompt_cache"]["saved"], "{shown}");
}

#[test]
fn the_cache_is_tuned_on_pairs_and_on_the_log() {
    let project = TestProject::with_shop(SHIPWAY);
    let pairs: String = (0..600)
        .map(|number| {
            let (a, b) = (format!("How do I return lamp {number}?"), format!("How can I return lamp {number}?"));
            format!("{}\n", json!({ "a": a, "b": b, "same": true }))
        })
        .collect();
    project.write("pairs.jsonl", &pairs);
    let found = project.must(&["cache", "tune", "shop", "--pairs", "pairs.jsonl", "--json"]).json();
    assert!(found["threshold"].as_f64().is_some_and(|threshold| (0.5..1.0).contains(&threshold)), "{found}");
    assert_eq!((&found["pairs"], &found["wrong"]), (&json!(600), &json!(0)));
    let text = project.must(&["cache", "tune", "shop", "--pairs", "pairs.jsonl"]).stdout;
    assert!(text.contains("[cache]") && text.contains("threshold = ") && text.contains("hit rate"), "{text}");
    println!("{text}");
    let strict = project.shipway(&["cache", "tune", "shop", "--pairs", "pairs.jsonl", "--budget", "0.1%", "--json"]);
    assert_eq!(strict.code, 1, "{}", strict.stdout);
    assert!(strict.json()["pairs_needed"].as_u64().is_some_and(|needed| needed > 5_000), "{}", strict.stdout);

    project.must(&["ingest", "shop"]);
    let server = project.serve();
    for question in ["Can I return a lamp?", "May I return a lamp?", "Can I return any lamp?"] {
        assert_eq!(server.client().post("/v1/chat/completions", &ask("shop", question)).status, 200);
    }
    let log = project.shipway(&["cache", "tune", "shop", "--json"]);
    assert_eq!((log.code, &log.json()["pairs"]), (1, &json!(3)), "{}", log.stdout);
    let wrong = project.shipway(&["cache", "tune", "shop", "--budget", "often"]);
    assert!(wrong.code != 0 && wrong.stderr.contains("1%"), "{}", wrong.stderr);
}
