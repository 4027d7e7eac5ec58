//! `[guard]`: the checks on input, retrieved text and output. The words here choose what each guard does; `policy` says
//! more about single rules, `output` what answers must be like, `tier` which model is asked where a guard is unsure.

mod output;
mod policy;
mod tier;

pub use output::{Images, OutputRules};
pub use policy::{Action, Allowed, Fail, Place, Policy, WhileStreaming};
pub use tier::Tier;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Guard {
    /// Personal data: `mask` (the default) replaces it before anything leaves and restores it in the answer; `replace` puts
    /// made-up values in its place and restores too; `hash` never restores.
    pub pii: PiiAction,
    /// What happens to single types of personal data, such as `EMAIL = "replace"` or `IP = "allow"`.
    pub types: BTreeMap<String, TypeAction>,
    /// Whose identity numbers are looked for, as countries (`US`, `GB`, `DE`) or `EU`; all that are known when absent.
    pub jurisdictions: Vec<String>,
    /// How long a placeholder means the same value: for a `request` (the default) or a whole `conversation`.
    pub vault: VaultLife,
    /// Keys and passwords in the input: `mask` (the default), `refuse` or `off`.
    pub secrets: SecretsAction,
    /// Attempts to override instructions, in the input: `refuse` (the default), `review` or `off`. What was retrieved and
    /// what tools say goes by `injected_text`.
    pub injection: InjectionAction,
    /// Orders hidden in passages, tool results and context: `cut` (the default) takes the stretch out, `fence` leaves it
    /// and marks it as data without authority. The document stays.
    pub injected_text: InjectedText,
    /// The prompt must not come out in an answer: `refuse` (the default) ends the answer where it begins, `review`, `off`.
    pub leak: LeakAction,
    /// Put a random word into the prompt that no honest answer can hold, for about 40 tokens more: it shows a leak at once.
    pub canary: bool,
    /// What the use case is about, by example sentences.
    pub topics: Option<Topics>,
    /// Self-harm, violence, hate and other sensitive subjects in the input: `off` (the default), `review` or `refuse`.
    pub sensitive: SubjectAction,
    /// Questions for medical, legal or financial advice: `off` (the default), `review` or `refuse`.
    pub advice: SubjectAction,
    /// Questions that the passages found cannot answer: `off` (the default), `review`, or `abstain` without asking a model.
    pub unanswerable: UnanswerableAction,
    /// Whether the answer rests on its passages.
    pub grounding: Option<Grounding>,
    /// What every answer must be like.
    pub output: OutputRules,
    /// More about single guards or rules, by name: `injection`, `pii.iban`, `sensitive.self_harm`.
    pub policy: BTreeMap<String, Policy>,
    /// The model that is asked where a guard is unsure, by guard: `injection`, `sensitive`, `advice`, `grounding`.
    pub tier: BTreeMap<String, Tier>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PiiAction {
    #[default]
    Mask,
    Replace,
    Hash,
    Refuse,
    Off,
}

/// What happens to one type of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TypeAction {
    Mask,
    Replace,
    Hash,
    Refuse,
    Allow,
}

/// How long a placeholder means the same value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VaultLife {
    #[default]
    Request,
    Conversation,
}

/// What happens to an order hidden in a retrieved text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InjectedText {
    #[default]
    Cut,
    Fence,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeakAction {
    #[default]
    Refuse,
    Review,
    Off,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectAction {
    #[default]
    Off,
    Review,
    Refuse,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnanswerableAction {
    #[default]
    Off,
    Review,
    Abstain,
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
    /// What happens to an answer below it. `abstain` and `caveat` hold a streamed answer back until it is judged; `review`
    /// does not.
    #[serde(default)]
    pub otherwise: UnsureAction,
    /// Below which risk of being unsupported an answer goes out as it is, 0 to 1: what `shipway guard calibrate` prints.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub answer_below: Option<f64>,
    /// Below which risk an answer goes out with a caveat, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub caveat_below: Option<f64>,
    /// From which risk on no answer is given, 0 to 1; what lies below it and goes out neither plain nor with a caveat is
    /// for a person.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub abstain_from: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnsureAction {
    #[default]
    Abstain,
    Review,
    Caveat,
}
