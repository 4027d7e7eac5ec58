//! `[outcome]`: when an answer was good for the business, and what it replaces.

use crate::money::MicroUsd;
use crate::time::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Outcome {
    /// Outcomes reported by the app that count as success.
    pub success: Vec<String>,
    /// An outcome counts once it stood this long unchanged.
    pub matures: Period,
    /// What the job cost before Shipway did it.
    pub baseline: Option<Baseline>,
}

impl Default for Outcome {
    fn default() -> Self {
        Self { success: vec!["resolved".to_owned()], matures: Period::from_secs(7 * 86_400), baseline: None }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Minutes of a person's work that one case took.
    #[schemars(range(min = 0.0))]
    pub human_minutes: f64,
    /// What an hour of that work costs; also prices the human minutes that an outcome reports.
    pub per_hour: MicroUsd,
}
