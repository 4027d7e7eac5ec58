//! The answer cache on the path of a request: what is served again, to whom, and what never is.

use crate::{SHIPWAY, ask, ask_streamed};
use serde_json::{Value, json};
use testkit::provider::{Move, frame};
use testkit::{Client, Provider, Script, Server, TestProject};

struct Rig {
    provider: Provider,
    server: Server,
    project: TestProject,
}

/// A use case `shop` with a cache in front of a provider that says another sentence each time.
fn rig(cache: &str) -> Rig {
    rig_failing(cache, "no such model")
}

/// The same, with a provider that fails for one model; its streams break off.
fn rig_failing(cache: &str, broken: &'static str) -> Rig {
    let mut said = 0;
    let provider = Provider::choosing(move |body| {
        if body["model"] == json!(broken) {
            let begun = || Script::stream_head().then(Move::Send(frame(&json!({ "content": "You can" }), None)));
            return match body["stream"] == json!(true) {
                true => begun().then(Move::Reset),
                false => Script::json(500, &[], &json!({ "error": { "message": "not today" } })),
            };
        }
        said += 1;
        let text = format!("You can return any lamp within 45 days of delivery. Answer {said}.");
        if body["stream"] == json!(true) { Script::streams(&[&text]) } else { Script::says(&text) }
    });
    let project = TestProject::with_scripted(SHIPWAY, &provider.base_url()).append("usecases/shop/usecase.toml", cache);
    project.must(&["ingest", "shop"]);
    let server = project.serve();
    Rig { provider, server, project }
}

const DECLARED: &str = "[cache]\nexact = true\n";

impl Rig {
    fn client(&self) -> Client {
        self.server.client()
    }

    /// How the answer was found, what it said and cost, and how often the provider has been asked by now.
    fn asks(&self, client: &Client, body: &Value) -> (Option<String>, String, usize) {
        let reply = client.post("/v1/chat/completions", body);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let way = reply.header("x-shipway-cache").map(str::to_owned);
        let said = match body["stream"] == json!(true) {
            true => reply.streamed_text(),
            false => reply.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned(),
        };
        (way, said, self.provider.requests().len())
    }
}

#[test]
fn the_very_same_question_is_answered_once() {
    let rig = rig(DECLARED);
    let client = rig.client();
    let question = ask("shop", "How long may I return a lamp?");
    let (way, first, asked) = rig.asks(&client, &question);
    assert_eq!((way, asked), (None, 1));
    let (way, again, asked) = rig.asks(&client, &question);
    assert_eq!((way.as_deref(), asked), (Some("exact"), 1));
    assert_eq!(again, first);
    // A stream of the same question is served from the same answer.
    let (_, streamed, asked) = rig.asks(&client, &ask_streamed("shop", "How long may I return a lamp?"));
    assert_eq!((streamed, asked), (first, 1));

    let reply = client.post("/v1/chat/completions", &question);
    assert_eq!(reply.header("x-shipway-cost"), Some("0.000000"));
    let trace = reply.header("x-shipway-trace").expect("a trace").to_owned();
    let record = client.get(&format!("/v1/traces/{trace}")).json();
    assert_eq!(record["row"]["cache"], "exact", "{record}");
    // 20 tokens in at 1 and 5 out at 2 USD a million.
    assert_eq!(record["row"]["saved"], 30, "{record}");
}

#[test]
fn whatever_can_change_an_answer_keeps_answers_apart() {
    let rig = rig(DECLARED);
    let client = rig.client();
    let question = ask("shop", "How long may I return a lamp?");
    rig.asks(&client, &question);
    let with = |changes: Value| {
        let mut body = question.clone();
        for (name, value) in changes.as_object().expect("fields") {
            body[name] = value.clone();
        }
        body
    };
    let others = [
        ask("shop", "How long may I return a desk lamp?"),
        with(json!({ "max_tokens": 50 })),
        with(json!({ "response_format": { "type": "json_object" } })),
        with(json!({ "messages": [{ "role": "system", "content": "Be brief." }, question["messages"][0]] })),
        with(json!({ "messages": [question["messages"][0], { "role": "assistant", "content": "45 days." },
                                  question["messages"][0]] })),
        with(json!({ "tools": [{ "type": "function", "function": { "name": "f", "parameters": {} } }] })),
    ];
    for (before, body) in others.iter().enumerate() {
        let (way, _, asked) = rig.asks(&client, body);
        assert_eq!((way, asked), (None, before + 2), "{body}");
    }
}

