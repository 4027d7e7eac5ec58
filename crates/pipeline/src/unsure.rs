//! Within step 5: is the small model sure enough of its answer? Each signal is measured, the cheapest first, until one
//! falls below its threshold; every measure is a verdict on record. A signal that cannot be measured is absent and says
//! so: it neither speaks against an answer nor for it.

use crate::Pipeline;
use crate::ask::{self, Asked};
use crate::check_output::{Judged, calls_tools};
use crate::prepared::Prepared;
use crate::trail::Trail;
use futures_util::future::join_all;
use guardrails::Gist;
use jsonschema::PatternOptions;
use ledger::Status;
use models::{Call, Cleared, Journal, Models, ReplyBody};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Instant;
use usecase::declared::{Escalate, Model, ModelRef, Signal, Signals};
use usecase::{AttemptEnd, Completion, Decision, Stage, Verdict};

/// The guard that escalations stand under in verdicts; their rule is the signal.
pub const GUARD: &str = "escalate";

/// `[model.escalate]`, ready to be used.
pub(crate) struct Escalation {
    declared: Escalate,
    /// What `guard.grounding` asks for.
    guard: Option<f64>,
    /// Every signal is measured and none acts: for tuning.
    pub(crate) measures_only: bool,
    /// The use case's rules for calls that are not to be doubted again: the larger model's, and further samples.
    pub(crate) rules: Model,
}

impl Escalation {
    pub(crate) fn of(model: &Model, guard: Option<f64>) -> Option<Self> {
        let declared = model.escalate.clone()?;
        let rules = Model { escalate: None, spread: None, ..model.clone() };
        Some(Self { declared, guard, measures_only: false, rules })
    }

    /// Measures every signal there is, and asks nobody else.
    pub(crate) fn measure_only(&mut self) {
        self.measures_only = true;
        self.declared.when = every_signal();
    }

    pub(crate) fn larger(&self) -> &ModelRef {
        &self.declared.to
    }

    /// Answers that one request may cause besides.
    pub(crate) fn samples(&self) -> usize {
        if self.declared.when.contains(Signal::Disagreement) { self.declared.samples as usize } else { 0 }
    }
}

pub(crate) fn every_signal() -> Signals {
    Signals::of(Signal::ALL.to_vec())
}

/// What came of measuring.
enum Measured {
    /// 0 to 1, higher is surer.
    Score(f64),
    /// Why there is no measure.
    Absent(String),
    /// The request or the answer is none that the signal is about.
    Beside,
}

/// Whether the answer is to be asked for again, of the larger model.
pub(crate) async fn is_unsure(
    pipeline: &Pipeline,
    prepared: &Prepared,
    escalation: &Escalation,
    trail: &mut Trail,
    asked: &Asked,
    completion: &Completion,
    judged: &Judged,
) -> bool {
    let abstained = judged.status == Status::Abstained && judged.verdicts.is_empty();
    if abstained || *asked.model == *escalation.larger() {
        return false;
    }
    for signal in escalation.declared.when.iter() {
        let measured = match signal {
            Signal::Schema => schema(&asked.prompt.request.rest, completion),
            Signal::Grounding => judged.grounding.map_or(Measured::Beside, Measured::Score),
            Signal::Logprobs => judged.probability.map_or_else(no_probabilities, Measured::Score),
            Signal::Disagreement => disagreement(pipeline, prepared, escalation, trail, asked, completion).await,
        };
        let threshold = escalation.declared.threshold(signal, escalation.guard);
        let below = match (&measured, threshold) {
            (Measured::Score(score), Some(threshold)) => *score < threshold,
            _ => false,
        };
        trail.judged(verdict(signal, &measured, threshold, asked, escalation).as_slice());
        if below && !escalation.measures_only {
            return true;
        }
    }
    false
}

fn no_probabilities() -> Measured {
    Measured::Absent("the model gave no log-probabilities".to_owned())
}

fn verdict(
    signal: Signal,
    measured: &Measured,
    threshold: Option<f64>,
    asked: &Asked,
    escalation: &Escalation,
) -> Option<Verdict> {
    let model = &asked.model;
    let (score, reason) = match (measured, threshold) {
        (Measured::Beside, _) => return None,
        (Measured::Absent(why), _) => (None, format!("not measured: {why}")),
        (Measured::Score(score), Some(threshold)) if *score < threshold && !escalation.measures_only => {
            let larger = escalation.larger();
            (Some(*score), format!("{model} is unsure: {score:.3} is below {threshold}; {larger} is asked"))
        }
        (Measured::Score(score), Some(threshold)) if *score >= threshold => {
            (Some(*score), format!("{model} is sure enough: {score:.3} is at least {threshold}"))
        }
        (Measured::Score(score), _) => (Some(*score), format!("measured: {score:.3}")),
    };
    Some(note(signal.as_str(), score, reason))
}

/// The larger model could not be asked: the smaller one's answer stands, and that is said.
pub(crate) fn stays(model: &ModelRef, larger: &ModelRef) -> Verdict {
    note("failed", None, format!("{larger} could not answer: the answer of {model} stands as it was judged"))
}

fn note(rule: &str, score: Option<f64>, reason: String) -> Verdict {
    Verdict { score, ..Verdict::new(GUARD, rule, Stage::Output, Decision::Allow, reason) }
}

