//! The path of one change: edit, eval, gate, canary, promote, roll back; each seen by the next request.

use crate::governance::released_shop;
use crate::{QUESTION, ask};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::{Client, TestProject};

fn edit(project: &TestProject) {
    let text = std::fs::read_to_string(project.path("usecases/shop/usecase.toml")).expect("the declaration");
    project.write("usecases/shop/usecase.toml", text.replace("top = 3", "top = 4"));
}

fn bundle(client: &Client, conversation: &str) -> String {
    let mut body = ask("shop", QUESTION);
    body["metadata"] = json!({ "conversation": conversation });
    let reply = client.post("/v1/chat/completions", &body);
    reply.header("x-shipway-bundle").unwrap_or_else(|| panic!("{}", reply.text())).to_owned()
}

#[test]
fn a_change_goes_through_canary_promotion_and_rollback() {
    let project = released_shop();
    let server = project.serve();
    let client = server.client();
    let first = bundle(&client, "c");

    edit(&project);
    // Files changed, nothing released: the first bundle serves on.
    assert_eq!(bundle(&client, "c"), first);
    project.must(&["eval", "shop"]);
    let decision = project.must(&["release", "shop", "--by", "tester", "--json"]).json();
    assert_eq!((decision["kind"].as_str(), decision["share"].as_str()), (Some("canary"), Some("5%")), "{decision}");
    let second = decision["bundle"].as_str().expect("a bundle").to_owned();
    assert_ne!(first, second);

    // A conversation keeps its arm; about one in twenty is the canary's.
    let arms: Vec<String> = (0..200).map(|number| bundle(&client, &format!("c-{number}"))).collect();
    let again: Vec<String> = (0..200).map(|number| bundle(&client, &format!("c-{number}"))).collect();
    assert_eq!(arms, again);
    let canaries = arms.iter().filter(|arm| **arm == second).count();
    // 200 draws of 5 %: outside of 1 to 25 comes once in many thousand runs.
    assert!((1..=25).contains(&canaries), "{canaries} of 200 conversations met the canary");

    project.must(&["promote", "shop", "--by", "tester"]);
    assert_eq!(bundle(&client, "c"), second);
    project.must(&["rollback", "shop", "--by", "tester"]);
    assert_eq!(bundle(&client, "c"), first);

    let status = project.must(&["status", "shop", "--json"]).json();
    let kinds: Vec<&str> =
        status["history"].as_array().into_iter().flatten().filter_map(|entry| entry["kind"].as_str()).collect();
    assert_eq!(kinds, ["rolled_back", "promoted", "canary", "promoted"]);
    assert_eq!(project.must(&["audit", "verify", "--json"]).json()["intact"], json!(true));
}

#[test]
fn a_release_is_refused_without_its_gate_or_its_lines() {
    let project = released_shop();
    edit(&project);
    let wrong = "- description: wrong\n  vars: { question: \"Within how many days of delivery can I return a lamp?\" }\n  assert: [{ type: contains, value: \"a hundred days\" }]\n";
    project.write("usecases/shop/evals/wrong.yaml", wrong);
    let evaluated = project.shipway(&["eval", "shop", "--junit", "report.xml"]);
    assert_eq!(evaluated.code, 100, "{}", evaluated.stdout);
    assert!(
        evaluated.stdout.contains("2/3 passed") && evaluated.stdout.contains("wrong.yaml:1"),
        "{}",
        evaluated.stdout
    );
    assert!(std::fs::read_to_string(project.path("report.xml")).is_ok_and(|xml| xml.contains("<failure")));
    assert_eq!(project.shipway(&["release", "shop", "--by", "tester"]).code, 100);

    std::fs::remove_file(project.path("usecases/shop/evals/wrong.yaml")).expect("the wrong case");
    let text = std::fs::read_to_string(project.path("usecases/shop/usecase.toml")).expect("the declaration");
    project.write("usecases/shop/usecase.toml", text.replace(", oncall = \"https://hooks.example.com/shop\"", ""));
    project.must(&["eval", "shop"]);
    let refused = project.shipway(&["release", "shop", "--by", "tester"]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert!(refused.stderr.contains("--override"), "{}", refused.stderr);
    let decision =
        project.must(&["release", "shop", "--by", "tester", "--override", "on call is on holiday", "--json"]).json();
    assert_eq!(decision["evidence"]["readiness"]["reason"], "on call is on holiday", "{decision}");
}

#[test]
fn the_admin_api_moves_releases_too() {
    let project = released_shop();
    let server = project.serve();
    let client = server.client();
    let first = bundle(&client, "c");
    edit(&project);
    project.must(&["release", "shop", "--by", "tester"]);
    assert_eq!(client.post("/v1/use_cases/shop/promote", &json!({})).status, 200);
    let second = bundle(&client, "c");
    assert_ne!(first, second);
    let reply = client.post("/v1/use_cases/shop/rollback", &json!({ "bundle": first }));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(bundle(&client, "c"), first);
    assert_eq!(client.post("/v1/use_cases/shop/promote", &json!({})).status, 409, "there is no canary");
    assert_eq!(client.post("/v1/use_cases/nothing/promote", &json!({})).status, 404);
    let listed: Value = client.get("/v1/use_cases").json();
    let names: BTreeSet<&str> =
        listed["data"].as_array().into_iter().flatten().filter_map(|entry| entry["name"].as_str()).collect();
    assert_eq!(names, ["shop"].into());
}
