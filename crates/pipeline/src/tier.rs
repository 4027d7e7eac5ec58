//! The model tier: where a guard is unsure, a model is asked whether its rule fires. Only texts in the grey zone get here, so
//! that the mean cost stays near that of the guard alone; the text is masked by then, and the call is on the record with its
//! cost, like any other.
//!
//! One trait, four judges (`judges`): a language model, a moderation endpoint, a guardrail of Bedrock, a classifier in a
//! folder.

mod judges;
#[cfg(test)]
mod tests;

pub(crate) use judges::LONGEST_ANSWER;

use crate::Engines;
use crate::assemble::Prompt;
use crate::error::Error;
use crate::local::LOCAL;
use crate::prepared::Prepared;
use crate::trail::Trail;
use futures_util::future::{BoxFuture, join_all};
use guardrails::Unsure;
use judges::{Endpoint, Folder, LanguageModel};
use models::Journal;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use usecase::declared::{Fail, Guard, ModelRef, Residency, Tier, UnsureAction};
use usecase::{Decision, Message, Verdict};

/// From this answer on a rule fires, 0 to 1.
const FIRES: f64 = 0.5;
/// Code points that a judge reads, about 8,000 tokens: a longer text is one that it cannot be asked about, for what it did not
/// read would pass unseen.
const LONGEST_TEXT: usize = 32_000;

/// The guard of answers, and the rule that its measure stands under.
pub(crate) const GROUNDING: &str = "grounding";
pub(crate) const RISK: &str = "risk";

/// What a judge is asked.
pub(crate) struct Question {
    guard: String,
    rule: String,
    /// Masked.
    text: String,
    /// What an answer should rest on, masked; `None` for everything else.
    evidence: Option<String>,
}

impl Question {
    fn is_too_long(&self) -> bool {
        let texts = [Some(&self.text), self.evidence.as_ref()];
        texts.into_iter().flatten().flat_map(|text| text.chars()).nth(LONGEST_TEXT).is_some()
    }
}

/// A question, and the verdict that holds if the answer is yes.
pub(crate) struct Doubt {
    question: Question,
    fired: Verdict,
}

/// Says how sure it is that a rule fires, 0 to 1, or in one clause why it cannot.
trait Judge: Send + Sync {
    fn judge<'a>(&'a self, question: &'a Question, journal: &'a Journal) -> BoxFuture<'a, Result<f64, String>>;
}

struct Tiered {
    name: String,
    between: [f64; 2],
    timeout: Duration,
    judge: Box<dyn Judge>,
    /// What is paid for, where something is.
    model: Option<ModelRef>,
}

/// The judges of a use case, by guard.
#[derive(Default)]
pub(crate) struct Tiers(BTreeMap<String, Tiered>);

impl Tiers {
    /// # Errors
    /// The operator's: a provider that the residency rule does not allow, a folder without a classifier.
    pub(crate) fn of(guard: &Guard, residency: &Residency, engines: &Engines) -> Result<Self, Error> {
        let mut tiers = BTreeMap::new();
        for (name, tier) in &guard.tier {
            if let Some(opened) = Tiered::open(tier, residency, engines)? {
                tiers.insert(name.clone(), opened);
            }
        }
        Ok(Self(tiers))
    }

    /// The models that one request may be charged for.
    pub(crate) fn models(&self) -> impl Iterator<Item = &ModelRef> {
        self.0.values().filter_map(|tiered| tiered.model.as_ref())
    }

    /// Whether a model is asked about answers before they go out.
    pub(crate) fn judges_answers(&self) -> bool {
        self.0.contains_key(GROUNDING)
    }

    /// Whether a model decides about this risk of an answer, 0 to 1.
    fn doubts_answer(&self, risk: f64) -> bool {
        self.0.get(GROUNDING).is_some_and(|tiered| (tiered.between[0]..=tiered.between[1]).contains(&risk))
    }
}

impl Tiered {
    /// `None` for a tier that names no model, which the configuration's check refuses.
    fn open(tier: &Tier, residency: &Residency, engines: &Engines) -> Result<Option<Self>, Error> {
        let clear = |model: &ModelRef| engines.models.clear(residency, model).map_err(Error::NotCleared);
        let models = || Arc::clone(&engines.models);
        let endpoint = tier.moderation.as_ref().or(tier.bedrock.as_ref());
        let (name, judge): (String, Box<dyn Judge>) = match (&tier.model, endpoint, &tier.classifier) {
            (Some(model), ..) => (model.to_string(), Box::new(LanguageModel::new(models(), clear(model)?))),
            (_, Some(model), _) => (model.to_string(), Box::new(Endpoint::new(models(), clear(model)?))),
            (.., Some(folder)) => {
                (format!("{LOCAL}/{folder}"), Box::new(Folder::new(engines.local.classifier(folder)?)))
            }
            (None, None, None) => return Ok(None),
        };
        let model = tier.model.as_ref().or(endpoint).cloned();
        Ok(Some(Self { name, between: tier.between, timeout: tier.timeout.as_duration(), judge, model }))
    }

