//! `shipway.toml`: what all use cases of a project share.

use super::limits::LimitsSection;
use super::scalar::{EmbedderChoice, Percent, SecretRef};
use crate::jurisdiction::Jurisdiction;
use crate::money::MicroUsd;
use crate::time::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The project's own file: `shipway.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectFile {
    /// What the project is called.
    #[serde(default)]
    pub project: ProjectSection,
    /// How `shipway serve` listens.
    #[serde(default)]
    pub server: ServerSection,
    /// How much work the server takes on at once.
    #[serde(default)]
    pub limits: LimitsSection,
    /// Where Shipway keeps what it writes.
    #[serde(default)]
    pub storage: StorageSection,
    /// Where collections live.
    #[serde(default)]
    pub collections: CollectionsSection,
    /// What turns text into vectors for search and for the topic guard.
    #[serde(default)]
    pub embedder: EmbedderSection,
    /// Model providers by name. `openai`, `local` and `simulated` are there without being declared.
    #[serde(default)]
    pub providers: BTreeMap<String, Provider>,
    /// Prices by `provider/model`, before the built-in table.
    #[serde(default)]
    pub prices: BTreeMap<String, Price>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectSection {
    /// The name shown to people; the folder's name when absent.
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSection {
    /// The address `shipway serve` listens on. Any but a loopback address needs an API key to exist first.
    pub listen: String,
    /// The largest request body in bytes.
    #[schemars(range(min = 1024, max = 104_857_600))]
    pub max_body_bytes: usize,
    /// The largest uploaded file in bytes.
    #[schemars(range(min = 1024, max = 1_073_741_824))]
    pub max_file_bytes: u64,
    /// How many bytes the uploaded files of one API key may hold together.
    #[schemars(range(min = 1024, max = 1_099_511_627_776_u64))]
    pub max_key_file_bytes: u64,
    /// How many lines of batches are answered at the same time.
    #[schemars(range(min = 1, max = 1024))]
    pub batch_workers: usize,
    /// How long a drain waits for running requests after SIGTERM.
    pub drain: Period,
    /// How long a stream may be silent before a comment is sent to keep proxies from closing it.
    pub keepalive: Period,
}

impl Default for ServerSection {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            max_body_bytes: 8 * 1024 * 1024,
            max_file_bytes: 100 * 1024 * 1024,
            max_key_file_bytes: 1024 * 1024 * 1024,
            batch_workers: 2,
            drain: Period::from_secs(30),
            keepalive: Period::from_secs(15),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StorageSection {
    /// The data folder, relative to the project's.
    pub folder: String,
}

impl Default for StorageSection {
    fn default() -> Self {
        Self { folder: ".shipway".to_owned() }
    }
}

/// Where the documents of all feeds are kept and searched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CollectionsSection {
    /// In the data folder, or in Postgres with pgvector.
    pub home: CollectionsHome,
    /// The database, by reference, when the home is Postgres: `postgres://user:password@host/database?sslmode=require`.
    pub url: Option<SecretRef>,
    /// The schema of the tables in Postgres.
    pub schema: String,
    /// How many versions of a collection are kept to go back to, beside those that a release pins.
    #[schemars(range(min = 1, max = 1000))]
    pub keep: usize,
}

impl Default for CollectionsSection {
    fn default() -> Self {
        Self { home: CollectionsHome::Embedded, url: None, schema: "shipway".to_owned(), keep: 10 }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CollectionsHome {
    /// In the data folder.
    #[default]
    Embedded,
    /// In Postgres with pgvector.
    Postgres,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmbedderSection {
    /// `auto` takes MiniLM when it was pulled, else the lexical embedder; `minilm` and `lexical` insist. Or a folder of the
    /// project that holds a model of the BERT class (`folder:models/bge-small`), or a provider's model (`openai/text-embedding-3-small`).
    #[serde(rename = "use")]
    pub choice: EmbedderChoice,
    /// How many numbers a vector has, for a provider's model that lets one choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What speaks there.
    pub kind: ProviderKind,
    /// Where the API lives: for OpenAI-compatible servers up to and including `/v1`, for Azure the resource's endpoint.
    /// Every other kind knows its own address.
    pub base_url: Option<String>,
    /// The API key, by reference; the kind's customary variable (`MISTRAL_API_KEY`) when absent, for its own address only.
    pub api_key: Option<SecretRef>,
    /// The cloud's region, for Bedrock and SageMaker (`eu-central-1`).
    pub region: Option<String>,
    /// The version of the API, where the provider has several: for Azure (`2024-10-21`) it selects the older addresses by
    /// deployment, for Anthropic the `anthropic-version`.
    pub api_version: Option<String>,
    /// Whether an OpenAI-compatible server has OpenAI's `/responses` too, for requests in that dialect; only OpenAI's own
    /// address is known to have it when absent.
    pub responses: Option<bool>,
    /// AWS credentials, by reference; the usual environment variables when absent.
    pub aws: Option<AwsCredentials>,
    /// Whose law governs what is sent there.
    pub jurisdiction: Option<Jurisdiction>,
    /// How long a call may take.
    #[serde(default)]
    pub timeouts: Timeouts,
}

impl Provider {
    /// A provider of which nothing is declared but its kind.
    pub fn of_kind(kind: ProviderKind) -> Self {
        Self {
            kind,
            base_url: None,
            api_key: None,
            region: None,
            api_version: None,
            responses: None,
            aws: None,
            jurisdiction: None,
            timeouts: Timeouts::default(),
        }
    }
}

/// The keys that a request to AWS is signed with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsCredentials {
    /// The access key's id.
    pub access_key_id: SecretRef,
    /// The secret access key.
    pub secret_access_key: SecretRef,
    /// The session token of temporary credentials.
    pub session_token: Option<SecretRef>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// OpenAI or any compatible server.
    Openai,
    /// Azure OpenAI.
    Azure,
    /// Anthropic's messages API.
    Anthropic,
    /// AWS Bedrock, through Converse.
    Bedrock,
    /// A model behind an AWS SageMaker endpoint.
    Sagemaker,
    /// Google Gemini.
    Gemini,
    /// Cohere.
    Cohere,
    /// A vLLM server.
    Vllm,
    /// An Ollama server.
    Ollama,
    /// A llama.cpp server.
    LlamaCpp,
    /// Mistral's API.
    Mistral,
    /// Groq's API.
    Groq,
    /// Together's API.
    Together,
    /// `OpenRouter`'s API.
    Openrouter,
    /// Answers inside this process.
    Local,
    /// A scripted provider for load and fault tests.
    Simulated,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Period,
    /// From sending the request to the first byte of the answer's body.
    pub first_token: Period,
    /// Between two pieces of a streamed answer.
    pub idle: Period,
    /// The whole call.
    pub total: Period,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Period::from_secs(5),
            first_token: Period::from_secs(60),
            idle: Period::from_secs(60),
            total: Period::from_secs(600),
        }
    }
}

/// What a million tokens cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// For a million input tokens.
    pub input: MicroUsd,
    /// For a million input tokens read from the provider's prompt cache; the input price when absent.
    pub cached_input: Option<MicroUsd>,
    /// For a million input tokens that are written into the provider's prompt cache; the input price when absent.
    pub cache_write: Option<MicroUsd>,
    /// For a million output tokens.
    pub output: MicroUsd,
    /// The share of these prices that a batch pays at this provider, like "50%"; all of them when absent.
    pub batch: Option<Percent>,
    /// The day the price was read, `2026-11-20`.
    #[schemars(
        regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        extend("x-expected" = "a date, like \"2026-11-20\"")
    )]
    pub as_of: String,
}

impl Price {
    /// A price with nothing special for cache writes and batches. Micro-dollars for a million tokens.
    pub fn new(input: MicroUsd, cached_input: Option<MicroUsd>, output: MicroUsd, as_of: String) -> Self {
        Self { input, cached_input, cache_write: None, output, batch: None, as_of }
    }
}
