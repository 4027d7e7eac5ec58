//! The contract of a feed: what its fields hold, and checks named as dbt, Great Expectations and Soda name them.

use super::scalar::Percent;
use crate::time::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a field of a document holds; the kind decides how it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// A text that is compared as a whole.
    Keyword,
    /// A number.
    Number,
    /// A day (`2026-11-20`) or a moment (`2026-11-20T09:30:00Z`, kept in UTC).
    Date,
    /// True or false.
    Bool,
    /// A list of texts; a single text is cut at its commas.
    List,
}

/// What becomes of a run in which a document fails its contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnViolation {
    /// The document is left out, its old version serves on, everything else goes in.
    #[default]
    Quarantine,
    /// The run stops and changes nothing.
    Stop,
}

/// One contract check; exactly one key each. The names of dbt, Great Expectations and Soda for the same check are
/// accepted too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ContractCheck {
    /// The field is present and not empty.
    #[serde(alias = "expect_column_values_to_not_be_null", alias = "missing_count")]
    NotNull(String),
    /// No two documents share the field's value.
    #[serde(alias = "expect_column_values_to_be_unique", alias = "duplicate_count")]
    Unique(String),
    /// The field's value is one of these.
    #[serde(alias = "expect_column_values_to_be_in_set")]
    AcceptedValues {
        /// The field of the document's front matter, column or JSON key.
        field: String,
        /// The values that are accepted.
        values: Vec<String>,
    },
    /// The field's value matches the regular expression.
    #[serde(alias = "expect_column_values_to_match_regex")]
    Regex {
        /// The field of the document's front matter, column or JSON key.
        field: String,
        /// The regular expression.
        pattern: String,
    },
    /// The field's value is a number, or a date, between the two ends; either may be absent.
    #[serde(alias = "expect_column_values_to_be_between")]
    Between {
        /// The field of the document's front matter, column or JSON key.
        field: String,
        /// The least value.
        min: Option<RangeEnd>,
        /// The largest value.
        max: Option<RangeEnd>,
    },
    /// The document's text has at least / at most this many characters.
    Length(RowCount),
    /// The field names a document of another feed of the use case.
    Relationships {
        /// The field of the document's front matter, column or JSON key.
        field: String,
        /// The feed whose documents' ids it holds.
        to: String,
    },
    /// The field holds a date that is no older than this.
    Freshness {
        /// The field that holds the date.
        field: String,
        /// How old it may be.
        within: Period,
    },
    /// At most this share of the documents may fail their checks; with more the run changes nothing.
    MaxFailed(Percent),
    /// The feed has at least / at most this many documents; a run outside changes nothing.
    #[serde(alias = "expect_table_row_count_to_be_between")]
    RowCount(RowCount),
}

/// How many there are: at least, at most, or both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowCount {
    /// The least number.
    pub min: Option<u64>,
    /// The largest number.
    pub max: Option<u64>,
}

/// One end of a range: a number, or a date as text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RangeEnd {
    Number(f64),
    Date(String),
}