    async fn answer(&self, question: &Question, journal: &Journal) -> Result<f64, String> {
        if question.is_too_long() {
            return Err(format!("the text is longer than {LONGEST_TEXT} characters"));
        }
        let asked = tokio::time::timeout(self.timeout, self.judge.judge(question, journal)).await;
        asked.unwrap_or_else(|_| Err(format!("no answer within {:?}", self.timeout)))
    }
}

/// What the guards left open about a request's messages: one question for each rule, about all the texts that it is unsure of,
/// the newest first. So a conversation costs no more calls the longer it gets.
pub(crate) fn doubts(messages: &[Message], unsure: Vec<Unsure>) -> Vec<Doubt> {
    let mut doubts: Vec<Doubt> = Vec::new();
    for Unsure { verdict, message, .. } in unsure.into_iter().rev() {
        let text = messages.get(message).map(|message| message.content.text()).unwrap_or_default();
        let same = |doubt: &&mut Doubt| doubt.fired.guard == verdict.guard && doubt.fired.rule == verdict.rule;
        if let Some(known) = doubts.iter_mut().find(same) {
            known.question.text.push_str("\n\n");
            known.question.text.push_str(&text);
            if known.fired.score < verdict.score {
                known.fired = verdict;
            }
        } else {
            let (guard, rule) = (verdict.guard.clone(), verdict.rule.clone());
            doubts.push(Doubt { question: Question { guard, rule, text, evidence: None }, fired: verdict });
        }
    }
    doubts
}

/// What is asked about an answer whose risk is in the grey zone, with the place of the guard's own verdict. `said` is the
/// answer, masked like the passages.
pub(crate) fn about_answer(
    prepared: &Prepared,
    prompt: &Prompt,
    verdicts: &[Verdict],
    said: &str,
) -> Option<(usize, Doubt)> {
    let otherwise = prepared.grounding.as_ref()?.otherwise;
    let place = |of_risk: bool| {
        verdicts.iter().position(|verdict| verdict.guard == GROUNDING && (verdict.rule == RISK) == of_risk)
    };
    let risk = verdicts[place(true)?].score?;
    let at = place(false)?;
    if !prepared.tiers.doubts_answer(risk) {
        return None;
    }
    let decision = match otherwise {
        UnsureAction::Abstain => Decision::Abstain,
        UnsureAction::Review => Decision::Review,
        UnsureAction::Caveat => Decision::Caveat,
    };
    let (guard, rule) = (GROUNDING.to_owned(), "unsupported".to_owned());
    let reason = "the answer states something that the passages do not support".to_owned();
    let shadow = prepared.guards.watches(&guard, &rule);
    let fired = Verdict { decision, rule: rule.clone(), reason, shadow, ..verdicts[at].clone() };
    let passages: Vec<&str> = prompt.passages.iter().map(|passage| passage.text.as_str()).collect();
    let evidence = Some(passages.join("\n\n"));
    Some((at, Doubt { question: Question { guard, rule, text: said.to_owned(), evidence }, fired }))
}

/// Asks about all of it at once. Each verdict is as its model has it: it stands, or the text is let pass. Either way the
/// record says who was asked.
pub(crate) async fn settle(prepared: &Prepared, doubts: Vec<Doubt>, trail: &mut Trail) -> Vec<Verdict> {
    let journals: Vec<Journal> = doubts.iter().map(|_| trail.journal_beside()).collect();
    let waiting = Instant::now();
    let settled = doubts.into_iter().zip(&journals).map(|(doubt, journal)| async move {
        let Doubt { question, fired } = doubt;
        let Some(tiered) = prepared.tiers.0.get(&question.guard) else { return fired };
        let answer = tiered.answer(&question, journal).await;
        let fails = prepared.guards.fails(&question.guard, &question.rule);
        decided(fired, &tiered.name, answer, fails)
    });
    let settled = join_all(settled).await;
    trail.waited(waiting);
    trail.gather_beside();
    settled
}

/// The guard's own score stays: it is what the grey zone is declared by.
fn decided(fired: Verdict, name: &str, answer: Result<f64, String>, fails: Fail) -> Verdict {
    let (stands, reason) = match answer {
        Ok(score) if score >= FIRES => (true, format!("{}, says {name} ({score:.2})", fired.reason)),
        Ok(score) => (false, format!("{name} was asked and lets it pass ({score:.2})")),
        Err(why) if fails == Fail::Closed => {
            (true, format!("{}; {name} could not be asked ({why}), and the rule fails closed", fired.reason))
        }
        Err(why) => (false, format!("{name} could not be asked ({why}), and the rule fails open")),
    };
    let decision = if stands { fired.decision } else { Decision::Allow };
    Verdict { decision, reason, ..fired }
}
