//! An answer with what was found out about it, and the reasons for which one is not kept.

use crate::asked::Asked;
use serde_json::Value;
use usecase::{Choice, Citation, Completion, Cost, Decision, Stage, Timestamp, Usage, Verdict};

/// An answer as it may be given again.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub completion: Completion,
    pub citations: Vec<Citation>,
    pub verdicts: Vec<Verdict>,
    /// What the original cost: what a hit saves.
    pub cost: Cost,
    pub usage: Usage,
    /// `provider/model` that answered.
    pub model: String,
    /// What of the request was changed for that model, a clause each: true of every request that shares the answer.
    pub warnings: Vec<String>,
    /// The collections that were searched and their snapshots, for the record.
    pub snapshots: Vec<(String, u64)>,
    /// When the original was given; its time to live begins here.
    pub created: Timestamp,
}

/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// It depends on one person.
    Personal,
    /// The request asked for chance (`temperature` above 0), and `sampled` is not declared.
    Sampled,
    /// It is not one whole answer: none, several, cut off by a limit or a filter, without a word.
    NotWhole,
    /// The model calls a tool, or refuses.
    NotAnAnswer,
    /// A guard refused, abstained, masked, or sent it to review.
    Judged,
    /// It would fill a large part of the cache by itself.
    TooLarge,
}

impl Kept {
    pub(crate) fn why_not(&self, asked: &Asked, sampled_too: bool) -> Option<NotKept> {
        if asked.personal {
            Some(NotKept::Personal)
        } else if asked.sampled && !sampled_too {
            Some(NotKept::Sampled)
        } else if !self.verdicts.iter().all(is_harmless) {
            Some(NotKept::Judged)
        } else {
            match self.completion.choices.as_slice() {
                [choice] => not_an_answer(choice),
                _ => Some(NotKept::NotWhole),
            }
        }
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        // Written out, a value is about as long as what it holds; maps and strings cost as much again around it.
        let written = |value: serde_json::Result<String>| value.map_or(usize::MAX / 16, |text| 2 * text.len());
        let parts = [
            written(serde_json::to_string(&self.completion)),
            written(serde_json::to_string(&self.citations)),
            written(serde_json::to_string(&self.verdicts)),
            written(serde_json::to_string(&self.warnings)),
        ];
        std::mem::size_of::<Self>() + parts.iter().sum::<usize>()
    }
}

/// A span cut out of a passage is the same for everyone who may see the passage; any other verdict is about this request.
fn is_harmless(verdict: &Verdict) -> bool {
    match verdict.acts() {
        Decision::Allow => true,
        Decision::Mask => verdict.stage == Stage::Passage,
        _ => false,
    }
}

fn not_an_answer(choice: &Choice) -> Option<NotKept> {
    let is_there = |value: &Value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
    let has = |name: &str| choice.message.rest.get(name).is_some_and(is_there);
    if ["tool_calls", "function_call", "refusal"].into_iter().any(has) {
        return Some(NotKept::NotAnAnswer);
    }
    let ended = choice.finish_reason.as_deref() == Some("stop");
    (!ended || choice.message.content.text().trim().is_empty()).then_some(NotKept::NotWhole)
}
