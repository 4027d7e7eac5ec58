//! What may be declared, what is there by itself, where data may go, and what a call may cost at most.

use super::upstream::{project, request};
use crate::{Error, Models};
use serde_json::json;
use usecase::declared::{ModelRef, Price, ProjectFile, Provider, ProviderKind, Residency};
use usecase::{Cost, Fault, Jurisdiction, MicroUsd};

fn model(name: &str) -> ModelRef {
    ModelRef::parse(name).expect("a model")
}

fn declare(kind: ProviderKind, base_url: Option<&str>, jurisdiction: Option<&str>) -> Provider {
    Provider {
        base_url: base_url.map(str::to_owned),
        jurisdiction: jurisdiction.map(|name| Jurisdiction(name.to_owned())),
        ..Provider::of_kind(kind)
    }
}

fn with(name: &str, provider: Provider) -> ProjectFile {
    let mut file = ProjectFile::default();
    file.providers.insert(name.to_owned(), provider);
    file
}

#[test]
fn some_models_are_there_without_being_declared() {
    let models = Models::new(&ProjectFile::default()).expect("an empty project is sound");
    let check = |name: &str, known: bool| assert_eq!(models.knows(&model(name)), known, "{name}");
    check("openai/gpt-5-mini", true);
    check("local/extractive", true);
    check("local/generative", false);
    check("simulated/echo", true);
    check("simulated/script?tokens=5&mode=cut", true);
    check("simulated/script?mode=explode", false);
    check("mistral/large", false);
    assert_eq!(models.list(), [ModelRef::local_extractive()]);
    assert_eq!(models.price_of(&model("openai/gpt-5-mini")).map(|price| price.input), Some(MicroUsd(250_000)));
    assert_eq!(models.price_of(&model("openai/gpt-99")), None);
    let error = models.clear(&Residency::default(), &model("local/generative")).expect_err("there is none");
    assert_eq!(error.fault(), Fault::Caller);
}

#[test]
fn declared_prices_come_first_and_are_listed() {
    let mut file = project(&["127.0.0.1:1".parse().expect("an address")]);
    let price = Price::new(MicroUsd(7), None, MicroUsd(9), "2026-11-20".to_owned());
    file.prices.insert("openai/gpt-5-mini".to_owned(), price.clone());
    file.prices.insert("nowhere/m".to_owned(), price.clone());
    let models = Models::new(&file).expect("a sound project");
    assert_eq!(models.price_of(&model("openai/gpt-5-mini")), Some(price));
    assert_eq!(models.list(), [model("a/m"), model("openai/gpt-5-mini"), model("local/extractive")]);
}

#[test]
fn another_server_under_the_name_of_openai_has_neither_its_prices_nor_its_jurisdiction() {
    let file = with("openai", declare(ProviderKind::Openai, Some("http://127.0.0.1:8000/v1"), None));
    let models = Models::new(&file).expect("a sound project");
    assert_eq!(models.price_of(&model("openai/gpt-5-mini")), None);
    let us = Residency { data: Some(vec![Jurisdiction("US".to_owned())]) };
    assert!(models.clear(&us, &model("openai/gpt-5-mini")).is_err());
}

#[test]
fn what_cannot_be_used_is_said_at_once() {
    let check = |file: &ProjectFile, expected: &str| {
        let error = Models::new(file).map(|_| ()).expect_err(expected);
        assert_eq!(error.fault(), Fault::Operator);
        assert!(error.to_string().contains(expected), "{error}");
    };
    let openai = |base_url: Option<&str>| with("mine", declare(ProviderKind::Openai, base_url, None));
    check(&openai(None), "`base_url` is missing");
    check(&openai(Some("not a url")), "`base_url` is not a URL");
    check(&openai(Some("ftp://host/v1")), "http://");
    check(&openai(Some("https://user:pass@host/v1")), "user name or password");
    assert!(
        !Models::new(&openai(Some("https://user:pass@host/v1")))
            .map(|_| ())
            .expect_err("refused")
            .to_string()
            .contains("pass@")
    );
    let mut file = ProjectFile::default();
    let price = |input| Price::new(MicroUsd(input), None, MicroUsd(1), String::new());
    file.prices.insert("gpt-5".to_owned(), price(1));
    check(&file, "provider/model");
    file.prices = [("openai/gpt-5".to_owned(), price(-1))].into();
    check(&file, "negative");
}

#[test]
fn data_goes_only_where_it_may() {
    let mut file = with("eu", declare(ProviderKind::Openai, Some("https://eu.example/v1"), Some("EU")));
    file.providers.insert("mute".to_owned(), declare(ProviderKind::Openai, Some("https://mute.example/v1"), None));
    file.providers.insert("far".to_owned(), declare(ProviderKind::Simulated, None, Some("SG")));
    let models = Models::new(&file).expect("a sound project");
    let check = |rule: Option<&[&str]>, name: &str, allowed: bool| {
        let data = rule.map(|names| names.iter().map(|name| Jurisdiction((*name).to_owned())).collect());
        let cleared = models.clear(&Residency { data }, &model(name));
        assert_eq!(cleared.is_ok(), allowed, "{rule:?} {name}: {cleared:?}");
        if let Err(error) = cleared {
            assert!(matches!(error, Error::Residency { .. }) && error.fault() == Fault::Operator);
        }
    };
    check(None, "mute/m", true);
    check(Some(&["EU"]), "eu/m", true);
    check(Some(&["EU", "US"]), "openai/gpt-5", true);
    check(Some(&["EU"]), "openai/gpt-5", false);
    check(Some(&["EU"]), "mute/m", false);
    check(Some(&["EU"]), "far/echo", false);
    check(Some(&["EU"]), "simulated/echo", true);
    check(Some(&[]), "local/extractive", true);
    check(Some(&[]), "eu/m", false);
    let refused = models.clear(&Residency { data: Some(Vec::new()) }, &model("mute/m")).expect_err("a rule");
    assert_eq!(
        refused.to_string(),
        "mute/m may not see this data: it does not say where it runs (set `jurisdiction` of its provider), and the use case \
         allows none"
    );
}

#[test]
fn the_most_that_a_call_may_cost() {
    let models = Models::new(&ProjectFile::default()).expect("an empty project is sound");
    let mut request = request(false);
    request.rest = json!({"max_tokens": 1000, "n": 2}).as_object().cloned().expect("an object");
    let most = |name: &str, characters| models.cost(&model(name), &models.most_usage(&request, characters, None));
    let dear = most("openai/gpt-5", 0);
    assert!(most("openai/gpt-5-nano", 0).known < dear.known && !dear.part_unknown);
    // Two answers of 1000 tokens at 10 USD a million, and a short question.
    assert!((20_000..20_100).contains(&dear.known.0), "{dear}");
    assert!(most("openai/gpt-5", 4_000_000).known.0 - dear.known.0 >= 1_250_000);
    assert!(most("openai/gpt-99", 0).part_unknown);
    assert_eq!(most("local/extractive", 10_000), Cost::ZERO);
    assert_eq!(models.most_usage(&request, 0, Some(300)).output_tokens, 600, "the smaller limit holds");
}
