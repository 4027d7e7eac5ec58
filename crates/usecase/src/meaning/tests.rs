//! What makes no sense together in a use case, as people see it.

mod others;
mod routing;
mod store_sources;
mod web_sources;

use super::{of_project, of_use_case};
use crate::declared::{ProjectFile, UseCaseFile};
use crate::diagnostic::Diagnostics;
use crate::reading::read;

const HEAD: &str = "[usecase]\nsummary = \"Answers\"\nowner = { team = \"Care\", contact = \"care@example.com\" }\n";

/// Providers whose places are known, unknown, and here.
const PROJECT: &str = r#"
    [providers.mistral]
    kind = "openai"
    base_url = "https://api.example.eu/v1"
    jurisdiction = "EU"
    [providers.somewhere]
    kind = "openai"
    base_url = "https://api.example.com/v1"
    [providers.slow]
    kind = "simulated"
    [providers.google]
    kind = "gemini"
    [providers.own]
    kind = "ollama"
"#;

fn whole_use_case(text: &str) -> String {
    whole_use_case_with("auto", text)
}

fn whole_use_case_with(embedder: &str, text: &str) -> String {
    let project = format!("[embedder]\nuse = \"{embedder}\"\n{PROJECT}");
    let project = read::<ProjectFile>("shipway.toml", &project).expect("the project is right").0;
    let (declared, source) = read::<UseCaseFile>("F", text).unwrap_or_else(|wrong| panic!("{wrong}"));
    said(of_use_case(&declared, &source, &project.known_providers(), &project.embedder.choice))
}

/// What is said about a use case with these lines after the head; the first of them is line 4.
fn use_case(body: &str) -> String {
    whole_use_case(&format!("{HEAD}{body}"))
}

fn project(text: &str) -> String {
    let (file, source) = read::<ProjectFile>("shipway.toml", text).unwrap_or_else(|wrong| panic!("{wrong}"));
    said(of_project(&file, &source))
}

fn said(found: Diagnostics) -> String {
    found.or_value(()).map_or_else(|wrong| wrong.to_string(), |()| "nothing wrong".to_owned())
}

