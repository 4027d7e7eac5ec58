//! The immutable snapshot of a whole use case, named by the hash of its content: equal content, equal name, on every
//! machine.

mod difference;
mod hash;

use crate::declared::{EmbedderChoice, ModelRef, Price, ProjectFile, Tier, UseCaseFile};
use crate::folder::normalised;
use crate::ids::BundleId;
use crate::meaning::KnownProviders;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Every file and setting that can change an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Bundle {
    pub id: BundleId,
    pub use_case: String,
    /// Content by path within the use case's folder, `/` between the parts, lines ending in `\n`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The project's settings that can change this use case's answers or costs: `embedder`, `providers`, `prices`.
    /// No secret, and no reference to one, is among them.
    pub settings: Value,
}

impl Bundle {
    /// Freezes files and settings. Line endings and byte order marks are evened out first, so that a checkout on
    /// another system is the same bundle.
    pub fn new(use_case: impl Into<String>, files: BTreeMap<String, Vec<u8>>, settings: Value) -> Self {
        let even = |content: Vec<u8>| match String::from_utf8(content) {
            Ok(text) => normalised(&text).into_bytes(),
            Err(error) => error.into_bytes(),
        };
        let files: BTreeMap<String, Vec<u8>> = files.into_iter().map(|(path, content)| (path, even(content))).collect();
        let use_case = use_case.into();
        let id = BundleId::of_digest(&hash::digest(&use_case, &files, &settings));
        Self { id, use_case, files, settings }
    }

    /// What is different in `other`, one short line each; empty when the two are the same.
    pub fn diff(&self, other: &Self) -> Vec<String> {
        difference::between(self, other)
    }
}

/// A bundle as it is kept: its files as texts.
#[derive(Serialize, Deserialize)]
struct Stored {
    id: BundleId,
    use_case: String,
    files: BTreeMap<String, String>,
    settings: Value,
}

/// What is stored under a bundle's name is not that bundle.
#[derive(Debug, thiserror::Error)]
#[error("this is stored as bundle {stored}, but its content is that of {actual}")]
struct AnotherBundle {
    stored: BundleId,
    actual: BundleId,
}

impl TryFrom<Stored> for Bundle {
    type Error = AnotherBundle;

    fn try_from(stored: Stored) -> Result<Self, AnotherBundle> {
        let files = stored.files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
        let bundle = Self::new(stored.use_case, files, stored.settings);
        if bundle.id == stored.id { Ok(bundle) } else { Err(AnotherBundle { stored: stored.id, actual: bundle.id }) }
    }
}

impl From<Bundle> for Stored {
    /// `Project::bundle` lets only UTF-8 in; of anything else the id would no longer fit, and reading it back fails.
    fn from(bundle: Bundle) -> Self {
        let text = |content: Vec<u8>| String::from_utf8_lossy(&content).into_owned();
        let files = bundle.files.into_iter().map(|(path, content)| (path, text(content))).collect();
        Self { id: bundle.id, use_case: bundle.use_case, files, settings: bundle.settings }
    }
}

/// The form of `Bundle::settings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) embedder: EmbedderChoice,
    pub(crate) providers: KnownProviders,
    pub(crate) prices: BTreeMap<String, Price>,
}

impl Settings {
    /// The part of the project's settings that this use case depends on: another use case's provider may change
    /// without a new bundle here.
    pub(crate) fn of(project: &ProjectFile, declared: &UseCaseFile) -> Self {
        let mut models = declared.model.chain();
        models.extend(declared.model.escalate.as_ref().map(|escalate| escalate.to.clone()));
        let rerank = declared.retrieval.as_ref().and_then(|retrieval| retrieval.rerank.as_ref());
        models.extend(rerank.map(|rerank| rerank.model.clone()));
        models.extend(declared.guard.tier.values().flat_map(Tier::models).cloned());
        if let EmbedderChoice::Provider(model) = &project.embedder.choice {
            models.push(model.clone());
        }
        let provider = |model: &ModelRef| Some((model.provider.clone(), project.provider(&model.provider)?.into()));
        let price = |model: &ModelRef| project.prices.get_key_value(&model.to_string());
        Self {
            embedder: project.embedder.choice.clone(),
            providers: models.iter().filter_map(provider).collect(),
            prices: models.iter().filter_map(price).map(|(name, price)| (name.clone(), price.clone())).collect(),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("settings are plain data with text keys")
    }

    pub(crate) fn from_value(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(value)
    }
}

#[cfg(test)]
mod tests;
