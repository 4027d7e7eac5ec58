//! One content, one name: on every machine, in every order, and for nothing else.

use super::Bundle;
use crate::use_case::UseCase;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DECLARED: &str =
    "[usecase]\nsummary = \"Answers\"\nowner = { team = \"Care\", contact = \"care@example.com\" }\n";

fn settings() -> Value {
    json!({
        "embedder": "auto",
        "providers": { "local": { "kind": "local", "jurisdiction": "HERE" } },
        "prices": { "openai/m": { "input": 250_000, "output": 2_000_000, "as_of": "2026-11-20" } },
    })
}

fn bundle(files: &[(&str, &str)], settings: Value) -> Bundle {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    Bundle::new("support", files, settings)
}

fn sample() -> Bundle {
    bundle(&[("usecase.toml", DECLARED), ("prompt.md", "Hello\n")], settings())
}

#[test]
fn the_name_of_a_fixed_content_never_changes() {
    insta::assert_snapshot!(sample().id, @"b-6aceaa7d7c9b9bbb");
}

#[test]
fn order_and_line_endings_do_not_matter() {
    let other =
        bundle(&[("prompt.md", "\u{FEFF}Hello\r\n"), ("usecase.toml", &DECLARED.replace('\n', "\r\n"))], settings());
    assert_eq!(other, sample());
    let turned = json!({ "prices": settings()["prices"], "providers": settings()["providers"], "embedder": "auto" });
    assert_eq!(bundle(&[("usecase.toml", DECLARED), ("prompt.md", "Hello\n")], turned).id, sample().id);
}

#[test]
fn every_file_name_content_and_setting_matters() {
    let files = [("usecase.toml", DECLARED), ("prompt.md", "Hello\n")];
    let mut ids = vec![
        sample().id,
        bundle(&files[..1], settings()).id,
        bundle(&[files[0], ("prompt.md", "Hello")], settings()).id,
        bundle(&[files[0], ("prompt.txt", "Hello\n")], settings()).id,
        bundle(&[files[0], files[1], ("evals/a.yaml", "")], settings()).id,
        // The border between name and content is part of the content.
        bundle(&[files[0], ("prompt.m", "dHello\n")], settings()).id,
        Bundle::new("other", sample().files, settings()).id,
    ];
    let changes = [
        ("/embedder", json!("lexical")),
        ("/providers/local/jurisdiction", json!("EU")),
        ("/providers/local/kind", json!("openai")),
        ("/providers", json!({})),
        ("/prices/openai~1m/input", json!(250_001)),
        ("/prices/openai~1m/as_of", json!("2026-11-21")),
    ];
    for (pointer, value) in changes {
        let mut changed = settings();
        *changed.pointer_mut(pointer).expect("the setting is there") = value;
        ids.push(bundle(&files, changed).id);
    }
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
}

#[test]
fn a_stored_bundle_comes_back_and_a_changed_one_does_not() {
    let stored = serde_json::to_value(sample()).expect("a bundle can be stored");
    assert_eq!(serde_json::from_value::<Bundle>(stored.clone()).expect("it is whole"), sample());
    let mut changed = stored;
    changed["files"]["prompt.md"] = json!("Goodbye\n");
    let error = serde_json::from_value::<Bundle>(changed).expect_err("the content is another");
    assert!(error.to_string().starts_with("this is stored as bundle b-"), "{error}");
}

#[test]
fn a_bundle_is_served_without_the_disk() {
    let declared = format!("{DECLARED}[prompt]\ntemplate = \"prompt.md\"\n");
    let whole = bundle(&[("usecase.toml", &declared), ("prompt.md", "Hello\n"), ("evals/a.yaml", "[]")], settings());
    let use_case = UseCase::from_bundle(&whole).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!((use_case.name.as_str(), use_case.bundle), ("support", whole.id));
    assert_eq!(use_case.template.as_deref(), Some("Hello\n"));
    assert_eq!(use_case.cases, [("evals/a.yaml".to_owned(), "[]".to_owned())]);
}

#[test]
fn bundles_that_cannot_be_served() {
    let wrong = |bundle: &Bundle| UseCase::from_bundle(bundle).expect_err("it cannot be served").to_string();
    let without_template = format!("{DECLARED}[prompt]\ntemplate = \"prompt.md\"\n");
    insta::assert_snapshot!(wrong(&bundle(&[("usecase.toml", &without_template)], settings())), @"usecases/support/usecase.toml: the bundle holds no file `prompt.md`");
    insta::assert_snapshot!(wrong(&bundle(&[], settings())), @"usecases/support/usecase.toml: the bundle holds no file `usecase.toml`");
    insta::assert_snapshot!(wrong(&bundle(&[("usecase.toml", DECLARED)], json!({ "embedder": "auto" }))), @"usecases/support/usecase.toml: the bundle's settings cannot be read: missing field `providers`");
    let not_text = BTreeMap::from([("usecase.toml".to_owned(), b"\xFF".to_vec())]);
    insta::assert_snapshot!(wrong(&Bundle::new("support", not_text, settings())), @"usecases/support/usecase.toml: this file is not UTF-8");
    let foreign = format!("{DECLARED}[model]\nuse = \"gone/m\"\n");
    insta::assert_snapshot!(wrong(&bundle(&[("usecase.toml", &foreign)], settings())), @r#"
    usecases/support/usecase.toml:5:7: there is no provider `gone`
     5 | use = "gone/m"
       |       ^^^^^^^^
       expected: a model of `local`
       help: declare it in shipway.toml under `[providers.gone]`
    "#);
}

#[test]
fn differences_in_the_words_of_the_files() {
    let model = |model: &str, oncall: &str| {
        format!(
            "{}[model]\nuse = \"{model}\"\n",
            DECLARED.replace("example.com\" }", &format!("example.com\", oncall = \"{oncall}\" }}"))
        )
    };
    let (old, new) = (
        model("openai/gpt-5-mini", "https://hooks.example.com/1"),
        model("local/extractive", "https://hooks.example.com/2"),
    );
    let mut other = settings();
    other["embedder"] = json!("minilm");
    other["prices"]["openai/m"]["cached_input"] = json!(25_000);
    let before = bundle(&[("usecase.toml", &old), ("prompt.md", "a"), ("topics.yaml", "")], settings());
    let after = bundle(&[("usecase.toml", &new), ("prompt.md", "b"), ("evals/a.yaml", "")], other);
    insta::assert_snapshot!(before.diff(&after).join("\n"), @r#"
    evals/a.yaml added
    prompt.md changed
    topics.yaml removed
    usecase.toml: model.use changed from "openai/gpt-5-mini" to "local/extractive"
    usecase.toml: usecase.owner.oncall changed
    shipway.toml: embedder changed from "auto" to "minilm"
    shipway.toml: prices.openai/m.cached_input added
    "#);
    let commented =
        bundle(&[("usecase.toml", &format!("{old}# a comment")), ("prompt.md", "a"), ("topics.yaml", "")], settings());
    insta::assert_snapshot!(before.diff(&commented).join("\n"), @"usecase.toml: only comments or spacing changed");
    assert!(before.diff(&before).is_empty());
}
