//! `[model]`: who answers, and who answers when that one cannot.

use super::escalate::Escalate;
use super::scalar::ModelRef;
use crate::time::Period;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// `provider/model`. `local/extractive` answers by quoting, without a key or a download.
    #[serde(rename = "use")]
    pub primary: ModelRef,
    /// A larger model that is asked when the first is unsure; a streamed answer waits until that is known.
    pub escalate: Option<Escalate>,
    /// Tried in order when the one before cannot answer. `local/extractive` is always the last, named or not.
    pub fallback: Vec<ModelRef>,
    /// Equal models that share the requests; they stand in place of `use`.
    pub spread: Option<Spread>,
    /// Most calls that one request may cause, over all models; when absent, one for each model and two more.
    /// `local/extractive` costs nothing and is asked all the same.
    #[schemars(range(min = 1, max = 32))]
    pub attempts: Option<u32>,
    /// How long a request may wait, over all attempts, until an answer begins (a whole one: until it is there).
    pub deadline: Option<Period>,
    /// After so long without a first word the next model is asked too. The first that answers wins, both are paid.
    pub hedge: Option<Period>,
    /// Whether the next model goes on with a streamed answer that broke off after its first words.
    pub continue_stream: bool,
    /// What becomes of a call whose app goes away: `cancel` (the default) ends it, `drain` lets it come to its end, so that
    /// tokens and cost are those that the provider reports.
    pub on_disconnect: OnDisconnect,
    /// Upper limit of the answer's tokens; a request may ask for fewer, not for more.
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
            spread: None,
            attempts: None,
            deadline: None,
            hedge: None,
            continue_stream: false,
            on_disconnect: OnDisconnect::Cancel,
            max_tokens: None,
            temperature: None,
        }
    }
}

impl Model {
    /// The models of which one is asked first: those of `spread`, else `use`.
    pub fn first(&self) -> Vec<&ModelRef> {
        match &self.spread {
            Some(spread) => spread.over.iter().map(|share| &share.model).collect(),
            None => vec![&self.primary],
        }
    }

    /// Every model that may answer, in the order in which they are listed; `local/extractive` is always the last.
    pub fn chain(&self) -> Vec<ModelRef> {
        let last = ModelRef::local_extractive();
        let mut chain: Vec<ModelRef> = Vec::new();
        for model in self.first().into_iter().chain(&self.fallback).chain([&last]) {
            if !chain.contains(model) {
                chain.push(model.clone());
            }
        }
        chain
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDisconnect {
    /// The call ends at once; what it had cost until then may be an estimate.
    #[default]
    Cancel,
    /// The answer is read to its end, recorded and paid for in full.
    Drain,
}

/// How requests are shared by models that are as good as one another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The models, each with its weight.
    #[schemars(length(min = 1, max = 16))]
    pub over: Vec<SpreadShare>,
    /// What decides which of them is asked first; the others follow when it cannot answer.
    #[serde(default)]
    pub by: SpreadBy,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpreadShare {
    /// The model, as `provider/model`.
    pub model: ModelRef,
    /// Its share of the requests, against the weights of the others; only for `by = "weight"`.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000))]
    pub weight: u32,
}

fn one() -> u32 {
    1
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpreadBy {
    /// Shares by weight; a conversation stays with its model, whose prompt cache knows it.
    #[default]
    Weight,
    /// The quicker of two that are drawn, counting what each has under way.
    Latency,
    /// The cheapest for this request; unknown prices come last.
    Price,
}
