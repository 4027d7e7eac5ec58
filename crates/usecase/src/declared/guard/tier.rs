//! `[guard.tier.GUARD]`: the model that is asked where a guard is unsure. Texts outside of the grey zone never reach it.

use crate::declared::ModelRef;
use crate::time::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// A language model as the judge, `provider/model`. One of `model`, `moderation`, `bedrock`, `classifier`.
    pub model: Option<ModelRef>,
    /// A model behind an OpenAI-compatible moderation endpoint, `provider/model`.
    pub moderation: Option<ModelRef>,
    /// A guardrail of Amazon Bedrock: `provider/identifier:version`.
    pub bedrock: Option<ModelRef>,
    /// A folder with a classifier of the BERT class, relative to the project's.
    pub classifier: Option<String>,
    /// The scores between which the model decides, 0 to 1; a guard fires at 0.5 by itself.
    #[serde(default = "grey_zone")]
    pub between: [f64; 2],
    /// How long to wait for it. A model that does not answer is a rule that cannot be evaluated: see `fail`.
    #[serde(default = "patience")]
    pub timeout: Period,
}

impl Tier {
    /// The models of providers that it names.
    pub fn models(&self) -> impl Iterator<Item = &ModelRef> {
        [&self.model, &self.moderation, &self.bedrock].into_iter().flatten()
    }
}

fn grey_zone() -> [f64; 2] {
    [0.2, 0.8]
}

fn patience() -> Period {
    Period::from_secs(5)
}
