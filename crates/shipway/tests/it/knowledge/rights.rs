//! Access groups on the way from a file to an answer: a change holds for the next question, and no cache lends an answer
//! to another group.

use super::home::{Home, answer, found, ingest, page, search};
use crate::{SHIPWAY, ask};
use serde_json::{Value, json};
use testkit::{Client, Provider, Script, TestProject};

const FILES: &str = "files = \"pages/**/*.md\"";
const BONUS: &str = "The okapi bonus of the shop is 512 euros a year.";
const ASKED: &str = "How much is the okapi bonus of the shop?";

pub(super) fn a_permission_change_holds_for_the_next_question(home: &Home) {
    let project = home.shop(FILES);
    page(&project, "returns", None, "You can return any lamp within 45 days of delivery.");
    page(&project, "bonus", Some("[staff]"), BONUS);
    ingest(&project);
    let server = project.serve();
    let client = server.client();
    // Who sees the bonus: the app without groups, staff, managers.
    let check = |moment: &str, seen: [bool; 3]| {
        let app = answer(&client, ASKED).contains("512");
        let member = |group| found(&search(&project, group, ASKED)).contains(&"bonus");
        assert_eq!([app, member("staff"), member("managers")], seen, "{moment}");
    };
    check("at first", [false, true, false]);
    page(&project, "bonus", None, BONUS);
    ingest(&project);
    check("opened for everyone", [true, true, true]);
    page(&project, "bonus", Some("[managers]"), BONUS);
    ingest(&project);
    check("closed for all but managers", [false, false, true]);
    page(&project, "bonus", Some("[]"), BONUS);
    ingest(&project);
    check("closed for all", [false, false, false]);
    page(&project, "bonus", Some("staff, managers"), BONUS);
    ingest(&project);
    check("opened for both", [false, true, true]);
    // Groups that cannot be understood are nobody's, and what was found under the old ones is withdrawn.
    page(&project, "bonus", Some("{ a: 1 }"), BONUS);
    let report = ingest(&project);
    assert_eq!(report["quarantined"][0]["old_version_serves"], json!(false), "{report}");
    check("unreadable", [false, false, false]);
}

const CACHE: &str = "\n[cache]\nexact = true\nsemantic = { threshold = 0.5 }\n";

/// A model that repeats what it was given of the bonus; each of its answers has a number.
fn repeating() -> Provider {
    let mut said = 0;
    Provider::choosing(move |body| {
        said += 1;
        let knows = body.to_string().contains("512 euros");
        Script::says(&format!("{} Answer {said}.", if knows { BONUS } else { "There is no word of it." }))
    })
}

fn said(client: &Client, body: &Value) -> (Option<String>, String) {
    let reply = client.post("/v1/chat/completions", body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let text = reply.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned();
    (reply.header("x-shipway-cache").map(str::to_owned), text)
}

fn key(project: &TestProject, name: &str, more: &[&str]) -> String {
    let made = project.must(&[&["key", "create", name, "--json"], more].concat()).json();
    made["secret"].as_str().expect("a secret").to_owned()
}

pub(super) fn no_cache_serves_across_groups(home: &Home) {
    let provider = repeating();
    let project = home.of(TestProject::with_scripted(SHIPWAY, &provider.base_url()));
    let text = std::fs::read_to_string(project.path("usecases/shop/usecase.toml")).expect("the declaration");
    let text = text.replace("every = \"1h\"", "every = \"1h\"\naccess = \"front-matter:groups\"");
    project.write("usecases/shop/usecase.toml", text + CACHE);
    project.write(
        "usecases/shop/evals/cases.yaml",
        "- vars: { question: \"Is there a word of it?\" }\n  assert: [{ type: contains, value: \"Answer\" }]\n",
    );
    page(&project, "bonus", Some("[staff]"), BONUS);
    ingest(&project);
    project.must(&["release", "shop", "--by", "Ada", "--override", "a test of the cache"]);
    key(&project, "admin", &["--role", "admin"]);
    let (staff, public) = (key(&project, "one", &["--groups", "staff"]), key(&project, "two", &["--groups", "public"]));
    let server = project.serve();
    let (staff, public) = (server.client_with_key(&staff), server.client_with_key(&public));

    let questions = [ASKED, "how much is the okapi bonus of the shop", "How much is the okapi bonus of this shop?"];
    assert!(said(&staff, &ask("shop", ASKED)).1.contains("512"), "staff may see it");
    assert_eq!(said(&staff, &ask("shop", ASKED)).0.as_deref(), Some("exact"), "an answer of its own is served again");
    for question in questions {
        let (_, text) = said(&public, &ask("shop", question));
        assert!(!text.contains("512"), "{question}: an answer of another group was served: {text}");
    }
    // The caches are there to be used: in other words, within the group.
    let ways: Vec<_> = questions.iter().filter_map(|question| said(&staff, &ask("shop", question)).0).collect();
    assert!(!ways.is_empty(), "nothing was served again within the group");
    // What staff may no longer see is in no cache for them.
    page(&project, "bonus", Some("[managers]"), BONUS);
    ingest(&project);
    for question in questions {
        let (_, text) = said(&staff, &ask("shop", question));
        assert!(!text.contains("512"), "{question}: a right that is gone still serves: {text}");
    }
}
