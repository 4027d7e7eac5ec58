//! `[retrieval]`: where the answer's passages come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retrieval {
    /// Collections that are searched; each is the name of a feed.
    pub collections: Vec<String>,
    /// How many passages are put before the model.
    #[serde(default = "default_top")]
    #[schemars(range(min = 1, max = 50))]
    pub top: usize,
    /// Metadata fields that a request may filter by (`metadata.filter.<field>`).
    #[serde(default)]
    pub facets: Vec<String>,
}

fn default_top() -> usize {
    6
}
