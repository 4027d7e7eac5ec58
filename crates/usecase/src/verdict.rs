//! What a guard decided, and which rule decided it.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// From the mildest to the strictest; the strictest verdict of a request decides what happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Allow,
    /// Something was replaced by a placeholder, or a span was cut out; the request goes on.
    Mask,
    /// The answer goes out with a sentence that it may not be right.
    Caveat,
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
            Self::Caveat => "caveat",
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
    /// What a tool gave back, and context from elsewhere.
    Tool,
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
    /// The risk's name in OWASP's Top 10 for LLM Applications 2025, such as `LLM01:2025 Prompt Injection`; empty where it
    /// has none.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub owasp: Cow<'static, str>,
    /// The rule only watches: what it decided was recorded and not done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
}

impl Verdict {
    /// A verdict without a score of a rule that acts.
    pub fn new(
        guard: impl Into<String>,
        rule: impl Into<String>,
        stage: Stage,
        decision: Decision,
        reason: impl Into<String>,
    ) -> Self {
        let guard = guard.into();
        let owasp = Cow::Borrowed(owasp(&guard));
        Self { guard, rule: rule.into(), stage, decision, score: None, reason: reason.into(), owasp, shadow: false }
    }

    /// With its measure, 0 to 1, rounded to thousandths.
    #[must_use]
    pub fn scored(mut self, score: f64) -> Self {
        self.score = Some((score * 1_000.0).round() / 1_000.0);
        self
    }

    /// What is done about it: nothing where the rule only watches.
    pub fn acts(&self) -> Decision {
        if self.shadow { Decision::Allow } else { self.decision }
    }
}

/// Which risk of OWASP's Top 10 for LLM Applications (2025) a guard is against. Topics, sensitive subjects and the house's
/// own notes have no entry there.
pub fn owasp(guard: &str) -> &'static str {
    match guard {
        "injection" => "LLM01:2025 Prompt Injection",
        "pii" | "secrets" => "LLM02:2025 Sensitive Information Disclosure",
        "output" => "LLM05:2025 Improper Output Handling",
        "leak" => "LLM07:2025 System Prompt Leakage",
        "grounding" | "unanswerable" | "advice" => "LLM09:2025 Misinformation",
        _ => "",
    }
}
