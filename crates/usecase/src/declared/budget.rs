//! `[budget]`: what the use case may spend.

use crate::money::MicroUsd;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Spending limit a day (UTC). A request that could pass it is refused with 429.
    pub per_day: Option<MicroUsd>,
}
