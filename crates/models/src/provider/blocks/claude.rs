//! What differs between the generations of Claude, told by a model's name, and how reasoning is asked for: since 4.6 a
//! model is told how much effort to make and thinks as it sees fit, before it got a budget of tokens.
//!
//! Sources: Anthropic's pages on adaptive thinking, effort, prompt caching, structured outputs, and the migration guides
//! to 4.7, 5 and 5.5, read in November 2026.

use super::fields::Fields;
use super::{Conversation, Piece};
use serde_json::{Value, json};

/// Why a model with a budget of tokens is asked without reasoning.
const UNSIGNED: &str = "the call before was made without signed reasoning";

/// The smallest budget of tokens that thinking may have.
const LEAST_BUDGET: u64 = 1024;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::provider) struct Claude {
    family: Family,
    version: (u32, u32),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Family {
    Haiku,
    Sonnet,
    Opus,
    Other,
}

impl Claude {
    /// Reads `claude-sonnet-4-5-20250929`, `claude-3-5-haiku-latest`, `eu.anthropic.claude-opus-4-6-v1:0`.
    pub(in crate::provider) fn of(model: &str) -> Option<Self> {
        let name = &model[model.find("claude-")? + "claude-".len()..];
        let words: Vec<&str> = name.split(['-', '.', ':', '@']).collect();
        let mut numbers = words
            .iter()
            .skip_while(|word| word.parse::<u32>().is_err())
            .map_while(|word| word.parse().ok().filter(|number| *number < 100));
        let version = (numbers.next()?, numbers.next().unwrap_or(0));
        let family = match words.iter().find(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())) {
            Some(&"haiku") => Family::Haiku,
            Some(&"sonnet") => Family::Sonnet,
            Some(&"opus") => Family::Opus,
            _ => Family::Other,
        };
        Some(Self { family, version })
    }

    fn thinks_adaptively(self) -> bool {
        self.version >= (4, 6)
    }

    /// Whether `temperature`, `top_p` and `top_k` may be set.
    pub(in crate::provider) fn samples_as_told(self) -> bool {
        self.version < (5, 0) && !(self.family == Family::Opus && self.version >= (4, 7))
    }

    /// Whether `temperature` and `top_p` may be set together.
    pub(in crate::provider) fn takes_both_samplers(self) -> bool {
        self.version < (4, 1)
    }

    pub(in crate::provider) fn fits_schemas(self) -> bool {
        self.version >= (4, 5)
    }

    /// The shortest prompt that the provider keeps, in tokens. A mark on a shorter one is passed over.
    pub(in crate::provider) fn least_cached(self) -> u64 {
        match (self.family, self.version) {
            (Family::Sonnet, (5, 0)) => 1024,
            (_, version) if version >= (5, 0) => 512,
            (Family::Opus, (4, 7)) | (Family::Sonnet, (4, 6)) => 2048,
            (Family::Opus | Family::Haiku, (4, 5 | 6)) => 4096,
            (Family::Haiku, version) if version < (4, 0) => 2048,
            _ => 1024,
        }
    }

    /// Whether it can be made to call a tool. The newer models that always think cannot.
    fn can_be_forced(self) -> bool {
        match self.family {
            Family::Opus => self.version < (5, 5),
            Family::Other => self.version < (5, 1),
            Family::Haiku | Family::Sonnet => true,
        }
    }

    /// How it is told not to think, where it does so by itself and can be told.
    fn unthinking(self) -> Option<Value> {
        match self.family {
            Family::Haiku => Some("disabled"),
            Family::Opus | Family::Sonnet if self.version < (5, 5) => Some("disabled"),
            Family::Sonnet => Some("between_tools"),
            Family::Opus | Family::Other => None,
        }
        .map(|kind| json!({"type": kind}))
    }

    fn effort(self, asked: &str) -> &'static str {
        match asked {
            "none" | "minimal" | "low" => "low",
            "medium" => "medium",
            "xhigh" if self.version >= (4, 7) => "xhigh",
            _ => "high",
        }
    }
}

/// Refuses to force a model that cannot be forced.
pub(in crate::provider) fn expect_choice(claude: Option<Claude>, is_forced: bool) -> Result<(), String> {
    match claude.is_some_and(|claude| is_forced && !claude.can_be_forced()) {
        true => Err("a tool that has to be called (`tool_choice`)".to_owned()),
        false => Ok(()),
    }
}

/// How a model is asked to reason.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::provider) struct Reasoning {
    /// Anthropic's `thinking`.
    pub(in crate::provider) thinking: Option<Value>,
    /// Anthropic's `output_config.effort`.
    pub(in crate::provider) effort: Option<&'static str>,
    /// Tokens that thinking needs beside those of the answer, where the request sets no limit.
    pub(in crate::provider) more_tokens: u64,
    /// `thinking` was made of `reasoning_effort`, so it is on us to leave out what it excludes.
    pub(in crate::provider) is_ours: bool,
}

