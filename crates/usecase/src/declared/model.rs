//! `[model]`: who answers, and who answers when that one cannot.

use super::scalar::ModelRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// `provider/model`. `local/extractive` answers by quoting, without a key or a download.
    #[serde(rename = "use")]
    pub primary: ModelRef,
    /// A larger model that is asked when the first is unsure.
    pub escalate: Option<Escalate>,
    /// Tried in order when the one before cannot answer. `local/extractive` is always the last, named or not.
    pub fallback: Vec<ModelRef>,
    /// Upper limit of the answer's tokens when the request sets none.
    #[schemars(range(min = 1))]
    pub max_tokens: Option<u64>,
    /// Sampling temperature when the request sets none.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub temperature: Option<f64>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            primary: ModelRef::local_extractive(),
            escalate: None,
            fallback: Vec::new(),
            max_tokens: None,
            temperature: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalate {
    /// The model that is asked then, as `provider/model`.
    pub to: ModelRef,
    /// What makes the first model unsure.
    pub when: EscalateWhen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EscalateWhen {
    /// The answer's grounding is below what `guard.grounding` asks for.
    Unsure,
}
