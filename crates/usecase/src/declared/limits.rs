//! `[limits]`: how much work the server takes on at once, and what it does with the rest.

use crate::time::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSection {
    /// Most requests under way at once; 8192 for each core when absent.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_in_flight: Option<usize>,
    /// Most requests that wait for a place among them; more are turned away with 503.
    #[schemars(range(max = 1_000_000))]
    pub max_queue: usize,
    /// How long a request waits for a place before it is turned away.
    pub queue_wait: Period,
    /// Whether models that keep failing are passed over for a while.
    pub breaker: bool,
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self { max_in_flight: None, max_queue: 1024, queue_wait: Period::from_secs(5), breaker: true }
    }
}
