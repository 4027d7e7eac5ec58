//! What an app sends: judged, then masked.

use super::Guards;
use super::values::{self, Tally};
use crate::guard::topics::looks_like_small_talk;
use crate::guard::{injection, sensitive};
use crate::vault::Vault;
use usecase::declared::Place;
use usecase::{Message, Role, Stage, Verdict};

const TOPICS: &str = "topics";
pub(super) const SENSITIVE: &str = "sensitive";
pub(super) const ADVICE: &str = "advice";
/// From which score on a subject fires, 0 to 1, once it is centred on its own threshold.
pub(super) const THRESHOLD: f64 = 0.5;

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
    /// The verdict if the rule fires.
    pub verdict: Verdict,
    /// What the guard says by itself.
    pub fires: bool,
    /// Which of the messages it is about; its text is masked by now.
    pub message: usize,
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
        let mut checked = CheckedInput::default();
        self.judge_injection(messages, &mut checked);
        self.judge_subjects(messages, &mut checked);
        let (of_tools, explanation) = self.check_tools(messages, vault);
        checked.verdicts.extend(of_tools);
        checked.explanation = explanation;
        checked.verdicts.extend(self.judge_topic(messages));
        let (mut asked, mut given_back) = (Tally::default(), Tally::default());
        for message in messages.iter_mut() {
            let of_tool = is_of_tool(&message.role);
            let (place, tally) = if of_tool { (Place::Tool, &mut given_back) } else { (Place::Input, &mut asked) };
            message.each_text(&mut |text| values::mask(&self.rules, text, place, vault, tally));
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

    /// What is asked last is held against the subjects that the use case does not want.
    fn judge_subjects(&self, messages: &[Message], checked: &mut CheckedInput) {
        let judges = |guard: &str| self.rules.looks(guard, Place::Input) && self.rules.judgement(guard, "").is_some();
        if !judges(SENSITIVE) && !judges(ADVICE) {
            return;
        }
        let Some(place) = messages.iter().rposition(|message| message.role == Role::User) else { return };
        let mut text = messages[place].content.text();
        for guard in [SENSITIVE, ADVICE] {
            text = self.rules.without_exceptions(guard, &text).unwrap_or(text);
        }
        for subject in sensitive::assess(&text) {
            let guard = if subject.is_advice() { ADVICE } else { SENSITIVE };
            let Some(decision) = self.rules.judgement(guard, subject.category).filter(|_| judges(guard)) else {
                continue;
            };
            let judged = Judged { guard, rule: subject.category, score: centred(&subject), shipped: THRESHOLD };
            let reason = if guard == ADVICE { "asks for advice of this kind" } else { "is about this subject" };
            let verdict = Verdict::new(guard, subject.category, Stage::Input, decision, reason).scored(judged.score);
            self.decide(&judged, verdict, place, checked);
        }
    }

    fn judge_injection(&self, messages: &[Message], checked: &mut CheckedInput) {
        let judges = self.rules.looks(injection::GUARD, Place::Input);
        if !judges || self.rules.judgement(injection::GUARD, "").is_none() {
            return;
        }
        // Of each rule the strongest message is told, or one that only watches would hide another; of those that a model must
        // judge every one, or a louder one beside it would.
        let mut strongest: Vec<(usize, injection::Assessment)> = Vec::new();
        let zone = self.rules.declared().tier.get(injection::GUARD).map(|tier| tier.between);
        for (place, message) in messages.iter().enumerate().filter(|(_, message)| message.role == Role::User) {
            let text = message.content.text();
            let assessed = self.assess_injection(&text);
            if zone.is_some_and(|[low, high]| (low..=high).contains(&assessed.score)) {
                self.tell_injection(&assessed, place, checked);
                continue;
            }
            match strongest.iter_mut().find(|(_, known)| known.rule == assessed.rule) {
                Some(known) if known.1.score < assessed.score => *known = (place, assessed),
                Some(_) => {}
                None => strongest.push((place, assessed)),
            }
        }
        for (place, assessed) in strongest {
            self.tell_injection(&assessed, place, checked);
        }
    }

    /// How much a text looks like an attempt, without the words that may pass. What only likeness says is looked at once more
    /// without values: numbers, keys and addresses have the letters of odd texts and say nothing.
    pub(super) fn assess_injection(&self, text: &str) -> injection::Assessment {
        let left = self.rules.without_exceptions(injection::GUARD, text);
        let text = left.as_deref().unwrap_or(text);
        let assessed = injection::assess(text);
        if assessed.rule != injection::LEARNED || assessed.score < injection::THRESHOLD {
            return assessed;
        }
        let values = values::all(&self.rules, text, Place::Input);
        if values.is_empty() {
            return assessed;
        }
        let blanked = values::replace(text, &values, |_, _, value| " ".repeat(value.len()));
        let again = injection::assess(&blanked);
        if again.score < assessed.score { again } else { assessed }
    }

    fn tell_injection(&self, assessed: &injection::Assessment, place: usize, checked: &mut CheckedInput) {
        let (guard, rule) = (injection::GUARD, assessed.rule);
        let Some(decision) = self.rules.judgement(guard, rule) else { return };
        let judged = Judged { guard, rule, score: assessed.score, shipped: injection::THRESHOLD };
        let reason = format!("a message tries to take over the instructions (seen in the {} view)", assessed.view);
        let verdict = Verdict::new(guard, rule, Stage::Input, decision, reason).scored(assessed.score);
        self.decide(&judged, verdict, place, checked);
    }

    /// The rule fires, or does not, or a model is to be asked: that stands apart, with what the rule says by itself.
    fn decide(&self, judged: &Judged, verdict: Verdict, message: usize, checked: &mut CheckedInput) {
        let Judged { guard, rule, score, shipped } = *judged;
        let verdict = Verdict { shadow: self.rules.watches(guard, rule), ..verdict };
        let fires = score >= self.rules.threshold(guard, rule).unwrap_or(shipped);
        match self.rules.declared().tier.get(guard) {
            Some(tier) if (tier.between[0]..=tier.between[1]).contains(&score) => {
                checked.unsure.push(Unsure { verdict, fires, message });
            }
            _ if fires => checked.verdicts.push(verdict),
            _ => {}
        }
    }
}

/// A subject's score with its own threshold brought to 0.5, so that one number means the same for every subject.
pub(super) fn centred(subject: &sensitive::Subject) -> f64 {
    let odds = |share: f32| {
        let share = f64::from(share).clamp(1e-6, 1.0 - 1e-6);
        (share / (1.0 - share)).ln()
    };
    1.0 / (1.0 + (odds(subject.threshold) - odds(subject.score)).exp())
}

/// A score and where it counts from.
#[derive(Clone, Copy)]
struct Judged<'a> {
    guard: &'a str,
    rule: &'a str,
    /// 0 to 1.
    score: f64,
    /// The guard's own threshold, 0 to 1.
    shipped: f64,
}

/// What a tool says is data; the system's and developer's messages are the app's own word, an assistant's a model's.
pub(super) fn is_of_tool(role: &Role) -> bool {
    matches!(role, Role::Tool | Role::Function)
}
