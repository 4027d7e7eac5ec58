//! The schemas are complete, explained, and agree with the types.

use super::schemas;
use crate::declared::{ProjectFile, UseCaseFile};
use crate::reading::read;
use serde_json::Value;
use std::collections::BTreeSet;

/// Every key of `usecase.toml`.
const USE_CASE: &str = r#"
[usecase]
summary = "Answers customers' questions from the handbook"
owner = { team = "Customer Care", contact = "care@example.com", oncall = "https://hooks.example.com/care" }
[outcome]
success = ["resolved"]
matures = "7d"
baseline = { human_minutes = 12, per_hour = "30 USD" }
[feeds.handbook]
files = "docs/**/*.md"
every = "1h"
cron = "0 6 * * *"
fresh_within = "24h"
access = "front-matter:groups"
access_fresh_within = "2h"
access_grace = "30m"
fields = { product = "keyword", price = "number", updated = "date", active = "bool", tags = "list" }
on_violation = "stop"
max_drop = "30%"
pii = "mask"
injection = "quarantine"
licence = "CC BY 4.0"
jurisdiction = "EU"
data_class = "internal"
owner = "docs@example.com"
passage_chars = 900
checks = [
    { between = { field = "price", min = 0, max = 10000 } },
    { between = { field = "updated", min = "2020-01-01" } },
    { length = { min = 40, max = 100000 } },
    { relationships = { field = "policy", to = "site" } },
    { freshness = { field = "updated", within = "365d" } },
    { max_failed = "5%" },
    { not_null = "title" },
    { unique = "id" },
    { row_count = { min = 10, max = 1000 } },
    { accepted_values = { field = "language", values = ["en"] } },
    { regex = { field = "id", pattern = "^[a-z]+$" } },
]
[feeds.site.http]
urls = ["https://example.com/help/"]
sitemaps = ["https://example.com/sitemap.xml"]
depth = 2
within = ["https://example.com/help/"]
max_pages = 500
pause = "1s"
headers = { Authorization = { secret = "env:SITE_TOKEN", prefix = "Bearer " }, Accept-Language = "en" }
allow_private = ["intranet.example.com"]
ignore_robots = true
[feeds.tickets.api]
url = "https://api.example.com/articles"
headers = { X-Api-Key = { secret = "env:TICKETS_KEY", prefix = "Key " } }
items = "/data"
id = "key"
text = "/fields/body"
title = "/fields/summary"
html = true
paging = { cursor = { pointer = "/next", parameter = "after" } }
since = "updated_since"
since_key = "updated"
deleted = "archived"
max_pages = 100
allow_private = ["api.example.com"]
[feeds.pages.api]
url = "https://api.example.com/pages"
paging = { page = { parameter = "page", first = 1 } }
[feeds.linked.api]
url = "https://api.example.com/linked"
paging = { link_header = true }
[feeds.next.api]
url = "https://api.example.com/next"
paging = { next_url = "/links/next" }
[feeds.counted.api]
url = "https://api.example.com/counted"
paging = { offset = { parameter = "offset" } }
[feeds.orders.sql]
url = "env:ORDERS_DATABASE"
query = "select id, title, body, changed, gone from article where changed >= $1"
id = "id"
text = "body"
title = "title"
cursor = "changed"
cursor_start = "1970-01-01"
deleted = "gone"
timeout = "60s"
[feeds.contracts.s3]
bucket = "contracts"
prefix = "signed/"
files = "signed/**/*.pdf"
region = "eu-central-1"
endpoint = "https://minio.example.com:9000"
path_style = true
aws = { access_key_id = "env:KEY_ID", secret_access_key = "env:SECRET_KEY", session_token = "env:TOKEN" }
[feeds.events.kafka]
brokers = ["kafka.example.com:9092"]
topic = "articles"
tls = true
sasl = { mechanism = "scram_sha_512", user = "shipway", password = "env:KAFKA_PASSWORD" }
id = "id"
text = "body"
title = "headline"
deleted = "gone"
max_messages = 1000
[feeds.pushed.webhook]
secret = "env:PUSH_SECRET"
tolerance = "5m"
[feeds.wiki.git]
url = "https://git.example.com/docs.git"
branch = "main"
files = "**/*.md"
token = "env:GIT_TOKEN"
[retrieval]
collections = ["handbook"]
top = 6
facets = ["product", "language"]
words_weight = 0.25
expand = "section"
snapshot = "pinned"
rerank = { model = "cohere/rerank-v3.5", candidates = 30 }
[[context]]
name = "cart"
when = "page == 'checkout'"
from = { request = "metadata.cart" }
tokens = 200
[[context]]
name = "hours"
from = { text = "We are open from 9 to 5." }
[prompt]
template = "prompt.md"
[model]
use = "openai/gpt-5-mini"
escalate = { to = "openai/gpt-5", when = ["grounding", "disagreement"], at_least = { grounding = 0.7, probability = 0.8, agreement = 0.6 }, samples = 2, sample_temperature = 0.7 }
fallback = ["local/extractive"]
attempts = 4
deadline = "30s"
hedge = "800ms"
continue_stream = true
on_disconnect = "drain"
max_tokens = 800
temperature = 0.2
[model.spread]
over = [{ model = "openai/gpt-5-mini", weight = 3 }]
by = "weight"
[guard]
pii = "mask"
types = { EMAIL = "replace", IP = "allow" }
jurisdictions = ["US", "EU"]
vault = "conversation"
secrets = "mask"
injection = "refuse"
injected_text = "fence"
leak = "review"
canary = true
topics = { allow = "topics.yaml", otherwise = "refuse" }
sensitive = "review"
advice = "refuse"
unanswerable = "abstain"
grounding = { at_least = 0.7, otherwise = "review", answer_below = 0.2, caveat_below = 0.4, abstain_from = 0.6 }
[guard.output]
schema = "answer.json"
max_chars = 4000
languages = ["en"]
forbidden = ["guaranteed returns"]
links = ["example.com"]
images = "strip"
[guard.policy."pii.iban"]
action = "refuse"
on = ["input", "output"]
threshold = 0.6
fail = "open"
stream = "hold"
shadow = true
say = "No account numbers, please."
allow = [
    { text = "DE00 0000", owner = "Care", until = "2027-03-31", reason = "our own" },
    { pattern = "ACME-[0-9]+", owner = "Care", until = "2027-03-31" },
]
[guard.tier.injection]
model = "openai/gpt-5-mini"
moderation = "openai/omni-moderation-latest"
bedrock = "bedrock/abc123:1"
classifier = "models/guard"
between = [0.2, 0.8]
timeout = "5s"
[budget]
per_day = "25 USD"
[cache]
exact = true
semantic = { false_hits = "1%", threshold = 0.9 }
ttl = "1h"
most_bytes = 67108864
sampled = false
[evals]
cases = "evals/*.yaml"
min_pass = "80%"
max_drop = "2%"
[release]
steps = ["shadow", "5%", "25%", "100%"]
guards = ["errors", "refusals", "cost", "latency", "thumbs_down"]
[residency]
data = ["EU", "US"]
"#;

