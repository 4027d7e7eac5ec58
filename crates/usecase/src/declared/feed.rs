//! `[feeds.<name>]`: a governed, scheduled source that fills the collection of the same name.

use super::scalar::AccessRule;
use crate::time::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// Files by glob, relative to the use case's folder: Markdown, text, HTML, CSV, JSONL, PDF.
    pub files: String,
    /// How often it is refreshed. Give this or `cron`; neither means by hand only.
    pub every: Option<Period>,
    /// A five-field cron expression in UTC, instead of `every`.
    pub cron: Option<String>,
    /// The data is stale when the last good run is older than this.
    pub fresh_within: Option<Period>,
    /// Who may see a document: `front-matter:<field>` reads groups from each document; absent means everyone.
    pub access: Option<AccessRule>,
    /// What every document (or the whole feed) must satisfy; a failing document is quarantined, the old version serves on.
    #[serde(default)]
    pub checks: Vec<ContractCheck>,
    /// Passages are cut to about this many characters.
    #[serde(default = "default_passage_chars")]
    #[schemars(range(min = 100, max = 20_000))]
    pub passage_chars: usize,
}

fn default_passage_chars() -> usize {
    900
}

/// One contract check; exactly one key each, named as dbt, Great Expectations and Soda name them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ContractCheck {
    /// The field is present and not empty.
    NotNull(String),
    /// No two documents share the field's value.
    Unique(String),
    /// The field's value is one of these.
    AcceptedValues {
        /// The field of the document's front matter, column or JSON key.
        field: String,
        /// The values that are accepted.
        values: Vec<String>,
    },
    /// The field's value matches the regular expression.
    Regex {
        /// The field of the document's front matter, column or JSON key.
        field: String,
        /// The regular expression.
        pattern: String,
    },
    /// The feed has at least / at most this many documents; a run outside changes nothing.
    RowCount(RowCount),
}

/// How many documents a feed has: at least, at most, or both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowCount {
    /// The least number of documents.
    pub min: Option<u64>,
    /// The largest number of documents.
    pub max: Option<u64>,
}
