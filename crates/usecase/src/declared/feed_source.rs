//! Where a feed's documents come from, beside plain files: one table per kind, exactly one of them per feed.

use super::project_file::AwsCredentials;
use super::scalar::{DatabaseRef, SecretRef};
use crate::time::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[feeds.<name>.http]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpSource {
    /// Pages to fetch.
    #[serde(default)]
    pub urls: Vec<String>,
    /// Sitemaps (or indexes of sitemaps) whose pages are fetched.
    #[serde(default)]
    pub sitemaps: Vec<String>,
    /// Links on fetched pages are followed this many steps, within `within`.
    #[serde(default)]
    #[schemars(range(min = 0, max = 20))]
    pub depth: u32,
    /// Only addresses that begin with one of these are fetched; the given pages' and sitemaps' own hosts when absent.
    #[serde(default)]
    pub within: Vec<String>,
    /// The most pages of a run.
    #[serde(default = "default_max_pages")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_pages: usize,
    /// The pause between two pages of one host, if its robots.txt does not ask for a longer one.
    #[serde(default = "default_pause")]
    pub pause: Period,
    /// Headers to send, secrets by reference.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderValue>,
    /// Hosts that may lie at private addresses (`intranet.example`); all others must be public.
    #[serde(default)]
    pub allow_private: Vec<String>,
    /// Whether robots.txt is ignored; only for one's own sites.
    #[serde(default)]
    pub ignore_robots: bool,
}

/// The value of a header: plain, or a secret by reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum HeaderValue {
    /// A secret, and what stands before it (`Bearer `).
    Secret {
        /// The secret by reference.
        secret: SecretRef,
        /// What stands before it.
        #[serde(default)]
        prefix: String,
    },
    /// The value itself.
    Plain(String),
}

/// `[feeds.<name>.api]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiSource {
    /// The first page's address.
    pub url: String,
    /// Headers to send, secrets by reference.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderValue>,
    /// Where the documents stand in an answer, as a JSON pointer; the answer itself, a list, when absent.
    #[serde(default)]
    pub items: String,
    /// The key of a document that is its id; like the keys below it may be a JSON pointer (`/fields/key`).
    #[serde(default = "default_id")]
    pub id: String,
    /// The key of a document that is its text.
    #[serde(default = "default_text")]
    pub text: String,
    /// The key of a document that is its title.
    #[serde(default = "default_title")]
    pub title: String,
    /// Whether the text is HTML; it is then read like a page.
    #[serde(default)]
    pub html: bool,
    /// How one gets from page to page; there is one page when absent.
    pub paging: Option<Paging>,
    /// The query parameter that asks for what changed since the last run (`updated_since`), with the key of `since_key`.
    pub since: Option<String>,
    /// The key of a document that says when it was changed: the largest one seen is sent as `since` next time.
    pub since_key: Option<String>,
    /// The key of a document that says that it is gone.
    pub deleted: Option<String>,
    /// The most pages of a run.
    #[serde(default = "default_max_pages")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_pages: usize,
    /// Hosts that may lie at private addresses; all others must be public.
    #[serde(default)]
    pub allow_private: Vec<String>,
}

/// How one gets from page to page; exactly one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Paging {
    /// The answer has the next page's address here, as a JSON pointer.
    NextUrl(String),
    /// The `Link` header (RFC 8288) names the next page; the value must be `true`.
    LinkHeader(bool),
    /// A token of the answer is sent with the next question.
    Cursor {
        /// Where the token stands, as a JSON pointer.
        pointer: String,
        /// The query parameter that takes it.
        parameter: String,
    },
    /// Pages are numbered.
    Page {
        /// The query parameter that takes the number.
        parameter: String,
        /// The first page's number.
        first: u64,
    },
    /// Documents are counted.
    Offset {
        /// The query parameter that takes how many to pass over.
        parameter: String,
    },
}

