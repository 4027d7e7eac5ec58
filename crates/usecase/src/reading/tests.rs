//! What the schema (`violations`) and TOML itself can tell, as people see it.

mod violations;

use super::{Declared, Grammar, read};
use crate::declared::{Percent, ProjectFile, UseCaseFile};
use serde::Deserialize;
use serde_json::json;
use std::sync::LazyLock;

/// The three lines that every use case needs; what is under test begins in line 4.
const HEAD: &str = "[usecase]\nsummary = \"Answers\"\nowner = { team = \"Care\", contact = \"care@example.com\" }\n";

/// What is said about a use case with these lines after the head.
fn use_case(body: &str) -> String {
    whole_use_case(&format!("{HEAD}{body}"))
}

fn whole_use_case(text: &str) -> String {
    let read = read::<UseCaseFile>("usecases/a/usecase.toml", text);
    read.map_or_else(|wrong| wrong.to_string().replace("usecases/a/usecase.toml", "F"), |_| "nothing wrong".to_owned())
}

fn project(text: &str) -> String {
    let read = read::<ProjectFile>("shipway.toml", text);
    read.map_or_else(|wrong| wrong.to_string(), |_| "nothing wrong".to_owned())
}

#[test]
fn syntax() {
    insta::assert_snapshot!(use_case("[retrieval\ncollections = [\"a\"]\ntop = = 6"), @r#"
    F:4:11: unclosed table, expected `]`
     4 | [retrieval
       |           ^

    F:6:7: extra `=`, expected nothing
     6 | top = = 6
       |       ^
    "#);
    insta::assert_snapshot!(use_case("[budget]\nper_day = \"5 USD\"\nper_day = \"6 USD\""), @r#"
    F:6:1: duplicate key
     6 | per_day = "6 USD"
       | ^^^^^^^
    "#);
    insta::assert_snapshot!(use_case("[model]\nuse = openai/gpt-5-mini"), @r#"
    F:5:7: string values must be quoted, expected literal string
     5 | use = openai/gpt-5-mini
       |       ^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(use_case("[usecase]\nsummary = 'again'"), @r#"
    F:4:2: duplicate key
     4 | [usecase]
       |  ^^^^^^^

    F:5:1: duplicate key
     5 | summary = 'again'
       | ^^^^^^^
    "#);
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let wrong = whole_use_case(&format!("a = {}", "[".repeat(20_000)));
    assert!(wrong.starts_with("F:1:"), "{wrong}");
    let wrong = whole_use_case(&format!("a = {}1{}", "{b=".repeat(20_000), "}".repeat(20_000)));
    assert!(wrong.starts_with("F:1:"), "{wrong}");
    let wrong = whole_use_case(&format!("a{} = 1", ".b".repeat(20_000)));
    assert!(wrong.starts_with("F:1:"), "{wrong}");
}

#[test]
fn everything_at_once_and_in_order() {
    let body = "[retrieval]\ncollection = [\"a\"]\ntop = 100\n\n[guard]\npii = \"hide\"\n\n[budget]\nper_day = 5\n";
    insta::assert_snapshot!(use_case(body), @r#"
    F:4:2: `retrieval` lacks the key `collections`
     4 | [retrieval]
       |  ^^^^^^^^^
       expected: `collections`: Collections that are searched; each is the name of a feed

    F:5:1: unknown key `collection` in `retrieval`
     5 | collection = ["a"]
       | ^^^^^^^^^^
       expected: one of `collections`, `top`, `facets`, `words_weight`, `expand`, `rerank`, `snapshot`
       help: did you mean `collections`?

    F:6:7: `retrieval.top` is out of range
     6 | top = 100
       |       ^^^
       expected: 1 to 50

    F:9:7: `guard.pii` cannot be "hide"
     9 | pii = "hide"
       |       ^^^^^^
       expected: one of "mask", "replace", "hash", "refuse", "off"

    F:12:11: `budget.per_day` is a number
     12 | per_day = 5
        |           ^
       expected: an amount of money, like "25 USD" or "0.25 USD"
    "#);
}

#[test]
fn a_secret_is_never_shown() {
    let wrong = project("[providers.x]\nkind = \"openai\"\nbase_url = \"http://x/v1\"\napi_key = \"sk-live-1234\"");
    insta::assert_snapshot!(wrong, @r#"
    shipway.toml:4:11: the value of `providers.x.api_key` cannot be read
     4 | api_key = "************"
       |           ^^^^^^^^^^^^^^
       expected: a reference to a secret, like "env:OPENAI_API_KEY" or "file:/run/secrets/key"
    "#);
    let wrong = project("[providers]\nx = { kind = \"opnai\", api_key = \"sk-live-1234\", apikey = 'sk-live-5678' }");
    insta::assert_snapshot!(wrong, @r#"
    shipway.toml:2:14: `providers.x.kind` cannot be "opnai"
     2 | x = { kind = "opnai", api_key = "************", apikey = '************' }
       |              ^^^^^^^
       expected: one of "openai", "azure", "anthropic", "bedrock", "sagemaker", "gemini", "cohere", "vllm", "ollama", "llama_cpp", "mistral", "groq", "together", "openrouter", "local", "simulated"
       help: did you mean `openai`?

    shipway.toml:2:33: the value of `providers.x.api_key` cannot be read
     2 | x = { kind = "opnai", api_key = "************", apikey = '************' }
       |                                 ^^^^^^^^^^^^^^
       expected: a reference to a secret, like "env:OPENAI_API_KEY" or "file:/run/secrets/key"

    shipway.toml:2:49: unknown key `apikey` in `providers.x`
     2 | x = { kind = "opnai", api_key = "************", apikey = '************' }
       |                                                 ^^^^^^
       expected: one of `kind`, `base_url`, `api_key`, `region`, `api_version`, `responses`, `aws`, `jurisdiction`, `timeouts`
       help: did you mean `api_key`?
    "#);
    insta::assert_snapshot!(project("[providers.x]\nkind = \"openai\"\napi_key = \"sk-live-1234"), @r#"
    shipway.toml:3:24: invalid basic string, expected `"`
     3 | api_key = "************
       |                        ^
    "#);
}

#[test]
fn columns_are_code_points_and_control_characters_are_not_shown() {
    insta::assert_snapshot!(use_case("[model]\nescalate = { \"ü\u{1F600}\" = 1, pii = \"ü\" }\n"), @r#"
    F:5:1: `model.escalate` lacks the key `to`
     5 | escalate = { "ü😀" = 1, pii = "ü" }
       | ^^^^^^^^
       expected: `to`: The model that is asked then, as `provider/model`

    F:5:1: `model.escalate` lacks the key `when`
     5 | escalate = { "ü😀" = 1, pii = "ü" }
       | ^^^^^^^^
       expected: `when`: What makes the first model unsure

    F:5:14: unknown key `ü😀` in `model.escalate`
     5 | escalate = { "ü😀" = 1, pii = "ü" }
       |              ^^^^
       expected: one of `to`, `when`, `at_least`, `samples`, `sample_temperature`

    F:5:24: unknown key `pii` in `model.escalate`
     5 | escalate = { "ü😀" = 1, pii = "ü" }
       |                        ^^^
       expected: one of `to`, `when`, `at_least`, `samples`, `sample_temperature`
       help: `pii` belongs into `[guard]`
    "#);
    insta::assert_snapshot!(use_case("[guard]\n\tpii = \"\u{9b}31m\" # \u{7f}"), @r#"
    F:5:17: invalid comment character, expected printable characters
     5 | 	pii = "�31m" # �
       | 	               ^
    "#);
}

#[test]
fn a_long_line_is_cut_around_its_mistake() {
    let long = format!("[evals]\ncases = \"{}\" # {}\n", "a".repeat(30), "b".repeat(300));
    let inline = format!("[feeds]\na = {{ files = \"{}\", evry = \"1h\" }} # {}", "a".repeat(200), "b".repeat(300));
    assert_eq!(use_case(&long), "nothing wrong");
    insta::assert_snapshot!(use_case(&inline), @r#"
    F:5:219: unknown key `evry` in `feeds.a`
     5 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", evry = "1h" } # bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
       |                                          ^^^^
       expected: one of `files`, `http`, `api`, `sql`, `s3`, `kafka`, `webhook`, `git`, `every`, `cron`, `fresh_within`, `access`, `access_fresh_within`, `access_grace`, `fields`, `checks`, `on_violation`, `max_drop`, `pii`, `injection`, `licence`, `jurisdiction`, `data_class`, `owner`, `passage_chars`
       help: did you mean `every`?
    "#);
}

/// A type that is stricter than its schema.
#[derive(Deserialize)]
struct Strict {
    #[serde(rename = "a")]
    _a: Option<Percent>,
    #[serde(rename = "b")]
    _b: Option<Percent>,
}

impl Declared for Strict {
    fn grammar() -> &'static Grammar {
        static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::compile(json!({ "type": "object" })));
        &GRAMMAR
    }
}

#[test]
fn what_only_the_type_refuses_still_has_a_place() {
    let wrong = read::<Strict>("F", "a = \"5%\"\nb = \"5\"\n").err().expect("5 is no percentage");
    insta::assert_snapshot!(wrong, @r#"
    F:2:1: expected a share from "0%" to "100%"
     2 | b = "5"
       | ^
    "#);
}
