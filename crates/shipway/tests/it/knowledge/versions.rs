//! Versions: a rollback is a pointer that the next request sees, and a release can hold on to the version of its moment.

use super::home::{Home, answer, head, ingest, page, question};
use serde_json::{Value, json};
use testkit::{Client, TestProject};

const FILES: &str = "files = \"pages/**/*.md\"\nevery = \"24h\"\nfresh_within = \"48h\"";
const ASKED: &str = "Within how many days of delivery can I return a lamp?";

fn returns(project: &TestProject, days: u32) {
    page(project, "returns", None, &format!("You can return any lamp within {days} days of delivery."));
}

/// What the next request is told, and from which version its record says that it was.
fn told(project: &TestProject, client: &Client) -> (String, Value) {
    let reply = question(client, ASKED);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let trace = reply.header("x-shipway-trace").expect("a trace").to_owned();
    let text = reply.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned();
    let record = project.must(&["audit", "show", &trace, "--json"]).json();
    assert_eq!(record["snapshots"][0][0], "shop/pages", "{record}");
    (text, record["snapshots"][0][1].clone())
}

pub(super) fn a_rollback_is_seen_by_the_next_request(home: &Home) {
    let project = home.shop(FILES);
    returns(&project, 45);
    ingest(&project);
    let server = project.serve();
    let client = server.client();
    let check = |days: &str, version: u64| {
        let (text, from) = told(&project, &client);
        assert!(text.contains(&format!("{days} days")) && from == version, "version {from} says {text:?}");
    };
    check("45", 1);
    returns(&project, 30);
    assert_eq!(ingest(&project)["snapshot"], 2);
    check("30", 2);
    let moved = project.must(&["collection", "rollback", "shop/pages", "--json"]).json();
    assert_eq!(moved, json!({ "serving": 1, "before": 2 }));
    check("45", 1);
    assert_eq!((&head(&project)["serving"], &head(&project)["newest"]), (&json!(1), &json!(2)));
    // The source still says thirty.
    let again = ingest(&project);
    assert_eq!(again["changed"], 1, "{again}");
    check("30", 3);
    project.must(&["collection", "rollback", "shop/pages", "--to", "1"]);
    check("45", 1);
    let refused = project.shipway(&["collection", "rollback", "shop/pages", "--to", "99"]);
    assert!(refused.code == 1 && refused.stderr.contains("99"), "{}", refused.stderr);
    let listed = project.must(&["collection", "versions", "shop/pages", "--json"]).json();
    assert_eq!(listed["serving"], 1, "{listed}");
}

pub(super) fn a_pinned_bundle_keeps_its_version(home: &Home) {
    let project = home.shop(FILES);
    let text = std::fs::read_to_string(project.path("usecases/shop/usecase.toml")).expect("the declaration");
    let text = text.replace("top = 3", "top = 3\nsnapshot = \"pinned\"");
    project.write("usecases/shop/usecase.toml", text + "[guard]\ngrounding = { at_least = 0.6 }\n");
    let case = format!("- vars: {{ question: \"{ASKED}\" }}\n  assert: [{{ type: contains, value: \"days\" }}]\n");
    project.write("usecases/shop/evals/cases.yaml", case);
    returns(&project, 45);
    ingest(&project);
    let released = ["release", "shop", "--by", "Ada", "--override", "a test of versions"];
    project.must(&released);
    let server = project.serve();
    let client = server.client();
    assert_eq!(told(&project, &client).1, 1);
    // Many versions later the bundle still has its own, although only ten are kept.
    for days in 1..=12 {
        returns(&project, days);
        ingest(&project);
    }
    assert_eq!(head(&project)["serving"], 13);
    let (text, version) = told(&project, &client);
    assert!(text.contains("45 days") && version == 1, "version {version} says {text:?}");
    let listed = project.must(&["collection", "versions", "shop/pages", "--json"]).json();
    let versions = listed["versions"].as_array().expect("a list");
    assert!(versions.len() <= 11, "{} versions are kept", versions.len());
    assert!(versions.iter().any(|one| one["number"] == 1 && one["pinned_by"] != json!([])), "{listed}");

    // To release what serves already is refused, and moves nothing; the next bundle has the version of its own release.
    assert_eq!(project.shipway(&released).code, 1);
    assert_eq!(told(&project, &client).1, 1);
    let text = std::fs::read_to_string(project.path("usecases/shop/usecase.toml")).expect("the declaration");
    project.write("usecases/shop/usecase.toml", text.replace("top = 3", "top = 4"));
    project.must(&released);
    project.must(&["promote", "shop", "--by", "Ada"]);
    assert!(answer(&client, ASKED).contains("12 days"));
    assert_eq!(told(&project, &client).1, 13);
    // Back to the bundle before means back to its version.
    project.must(&["rollback", "shop", "--by", "Ada"]);
    assert_eq!(told(&project, &client).1, 1);
}
