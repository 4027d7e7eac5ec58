//! Every kind of violation of the schema, with its place and its help.

use super::{project, use_case, whole_use_case};

#[test]
fn unknown_keys() {
    insta::assert_snapshot!(use_case("[retrieval]\ncollections = []\ntopp = 6"), @r#"
    F:6:1: unknown key `topp` in `retrieval`
     6 | topp = 6
       | ^^^^
       expected: one of `collections`, `top`, `facets`, `words_weight`, `expand`, `rerank`, `snapshot`
       help: did you mean `top`?
    "#);
    insta::assert_snapshot!(use_case("[retreival]\ncollections = []"), @r#"
    F:4:2: unknown section or key `retreival`
     4 | [retreival]
       |  ^^^^^^^^^
       expected: one of `usecase`, `outcome`, `feeds`, `retrieval`, `context`, `prompt`, `model`, `guard`, `budget`, `cache`, `evals`, `release`, `residency`
       help: did you mean `retrieval`?
    "#);
    insta::assert_snapshot!(use_case("[guard]\nfallback = []"), @r#"
    F:5:1: unknown key `fallback` in `guard`
     5 | fallback = []
       | ^^^^^^^^
       expected: one of `pii`, `types`, `jurisdictions`, `vault`, `secrets`, `injection`, `injected_text`, `leak`, `canary`, `topics`, `sensitive`, `advice`, `unanswerable`, `grounding`, `output`, `policy`, `tier`
       help: `fallback` belongs into `[model]`
    "#);
    insta::assert_snapshot!(use_case("[model]\nescalate = { use = \"local/extractive\", temprature = 0.1, zzz = 1 }"), @r#"
    F:5:1: `model.escalate` lacks the key `to`
     5 | escalate = { use = "local/extractive", temprature = 0.1, zzz = 1 }
       | ^^^^^^^^
       expected: `to`: The model that is asked then, as `provider/model`

    F:5:1: `model.escalate` lacks the key `when`
     5 | escalate = { use = "local/extractive", temprature = 0.1, zzz = 1 }
       | ^^^^^^^^
       expected: `when`: What makes the first model unsure

    F:5:14: unknown key `use` in `model.escalate`
     5 | escalate = { use = "local/extractive", temprature = 0.1, zzz = 1 }
       |              ^^^
       expected: one of `to`, `when`, `at_least`, `samples`, `sample_temperature`
       help: `use` belongs into `[model]`

    F:5:40: unknown key `temprature` in `model.escalate`
     5 | escalate = { use = "local/extractive", temprature = 0.1, zzz = 1 }
       |                                        ^^^^^^^^^^
       expected: one of `to`, `when`, `at_least`, `samples`, `sample_temperature`

    F:5:58: unknown key `zzz` in `model.escalate`
     5 | escalate = { use = "local/extractive", temprature = 0.1, zzz = 1 }
       |                                                          ^^^
       expected: one of `to`, `when`, `at_least`, `samples`, `sample_temperature`
    "#);
}

#[test]
fn unknown_keys_of_named_tables_and_of_the_project() {
    insta::assert_snapshot!(use_case("[feeds.handbook]\nfiles = \"*\"\nevery_hour = true"), @r#"
    F:6:1: unknown key `every_hour` in `feeds.handbook`
     6 | every_hour = true
       | ^^^^^^^^^^
       expected: one of `files`, `http`, `api`, `sql`, `s3`, `kafka`, `webhook`, `git`, `every`, `cron`, `fresh_within`, `access`, `access_fresh_within`, `access_grace`, `fields`, `checks`, `on_violation`, `max_drop`, `pii`, `injection`, `licence`, `jurisdiction`, `data_class`, `owner`, `passage_chars`
    "#);
    insta::assert_snapshot!(project("[servers]\n[server]\nadress = \"127.0.0.1:1\""), @r#"
    shipway.toml:1:2: unknown section or key `servers`
     1 | [servers]
       |  ^^^^^^^
       expected: one of `project`, `server`, `limits`, `storage`, `collections`, `embedder`, `providers`, `prices`
       help: did you mean `server`?

    shipway.toml:3:1: unknown key `adress` in `server`
     3 | adress = "127.0.0.1:1"
       | ^^^^^^
       expected: one of `listen`, `max_body_bytes`, `max_file_bytes`, `max_key_file_bytes`, `batch_workers`, `drain`, `keepalive`
    "#);
}

#[test]
fn missing_keys() {
    insta::assert_snapshot!(whole_use_case(""), @r#"
    F:1:1: the section `[usecase]` is missing
       expected: `usecase`: What it is for, and who answers for it
    "#);
    insta::assert_snapshot!(whole_use_case("[usecase]\nsummary = \"A\"\n\n[usecase.owner]\nteam = \"Care\""), @r#"
    F:4:10: `usecase.owner` lacks the key `contact`
     4 | [usecase.owner]
       |          ^^^^^
       expected: `contact`: An e-mail address that a person reads
    "#);
    insta::assert_snapshot!(whole_use_case("[usecase.owner]\nteam = \"Care\"\ncontact = \"a@b.c\""), @r#"
    F:1:2: `usecase` lacks the key `summary`
     1 | [usecase.owner]
       |  ^^^^^^^
       expected: `summary`: One sentence: what the use case does, for whom
    "#);
    insta::assert_snapshot!(use_case("[[context]]\nname = \"cart\""), @r#"
    F:4:1: `context[0]` lacks the key `from`
     4 | [[context]]
       | ^^^^^^^^^^^
       expected: `from`: Where the value comes from
    "#);
    insta::assert_snapshot!(use_case("[feeds.a]\nevery = \"1h\"\n[feeds.b]\nfiles = \"*\""), @"nothing wrong");
    insta::assert_snapshot!(project("[providers.ollama]\nbase_url = \"http://127.0.0.1:11434/v1\""), @r#"
    shipway.toml:1:12: `providers.ollama` lacks the key `kind`
     1 | [providers.ollama]
       |            ^^^^^^
       expected: `kind`: What speaks there
    "#);
}

#[test]
fn wrong_types() {
    insta::assert_snapshot!(use_case("[retrieval]\ncollections = \"handbook\"\ntop = \"six\""), @r#"
    F:5:15: `retrieval.collections` is a text
     5 | collections = "handbook"
       |               ^^^^^^^^^^
       expected: a list in brackets, `[…]`

    F:6:7: `retrieval.top` is a text
     6 | top = "six"
       |       ^^^^^
       expected: a whole number
    "#);
    insta::assert_snapshot!(use_case("[budget]\nper_day = 25"), @r#"
    F:5:11: `budget.per_day` is a number
     5 | per_day = 25
       |           ^^
       expected: an amount of money, like "25 USD" or "0.25 USD"
    "#);
    insta::assert_snapshot!(whole_use_case("guard = \"mask\""), @r#"
    F:1:1: the section `[usecase]` is missing
     1 | guard = "mask"
       | ^
       expected: `usecase`: What it is for, and who answers for it

    F:1:9: `guard` is a text
     1 | guard = "mask"
       |         ^^^^^^
       expected: a table
    "#);
    insta::assert_snapshot!(use_case("[model]\nuse = [\"openai/gpt-5-mini\"]\nmax_tokens = 1.5"), @r#"
    F:5:7: `model.use` is a list
     5 | use = ["openai/gpt-5-mini"]
       |       ^^^^^^^^^^^^^^^^^^^^^
       expected: a model as "provider/model", like "openai/gpt-5-mini"

    F:6:14: `model.max_tokens` is a fraction
     6 | max_tokens = 1.5
       |              ^^^
       expected: a whole number
    "#);
    insta::assert_snapshot!(use_case("[model]\nmax_tokens = 99999999999999999999\ntemperature = nan"), @r#"
    F:5:14: this whole number is too large
     5 | max_tokens = 99999999999999999999
       |              ^^^^^^^^^^^^^^^^^^^^

    F:6:15: this is not a finite number
     6 | temperature = nan
       |               ^^^
    "#);
}

#[test]
fn small_values() {
    insta::assert_snapshot!(use_case("[budget]\nper_day = \"25 EUR\""), @r#"
    F:5:11: the value of `budget.per_day` cannot be read
     5 | per_day = "25 EUR"
       |           ^^^^^^^^
       expected: an amount of money, like "25 USD" or "0.25 USD"
    "#);
    insta::assert_snapshot!(use_case("[outcome]\nmatures = \"a week\""), @r#"
    F:5:11: the value of `outcome.matures` cannot be read
     5 | matures = "a week"
       |           ^^^^^^^^
       expected: a length of time, like "30s", "1h" or "7d"
    "#);
    insta::assert_snapshot!(use_case("[model]\nuse = \"gpt-5-mini\"\nfallback = [\"local/extractive\", \"x\"]"), @r#"
    F:5:7: the value of `model.use` cannot be read
     5 | use = "gpt-5-mini"
       |       ^^^^^^^^^^^^
       expected: a model as "provider/model", like "openai/gpt-5-mini"

    F:6:33: the value of `model.fallback[1]` cannot be read
     6 | fallback = ["local/extractive", "x"]
       |                                 ^^^
       expected: a model as "provider/model", like "openai/gpt-5-mini"
    "#);
    insta::assert_snapshot!(use_case("[evals]\nmax_drop = \"200%\"\nmin_pass = 0.8"), @r#"
    F:5:12: the value of `evals.max_drop` cannot be read
     5 | max_drop = "200%"
       |            ^^^^^^
       expected: a share from "0%" to "100%"

    F:6:12: `evals.min_pass` is a fraction
     6 | min_pass = 0.8
       |            ^^^
       expected: a share from "0%" to "100%"
    "#);
    insta::assert_snapshot!(use_case("[release]\nsteps = [\"shadows\", \"5\"]"), @r#"
    F:5:10: the value of `release.steps[0]` cannot be read
     5 | steps = ["shadows", "5"]
       |          ^^^^^^^^^
       expected: "shadow" or a share like "5%"

    F:5:21: the value of `release.steps[1]` cannot be read
     5 | steps = ["shadows", "5"]
       |                     ^^^
       expected: "shadow" or a share like "5%"
    "#);
    insta::assert_snapshot!(use_case("[residency]\ndata = [\"eu\"]"), @r#"
    F:5:9: the value of `residency.data[0]` cannot be read
     5 | data = ["eu"]
       |         ^^^^
       expected: a jurisdiction in capitals, like "EU" or "US"
    "#);
    insta::assert_snapshot!(use_case("[feeds.a]\nfiles = \"*\"\naccess = \"groups\""), @r#"
    F:6:10: the value of `feeds.a.access` cannot be read
     6 | access = "groups"
       |          ^^^^^^^^
       expected: "front-matter:<field>", like "front-matter:groups"
    "#);
}

#[test]
fn choices() {
    insta::assert_snapshot!(use_case("[guard]\npii = \"maskk\"\ninjection = true"), @r#"
    F:5:7: `guard.pii` cannot be "maskk"
     5 | pii = "maskk"
       |       ^^^^^^^
       expected: one of "mask", "replace", "hash", "refuse", "off"
       help: did you mean `mask`?

    F:6:13: `guard.injection` cannot be true
     6 | injection = true
       |             ^^^^
       expected: one of "refuse", "review", "off"
    "#);
    insta::assert_snapshot!(use_case("[model]\nescalate = { to = \"a/b\", when = \"unsafe\" }"), @r#"
    F:5:33: `model.escalate.when` cannot be "unsafe"
     5 | escalate = { to = "a/b", when = "unsafe" }
       |                                 ^^^^^^^^
       expected: one of "schema", "grounding", "logprobs", "disagreement"
    "#);
    insta::assert_snapshot!(use_case("[release]\nguards = [\"errors\", \"thumbs-down\"]"), @r#"
    F:5:21: `release.guards[1]` cannot be "thumbs-down"
     5 | guards = ["errors", "thumbs-down"]
       |                     ^^^^^^^^^^^^^
       expected: one of "errors", "refusals", "cost", "latency", "thumbs_down"
       help: did you mean `thumbs_down`?
    "#);
    insta::assert_snapshot!(project("[providers.x]\nkind = \"watson\"\n[embedder]\nuse = \"mini-lm\""), @r#"
    shipway.toml:2:8: `providers.x.kind` cannot be "watson"
     2 | kind = "watson"
       |        ^^^^^^^^
       expected: one of "openai", "azure", "anthropic", "bedrock", "sagemaker", "gemini", "cohere", "vllm", "ollama", "llama_cpp", "mistral", "groq", "together", "openrouter", "local", "simulated"

    shipway.toml:4:7: the value of `embedder.use` cannot be read
     4 | use = "mini-lm"
       |       ^^^^^^^^^
       expected: "auto", "minilm", "lexical", "folder:<path>" or "provider/model"
    "#);
}

#[test]
fn ranges() {
    insta::assert_snapshot!(use_case("[retrieval]\ncollections = [\"a\"]\ntop = 0"), @r#"
    F:6:7: `retrieval.top` is out of range
     6 | top = 0
       |       ^
       expected: 1 to 50
    "#);
    insta::assert_snapshot!(use_case("[guard]\ngrounding = { at_least = 70 }\n[model]\ntemperature = -1"), @r#"
    F:5:26: `guard.grounding.at_least` is out of range
     5 | grounding = { at_least = 70 }
       |                          ^^
       expected: 0 to 1

    F:7:15: `model.temperature` is out of range
     7 | temperature = -1
       |               ^^
       expected: 0 to 2
    "#);
    insta::assert_snapshot!(use_case("[model]\nmax_tokens = -5"), @r#"
    F:5:14: `model.max_tokens` is out of range
     5 | max_tokens = -5
       |              ^^
       expected: at least 1
    "#);
}

#[test]
fn contract_checks() {
    let check = |checks: &str| use_case(&format!("[feeds.a]\nfiles = \"*\"\nchecks = [{checks}]"));
    insta::assert_snapshot!(check("{ not_nul = \"title\" }"), @r#"
    F:6:13: unknown key `not_nul` in `feeds.a.checks[0]`
     6 | checks = [{ not_nul = "title" }]
       |             ^^^^^^^
       expected: a table with exactly one of the keys `not_null`, `unique`, `accepted_values`, `regex`, `between`, `length`, `relationships`, `freshness`, `max_failed`, `row_count`
       help: did you mean `not_null`?
    "#);
    insta::assert_snapshot!(check("\"unique\""), @r#"
    F:6:11: `feeds.a.checks[0]` is a text
     6 | checks = ["unique"]
       |           ^^^^^^^^
       expected: a table with exactly one of the keys `not_null`, `unique`, `accepted_values`, `regex`, `between`, `length`, `relationships`, `freshness`, `max_failed`, `row_count`
       help: write `{ unique = … }`
    "#);
    insta::assert_snapshot!(check("{}"), @r#"
    F:6:11: `feeds.a.checks[0]` is an empty table
     6 | checks = [{}]
       |           ^^
       expected: a table with exactly one of the keys `not_null`, `unique`, `accepted_values`, `regex`, `between`, `length`, `relationships`, `freshness`, `max_failed`, `row_count`
    "#);
    insta::assert_snapshot!(check("{ not_null = \"title\", unique = \"id\" }"), @r#"
    F:6:11: `feeds.a.checks[0]` has several keys where one is allowed
     6 | checks = [{ not_null = "title", unique = "id" }]
       |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       expected: a table with exactly one of the keys `not_null`, `unique`, `accepted_values`, `regex`, `between`, `length`, `relationships`, `freshness`, `max_failed`, `row_count`
    "#);
    insta::assert_snapshot!(check("{ not_null = 1 }, { row_count = { minimum = 3 } }"), @r#"
    F:6:24: `feeds.a.checks[0].not_null` is a number
     6 | checks = [{ not_null = 1 }, { row_count = { minimum = 3 } }]
       |                        ^
       expected: a text in quotes

    F:6:45: unknown key `minimum` in `feeds.a.checks[1].row_count`
     6 | checks = [{ not_null = 1 }, { row_count = { minimum = 3 } }]
       |                                             ^^^^^^^
       expected: one of `min`, `max`
    "#);
    insta::assert_snapshot!(check("{ accepted_values = { field = \"language\" } }"), @r#"
    F:6:13: `feeds.a.checks[0].accepted_values` lacks the key `values`
     6 | checks = [{ accepted_values = { field = "language" } }]
       |             ^^^^^^^^^^^^^^^
       expected: `values`: The values that are accepted
    "#);
    insta::assert_snapshot!(check("{ row_count = { min = -1 } }"), @r#"
    F:6:33: `feeds.a.checks[0].row_count.min` is out of range
     6 | checks = [{ row_count = { min = -1 } }]
       |                                 ^^
       expected: at least 0
    "#);
}

#[test]
fn context_sources() {
    insta::assert_snapshot!(use_case("[[context]]\nname = \"cart\"\nfrom = \"metadata.cart\""), @r#"
    F:6:8: `context[0].from` is a text
     6 | from = "metadata.cart"
       |        ^^^^^^^^^^^^^^^
       expected: a table with exactly one of the keys `request`, `text`
    "#);
    insta::assert_snapshot!(use_case("[[context]]\nname = \"cart\"\nfrom = { reqest = \"metadata.cart\" }"), @r#"
    F:6:10: unknown key `reqest` in `context[0].from`
     6 | from = { reqest = "metadata.cart" }
       |          ^^^^^^
       expected: a table with exactly one of the keys `request`, `text`
       help: did you mean `request`?
    "#);
    insta::assert_snapshot!(use_case("[[context]]\nname = \"cart\"\nfrom = { request = 1 }\ntokens = 0"), @r#"
    F:6:20: `context[0].from.request` is a number
     6 | from = { request = 1 }
       |                    ^
       expected: a text in quotes

    F:7:10: `context[0].tokens` is out of range
     7 | tokens = 0
       |          ^
       expected: 1 to 100000
    "#);
}
