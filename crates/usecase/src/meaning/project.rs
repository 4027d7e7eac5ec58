//! What the schema cannot tell about `shipway.toml`.

use super::written;
use crate::declared::{
    BUILTIN_PROVIDERS, EmbedderChoice, ModelRef, ProjectFile, Provider, ProviderKind, builtin_provider,
};
use crate::diagnostic::Diagnostics;
use crate::reading::{Source, did_you_mean, escape};

/// Numbers in a vector, at most: twice as many as the largest that a provider offers.
const MOST_DIMENSIONS: usize = 8192;

/// Everything that can be said against a project file.
pub(crate) fn of_project(file: &ProjectFile, source: &Source) -> Diagnostics {
    let mut found = Diagnostics::default();
    server_and_storage(file, source, &mut found);
    for (name, provider) in &file.providers {
        let pointer = format!("/providers/{}", escape(name));
        provider_name(name, provider, source, &mut found);
        base_url(file, name, provider, source, &mut found);
        keys_of_kind(name, provider, source, &mut found);
        let timeouts = &provider.timeouts;
        let periods = [
            ("connect", timeouts.connect),
            ("first_token", timeouts.first_token),
            ("idle", timeouts.idle),
            ("total", timeouts.total),
        ];
        for (key, _) in periods.into_iter().filter(|(_, period)| period.micros() == 0) {
            let pointer = format!("{pointer}/timeouts/{key}");
            found
                .push(source.at_value(&pointer, "with no time at all every call fails").expected("a time like \"5s\""));
        }
    }
    prices(file, source, &mut found);
    embedder(file, source, &mut found);
    found
}

fn embedder(file: &ProjectFile, source: &Source, found: &mut Diagnostics) {
    let names = file.provider_names();
    match &file.embedder.choice {
        EmbedderChoice::Provider(model) if !names.contains(&model.provider) => {
            let near = did_you_mean(&model.provider, names.iter().map(String::as_str));
            let wrong = source.at_value("/embedder/use", format!("there is no provider `{}`", model.provider));
            found.push(wrong.help(format!("declare it under `[providers.{}]`", model.provider)).maybe_help(near));
        }
        EmbedderChoice::Provider(_) => {}
        _ if file.embedder.dimensions.is_some() => {
            let wrong = source.at_value("/embedder/dimensions", "the size of this embedder's vectors is its own");
            found.push(wrong.help("leave it out, or take a provider's model that lets one choose"));
        }
        _ => {}
    }
    if file.embedder.dimensions.is_some_and(|dimensions| !(1..=MOST_DIMENSIONS).contains(&dimensions)) {
        let wrong = source.at_value("/embedder/dimensions", "no vector has so many numbers");
        found.push(wrong.expected(format!("1 to {MOST_DIMENSIONS}")));
    }
}

fn server_and_storage(file: &ProjectFile, source: &Source, found: &mut Diagnostics) {
    let listen = &file.server.listen;
    let port = listen.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
    if !matches!(port, Some(Ok(_))) {
        let wrong = source.at_value("/server/listen", "this is no address to listen on");
        found.push(wrong.expected("an address and a port, like \"127.0.0.1:8080\""));
    }
    if file.storage.folder.trim().is_empty() {
        found.push(source.at_value("/storage/folder", "this path is empty").expected("a folder, like \".shipway\""));
    }
    if file.project.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        found.push(source.at_value("/project/name", "this is empty").help("leave it out to take the folder's name"));
    }
}

fn provider_name(name: &str, provider: &Provider, source: &Source, found: &mut Diagnostics) {
    let pointer = format!("/providers/{}", escape(name));
    if !written::is_plain_name(name) {
        let wrong = source.at_key(&pointer, format!("a provider cannot be called `{name}`"));
        found.push(wrong.expected("lower-case letters, digits, `-` and `_`, at most 64"));
    }
    // The residency rule trusts these names, so they must keep their meaning.
    let builtin = builtin_provider(name).filter(|builtin| builtin.kind != provider.kind);
    if builtin.is_some() {
        let message = format!("`{name}` is built in and cannot become another kind of provider");
        let wrong = source.at_value(&format!("{pointer}/kind"), message);
        found.push(wrong.help(format!("declare it under a name other than {}", BUILTIN_PROVIDERS.join(", "))));
    }
}

