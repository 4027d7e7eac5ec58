//! `[feeds.<name>]`: a governed, scheduled source that fills the collection of the same name.

use super::contract::{ContractCheck, FieldType, OnViolation};
use super::feed_source::{ApiSource, GitSource, HttpSource, KafkaSource, S3Source, SqlSource, WebhookSource};
use super::scalar::{AccessRule, Percent};
use crate::jurisdiction::Jurisdiction;
use crate::time::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// Files by glob, relative to the use case's folder: Markdown, text, HTML, CSV, JSON, JSONL, PDF, DOCX, e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<String>,
    /// Pages of a web site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpSource>,
    /// A JSON API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<ApiSource>,
    /// A query to Postgres or SQLite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<SqlSource>,
    /// A bucket of S3 or of what speaks its protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Source>,
    /// A topic of Kafka.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kafka: Option<KafkaSource>,
    /// Documents that are pushed, signed, to `/v1/feeds/<use case>/<feed>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookSource>,
    /// Files of a Git repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitSource>,
    /// How often it is refreshed. Give this or `cron`; neither means by hand only.
    pub every: Option<Period>,
    /// A five-field cron expression in UTC, instead of `every`.
    pub cron: Option<String>,
    /// The data is stale when the last good run is older than this.
    pub fresh_within: Option<Period>,
    /// Who may see a document: `front-matter:<field>` reads groups from each document; absent means everyone.
    pub access: Option<AccessRule>,
    /// The access groups must have been read again within this time; older ones close the collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_fresh_within: Option<Period>,
    /// How long a collection stays open after its access groups have become too old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_grace: Option<Period>,
    /// What the documents' fields hold. A value of another kind is converted, or else refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, FieldType>,
    /// What every document (or the whole feed) must satisfy; a failing document is quarantined, the old version serves on.
    #[serde(default)]
    pub checks: Vec<ContractCheck>,
    /// What becomes of a run in which a document fails its checks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_violation: OnViolation,
    /// A run that would delete more than this share of the documents, and more than ten, halts and asks.
    #[serde(default = "default_max_drop", skip_serializing_if = "is_default_max_drop")]
    pub max_drop: Percent,
    /// What becomes of personal data in the documents: it may stay, it is masked, or its document is quarantined.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pii: FeedPii,
    /// What becomes of a document in which a passage gives orders to the model (indirect prompt injection).
    #[serde(default, skip_serializing_if = "is_default")]
    pub injection: FeedInjection,
    /// The licence under which the documents may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Whose law governs the documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<Jurisdiction>,
    /// How confidential the documents are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_class: Option<DataClass>,
    /// Who answers for the source; the use case's owner when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Passages are cut to about this many characters.
    #[serde(default = "default_passage_chars")]
    #[schemars(range(min = 100, max = 20_000))]
    pub passage_chars: usize,
}

/// The one source of a feed.
#[derive(Clone, Copy, Debug)]
pub enum FeedSource<'a> {
    Files(&'a str),
    Http(&'a HttpSource),
    Api(&'a ApiSource),
    Sql(&'a SqlSource),
    S3(&'a S3Source),
    Kafka(&'a KafkaSource),
    Webhook(&'a WebhookSource),
    Git(&'a GitSource),
}

impl Feed {
    /// A feed of files, of which nothing else is declared.
    pub fn of_files(files: &str) -> Self {
        Self {
            files: Some(files.to_owned()),
            http: None,
            api: None,
            sql: None,
            s3: None,
            kafka: None,
            webhook: None,
            git: None,
            every: None,
            cron: None,
            fresh_within: None,
            access: None,
            access_fresh_within: None,
            access_grace: None,
            fields: BTreeMap::new(),
            checks: Vec::new(),
            on_violation: OnViolation::default(),
            max_drop: default_max_drop(),
            pii: FeedPii::default(),
            injection: FeedInjection::default(),
            licence: None,
            jurisdiction: None,
            data_class: None,
            owner: None,
            passage_chars: default_passage_chars(),
        }
    }

    /// How old the access groups may be before the collection is closed; `None` for as old as they like.
    pub fn access_within(&self) -> Option<Period> {
        let grace = self.access_grace.unwrap_or(Period::from_secs(0));
        self.access_fresh_within.map(|within| within.and(grace))
    }

    /// Every source that is declared; a valid feed has one.
    pub fn sources(&self) -> Vec<FeedSource<'_>> {
        let all = [
            self.files.as_deref().map(FeedSource::Files),
            self.http.as_ref().map(FeedSource::Http),
            self.api.as_ref().map(FeedSource::Api),
            self.sql.as_ref().map(FeedSource::Sql),
            self.s3.as_ref().map(FeedSource::S3),
            self.kafka.as_ref().map(FeedSource::Kafka),
            self.webhook.as_ref().map(FeedSource::Webhook),
            self.git.as_ref().map(FeedSource::Git),
        ];
        all.into_iter().flatten().collect()
    }
}

impl FeedSource<'_> {
    /// The key under which it is declared.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Files(_) => "files",
            Self::Http(_) => "http",
            Self::Api(_) => "api",
            Self::Sql(_) => "sql",
            Self::S3(_) => "s3",
            Self::Kafka(_) => "kafka",
            Self::Webhook(_) => "webhook",
            Self::Git(_) => "git",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedPii {
    /// It stays; runs report how much there is of which kind.
    #[default]
    Allow,
    /// It is replaced before anything is indexed.
    Mask,
    /// The document is quarantined.
    Quarantine,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedInjection {
    /// It is reported, and cut out of the passage when that is used.
    #[default]
    Report,
    /// The document is quarantined.
    Quarantine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    Public,
    Internal,
    Confidential,
    Restricted,
}

fn default_passage_chars() -> usize {
    900
}

fn default_max_drop() -> Percent {
    Percent::of(50.0)
}

fn is_default_max_drop(share: &Percent) -> bool {
    *share == default_max_drop()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