#[test]
fn nothing_personal_is_kept_and_nothing_is_shared_across_groups() {
    let rig = rig(DECLARED);
    rig.project.must(&["key", "create", "admin", "--role", "admin", "--json"]);
    let key = |name: &str, group: &str| {
        let made = rig.project.must(&["key", "create", name, "--groups", group, "--json"]).json();
        made["secret"].as_str().expect("a secret").to_owned()
    };
    let (staff, public) = (key("one", "staff"), key("two", "public"));
    rig.project.write(
        "usecases/shop/evals/cases.yaml",
        "- vars: { question: \"How long?\" }\n  assert: [{ type: contains, value: \"45 days\" }]\n",
    );
    rig.project.must(&["eval", "shop"]);
    rig.project.must(&["release", "shop", "--by", "Ada", "--override", "a test of the cache"]);
    let (staff, public) = (rig.server.client_with_key(&staff), rig.server.client_with_key(&public));
    let before = rig.provider.requests().len();

    let personal = ask("shop", "How long may I return a lamp? Write to ada@example.com.");
    for asked in 1..=2 {
        assert_eq!(rig.asks(&staff, &personal).2, before + asked, "an answer to a person is theirs alone");
    }
    let question = ask("shop", "How long may I return a lamp?");
    assert_eq!(rig.asks(&staff, &question).2, before + 3);
    assert_eq!(rig.asks(&public, &question).2, before + 4, "another group may know other things");
    assert_eq!(rig.asks(&staff, &question).0.as_deref(), Some("exact"));
}

#[test]
fn a_change_of_the_documents_changes_the_answers() {
    let rig = rig(DECLARED);
    let client = rig.client();
    let question = ask("shop", "How long may I return a lamp?");
    rig.asks(&client, &question);
    rig.project.write(
        "usecases/shop/pages/returns.md",
        "---\nid: returns\ntitle: Returns\n---\n# Returns\n\nYou can return any lamp within 30 days of delivery.\n",
    );
    rig.project.must(&["ingest", "shop"]);
    assert_eq!(rig.asks(&client, &question).2, 2);
}

#[test]
fn without_a_declared_cache_every_question_is_asked() {
    let rig = rig("");
    let client = rig.client();
    for asked in 1..=2 {
        assert_eq!(rig.asks(&client, &ask("shop", "How long may I return a lamp?")).2, asked);
    }
}

#[test]
fn what_was_only_good_enough_for_the_moment_is_not_kept() {
    let fallback = "fallback = [\"scripted/other\"]\n";
    let escalate =
        "escalate = { to = \"scripted/large\", when = [\"disagreement\"], at_least = { agreement = 1.0 } }\n";
    let question = "How long may I return a lamp?";
    let cases = [
        ("another model answered", fallback.to_owned(), "m", ask("shop", question)),
        ("another model went on", format!("{fallback}continue_stream = true\n"), "m", ask_streamed("shop", question)),
        ("an escalation failed", escalate.to_owned(), "large", ask("shop", question)),
    ];
    for (name, model, broken, question) in cases {
        let rig = rig_failing(&format!("{model}{DECLARED}"), broken);
        let client = rig.client();
        let (first, again) = (rig.asks(&client, &question).2, rig.asks(&client, &question).2);
        assert!(rig.provider.requests().iter().any(|request| request["model"] == broken), "{name}");
        assert!(again > first, "{name}: it was served again");
    }
}

#[test]
fn a_stream_with_log_probabilities_is_not_kept() {
    let rig = rig(DECLARED);
    let client = rig.client();
    let mut question = ask_streamed("shop", "How long may I return a lamp?");
    for _ in 1..=2 {
        assert_eq!(rig.asks(&client, &question).2, 1, "an ordinary stream is kept");
    }
    question["logprobs"] = json!(true);
    for asked in 2..=3 {
        assert_eq!(rig.asks(&client, &question).2, asked);
    }
}

#[test]
fn warnings_come_again_with_the_answer() {
    let rig = rig(&format!("max_tokens = 100\n{DECLARED}"));
    let client = rig.client();
    let mut question = ask("shop", "How long may I return a lamp?");
    question["max_tokens"] = json!(500);
    let said = || {
        let reply = client.post("/v1/chat/completions", &question);
        let header = |name: &str| reply.header(name).map(str::to_owned);
        (header("x-shipway-cache"), header("x-shipway-warning"))
    };
    let (first, again) = (said(), said());
    assert_eq!((first.0, again.0.as_deref()), (None, Some("exact")));
    assert!(first.1.is_some() && first.1 == again.1, "{:?}, then {:?}", first.1, again.1);
}

#[test]
fn an_answer_does_not_outlive_what_it_was_made_from() {
    let rig = rig(DECLARED);
    let client = rig.client();
    let way = || rig.asks(&client, &ask("shop", "How long may I return a lamp?")).0;
    assert_eq!((way(), way().as_deref()), (None, Some("exact")));
    rig.project.must(&["collection", "erase", "shop/pages", "returns"]);
    assert_eq!(way(), None, "the page was erased");
    // Numbers of versions begin anew, and with them would come answers from before.
    rig.project.must(&["collection", "drop", "shop/pages", "--yes"]);
    rig.project.must(&["ingest", "shop"]);
    assert_eq!(way(), None, "the collection was dropped and filled anew");
}
