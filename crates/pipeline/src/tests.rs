//! The pieces of the path that need no server: prompts, context blocks, replayed streams. The whole path is tested with
//! the real binary in `crates/shipway/tests/it`.

use crate::assemble::{Blocks, Template, limit_output};
use crate::check_input;
use crate::error::Error;
use crate::trail::graver;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use usecase::project::{Project, UseCase};
use usecase::{ChatRequest, DocumentRef, Passage, TraceId};

fn use_case(extra: &str, template: Option<&str>) -> UseCase {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let home = folder.path().join("usecases/shop");
    std::fs::create_dir_all(&home).expect("the use case's folder");
    let head = "[usecase]\nsummary = \"Answers questions\"\nowner = { team = \"T\", contact = \"t@example.com\" }\n";
    let prompt = template.map_or("", |_| "[prompt]\ntemplate = \"prompt.md\"\n");
    let write = |path, text: &str| std::fs::write(path, text).expect("a file of the project");
    write(folder.path().join("shipway.toml"), "");
    write(home.join("usecase.toml"), &format!("{head}{prompt}{extra}"));
    write(home.join("prompt.md"), template.unwrap_or_default());
    let project = Project::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
    project.use_case("shop").unwrap_or_else(|problems| panic!("{problems}"))
}

fn passages() -> Vec<Passage> {
    let source = DocumentRef {
        collection: "shop/pages".to_owned(),
        document: "returns".to_owned(),
        title: "Returns".to_owned(),
        url: None,
    };
    vec![Passage {
        source,
        ordinal: 0,
        start: 0,
        end: 15,
        text: "Within 45 days.".to_owned(),
        header: String::new(),
        score: 1.0,
    }]
}

fn metadata(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn a_ledger_that_is_away_is_named_and_not_what_follows_from_it() {
    let away = || Error::Ledger(ledger::Error::Unreadable("a note".to_owned()));
    let not_open = || Error::Ledger(ledger::Error::NotOpen(TraceId::random()));
    let check = |error: Error, recorded: Result<(), Error>, told: Error| {
        let (expected, told) = (told.to_string(), graver(error, recorded).to_string());
        assert_eq!(told, expected);
    };
    check(Error::WorkerStopped, Ok(()), Error::WorkerStopped);
    check(Error::WorkerStopped, Err(away()), away());
    check(away(), Err(not_open()), away());
}

/// What an app asks for, and what leaves under a limit of 100 tokens.
#[test]
fn a_use_cases_limit_of_tokens_is_the_upper_one() {
    let check = |asked: Value, sent: Value, warned: bool| {
        let mut request = ChatRequest { rest: metadata(&asked), ..ChatRequest::new("shop", Vec::new()) };
        assert_eq!(limit_output(&mut request, 100), warned, "{asked}");
        assert_eq!(Value::Object(request.rest), sent);
    };
    check(json!({}), json!({ "max_tokens": 100 }), false);
    check(json!({ "max_tokens": null }), json!({ "max_tokens": 100 }), false);
    check(json!({ "max_tokens": 20 }), json!({ "max_tokens": 20 }), false);
    check(json!({ "max_tokens": 500 }), json!({ "max_tokens": 100 }), true);
    check(json!({ "max_completion_tokens": 101.5 }), json!({ "max_completion_tokens": 100 }), true);
    check(json!({ "max_completion_tokens": 100, "n": 2 }), json!({ "max_completion_tokens": 100, "n": 2 }), false);
}

fn render(template: Option<&str>) -> Result<String, Error> {
    let compiled = Template::compile(&use_case("", template))?;
    let blocks = BTreeMap::from([("cart".to_owned(), "two lamps".to_owned())]);
    compiled.render(&passages(), &blocks, "How long?", &metadata(&json!({ "page": "checkout" })))
}

#[tokio::test]
async fn long_texts_are_judged_beside_the_network_threads() {
    let here = std::thread::current().id();
    for (bytes, beside) in [(100, false), (1_000_000, true)] {
        let there = check_input::where_it_fits(bytes, || std::thread::current().id()).await.expect("judged");
        assert_eq!(there != here, beside, "{bytes}");
    }
}

#[test]
fn templates() {
    let check = |template: &str, expected: &str| assert_eq!(render(Some(template)).expect("a prompt"), expected);
    check("{{ usecase.name }}: {{ question }}", "shop: How long?");
    check(
        "{% for p in passages %}[{{ p.number }}] {{ p.title }} {{ p.text }}{% endfor %}",
        "[1] Returns Within 45 days.",
    );
    check("{{ context.cart }}/{{ context.absent }}/{{ metadata.page }}", "two lamps//checkout");
    // Text is text: nothing is escaped for HTML.
    check("{{ '<b>' }}", "<b>");
    let default = render(None).expect("the built-in prompt");
    assert!(default.contains("[1] Returns") && default.contains("cart: two lamps"), "{default}");
    assert!(default.contains(models::ABSTENTION));
}

#[test]
fn templates_that_fail_say_where() {
    let check = |template: &str, piece: &str| {
        let error = render(Some(template)).expect_err("no prompt").to_string();
        assert!(error.contains("prompt template of `shop` failed") && error.contains(piece), "{error}");
    };
    check("line one\n{{ question | no_such_filter }}", "line 2");
    check("{% for %}", "line 1");
    check("{% set x = 'aaaaaaaaaa' * 1000 %}{% for i in range(9000) %}{{ x }}{% endfor %}", "more than 8388608 bytes");
    check("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", "fuel");
}

#[test]
fn context_blocks_apply_when_their_condition_holds() {
    let blocks = |extra: &str, facts: Value| {
        Blocks::compile(&use_case(extra, None)).and_then(|blocks| blocks.fill(&metadata(&facts)))
    };
    let cart = "[[context]]\nname = \"cart\"\nwhen = \"page == 'checkout'\"\nfrom = { request = \"metadata.cart\" }\ntokens = 2\n";
    let filled = blocks(cart, json!({ "page": "checkout", "cart": "abcdefghijkl" })).expect("blocks");
    assert_eq!(filled["cart"], "abcdefgh", "cut to two tokens of four characters");
    assert!(blocks(cart, json!({ "page": "home", "cart": "x" })).expect("blocks").is_empty());
    assert!(blocks(cart, json!({ "page": "checkout" })).expect("blocks").is_empty(), "nothing to inject");
    let nested = "[[context]]\nname = \"items\"\nfrom = { request = \"metadata.cart.items\" }\n";
    assert_eq!(blocks(nested, json!({ "cart": { "items": [1, 2] } })).expect("blocks")["items"], "[1,2]");
    let broken = "[[context]]\nname = \"b\"\nwhen = \"page ==\"\nfrom = { text = \"x\" }\n";
    let error = blocks(broken, json!({})).expect_err("a condition that does not parse");
    assert!(error.to_string().contains("context block `b`"), "{error}");
}
