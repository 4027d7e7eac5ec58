//! `[guard.policy.NAME]`: what one guard, or one rule of it, does where.

use crate::declared::scalar::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// What happens when it fires; the guard's own action when absent.
    pub action: Option<Action>,
    /// Where it looks: `input`, `passage`, `tool`, `output`; the guard's usual places when absent.
    pub on: Option<Vec<Place>>,
    /// The least score that counts, 0 to 1, for rules that have one; 0.5 is what ships.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub threshold: Option<f64>,
    /// What happens when it cannot be evaluated: `closed` (the default) as if it had fired, `open` as if it had not.
    pub fail: Option<Fail>,
    /// In a streamed answer: `hold` (the default) gives a sentence out once it was judged; `cut` gives everything out at
    /// once and ends the answer where the rule fires, so it can neither mask nor repair.
    pub stream: Option<WhileStreaming>,
    /// Record what it would have done, and do nothing. `shipway guard report` tells.
    pub shadow: Option<bool>,
    /// What a refused caller reads instead of the usual words.
    pub say: Option<String>,
    /// What it must let pass.
    pub allow: Vec<Allowed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Allow,
    Mask,
    Replace,
    Hash,
    Review,
    Refuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Input,
    Passage,
    Tool,
    Output,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fail {
    #[default]
    Closed,
    Open,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhileStreaming {
    #[default]
    Hold,
    Cut,
}

/// One exception, with the one who answers for it and the day on which it ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The words themselves, in any case. Either this or `pattern`.
    pub text: Option<String>,
    /// A regular expression for the words. Either this or `text`.
    pub pattern: Option<String>,
    /// Who answers for it: a team or an address.
    pub owner: String,
    /// The last day on which it holds, like "2027-03-31".
    pub until: Day,
    /// Why, for whoever reads this next year.
    pub reason: Option<String>,
}
