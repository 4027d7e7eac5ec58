//! `[release]`: how a new bundle meets live traffic.

use super::scalar::Step;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Release {
    /// The shares of live traffic that a new bundle gets, one after the other: `5%`, …, `100%`.
    pub steps: Vec<Step>,
    /// The measures that are watched while it has a share.
    pub guards: Vec<ReleaseGuard>,
}

impl Default for Release {
    fn default() -> Self {
        Self {
            steps: vec![Step::share(5.0), Step::share(100.0)],
            guards: vec![ReleaseGuard::Errors, ReleaseGuard::Refusals, ReleaseGuard::Cost, ReleaseGuard::Latency],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseGuard {
    Errors,
    Refusals,
    Cost,
    Latency,
    ThumbsDown,
}
