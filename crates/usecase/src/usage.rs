//! Tokens, as a provider reports them or as we estimate them.

use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// Tokens of one call. As OpenTelemetry's GenAI conventions have it, the input count includes cached tokens and the
/// output count includes reasoning tokens: the others are subsets and are never added on top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// The part of `input_tokens` that the provider read from its prompt cache.
    #[serde(default)]
    pub cached_input_tokens: u64,
    /// The part of `input_tokens` that the provider wrote into its prompt cache, where that has a price of its own.
    #[serde(default)]
    pub cache_write_tokens: u64,
    /// The part of `output_tokens` spent on reasoning.
    #[serde(default)]
    pub reasoning_tokens: u64,
    /// True when the provider reported nothing and the figures are our own count.
    #[serde(default)]
    pub estimated: bool,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        // Saturating: a provider may report any number.
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.cached_input_tokens = self.cached_input_tokens.saturating_add(other.cached_input_tokens);
        self.cache_write_tokens = self.cache_write_tokens.saturating_add(other.cache_write_tokens);
        self.reasoning_tokens = self.reasoning_tokens.saturating_add(other.reasoning_tokens);
        self.estimated = self.estimated || other.estimated;
    }
}