/// `[feeds.<name>.sql]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlSource {
    /// The database: `sqlite:` and a file below the use case's folder, or a reference to a secret that holds
    /// `postgres://…` (or `sqlite:…`).
    pub url: DatabaseRef,
    /// One SELECT that gives one row a document. With `cursor`, `$1` is the last value seen.
    pub query: String,
    /// The column that is a document's id.
    #[serde(default = "default_id")]
    pub id: String,
    /// The column that is its text.
    #[serde(default = "default_text")]
    pub text: String,
    /// The column that is its title.
    #[serde(default = "default_title")]
    pub title: String,
    /// The column that grows with every change: the query asks for rows beyond its last value. All rows, every time, when
    /// absent; only then are rows that are missing taken for deleted.
    pub cursor: Option<String>,
    /// What `$1` is at the first run, like "1970-01-01" or "0".
    pub cursor_start: Option<String>,
    /// The column that says that a row is gone: true, a number but 0, or a text like the time of its deletion.
    pub deleted: Option<String>,
    /// How long the database may take for a batch of rows.
    #[serde(default = "default_sql_timeout")]
    pub timeout: Period,
}

/// `[feeds.<name>.s3]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3Source {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin so.
    #[serde(default)]
    pub prefix: String,
    /// Only keys that match this glob as a whole, prefix included; `*` stays between two slashes, `**` does not.
    #[serde(default = "default_glob")]
    pub files: String,
    /// The region (`eu-central-1`).
    pub region: String,
    /// Another server than AWS, like "https://minio.example:9000".
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path instead of the host's name.
    #[serde(default)]
    pub path_style: bool,
    /// Credentials, by reference; the usual environment variables (`AWS_ACCESS_KEY_ID` and so on) when absent, and none for
    /// a public bucket when those are not set.
    pub aws: Option<AwsCredentials>,
}

/// `[feeds.<name>.kafka]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaSource {
    /// Brokers to begin with, `host:port`.
    pub brokers: Vec<String>,
    /// The topic; a message is a document in JSON, named by its key, and one without a value (a tombstone) deletes it.
    pub topic: String,
    /// Whether the connection is encrypted.
    #[serde(default)]
    pub tls: bool,
    /// Who we are to the brokers, where they ask.
    pub sasl: Option<KafkaSasl>,
    /// The key of a document that is its id; the message's own key when the document has none.
    #[serde(default = "default_id")]
    pub id: String,
    /// The key of a document that is its text.
    #[serde(default = "default_text")]
    pub text: String,
    /// The key of a document that is its title.
    #[serde(default = "default_title")]
    pub title: String,
    /// The key of a document that says that it is gone, where there are no tombstones.
    pub deleted: Option<String>,
    /// The most messages of a run; the next run goes on.
    #[serde(default = "default_max_messages")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_messages: usize,
}

/// An account at Kafka's brokers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaSasl {
    /// How the password is proved.
    #[serde(default)]
    pub mechanism: SaslMechanism,
    /// The account's name.
    pub user: String,
    /// Its password, by reference.
    pub password: SecretRef,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SaslMechanism {
    /// The password itself is sent, which needs `tls`.
    #[default]
    Plain,
    /// SCRAM-SHA-256.
    #[serde(rename = "scram_sha_256")]
    ScramSha256,
    /// SCRAM-SHA-512.
    #[serde(rename = "scram_sha_512")]
    ScramSha512,
}

/// `[feeds.<name>.webhook]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookSource {
    /// The secret that signs what is pushed (Standard Webhooks: HMAC-SHA-256 over id, time and body), by reference.
    pub secret: SecretRef,
    /// How old a signed message may be.
    #[serde(default = "default_tolerance")]
    pub tolerance: Period,
}

/// `[feeds.<name>.git]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GitSource {
    /// The repository: `https://…`, `ssh://…`, or a path.
    pub url: String,
    /// The branch or tag; the repository's default branch when absent.
    pub branch: Option<String>,
    /// Only files that match this glob.
    #[serde(default = "default_glob")]
    pub files: String,
    /// A token for `https`, by reference.
    pub token: Option<SecretRef>,
}

fn default_max_pages() -> usize {
    1_000
}

fn default_max_messages() -> usize {
    100_000
}

fn default_pause() -> Period {
    Period::from_secs(1)
}

fn default_sql_timeout() -> Period {
    Period::from_secs(60)
}

fn default_tolerance() -> Period {
    Period::from_secs(300)
}

fn default_id() -> String {
    "id".to_owned()
}

fn default_text() -> String {
    "text".to_owned()
}

fn default_title() -> String {
    "title".to_owned()
}

fn default_glob() -> String {
    "**/*".to_owned()
}
