//! `[retrieval]`: where the answer's passages come from.

use super::scalar::ModelRef;
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
    /// The share of words (BM25) in a passage's score, 0 to 1; the rest are vectors. What suits the embedder when absent;
    /// `shipway eval --tune-retrieval` measures it on the use case's own cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub words_weight: Option<f32>,
    /// Whether a passage is given to the model with what stands around it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub expand: Expand,
    /// A model that puts the best passages in order once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerank: Option<Rerank>,
    /// Which version of the collections a released bundle answers from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub snapshot: SnapshotChoice,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expand {
    /// The passage alone.
    #[default]
    None,
    /// Its whole section, where that is not longer than four passages.
    Section,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotChoice {
    /// The newest: documents are live.
    #[default]
    Newest,
    /// The version that was served when the release began, until the next release.
    Pinned,
}

/// A reranker: a provider's model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rerank {
    /// `provider/model` of a provider that reranks (Cohere, or a server with its `/rerank`), or `local/<folder>`, a
    /// cross-encoder of the BERT class in a folder of the project.
    pub model: ModelRef,
    /// How many of the best passages it sees.
    #[serde(default = "default_candidates")]
    #[schemars(range(min = 1, max = 200))]
    pub candidates: usize,
}

fn default_top() -> usize {
    6
}

fn default_candidates() -> usize {
    30
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
