//! `[model.escalate]`: what shows that a small model is unsure of its answer, and who is asked then.
//!
//! The defaults are places to start from and were measured on nobody's questions: `shipway eval NAME --tune-routing`
//! finds those of a use case. That the mean log-probability of an answer's tokens tells which answers to pass on: N.
//! Gupta et al., "Language model cascades: token-level uncertainty and beyond", 2024, arXiv 2404.10136. That samples
//! which agree are more often right: X. Wang et al., "Self-consistency", 2022, arXiv 2203.11171, and as a reason to
//! escalate M. Yue et al., "Large language model cascades with mixture of thoughts", 2023, arXiv 2310.03094.

use super::scalar::ModelRef;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalate {
    /// The model that is asked then, as `provider/model`.
    pub to: ModelRef,
    /// What makes the first model unsure. One signal, or a list of which each is enough.
    pub when: Signals,
    /// Below which measure a signal speaks. `shipway eval NAME --tune-routing` finds them on the eval cases.
    #[serde(default)]
    pub at_least: AtLeast,
    /// For `disagreement`: how many more answers the first model is asked for; each is paid.
    #[serde(default = "two")]
    #[schemars(range(min = 1, max = 8))]
    pub samples: u32,
    /// For `disagreement`: the temperature of these answers.
    #[serde(default = "warm")]
    #[schemars(range(min = 0.0, max = 2.0))]
    pub sample_temperature: f64,
}

fn two() -> u32 {
    2
}

/// What X. Wang et al. sampled most of their models at.
fn warm() -> f64 {
    0.7
}

/// The measures of the signals, each 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AtLeast {
    /// For `grounding`: the share of the answer's sentences that rest on a passage; that of `guard.grounding` when
    /// absent.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub grounding: Option<f64>,
    /// For `logprobs`: the geometric mean of the probabilities of the answer's tokens; 0.8 when absent.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: Option<f64>,
    /// For `disagreement`: how far the further answers agree with the first; 0.6 when absent.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub agreement: Option<f64>,
}

impl Escalate {
    /// The measure below which a signal speaks, 0 to 1. `guard` is what `guard.grounding` asks for. `None`: nothing
    /// says.
    pub fn threshold(&self, signal: Signal, guard: Option<f64>) -> Option<f64> {
        match signal {
            Signal::Grounding => self.at_least.grounding.or(guard),
            Signal::Logprobs => Some(self.at_least.probability.unwrap_or(0.8)),
            // It is met or it is not.
            Signal::Schema => Some(1.0),
            Signal::Disagreement => Some(self.at_least.agreement.unwrap_or(0.6)),
        }
    }
}

/// What shows that a model is unsure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// The answer is no JSON, or does not meet the JSON Schema, that the request asks for.
    Schema,
    /// Too few of the answer's sentences rest on a passage.
    Grounding,
    /// Its tokens were improbable to the model itself.
    Logprobs,
    /// Asked again, the model answers otherwise.
    Disagreement,
}

impl Signal {
    /// From the cheapest to find out to the dearest.
    pub const ALL: [Self; 4] = [Self::Schema, Self::Grounding, Self::Logprobs, Self::Disagreement];

    /// As it is written under `when`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Grounding => "grounding",
            Self::Logprobs => "logprobs",
            Self::Disagreement => "disagreement",
        }
    }

    /// Its key under `at_least`; `None` where there is nothing to set.
    pub fn measure(self) -> Option<&'static str> {
        match self {
            Self::Schema => None,
            Self::Grounding => Some("grounding"),
            Self::Logprobs => Some("probability"),
            Self::Disagreement => Some("agreement"),
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One signal, or a list of them; each stands in it once, the cheapest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signals(Vec<Signal>);

impl Signals {
    pub fn of(mut signals: Vec<Signal>) -> Self {
        signals.sort_unstable();
        signals.dedup();
        Self(signals)
    }

    pub fn contains(&self, signal: Signal) -> bool {
        self.0.contains(&signal)
    }

    pub fn iter(&self) -> impl Iterator<Item = Signal> {
        self.0.iter().copied()
    }
}

impl<'de> Deserialize<'de> for Signals {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            One(Signal),
            Several(Vec<Signal>),
        }
        Ok(Self::of(match Written::deserialize(deserializer)? {
            Written::One(signal) => vec![signal],
            Written::Several(signals) => signals,
        }))
    }
}

impl JsonSchema for Signals {
    fn schema_name() -> Cow<'static, str> {
        "Signals".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = json_schema!({ "type": "string", "enum": Signal::ALL.map(Signal::as_str) });
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}