/// Every key of `shipway.toml`.
const PROJECT: &str = r#"
[project]
name = "Example"
[server]
listen = "127.0.0.1:8080"
max_body_bytes = 8388608
max_file_bytes = 104857600
max_key_file_bytes = 1073741824
batch_workers = 2
drain = "30s"
keepalive = "15s"
[limits]
max_in_flight = 4096
max_queue = 1024
queue_wait = "5s"
breaker = true
[storage]
folder = ".shipway"
[collections]
home = "postgres"
url = "env:DATABASE_URL"
schema = "shipway"
keep = 10
[embedder]
use = "openai/text-embedding-3-small"
dimensions = 512
[providers.ollama]
kind = "openai"
base_url = "http://127.0.0.1:11434/v1"
api_key = "env:OLLAMA_KEY"
jurisdiction = "EU"
timeouts = { connect = "5s", first_token = "60s", idle = "60s", total = "10m" }
[providers.cloud]
kind = "bedrock"
region = "eu-central-1"
aws = { access_key_id = "env:KEY_ID", secret_access_key = "env:SECRET_KEY", session_token = "env:TOKEN" }
[providers.office]
kind = "azure"
base_url = "https://office.openai.azure.com"
api_version = "2024-10-21"
responses = true
[prices."openai/gpt-5-mini"]
input = "0.25 USD"
cached_input = "$0.025"
cache_write = "0.30 USD"
output = "2 USD"
batch = "50%"
as_of = "2026-11-20"
"#;