/// Reads `thinking`, which goes out as it is, or else `reasoning_effort`.
pub(in crate::provider) fn reasoning(
    model: &str,
    fields: &mut Fields<'_>,
    limit: Option<u64>,
    conversation: &Conversation,
    is_forced: bool,
) -> Reasoning {
    let claude = Claude::of(model);
    let adaptive = claude.filter(|claude| claude.thinks_adaptively());
    let effort = fields.take_text("reasoning_effort");
    if let Some(thinking) = fields.take("thinking") {
        if thinking["type"] == "enabled" && has_unsigned_call(conversation) {
            fields.left_out("thinking", UNSIGNED);
            return Reasoning::default();
        }
        let more_tokens = thinking.get("budget_tokens").and_then(Value::as_u64).unwrap_or(0);
        let effort = adaptive.zip(effort).map(|(claude, effort)| claude.effort(effort));
        return Reasoning { thinking: Some(thinking.clone()), effort, more_tokens, is_ours: false };
    }
    match (effort, adaptive, claude) {
        (None, _, _) => Reasoning::default(),
        // Anthropic's effort is not a wish to think, and it is there without thinking.
        (Some(effort), _, Some(claude)) if fields.is_anthropics => {
            Reasoning { effort: Some(claude.effort(effort)), ..Reasoning::default() }
        }
        (Some(effort), Some(claude), _) => by_effort(claude, effort, fields, is_forced),
        (Some("none"), None, _) => Reasoning::default(),
        (Some(_), None, Some(claude)) if claude.version < (3, 7) => {
            fields.left_out("reasoning_effort", "this model does not reason");
            Reasoning::default()
        }
        (Some(effort), None, _) => by_budget(effort, fields, limit, conversation, is_forced),
    }
}

fn by_effort(claude: Claude, asked: &str, fields: &mut Fields<'_>, is_forced: bool) -> Reasoning {
    let effort = Some(claude.effort(asked));
    let display = claude.version >= (4, 7);
    let thinking = match asked {
        "none" if claude.version < (5, 0) => return Reasoning::default(),
        "none" => {
            if let Some(thinking) = claude.unthinking() {
                return Reasoning { thinking: Some(thinking), ..Reasoning::default() };
            }
            fields.left_out("reasoning_effort", "this model always reasons, with low effort now");
            None
        }
        // To think and to have to call a tool exclude each other.
        _ if is_forced => None,
        // Newer models keep their reasoning to themselves unless asked for it.
        _ if display => Some(json!({"type": "adaptive", "display": "summarized"})),
        _ => Some(json!({"type": "adaptive"})),
    };
    let is_ours = thinking.is_some();
    Reasoning { thinking, effort, more_tokens: 0, is_ours }
}

fn by_budget(
    asked: &str,
    fields: &mut Fields<'_>,
    limit: Option<u64>,
    conversation: &Conversation,
    is_forced: bool,
) -> Reasoning {
    let wanted = match asked {
        "minimal" => LEAST_BUDGET,
        "low" => 2048,
        "medium" => 8192,
        "xhigh" => 32_768,
        _ => 16_384,
    };
    let budget = limit.map_or(wanted, |limit| wanted.min(limit.saturating_sub(1)));
    let hindrance = if is_forced {
        Some("a tool has to be called")
    } else if budget < LEAST_BUDGET {
        Some("the limit of tokens leaves no room for it")
    } else if has_unsigned_call(conversation) {
        Some(UNSIGNED)
    } else {
        None
    };
    if let Some(why) = hindrance {
        fields.left_out("reasoning_effort", why);
        return Reasoning::default();
    }
    let thinking = Some(json!({"type": "enabled", "budget_tokens": budget}));
    Reasoning { thinking, effort: None, more_tokens: budget, is_ours: true }
}

/// With a budget, a turn that called tools has to begin with its signed reasoning.
fn has_unsigned_call(conversation: &Conversation) -> bool {
    let last = conversation.turns.iter().rev().find(|turn| turn.by_assistant);
    last.is_some_and(|turn| {
        let calls = turn.blocks.iter().any(|block| matches!(block.piece, Piece::Call { .. }));
        let signed = matches!(turn.blocks[0].piece, Piece::Thinking { .. } | Piece::Redacted(_));
        calls && !signed
    })
}

/// Which of `temperature`, `top_p` and `top_k` may go out, under their own names.
pub(in crate::provider) fn sampling<'a>(
    model: &str,
    fields: &mut Fields<'a>,
    reasoning: &Reasoning,
) -> Vec<(&'static str, std::borrow::Cow<'a, Value>)> {
    use std::borrow::Cow;
    let claude = Claude::of(model);
    let mut sent: Vec<(&'static str, Cow<'a, Value>)> = Vec::new();
    for name in ["temperature", "top_p", "top_k"] {
        let Some(value) = fields.take(name) else { continue };
        if claude.is_some_and(|claude| !claude.samples_as_told()) {
            fields.left_out(name, "this model does not take it");
        } else if reasoning.is_ours {
            fields.left_out(name, "a model that reasons does not take it");
        } else if name == "top_p" && claude.is_some_and(|claude| !claude.takes_both_samplers()) && !sent.is_empty() {
            fields.left_out(name, "this model takes only one of `temperature` and `top_p`");
        } else if name == "temperature" && value.as_f64().is_some_and(|value| value > 1.0) {
            fields.left_out(name, "it goes up to 1 here, which was taken");
            sent.push((name, Cow::Owned(json!(1))));
        } else {
            sent.push((name, Cow::Borrowed(value)));
        }
    }
    sent
}
