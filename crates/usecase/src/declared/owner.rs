//! `[usecase]`: what it is for, and who answers for it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseCaseSection {
    /// One sentence: what the use case does, for whom.
    pub summary: String,
    /// The team that owns it; alerts reach them.
    pub owner: Owner,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// The team's name.
    pub team: String,
    /// An e-mail address that a person reads.
    pub contact: String,
    /// A webhook (`https://…`) or address that wakes whoever is on call.
    pub oncall: Option<String>,
}