/// The paths of all keys that a schema knows; `*` stands for a name that the user chooses, or an item of a list.
fn keys_of_schema(root: &Value, node: &Value, path: &str, keys: &mut BTreeSet<String>) {
    if let Some(target) = node.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(target.trim_start_matches('#')).expect("a reference leads somewhere");
        keys_of_schema(root, target, path, keys);
    }
    for list in ["allOf", "anyOf", "oneOf"] {
        for branch in node.get(list).and_then(Value::as_array).into_iter().flatten() {
            keys_of_schema(root, branch, path, keys);
        }
    }
    for (name, property) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let below = format!("{path}.{name}");
        assert!(described(root, property), "`{below}` has no description");
        keys.insert(below.clone());
        keys_of_schema(root, property, &below, keys);
    }
    for below in ["items", "additionalProperties"] {
        if let Some(item) = node.get(below).filter(|item| item.is_object()) {
            keys_of_schema(root, item, &format!("{path}.*"), keys);
        }
    }
}

/// By its own description or by that of its type.
fn described(root: &Value, property: &Value) -> bool {
    let target = property.get("$ref").and_then(Value::as_str);
    let by_type = target.and_then(|target| root.pointer(target.trim_start_matches('#'))?.get("description"));
    property.get("description").or(by_type).is_some()
}

/// The paths of all keys in a file, names that the user chooses replaced by `*`.
fn keys_of_file(value: &Value, path: &str, known: &BTreeSet<String>, keys: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| keys_of_file(item, &format!("{path}.*"), known, keys)),
        Value::Object(fields) => {
            for (name, field) in fields {
                let below = format!("{path}.{name}");
                let below = if known.contains(&below) { below } else { format!("{path}.*") };
                keys.insert(below.clone());
                keys_of_file(field, &below, known, keys);
            }
        }
        _ => {}
    }
}

fn check(schema: &Value, text: &str) {
    let mut known = BTreeSet::new();
    keys_of_schema(schema, schema, "", &mut known);
    let mut written = BTreeSet::new();
    keys_of_file(&toml::from_str(text).expect("the sample is TOML"), "", &known, &mut written);
    let missing: Vec<_> = known.difference(&written).collect();
    assert!(missing.is_empty(), "the sample lacks {missing:?}");
    let unknown: Vec<_> = written.difference(&known).filter(|key| !key.ends_with(".*")).collect();
    assert!(unknown.is_empty(), "the schema lacks {unknown:?}");
}

#[test]
fn every_key_is_in_the_schema_with_a_description_and_every_key_of_the_schema_can_be_read() {
    check(&schemas().use_case, USE_CASE);
    check(&schemas().project, PROJECT);
    read::<UseCaseFile>("F", USE_CASE).unwrap_or_else(|wrong| panic!("{wrong}"));
    read::<ProjectFile>("F", PROJECT).unwrap_or_else(|wrong| panic!("{wrong}"));
}

#[test]
fn what_was_read_can_be_written_and_read_again() {
    let declared = read::<UseCaseFile>("F", USE_CASE).unwrap_or_else(|wrong| panic!("{wrong}")).0;
    let json = serde_json::to_value(&declared).expect("it is plain data");
    assert_eq!(serde_json::from_value::<UseCaseFile>(json).expect("it is its own form"), declared);
    let file = read::<ProjectFile>("F", PROJECT).unwrap_or_else(|wrong| panic!("{wrong}")).0;
    let json = serde_json::to_value(&file).expect("it is plain data");
    assert_eq!(serde_json::from_value::<ProjectFile>(json).expect("it is its own form"), file);
}

#[test]
fn null_is_nowhere_and_the_head_is_complete() {
    for schema in [schemas().project, schemas().use_case] {
        let text = schema.to_string();
        assert!(["\"null\"", ":null", "[null", ",null"].iter().all(|null| !text.contains(null)), "{text}");
        let head: Vec<&String> = schema.as_object().expect("a schema is an object").keys().take(4).collect();
        assert_eq!(head, ["$schema", "$id", "title", "description"]);
        assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    }
}

#[test]
fn an_empty_project_is_right_and_means_the_defaults() {
    let (file, _) = read::<ProjectFile>("F", "").unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(file, ProjectFile::default());
}
