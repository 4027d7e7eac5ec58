//! `[guard]`: the checks on input, retrieved text and output.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Guard {
    /// Personal data: `mask` (the default) replaces it before anything leaves and restores it in the answer.
    pub pii: PiiAction,
    /// Keys and passwords in the input: `mask` (the default), `refuse` or `off`.
    pub secrets: SecretsAction,
    /// Attempts to override instructions, in the input: `refuse` (the default), `review` or `off`. In passages the
    /// span is always cut out, unless `off`.
    pub injection: InjectionAction,
    /// What the use case is about, by example sentences.
    pub topics: Option<Topics>,
    /// Whether the answer rests on its passages.
    pub grounding: Option<Grounding>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PiiAction {
    #[default]
    Mask,
    Refuse,
    Off,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretsAction {
    #[default]
    Mask,
    Refuse,
    Off,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InjectionAction {
    #[default]
    Refuse,
    Review,
    Off,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Topics {
    /// A YAML file in the use case's folder: topic names, each with a list of example questions.
    pub allow: String,
    /// What happens to a question that is like none of them.
    #[serde(default)]
    pub otherwise: TopicsAction,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TopicsAction {
    #[default]
    Refuse,
    Review,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grounding {
    /// The least share of the answer's sentences that must rest on a passage, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub at_least: f64,
    /// What happens to an answer below it. `abstain` holds a streamed answer back until it is judged; `review` does not.
    #[serde(default)]
    pub otherwise: UnsureAction,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnsureAction {
    #[default]
    Abstain,
    Review,
}
