//! `[evals]`: the test set and the gate.

use super::scalar::Percent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Evals {
    /// Case files by glob, in promptfoo's format.
    pub cases: String,
    /// The least share of cases that must pass, whatever the baseline did.
    pub min_pass: Percent,
    /// The largest drop against the running bundle that still counts as no worse.
    pub max_drop: Percent,
}

impl Default for Evals {
    fn default() -> Self {
        Self { cases: "evals/*.yaml".to_owned(), min_pass: Percent::of(80.0), max_drop: Percent::of(2.0) }
    }
}
