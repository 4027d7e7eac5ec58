//! The same for the project file and the topics file.

use super::project;
use crate::declared::ProjectFile;
use crate::reading::read;

#[test]
fn providers() {
    insta::assert_snapshot!(project("[providers.ollama]\nkind = \"openai\""), @r#"
    shipway.toml:1:12: nobody says where provider `ollama` is
     1 | [providers.ollama]
       |            ^^^^^^
       expected: `base_url`, like "http://127.0.0.1:11434/v1"
    "#);
    insta::assert_snapshot!(project("[providers.openai]\nkind = \"openai\"\njurisdiction = \"EU\""), @"nothing wrong");
    insta::assert_snapshot!(project("[providers.local]\nkind = \"openai\"\nbase_url = \"http://x/v1\""), @r#"
    shipway.toml:2:8: `local` is built in and cannot become another kind of provider
     2 | kind = "openai"
       |        ^^^^^^^^
       help: declare it under a name other than openai, local, simulated
    "#);
    insta::assert_snapshot!(project("[providers.\"a b\"]\nkind = \"openai\"\nbase_url = \"localhost:11434\""), @r#"
    shipway.toml:1:12: a provider cannot be called `a b`
     1 | [providers."a b"]
       |            ^^^^^
       expected: lower-case letters, digits, `-` and `_`, at most 64

    shipway.toml:3:12: this is no web address
     3 | base_url = "localhost:11434"
       |            ^^^^^^^^^^^^^^^^^
       expected: an address up to and including `/v1`, like "https://api.example.com/v1"
    "#);
    insta::assert_snapshot!(project("[providers.a]\nkind = \"openai\"\nbase_url = \"https://me:pass@x.com/v1\""), @r#"
    shipway.toml:3:12: a secret does not belong into an address
       help: give it by reference as `api_key`, like "env:EXAMPLE_API_KEY"
    "#);
    insta::assert_snapshot!(project("[providers.a]\nkind = \"simulated\"\ntimeouts = { total = \"0s\" }"), @r#"
    shipway.toml:3:22: with no time at all every call fails
     3 | timeouts = { total = "0s" }
       |                      ^^^^
       expected: a time like "5s"
    "#);
}

#[test]
fn keys_of_kinds() {
    insta::assert_snapshot!(project("[providers.azure]\nkind = \"azure\"\nregion = \"westeurope\""), @r#"
    shipway.toml:1:12: nobody says where provider `azure` is
     1 | [providers.azure]
       |            ^^^^^
       expected: `base_url`, like "https://my-resource.openai.azure.com"

    shipway.toml:3:1: `region` means nothing to provider `azure`
     3 | region = "westeurope"
       | ^^^^^^
       help: only Bedrock and SageMaker have regions: leave it out
    "#);
    let said = project("[providers.g]\nkind = \"gemini\"\nresponses = true");
    assert!(said.contains("only servers that speak OpenAI's dialects can have it: leave it out"), "{said}");
    let may = project("[providers.o]\nkind = \"openai\"\nbase_url = \"https://a.example/v1\"\nresponses = true");
    assert!(!may.contains("`responses`"), "{may}");
    insta::assert_snapshot!(project("[providers.cloud]\nkind = \"bedrock\"\napi_version = \"1/2\""), @r#"
    shipway.toml:1:12: nobody says in which region provider `cloud` is
     1 | [providers.cloud]
       |            ^^^^^
       expected: `region`, like "eu-central-1"

    shipway.toml:3:1: `api_version` means nothing to provider `cloud`
     3 | api_version = "1/2"
       | ^^^^^^^^^^^
       help: only Azure and Anthropic have versions to choose: leave it out

    shipway.toml:3:15: this is no version of an API
     3 | api_version = "1/2"
       |               ^^^^^
       expected: letters, digits and hyphens, like "2024-10-21"
    "#);
    insta::assert_snapshot!(project("[providers.m]\nkind = \"mistral\"\nbase_url = \"mistral.ai\"\n[providers.m.aws]\naccess_key_id = \"env:A\"\nsecret_access_key = \"env:B\""), @r#"
    shipway.toml:3:12: this is no web address
     3 | base_url = "mistral.ai"
       |            ^^^^^^^^^^^^
       expected: an address, like "https://api.example.com"

    shipway.toml:4:14: `aws` means nothing to provider `m`
     4 | [providers.m.aws]
       |              ^^^
       help: only Bedrock and SageMaker are called with AWS credentials: leave it out
    "#);
    insta::assert_snapshot!(project("[providers.l]\nkind = \"simulated\"\napi_key = \"env:A\"\nbase_url = \"http://x\""), @r#"
    shipway.toml:3:1: `api_key` means nothing to provider `l`
     3 | api_key = "env:A"
       | ^^^^^^^
       help: it answers inside this process and needs no key: leave it out

    shipway.toml:4:1: `base_url` means nothing to provider `l`
     4 | base_url = "http://x"
       | ^^^^^^^^
       help: it answers inside this process and has no address: leave it out
    "#);
    for kind in
        ["anthropic", "gemini", "cohere", "vllm", "ollama", "llama_cpp", "mistral", "groq", "together", "openrouter"]
    {
        assert_eq!(project(&format!("[providers.x]\nkind = \"{kind}\"")), "nothing wrong", "{kind}");
    }
}

#[test]
fn a_customary_key_goes_to_the_providers_own_address_only() {
    let check = |toml: &str, address: Option<&str>, key: Option<&str>, place: Option<&str>| {
        let file = read::<ProjectFile>("F", &format!("[providers.x]\n{toml}")).expect("the file is right").0;
        let provider = file.provider("x").expect("it is declared");
        assert_eq!(provider.base_url.as_deref(), address, "{toml}");
        assert_eq!(provider.api_key.map(|key| key.to_string()).as_deref(), key, "{toml}");
        assert_eq!(provider.jurisdiction.map(|place| place.0).as_deref(), place, "{toml}");
    };
    let (own, other) = ("https://api.mistral.ai/v1", "https://api.mistral.ai.example/v1");
    check("kind = 'mistral'", Some(own), Some("env:MISTRAL_API_KEY"), None);
    check(
        "kind = 'mistral'\nbase_url = 'https://api.mistral.ai/v1/'",
        Some("https://api.mistral.ai/v1/"),
        Some("env:MISTRAL_API_KEY"),
        None,
    );
    check(&format!("kind = 'mistral'\nbase_url = '{other}'"), Some(other), None, None);
    check(
        "kind = 'cohere'\napi_key = 'env:MINE'\njurisdiction = 'EU'",
        Some("https://api.cohere.com"),
        Some("env:MINE"),
        Some("EU"),
    );
    let (own, other) = ("https://a.openai.azure.com", "https://a.openai.azure.com.example");
    check(&format!("kind = 'azure'\nbase_url = '{own}'"), Some(own), Some("env:AZURE_OPENAI_API_KEY"), None);
    check(&format!("kind = 'azure'\nbase_url = '{other}'"), Some(other), None, None);
    check(
        "kind = 'azure'\nbase_url = 'https://evil.example/.openai.azure.com'",
        Some("https://evil.example/.openai.azure.com"),
        None,
        None,
    );
    check("kind = 'ollama'", Some("http://127.0.0.1:11434/v1"), None, Some("HERE"));
    for (address, place) in [
        ("http://localhost:1/v1", Some("HERE")),
        ("http://[::1]:1/v1", Some("HERE")),
        ("http://localhost@far.example/v1", None),
        ("http://far.example/?localhost", None),
        ("http://localhost.far.example/v1", None),
    ] {
        check(&format!("kind = 'vllm'\nbase_url = '{address}'"), Some(address), None, place);
    }
    check("kind = 'bedrock'\nregion = 'eu-central-1'", None, None, None);
    check("kind = 'openai'", None, None, None);
}

#[test]
fn prices_and_places() {
    let price = "input = \"1 USD\"\noutput = \"2 USD\"\nas_of = \"2026-02-31\"";
    insta::assert_snapshot!(project(&format!("[prices.\"opnai/gpt-5\"]\n{price}")), @r#"
    shipway.toml:1:9: there is no provider `opnai`
     1 | [prices."opnai/gpt-5"]
       |         ^^^^^^^^^^^^^
       help: did you mean `openai`?

    shipway.toml:4:9: there is no such day
     4 | as_of = "2026-02-31"
       |         ^^^^^^^^^^^^
       expected: a date, like "2026-11-20"
    "#);
    insta::assert_snapshot!(project("[prices.gpt-5]\ninput = \"1 USD\"\noutput = \"2 USD\"\nas_of = 2026-02-28"), @r#"
    shipway.toml:1:9: `gpt-5` is not the name of a model
     1 | [prices.gpt-5]
       |         ^^^^^
       expected: `provider/model` in quotes, like `[prices."openai/gpt-5-mini"]`
    "#);
    insta::assert_snapshot!(project("[server]\nlisten = \"8080\"\n[storage]\nfolder = \"\"\n[project]\nname = \"\""), @r#"
    shipway.toml:2:10: this is no address to listen on
     2 | listen = "8080"
       |          ^^^^^^
       expected: an address and a port, like "127.0.0.1:8080"

    shipway.toml:4:10: this path is empty
     4 | folder = ""
       |          ^^
       expected: a folder, like ".shipway"

    shipway.toml:6:8: this is empty
     6 | name = ""
       |        ^^
       help: leave it out to take the folder's name
    "#);
}

#[test]
fn a_declared_provider_takes_over_the_built_in_key_only_for_the_built_in_address() {
    let text = "[providers.openai]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:1/v1\"";
    let elsewhere = read::<ProjectFile>("F", text).expect("the file is right").0.provider("openai");
    let elsewhere = elsewhere.expect("it is declared");
    assert_eq!((elsewhere.api_key, elsewhere.jurisdiction), (None, None));
    let slower = read::<ProjectFile>("F", "[providers.openai]\nkind = \"openai\"\ntimeouts = { total = \"1h\" }");
    let slower = slower.expect("the file is right").0.provider("openai").expect("it is declared");
    assert_eq!(slower.base_url.as_deref(), Some("https://api.openai.com/v1"));
    assert_eq!(slower.api_key.map(|key| key.to_string()).as_deref(), Some("env:OPENAI_API_KEY"));
    assert_eq!(slower.timeouts.total.to_string(), "1h");
    assert_eq!(ProjectFile::default().provider("nobody"), None);
}

#[test]
fn topics() {
    let topics = |text: &str| {
        crate::meaning::read_topics("topics.yaml", text).map_or_else(|wrong| wrong.to_string(), |t| format!("{t:?}"))
    };
    insta::assert_snapshot!(topics("a:\n  - one?\n  - two?\n"), @r#"{"a": ["one?", "two?"]}"#);
    insta::assert_snapshot!(topics(""), @r#"
    topics.yaml: there is no topic in this file
       expected: topic names, each with a list of example questions
    "#);
    insta::assert_snapshot!(topics("{}"), @r#"
    topics.yaml: there is no topic in this file
       expected: topic names, each with a list of example questions
    "#);
    insta::assert_snapshot!(topics("a: []\nb:\n  - ''\n"), @r#"
    topics.yaml:1:4: the topic `a` has no example
     1 | a: []
       |    ^
       expected: at least one example question; ten or more work well

    topics.yaml:3:5: an example of the topic `b` is empty
     3 |   - ''
       |     ^
    "#);
    insta::assert_snapshot!(topics("- one\n- two\n"), @r#"
    topics.yaml:1:1: here should be a table, `name: …`
     1 | - one
       | ^
       expected: topic names, each with a list of example questions
    "#);
    insta::assert_snapshot!(topics("a:\n  - one\n b: - x\n"), @r#"
    topics.yaml:3:2: while parsing a block mapping, did not find expected key
     3 |  b: - x
       |  ^
       expected: topic names, each with a list of example questions
    "#);
    insta::assert_snapshot!(topics("a:\n  - one\na:\n  - two\n"), @r#"
    topics.yaml:3:1: duplicate mapping key: a
     3 | a:
       | ^
       expected: topic names, each with a list of example questions
    "#);
    insta::assert_snapshot!(topics("a: one\n"), @r#"
    topics.yaml:1:4: here should be a list, each item after a `-`
     1 | a: one
       |    ^
       expected: topic names, each with a list of example questions
    "#);
    insta::assert_snapshot!(topics("a:\n  - { question: one }\n"), @r#"
    topics.yaml:2:5: here should be a text
     2 |   - { question: one }
       |     ^
       expected: topic names, each with a list of example questions
    "#);
}
