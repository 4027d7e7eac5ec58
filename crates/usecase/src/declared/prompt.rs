//! `[prompt]`: the template of the system message.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Prompt {
    /// A minijinja template in the use case's folder, the stable part first, the dynamic part last. It sees
    /// `passages` (each with `number`, `title`, `text`), `context`, `question`, `metadata` and `usecase`. Absent: a
    /// built-in template that asks for answers from the passages only, with citations.
    pub template: Option<String>,
}