/// Takes the log-probabilities out of a choice unless the app asked for them. What is left of them is the geometric
/// mean of the tokens' probabilities, e to the mean log-probability, 0 to 1; `None` where there are none.
pub(crate) fn take_probability(choice: &mut Map<String, Value>, app_asked: bool) -> Option<f64> {
    let found = choice.get_mut("logprobs").filter(|value| !value.is_null())?;
    let tokens = found.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let logs: Vec<f64> = tokens.iter().filter_map(|token| token.get("logprob")?.as_f64()).collect();
    if !app_asked {
        *found = Value::Null;
    }
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    (!logs.is_empty()).then(|| mean.exp().clamp(0.0, 1.0))
}

/// Whether the app itself wants log-probabilities.
pub(crate) fn app_asked(request: &Map<String, Value>) -> bool {
    request.get("logprobs").is_some_and(|value| !matches!(value, Value::Null | Value::Bool(false)))
}

/// 1 when every choice is the JSON that the request asks for, else 0.
fn schema(request: &Map<String, Value>, completion: &Completion) -> Measured {
    let Some(format) = request.get("response_format") else { return Measured::Beside };
    let wanted = match format.get("type").and_then(Value::as_str) {
        Some("json_object") => None,
        Some("json_schema") => format.pointer("/json_schema/schema"),
        _ => return Measured::Beside,
    };
    // Linear in the text whatever the pattern: a schema comes from outside.
    let compile = |schema| jsonschema::options().with_pattern_options(PatternOptions::regex()).build(schema);
    let validator = match wanted.map(compile).transpose() {
        Ok(validator) => validator,
        Err(_) => return Measured::Absent("the request's JSON Schema cannot be used".to_owned()),
    };
    let mut judged = completion.choices.iter().filter(|choice| !calls_tools(&choice.message.rest)).peekable();
    if judged.peek().is_none() {
        return Measured::Beside;
    }
    let meets = judged.all(|choice| {
        let value = serde_json::from_str::<Value>(choice.message.content.text().trim());
        value.is_ok_and(|value| validator.as_ref().is_none_or(|validator| validator.is_valid(&value)))
    });
    Measured::Score(f64::from(u8::from(meets)))
}

/// The mean agreement of the answer with further ones of the same model.
async fn disagreement(
    pipeline: &Pipeline,
    prepared: &Prepared,
    escalation: &Escalation,
    trail: &mut Trail,
    asked: &Asked,
    completion: &Completion,
) -> Measured {
    let stated = |text: &String| !text.trim().is_empty();
    let texts: Vec<String> = completion.choices.iter().map(|choice| choice.message.content.text()).collect();
    let Some(answer) = texts.first().filter(|text| stated(text)) else { return Measured::Beside };
    let models = &pipeline.engines().models;
    let Ok(chain) = ask::clear(models, prepared, std::slice::from_ref(&asked.model)) else {
        return Measured::Absent("the model may not be asked again".to_owned());
    };
    let call = resampling(asked, escalation, trail.may_wait());
    let waiting = Instant::now();
    let sampled = (0..escalation.samples()).map(|_| {
        let (call, chain, journal) = (call.clone(), chain.clone(), trail.journal_beside());
        sample(models, chain, &escalation.rules, call, journal)
    });
    let samples: Vec<Option<String>> = join_all(sampled).await;
    trail.waited(waiting);
    trail.gather_beside();
    let first = Gist::of(answer);
    let agreements: Vec<f64> =
        samples.iter().flatten().map(|text| first.agreement(&Gist::of(&asked.vault().restore(text)))).collect();
    if agreements.is_empty() {
        return Measured::Absent("no further answer came".to_owned());
    }
    Measured::Score(agreements.iter().sum::<f64>() / agreements.len() as f64)
}

/// The same request, warmer, and for one plain answer.
fn resampling(asked: &Asked, escalation: &Escalation, batch: bool) -> Call {
    let prompt = &asked.prompt;
    let mut request = usecase::ChatRequest::clone(&prompt.request);
    request.stream = false;
    for field in ["n", "seed", "logprobs", "top_logprobs", "stream_options"] {
        request.rest.shift_remove(field);
    }
    request.rest.insert("temperature".to_owned(), json!(escalation.declared.sample_temperature));
    request.changed();
    let (passages, question) = (Arc::clone(&prompt.passages), prompt.question.clone());
    Call { request: Arc::new(request), passages, question, batch }
}

/// One further answer; its attempts go into the journal, whatever comes of them.
async fn sample(models: &Models, chain: Vec<Cleared>, rules: &Model, call: Call, journal: Journal) -> Option<String> {
    match models.call_noting(chain, rules, call, &journal).await {
        Ok(reply) => {
            reply.attempts.into_iter().for_each(|attempt| journal.note(attempt));
            let ReplyBody::Whole(completion) = reply.body else { return None };
            journal.note(reply.running.finish(completion.usage, AttemptEnd::Answered));
            completion.choices.first().map(|choice| choice.message.content.text())
        }
        Err(exhausted) => {
            exhausted.attempts.into_iter().for_each(|attempt| journal.note(attempt));
            None
        }
    }
}

#[cfg(test)]
mod tests;
