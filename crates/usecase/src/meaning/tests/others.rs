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
