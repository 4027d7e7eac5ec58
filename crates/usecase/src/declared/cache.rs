//! `[cache]`: which answers may be given again.

use super::scalar::Percent;
use crate::time::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CacheSection {
    /// Serve the very same question again.
    pub exact: bool,
    /// Serve a question in other words, too, when nothing that matters differs.
    pub semantic: Option<Semantic>,
    /// An answer is served for so long after it was given.
    pub ttl: Period,
    /// Memory for the answers of this use case, in bytes, in each process.
    #[schemars(range(min = 1_048_576, max = 68_719_476_736_u64))]
    pub most_bytes: u64,
    /// Keep answers although the temperature is above 0, where each was meant to come out differently.
    pub sampled: bool,
}

impl Default for CacheSection {
    fn default() -> Self {
        Self {
            exact: true,
            semantic: None,
            ttl: Period::from_secs(3_600),
            most_bytes: 64 * 1024 * 1024,
            sampled: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Semantic {
    /// The largest share of the answers served this way that may belong to another question.
    pub false_hits: Percent,
    /// How sure the verifier must be, as `shipway cache tune` finds it on your questions; there is no default.
    #[schemars(range(min = 0.5, max = 1.0))]
    pub threshold: Option<f64>,
}

impl Default for Semantic {
    fn default() -> Self {
        Self { false_hits: Percent::of(1.0), threshold: None }
    }
}
