//! What the user typed, section by section, one file each. Every struct here is at once the parser (serde), the JSON
//! Schema that editors complete from (schemars; the doc comments are the descriptions they show), and the reference in
//! the docs. Unknown keys are errors. What a value *means* is settled once, in `project`.

mod budget;
mod builtin;
mod cache;
mod context;
mod contract;
mod escalate;
mod evals;
mod feed;
mod feed_source;
mod guard;
mod limits;
mod model;
mod outcome;
mod owner;
mod project_file;
mod prompt;
mod release;
mod residency;
mod retrieval;
mod scalar;
mod schedule;

pub use budget::Budget;
pub use builtin::{BUILTIN_PROVIDERS, builtin_provider};
pub use cache::{CacheSection, Semantic};
pub use context::{ContextBlock, ContextSource};
pub use contract::{ContractCheck, FieldType, OnViolation, RangeEnd, RowCount};
pub use escalate::{AtLeast, Escalate, Signal, Signals};
pub use evals::Evals;
pub use feed::{DataClass, Feed, FeedInjection, FeedPii, FeedSource};
pub use feed_source::{
    ApiSource, GitSource, HeaderValue, HttpSource, KafkaSasl, KafkaSource, Paging, S3Source, SaslMechanism, SqlSource,
    WebhookSource,
};
pub use guard::{
    Action, Allowed, Fail, Grounding, Guard, Images, InjectedText, InjectionAction, LeakAction, OutputRules, PiiAction,
    Place, Policy, SecretsAction, SubjectAction, Tier, Topics, TopicsAction, TypeAction, UnanswerableAction,
    UnsureAction, VaultLife, WhileStreaming,
};
pub use limits::LimitsSection;
pub use model::{Model, OnDisconnect, Spread, SpreadBy, SpreadShare};
pub use outcome::{Baseline, Outcome};
pub use owner::{Owner, UseCaseSection};
pub use project_file::{
    AwsCredentials, CollectionsHome, CollectionsSection, EmbedderSection, Price, ProjectFile, ProjectSection, Provider,
    ProviderKind, ServerSection, StorageSection, Timeouts,
};
pub use prompt::Prompt;
pub use release::{Release, ReleaseGuard};
pub use residency::Residency;
pub use retrieval::{Expand, Rerank, Retrieval, SnapshotChoice};
pub use scalar::{AccessRule, DatabaseRef, Day, EmbedderChoice, ModelRef, Percent, SecretRef, Share, Step};
pub use schedule::read_cron;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One use case: `usecases/<name>/usecase.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseCaseFile {
    /// What it is for, and who answers for it.
    pub usecase: UseCaseSection,
    /// When an answer was good for the business, and what it replaces.
    #[serde(default)]
    pub outcome: Outcome,
    /// Governed, scheduled sources; each fills the collection of its own name.
    #[serde(default)]
    pub feeds: BTreeMap<String, Feed>,
    /// Where the answer's passages come from.
    pub retrieval: Option<Retrieval>,
    /// Facts of the request that are put into the prompt when they matter.
    #[serde(default)]
    pub context: Vec<ContextBlock>,
    /// The template of the system message.
    #[serde(default)]
    pub prompt: Prompt,
    /// Who answers, and who answers when that one cannot.
    #[serde(default)]
    pub model: Model,
    /// The checks on input, retrieved text and output.
    #[serde(default)]
    pub guard: Guard,
    /// What the use case may spend.
    #[serde(default)]
    pub budget: Budget,
    /// Which answers may be given again; none without this section.
    #[serde(default)]
    pub cache: Option<CacheSection>,
    /// The test set and the gate.
    #[serde(default)]
    pub evals: Evals,
    /// How a new bundle meets live traffic.
    #[serde(default)]
    pub release: Release,
    /// Where the data may go.
    #[serde(default)]
    pub residency: Residency,
}

/// A choice as it is written in the file: `mask`. Empty for what is no plain word.
pub fn word(choice: &impl Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
