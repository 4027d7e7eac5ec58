//! What an app sends: judged, then masked.

use super::Guards;
use super::values::{self, Tally};
use crate::guard::injection;
use crate::guard::topics::looks_like_small_talk;
use crate::vault::Vault;
use usecase::declared::Place;
use usecase::{Message, Role, Stage, Verdict};

const TOPICS: &str = "topics";

/// What came of checking the input. The messages are masked in place.
#[derive(Clone, Debug, Default)]
pub struct CheckedInput {
    pub verdicts: Vec<Verdict>,
    /// What a guard is not sure of; a model may be asked where one is declared.
    pub unsure: Vec<Unsure>,
    /// What a model must be told to read the marks around fenced orders, where there are any.
    pub explanation: Option<String>,
}

/// A text in a guard's grey zone.
#[derive(Clone, Debug)]
pub struct Unsure {
    /// The verdict if the model says that the rule fires. It stands among the verdicts already when the guard by itself
    /// says so.
    pub verdict: Verdict,
    /// The text, masked.
    pub text: String,
}

impl Guards {
    /// Checks every text of every message, also in parts and tool calls. Personal data and secrets are replaced by
    /// stand-ins of the vault; texts of the user are judged for injection, before masking; what tools gave back is
    /// treated like a passage. Nothing is masked by a guard that is off; one that refuses masks all the same, so
    /// that no later step sees the value.
    pub fn check_input(&self, messages: &mut [Message], vault: &mut Vault) -> CheckedInput {
        for message in messages.iter_mut() {
            message.each_text(&mut |text| {
                vault.avoid(text);
                None
            });
        }
        let mut checked =
            CheckedInput { verdicts: self.judge_injection(messages).into_iter().collect(), ..CheckedInput::default() };
        let (of_tools, explanation) = self.check_tools(messages, vault);
        checked.verdicts.extend(of_tools);
        checked.explanation = explanation;
        checked.verdicts.extend(self.judge_topic(messages));
        let (mut asked, mut given_back) = (Tally::default(), Tally::default());
        for message in messages.iter_mut() {
            let of_tool = is_of_tool(&message.role);
            let (place, tally) = if of_tool { (Place::Tool, &mut given_back) } else { (Place::Input, &mut asked) };
            message
                .each_text(&mut |text| values::mask(&self.rules, text, place, vault, tally).map(|(masked, _)| masked));
        }
        checked.verdicts.extend(asked.verdicts(&self.rules, Stage::Input));
        checked.verdicts.extend(given_back.verdicts(&self.rules, Stage::Tool));
        checked
    }

    /// What is asked last is held against the allowed topics. A follow-up ("and for Europe?") is judged by the conversation
    /// it stands in, which was judged when it began.
    fn judge_topic(&self, messages: &[Message]) -> Option<Verdict> {
        let topics = self.topics.as_ref().filter(|_| self.rules.looks(TOPICS, Place::Input))?;
        let question = messages.iter().rev().find(|message| message.role == Role::User)?.content.text();
        let is_follow_up = messages.iter().any(|message| message.role == Role::Assistant);
        let verdict = topics.judge(&question, is_follow_up || looks_like_small_talk(&question));
        Some(Verdict { shadow: self.rules.watches(TOPICS, &verdict.rule), ..verdict })
    }

    fn judge_injection(&self, messages: &[Message]) -> Option<Verdict> {
        if !self.rules.looks(injection::GUARD, Place::Input) {
            return None;
        }
        let decision = self.rules.judgement(injection::GUARD, "")?;
        let mut strongest: Option<injection::Detection> = None;
        let mut count = 0;
        for message in messages.iter().filter(|message| message.role == Role::User) {
            let text = message.content.text();
            let left = self.rules.without_exceptions(injection::GUARD, &text);
            if let Some(detection) = injection::judge_input(left.as_deref().unwrap_or(&text)) {
                count += 1;
                if strongest.as_ref().is_none_or(|known| known.score < detection.score) {
                    strongest = Some(detection);
                }
            }
        }
        let detection = strongest?;
        let decision = self.rules.judgement(injection::GUARD, detection.rule).unwrap_or(decision);
        let verdict = detection.verdict(decision, count);
        Some(Verdict { shadow: self.rules.watches(injection::GUARD, detection.rule), ..verdict })
    }
}

/// What a tool says is data; the system's and developer's messages are the app's own word, an assistant's a model's.
pub(super) fn is_of_tool(role: &Role) -> bool {
    matches!(role, Role::Tool | Role::Function)
}