fn base_url(file: &ProjectFile, name: &str, provider: &Provider, source: &Source, found: &mut Diagnostics) {
    let pointer = format!("/providers/{}", escape(name));
    let address_at = format!("{pointer}/base_url");
    let needs_address = matches!(provider.kind, ProviderKind::Openai | ProviderKind::Azure);
    match file.provider(name).and_then(|provider| provider.base_url) {
        None if needs_address => {
            let wrong = source.at_key(&pointer, format!("nobody says where provider `{name}` is"));
            found.push(wrong.expected(format!("`base_url`, like {}", example_of_address(provider.kind))));
        }
        Some(address) if !written::is_web_address(&address) => {
            let wrong = source.at_value(&address_at, "this is no web address");
            found.push(wrong.expected(match needs_address {
                true => "an address up to and including `/v1`, like \"https://api.example.com/v1\"",
                false => "an address, like \"https://api.example.com\"",
            }));
        }
        Some(address) if written::has_credentials(&address) => {
            let mut wrong = source.at_value(&address_at, "a secret does not belong into an address");
            wrong.excerpt = None;
            found.push(wrong.help("give it by reference as `api_key`, like \"env:EXAMPLE_API_KEY\""));
        }
        Some(_) | None => {}
    }
}

fn example_of_address(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Azure => "\"https://my-resource.openai.azure.com\"",
        _ => "\"http://127.0.0.1:11434/v1\"",
    }
}

/// Keys that only some kinds understand: needed there, and without a meaning elsewhere.
fn keys_of_kind(name: &str, provider: &Provider, source: &Source, found: &mut Diagnostics) {
    let pointer = format!("/providers/{}", escape(name));
    let aws = matches!(provider.kind, ProviderKind::Bedrock | ProviderKind::Sagemaker);
    let versioned = matches!(provider.kind, ProviderKind::Azure | ProviderKind::Anthropic);
    let local = matches!(provider.kind, ProviderKind::Local | ProviderKind::Simulated);
    let has_own_api = matches!(provider.kind, ProviderKind::Anthropic | ProviderKind::Gemini | ProviderKind::Cohere);
    if aws && provider.region.as_deref().is_none_or(str::is_empty) {
        let wrong = source.at_key(&pointer, format!("nobody says in which region provider `{name}` is"));
        found.push(wrong.expected("`region`, like \"eu-central-1\""));
    }
    let rules = [
        ("region", provider.region.is_some() && !aws, "only Bedrock and SageMaker have regions"),
        ("aws", provider.aws.is_some() && !aws, "only Bedrock and SageMaker are called with AWS credentials"),
        (
            "api_version",
            provider.api_version.is_some() && !versioned,
            "only Azure and Anthropic have versions to choose",
        ),
        (
            "responses",
            provider.responses.is_some() && (aws || local || has_own_api),
            "only servers that speak OpenAI's dialects can have it",
        ),
        ("base_url", provider.base_url.is_some() && local, "it answers inside this process and has no address"),
        ("api_key", provider.api_key.is_some() && local, "it answers inside this process and needs no key"),
    ];
    for (key, misplaced, why) in rules {
        if misplaced {
            let wrong =
                source.at_key(&format!("{pointer}/{key}"), format!("`{key}` means nothing to provider `{name}`"));
            found.push(wrong.help(format!("{why}: leave it out")));
        }
    }
    let version = provider.api_version.as_deref();
    if version
        .is_some_and(|version| !version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)))
    {
        let wrong = source.at_value(&format!("{pointer}/api_version"), "this is no version of an API");
        found.push(wrong.expected("letters, digits and hyphens, like \"2024-10-21\""));
    }
}

fn prices(file: &ProjectFile, source: &Source, found: &mut Diagnostics) {
    let names = file.provider_names();
    for (model, price) in &file.prices {
        let pointer = format!("/prices/{}", escape(model));
        match ModelRef::parse(model) {
            None => {
                let wrong = source.at_key(&pointer, format!("`{model}` is not the name of a model"));
                found.push(wrong.expected("`provider/model` in quotes, like `[prices.\"openai/gpt-5-mini\"]`"));
            }
            Some(named) if !names.contains(&named.provider) => {
                let wrong = source.at_key(&pointer, format!("there is no provider `{}`", named.provider));
                found.push(wrong.maybe_help(did_you_mean(&named.provider, names.iter().map(String::as_str))));
            }
            Some(_) => {}
        }
        if price.as_of.parse::<chrono::NaiveDate>().is_err() {
            let wrong = source.at_value(&format!("{pointer}/as_of"), "there is no such day");
            found.push(wrong.expected("a date, like \"2026-11-20\""));
        }
    }
}
