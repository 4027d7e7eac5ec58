//! What a guard decided, and which rule decided it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// From the mildest to the strictest; the strictest verdict of a request decides what happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Allow,
    /// Something was replaced by a placeholder, or a span was cut out; the request goes on.
    Mask,
    /// The answer goes out and a person looks at it afterwards.
    Review,
    /// No answer is given because there is no ground for one.
    Abstain,
    /// The request is not served.
    Refuse,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Mask => "mask",
            Self::Review => "review",
            Self::Abstain => "abstain",
            Self::Refuse => "refuse",
        })
    }
}

/// What the guard looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Input,
    Passage,
    Output,
}

/// One decision of one guard. It never holds the text that was judged: that lies in the encrypted payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The guard: `pii`, `injection`, `topics`, `grounding`.
    pub guard: String,
    /// The rule within the guard that decided, such as `iban` or `override_instructions`.
    pub rule: String,
    pub stage: Stage,
    pub decision: Decision,
    /// The measure behind the decision where there is one, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// One sentence for a person, without any of the judged text.
    pub reason: String,
}
