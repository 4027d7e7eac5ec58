//! `[[context]]`: what only the app knows, injected when it matters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContextBlock {
    /// The name under which the prompt template sees it: `context.<name>`.
    pub name: String,
    /// A minijinja expression over the request's `metadata`, such as `page == 'checkout'`; absent means always.
    pub when: Option<String>,
    /// Where the value comes from.
    pub from: ContextSource,
    /// Cut to this many tokens (estimated at four characters each).
    #[serde(default = "default_tokens")]
    #[schemars(range(min = 1, max = 100_000))]
    pub tokens: usize,
}

fn default_tokens() -> usize {
    200
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ContextSource {
    /// A path into the request, such as `metadata.cart`.
    Request(String),
    /// The same text every time.
    Text(String),
}
