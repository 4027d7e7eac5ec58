//! `[residency]`: where the data may go.

use crate::jurisdiction::Jurisdiction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Residency {
    /// Jurisdictions whose providers may see the data; absent means no rule. A provider that does not say where it
    /// runs is refused when there is a rule.
    pub data: Option<Vec<Jurisdiction>>,
}