#[test]
fn owner() {
    let text = "[usecase]\nsummary = \" \"\nowner = { team = \"\", contact = \"care\", oncall = \"pager\" }";
    insta::assert_snapshot!(whole_use_case(text), @r#"
    F:2:11: this is empty
     2 | summary = " "
       |           ^^^
       expected: a few words

    F:3:18: this is empty
     3 | owner = { team = "", contact = "care", oncall = "pager" }
       |                  ^^
       expected: a few words

    F:3:32: this does not look like an e-mail address
     3 | owner = { team = "", contact = "care", oncall = "pager" }
       |                                ^^^^^^
       expected: an address that a person reads, like "care@example.com"

    F:3:49: nobody can be woken at this place
     3 | owner = { team = "", contact = "care", oncall = "pager" }
       |                                                 ^^^^^^^
       expected: a webhook ("https://…") or an e-mail address
    "#);
}

#[test]
fn schedules() {
    insta::assert_snapshot!(use_case("[feeds.a]\nfiles = \"*\"\nevery = \"1h\"\ncron = \"0 6 * * *\""), @r#"
    F:7:1: a feed has one schedule, this has `every` and `cron`
     7 | cron = "0 6 * * *"
       | ^^^^
       help: keep one of the two
    "#);
    insta::assert_snapshot!(use_case("[feeds.a]\nfiles = \"*\"\ncron = \"0 6 * *\""), @r#"
    F:6:8: a cron expression has five fields, this has 4
     6 | cron = "0 6 * *"
       |        ^^^^^^^^^
       expected: minute, hour, day of month, month, day of week, like "0 6 * * 1-5"
    "#);
    insta::assert_snapshot!(use_case("[feeds.a]\nfiles = \"*\"\ncron = \"0 25 * * *\""), @r#"
    F:6:8: this cron expression cannot be read: number out of bounds
     6 | cron = "0 25 * * *"
       |        ^^^^^^^^^^^^
       expected: minute, hour, day of month, month, day of week, like "0 6 * * 1-5"
    "#);
    insta::assert_snapshot!(use_case("[feeds.a]\nfiles = \"*\"\ncron = \"0 6 31 2 *\""), @r#"
    F:6:8: this cron expression never comes due
     6 | cron = "0 6 31 2 *"
       |        ^^^^^^^^^^^^
       expected: minute, hour, day of month, month, day of week, like "0 6 * * 1-5"
    "#);
    insta::assert_snapshot!(use_case("[feeds.a]\nfiles = \"*\"\nevery = \"1d\"\nfresh_within = \"1h\""), @r#"
    F:7:16: the data would be stale before it is next refreshed
     7 | fresh_within = "1h"
       |                ^^^^
       expected: at least 1d, as `every` says
    "#);
    insta::assert_snapshot!(use_case("[feeds.a]\nfiles = \"*\"\nevery = \"0s\""), @r#"
    F:6:9: a feed cannot be refreshed this often
     6 | every = "0s"
       |         ^^^^
       expected: at least "1s"
    "#);
    insta::assert_snapshot!(use_case("[feeds.a]\nfiles = \"*\"\ncron = \"@daily\"\nfresh_within = \"25h\""), @"nothing wrong");
}

#[test]
fn feeds() {
    insta::assert_snapshot!(use_case("[feeds.\"a/b\"]\nfiles = \"docs/{a,b\""), @r#"
    F:4:8: a feed cannot be called `a/b`
     4 | [feeds."a/b"]
       |        ^^^^^
       expected: lower-case letters, digits, `-` and `_`, at most 64

    F:5:9: this pattern cannot be read: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
     5 | files = "docs/{a,b"
       |         ^^^^^^^^^^^
       expected: a pattern for paths inside the use case's folder, like "docs/**/*.md"
    "#);
    insta::assert_snapshot!(use_case("[feeds.a]\nfiles = \"/etc/*\""), @r#"
    F:5:9: this path is absolute
     5 | files = "/etc/*"
       |         ^^^^^^^^
       expected: a pattern for paths inside the use case's folder, like "docs/**/*.md"
    "#);
    let checks = "{ not_null = \" \" }, { row_count = {} }, { row_count = { min = 9, max = 3 } }";
    insta::assert_snapshot!(use_case(&format!("[feeds.a]\nfiles = \"*\"\nchecks = [{checks}]")), @r#"
    F:6:24: this names no field
     6 | checks = [{ not_null = " " }, { row_count = {} }, { row_count = { min = 9, max = 3 } }]
       |                        ^^^

    F:6:45: this limits nothing: give `min`, `max` or both
     6 | checks = [{ not_null = " " }, { row_count = {} }, { row_count = { min = 9, max = 3 } }]
       |                                             ^^

    F:6:65: no number of documents is at least `min` and at most `max`
     6 | checks = [{ not_null = " " }, { row_count = {} }, { row_count = { min = 9, max = 3 } }]
       |                                                                 ^^^^^^^^^^^^^^^^^^^^
    "#);
    let checks = "{ accepted_values = { field = \"language\", values = [] } }";
    insta::assert_snapshot!(use_case(&format!("[feeds.a]\nfiles = \"*\"\nchecks = [{checks}]")), @r#"
    F:6:62: no document could pass: no value is accepted
     6 | checks = [{ accepted_values = { field = "language", values = [] } }]
       |                                                              ^^
    "#);
}

#[test]
fn retrieval() {
    let feed = "[feeds.handbook]\nfiles = \"*\"\n";
    insta::assert_snapshot!(use_case(&format!("{feed}[retrieval]\ncollections = [\"hanbook\", \"handbook\", \"handbook\"]")), @r#"
    F:7:16: no feed fills the collection `hanbook`
     7 | collections = ["hanbook", "handbook", "handbook"]
       |                ^^^^^^^^^
       help: did you mean `handbook`?

    F:7:39: the collection `handbook` is named twice
     7 | collections = ["hanbook", "handbook", "handbook"]
       |                                       ^^^^^^^^^^
    "#);
    insta::assert_snapshot!(use_case("[retrieval]\ncollections = []\nfacets = [\"\"]"), @r#"
    F:5:15: there is nothing to search
     5 | collections = []
       |               ^^
       expected: the name of at least one feed

    F:6:11: this names no field
     6 | facets = [""]
       |           ^^
    "#);
}

#[test]
fn context() {
    let block = |name: &str| format!("[[context]]\nname = \"{name}\"\nfrom = {{ text = \"x\" }}\n");
    insta::assert_snapshot!(use_case(&[block("cart"), block("my cart"), block("cart")].concat()), @r#"
    F:8:8: templates could not name this context block
     8 | name = "my cart"
       |        ^^^^^^^^^
       expected: letters, digits and `_`, beginning with a letter, like "cart"

    F:11:8: there are two context blocks with the name `cart`
     11 | name = "cart"
        |        ^^^^^^
       help: give each its own name
    "#);
}

#[test]
fn models() {
    insta::assert_snapshot!(use_case("[model]\nuse = \"openia/gpt-5-mini\"\nfallback = [\"local/extractiv\", \"x/y\"]"), @r#"
    F:5:7: there is no provider `openia`
     5 | use = "openia/gpt-5-mini"
       |       ^^^^^^^^^^^^^^^^^^^
       expected: a model of `google`, `local`, `mistral`, `openai`, `own`, `simulated`, `slow`, `somewhere`
       help: did you mean `openai`?

    F:6:13: there is no local model `extractiv`
     6 | fallback = ["local/extractiv", "x/y"]
       |             ^^^^^^^^^^^^^^^^^
       expected: `local/extractive`

    F:6:32: there is no provider `x`
     6 | fallback = ["local/extractiv", "x/y"]
       |                                ^^^^^
       expected: a model of `google`, `local`, `mistral`, `openai`, `own`, `simulated`, `slow`, `somewhere`
       help: declare it in shipway.toml under `[providers.x]`
    "#);
    insta::assert_snapshot!(use_case("[model]\nescalate = { to = \"openai/gpt-5\", when = \"grounding\" }"), @r#"
    F:5:42: nothing says how grounded is grounded enough
     5 | escalate = { to = "openai/gpt-5", when = "grounding" }
       |                                          ^^^^^^^^^^^
       help: add `at_least = { grounding = 0.7 }`, or `guard.grounding`
    "#);
    let idle = "at_least = { agreement = 0.5, grounding = 0.7 }\nsamples = 3";
    let escalate = format!("[model.escalate]\nto = \"openai/gpt-5\"\nwhen = [\"logprobs\", \"grounding\"]\n{idle}");
    insta::assert_snapshot!(use_case(&escalate), @r#"
    F:6:8: without passages no answer can be grounded
     6 | when = ["logprobs", "grounding"]
       |        ^^^^^^^^^^^^^^^^^^^^^^^^^
       help: add `[retrieval]`, or take another signal

    F:7:14: `agreement` is not looked at
     7 | at_least = { agreement = 0.5, grounding = 0.7 }
       |              ^^^^^^^^^
       help: add `"disagreement"` to `when`, or leave it out

    F:8:1: no further answers are asked for
     8 | samples = 3
       | ^^^^^^^
       help: add `"disagreement"` to `when`, or leave it out
    "#);
    insta::assert_snapshot!(use_case("[guard]\ngrounding = { at_least = 0.5 }"), @r#"
    F:5:1: without passages no answer can be grounded
     5 | grounding = { at_least = 0.5 }
       | ^^^^^^^^^
       help: add `[retrieval]`, or leave `grounding` out
    "#);
}

#[test]
fn residency() {
    let rule = "[residency]\ndata = [\"EU\"]\n[model]\n";
    insta::assert_snapshot!(use_case(&format!("{rule}use = \"openai/gpt-5-mini\"\nfallback = [\"somewhere/m\"]")), @r#"
    F:7:7: provider `openai` runs in US, and `residency.data` lets the data go to EU only
     7 | use = "openai/gpt-5-mini"
       |       ^^^^^^^^^^^^^^^^^^^
       help: take a model of an allowed jurisdiction, or one that runs here (`local/extractive`)

    F:8:13: nobody says where provider `somewhere` runs, and `residency.data` lets the data go to EU only
     8 | fallback = ["somewhere/m"]
       |             ^^^^^^^^^^^^^
       help: add `jurisdiction` to `[providers.somewhere]` in shipway.toml
    "#);
    insta::assert_snapshot!(use_case(&format!("{rule}use = \"mistral/small\"\nfallback = [\"slow/m\", \"own/m\", \"local/extractive\"]")), @"nothing wrong");
    insta::assert_snapshot!(use_case(&format!("{rule}use = \"google/gemini-2.5-flash\"")), @r#"
    F:7:7: nobody says where provider `google` runs, and `residency.data` lets the data go to EU only
     7 | use = "google/gemini-2.5-flash"
       |       ^^^^^^^^^^^^^^^^^^^^^^^^^
       help: add `jurisdiction` to `[providers.google]` in shipway.toml
    "#);
    insta::assert_snapshot!(use_case("[residency]\ndata = []\n[model]\nuse = \"mistral/small\""), @r#"
    F:7:7: provider `mistral` runs in EU, and `residency.data` lets the data go nowhere
     7 | use = "mistral/small"
       |       ^^^^^^^^^^^^^^^
       help: take a model of an allowed jurisdiction, or one that runs here (`local/extractive`)
    "#);
}

#[test]
fn residency_of_embedder_and_reranker() {
    let feed = "[residency]\ndata = [\"EU\"]\n[feeds.f]\nfiles = \"*.md\"\nevery = \"1h\"\n";
    let with = |embedder, body: &str| whole_use_case_with(embedder, &format!("{HEAD}{body}"));
    insta::assert_snapshot!(with("openai/text-embedding-3-small", feed), @r#"
    F:5:8: the embedder's provider `openai` runs in US, and `residency.data` lets the data go to EU only
     5 | data = ["EU"]
       |        ^^^^^^
       help: in shipway.toml, take an embedder of an allowed jurisdiction, or one that runs here (`minilm`, `lexical`)
    "#);
    insta::assert_snapshot!(with("somewhere/m", feed), @r#"
    F:5:8: nobody says where the embedder's provider `somewhere` runs, and `residency.data` lets the data go to EU only
     5 | data = ["EU"]
       |        ^^^^^^
       help: add `jurisdiction` to `[providers.somewhere]` in shipway.toml
    "#);
    for embedder in ["mistral/m", "own/m", "slow/m", "minilm", "folder:models/e5"] {
        assert_eq!(with(embedder, feed), "nothing wrong", "{embedder}");
    }
    assert_eq!(with("openai/m", "[residency]\ndata = [\"EU\"]\n"), "nothing wrong", "it has no texts to embed");
    let search = |model: &str| {
        with("auto", &format!("{feed}[retrieval]\ncollections = [\"f\"]\nrerank = {{ model = \"{model}\" }}\n"))
    };
    insta::assert_snapshot!(search("openai/m"), @r#"
    F:11:20: provider `openai` runs in US, and `residency.data` lets the data go to EU only
     11 | rerank = { model = "openai/m" }
        |                    ^^^^^^^^^^
       help: take a reranker of an allowed jurisdiction, or one that runs here (`local/<folder>`)
    "#);
    insta::assert_snapshot!(search("local/../m"), @r#"
    F:11:20: this is no folder of the project
     11 | rerank = { model = "local/../m" }
        |                    ^^^^^^^^^^^^
       expected: `local/` and a path inside the project's folder, like "local/models/reranker"
    "#);
    assert!(search("nobody/m").starts_with("F:11:20: there is no provider `nobody`"));
    assert_eq!(search("local/models/ms-marco"), "nothing wrong");
    assert_eq!(search("mistral/rerank"), "nothing wrong");
}

#[test]
fn paths() {
    insta::assert_snapshot!(use_case("[prompt]\ntemplate = \"../other/prompt.md\""), @r#"
    F:5:12: this path leads out of the use case's folder
     5 | template = "../other/prompt.md"
       |            ^^^^^^^^^^^^^^^^^^^^
       expected: a path inside the use case's folder
    "#);
    insta::assert_snapshot!(use_case("[prompt]\ntemplate = \"C:/prompt.md\"\n[evals]\ncases = \"evals\\\\*.yaml\""), @r#"
    F:5:12: this path is absolute
     5 | template = "C:/prompt.md"
       |            ^^^^^^^^^^^^^^
       expected: a path inside the use case's folder

    F:7:9: the parts of a path are divided by `/`, on every system
     7 | cases = "evals\\*.yaml"
       |         ^^^^^^^^^^^^^^^
       expected: a pattern for paths inside the use case's folder, like "docs/**/*.md"
    "#);
    insta::assert_snapshot!(use_case("[guard]\ntopics = { allow = \"\" }\n[evals]\ncases = \"evals/[.yaml\""), @r#"
    F:5:20: this path is empty
     5 | topics = { allow = "" }
       |                    ^^
       expected: a path inside the use case's folder

    F:7:9: this pattern cannot be read: unclosed character class; missing ']'
     7 | cases = "evals/[.yaml"
       |         ^^^^^^^^^^^^^^
       expected: a pattern for paths inside the use case's folder, like "docs/**/*.md"
    "#);
}

#[test]
fn release_steps() {
    insta::assert_snapshot!(use_case("[release]\nsteps = [\"5%\", \"shadow\", \"5%\", \"50%\"]"), @r#"
    F:5:16: `shadow` can only be the first step
     5 | steps = ["5%", "shadow", "5%", "50%"]
       |                ^^^^^^^^

    F:5:26: each step must have a larger share than the one before
     5 | steps = ["5%", "shadow", "5%", "50%"]
       |                          ^^^^

    F:5:32: a release ends with all of the traffic
     5 | steps = ["5%", "shadow", "5%", "50%"]
       |                                ^^^^^
       expected: "100%" as the last step
    "#);
    insta::assert_snapshot!(use_case("[release]\nsteps = []"), @r#"
    F:5:1: a release ends with all of the traffic
     5 | steps = []
       | ^^^^^
       expected: "100%" as the last step
    "#);
    insta::assert_snapshot!(use_case("[release]\nsteps = [\"0%\", \"100%\"]"), @r#"
    F:5:10: a step without traffic shows nothing
     5 | steps = ["0%", "100%"]
       |          ^^^^
    "#);
    insta::assert_snapshot!(use_case("[release]\nsteps = [\"shadow\", \"0.5%\", \"100%\"]"), @"nothing wrong");
}

#[test]
fn outcomes() {
    insta::assert_snapshot!(use_case("[outcome]\nsuccess = []"), @r#"
    F:5:11: without a name for it no outcome can be a success
     5 | success = []
       |           ^^
       expected: the outcomes that count as success, like ["resolved"]
    "#);
}

#[test]
fn cache() {
    insta::assert_snapshot!(use_case("[cache]"), @"nothing wrong");
    let whole = "[cache]\nexact = false\nsemantic = { false_hits = \"1%\", threshold = 0.93 }\nttl = \"1h\"\nmost_bytes = 1048576";
    insta::assert_snapshot!(use_case(whole), @"nothing wrong");
    insta::assert_snapshot!(use_case("[cache]\nexact = false\nttl = \"0s\""), @r#"
    F:5:9: this cache would serve nothing
     5 | exact = false
       |         ^^^^^
       help: leave `[cache]` out, or declare `semantic` with the threshold that `shipway cache tune` prints

    F:6:7: no answer would live long enough to be served
     6 | ttl = "0s"
       |       ^^^^
       expected: a length of time, like "1h"
    "#);
    insta::assert_snapshot!(use_case("[cache]\nsemantic = { false_hits = \"0%\", threshold = 0.9 }"), @r#"
    F:5:27: no number of questions shows that nothing is ever wrong
     5 | semantic = { false_hits = "0%", threshold = 0.9 }
       |                           ^^^^
       expected: a share above "0%" and up to "20%", like "1%"
    "#);
    insta::assert_snapshot!(use_case("[cache]\nsemantic = { false_hits = \"30%\", threshold = 0.9 }"), @r#"
    F:5:27: more than every fifth answer would be a wrong one
     5 | semantic = { false_hits = "30%", threshold = 0.9 }
       |                           ^^^^^
       expected: a share above "0%" and up to "20%", like "1%"
    "#);
    insta::assert_snapshot!(use_case("[cache]\nsemantic = { false_hits = \"1%\" }"), @r#"
    F:5:1: without a `threshold` nothing keeps to `false_hits`
     5 | semantic = { false_hits = "1%" }
       | ^^^^^^^^
       help: run `shipway cache tune NAME` and set what it prints
    "#);
    insta::assert_snapshot!(use_case("[guard]\npii = \"refuse\"\n[cache]"), @"nothing wrong");
    insta::assert_snapshot!(use_case("[guard]\npii = \"off\"\n[cache]"), @r#"
    F:6:2: with `guard.pii` off nobody sees which answers are personal, and they would be shared
     6 | [cache]
       |  ^^^^^
       help: set `guard.pii` to "mask" or "refuse", or leave `[cache]` out
    "#);
    insta::assert_snapshot!(use_case("[model]\ntemperature = 0.7\n[cache]"), @r"
    F:6:2: with `model.temperature` above 0 no answer would be kept
     6 | [cache]
       |  ^^^^^
       help: set `sampled = true` to serve one of the possible answers again, or `temperature = 0`
    ");
    insta::assert_snapshot!(use_case("[model]\ntemperature = 0.7\n[cache]\nsampled = true"), @"nothing wrong");
}
