//! Step 5, whole answers: what was masked is restored, the answer is held against its passages, citations are placed;
//! an answer without ground is asked of a larger model, withheld, or sent to review, as declared.

use crate::Pipeline;
use crate::ask::{self, Asked};
use crate::assemble::Prompt;
use crate::check_input::Refusal;
use crate::error::Error;
use crate::given::{AnswerBody, Answered, WholeAnswer};
use crate::prepared::Prepared;
use crate::remember::{self, Question};
use crate::streaming;
use crate::trail::{End, Trail};
use crate::unsure::{self, Escalation, take_probability};
use cache::Hit;
use guardrails::{GroundingReport, Vault};
use ledger::Status;
use models::ReplyBody;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use usecase::{AttemptEnd, Choice, Citation, Completion, Content, Decision, Message, Passage, Role, Usage, Verdict};

/// What a refused caller reads. It names no rule: that would teach the way around it; the record names it.
const REFUSAL: &str = "I can't help with that here.";
const OFF_TOPIC: &str = "That is outside of what I can help with here.";

/// What was decided about an answer.
pub(crate) struct Judged {
    pub(crate) status: Status,
    pub(crate) citations: Vec<Citation>,
    pub(crate) verdict: Option<Verdict>,
    /// The share of its sentences that rest on a passage, 0 to 1; `None` where it states nothing that could.
    pub(crate) grounding: Option<f64>,
    /// How probable it was to the model that said it, 0 to 1, where that is known.
    pub(crate) probability: Option<f64>,
}

impl Judged {
    pub(crate) fn nothing() -> Self {
        Self { status: Status::Answered, citations: Vec::new(), verdict: None, grounding: None, probability: None }
    }

    /// Judged together with another choice of the same answer: the stricter verdict holds for both, the citations are
    /// those of the first.
    pub(crate) fn with(self, other: Self) -> Self {
        let strictness = |judged: &Self| judged.verdict.as_ref().map(|verdict| verdict.decision);
        let stricter = strictness(&other) > strictness(&self);
        let least = |one: Option<f64>, two: Option<f64>| one.into_iter().chain(two).reduce(f64::min);
        let grounding = least(self.grounding, other.grounding);
        let probability = least(self.probability, other.probability);
        let (status, verdict) = if stricter { (other.status, other.verdict) } else { (self.status, self.verdict) };
        Self { status, citations: self.citations, verdict, grounding, probability }
    }
}

pub(crate) async fn whole(
    pipeline: &Pipeline,
    prepared: &Arc<Prepared>,
    mut trail: Trail,
    asked: Asked,
    completion: Completion,
) -> Result<Answered, Error> {
    let (mut asked, mut completion) = (asked, completion);
    let mut judged = receive(prepared, &mut trail, &asked, &mut completion);
    if let Some(escalation) = &prepared.escalation
        && Box::pin(unsure::is_unsure(pipeline, prepared, escalation, &mut trail, &asked, &completion, &judged)).await
    {
        let larger = escalation.larger();
        match Box::pin(escalate(pipeline, prepared, &mut trail, asked.prompt.clone(), escalation)).await {
            Ok((again, larger_answer)) => {
                (asked, completion) = (again, larger_answer);
                judged = receive(prepared, &mut trail, &asked, &mut completion);
            }
            // The smaller model's answer is there, and is treated as it was judged.
            Err(error) => {
                tracing::warn!(%larger, %error, "an unsure answer could not be escalated");
                trail.judged(&[unsure::stays(&asked.model, larger)]);
                asked.prompt.remember = None;
            }
        }
    }
    if judged.status == Status::Abstained {
        withhold(&mut completion);
        judged.citations.clear();
    }
    trail.judged(judged.verdict.as_slice());
    let (remember, model) = (asked.prompt.remember.take(), asked.model.to_string());
    let given = Given { status: judged.status, completion, citations: judged.citations, model, remember };
    finish(trail, given, asked.upstream_headers, asked.warnings).await
}

/// An answer that was given before: recorded like any other, with what it saved.
pub(crate) async fn remembered(mut trail: Trail, hit: Hit) -> Result<Answered, Error> {
    let kept = &hit.kept;
    trail.remembered(remember::way(hit.how), kept.cost.known);
    trail.judged(&kept.verdicts);
    trail.read_from(kept.snapshots.clone());
    let completion = Completion { usage: Some(kept.usage), ..kept.completion.clone() };
    let (citations, model) = (kept.citations.clone(), kept.model.clone());
    let given = Given { status: Status::Answered, completion, citations, model, remember: None };
    finish(trail, given, Vec::new(), kept.warnings.clone()).await
}

async fn escalate(
    pipeline: &Pipeline,
    prepared: &Prepared,
    trail: &mut Trail,
    mut prompt: Prompt,
    escalation: &Escalation,
) -> Result<(Asked, Completion), Error> {
    let models = &pipeline.engines().models;
    let chain = ask::clear(models, prepared, std::slice::from_ref(escalation.larger()))?;
    if prompt.request.stream {
        Arc::make_mut(&mut prompt.request).stream = false;
    }
    match ask::ask(models, chain, &escalation.rules, prompt, trail).await? {
        (asked, ReplyBody::Whole(completion)) => Ok((asked, completion)),
        (_, ReplyBody::Stream(_)) => Err(Error::WorkerStopped),
    }
}

/// Restores what was masked, prices the attempt, judges the text.
fn receive(prepared: &Prepared, trail: &mut Trail, asked: &Asked, completion: &mut Completion) -> Judged {
    let usage = trail.answered(completion.usage, AttemptEnd::Answered);
    completion.usage.get_or_insert(usage);
    let step = trail.step("guard_output");
    let passages = asked.open_passages();
    let masked = !asked.vault().is_empty();
    let logprobs = prepared.escalation.is_some() && !unsure::app_asked(&asked.prompt.request.rest);
    if masked || logprobs {
        completion.raw = None;
    }
    let mut judged: Option<Judged> = None;
    for choice in &mut completion.choices {
        let probability = prepared.escalation.as_ref().and_then(|_| take_probability(&mut choice.rest, !logprobs));
        let said_nothing = take_marks(&mut choice.rest);
        if masked {
            restore_message(&mut choice.message, asked.vault());
        }
        let text = choice.message.content.text();
        let next = judge(prepared, &text, &passages, said_nothing, calls_tools(&choice.message.rest));
        let next = Judged { probability, ..next };
        judged = Some(match judged {
            None => next,
            Some(first) => first.with(next),
        });
    }
    trail.end(step);
    judged.unwrap_or_else(Judged::nothing)
}

/// Whether a message calls a tool: some servers send an empty list with every answer.
pub(crate) fn calls_tools(fields: &Map<String, Value>) -> bool {
    fields.get("tool_calls").and_then(Value::as_array).is_some_and(|calls| !calls.is_empty())
}

/// Marks that a model of ours leaves for this step and that no app should see. Returns whether it abstained.
pub(crate) fn take_marks(rest: &mut Map<String, Value>) -> bool {
    rest.shift_remove("citations");
    rest.shift_remove("abstained") == Some(Value::Bool(true))
}

fn restore_message(message: &mut Message, vault: &Vault) {
    if let Some(Value::Array(calls)) = message.rest.get_mut("tool_calls") {
        calls.iter_mut().for_each(|call| restore_arguments(call, vault));
    }
    message.each_text(&mut |text| Some(vault.restore(text)).filter(|restored| restored != text));
}

/// Arguments are JSON inside of a string: what is put back must be escaped for it.
fn restore_arguments(call: &mut Value, vault: &Vault) {
    if let Some(Value::String(arguments)) = call.pointer_mut("/function/arguments") {
        *arguments = vault.restore_json_string(arguments);
    }
}

/// Holds an answer's text against its passages. Offsets are those of `text` and of the documents.
pub(crate) fn judge(
    prepared: &Prepared,
    text: &str,
    passages: &[Passage],
    said_nothing: bool,
    calls_tools: bool,
) -> Judged {
    if said_nothing || text.trim() == models::ABSTENTION {
        return Judged { status: Status::Abstained, ..Judged::nothing() };
    }
    // Without a search there is nothing to rest on, and a mere call of a tool states nothing.
    if prepared.retrieval.is_none() || (calls_tools && text.trim().is_empty()) {
        return Judged::nothing();
    }
    let report = prepared.guards.check_grounding(text, passages);
    let status = match report.verdict.as_ref().map(|verdict| verdict.decision) {
        Some(Decision::Abstain) => Status::Abstained,
        _ => Status::Answered,
    };
    let citations = citations(&report, passages);
    Judged { status, citations, verdict: report.verdict, grounding: Some(report.share), probability: None }
}

fn citations(report: &GroundingReport, passages: &[Passage]) -> Vec<Citation> {
    let supported = report.sentences.iter().filter(|sentence| sentence.supported);
    let cited = supported.filter_map(|sentence| {
        let passage = passages.get(sentence.passage?)?;
        Some(Citation {
            start: sentence.start,
            end: sentence.end,
            source: passage.source.clone(),
            ordinal: passage.ordinal,
            source_start: sentence.source_start,
            source_end: sentence.source_end,
            quote: quote(passage, sentence.source_start, sentence.source_end),
        })
    });
    cited.collect()
}

/// The words of a passage between two places of its document, in code points.
fn quote(passage: &Passage, start: usize, end: usize) -> Option<String> {
    let (from, length) = (start.checked_sub(passage.start)?, end.checked_sub(start)?);
    let words: String = passage.text.chars().skip(from).take(length).collect();
    (!words.is_empty()).then_some(words)
}

fn withhold(completion: &mut Completion) {
    completion.raw = None;
    for choice in &mut completion.choices {
        choice.message = Message::new(Role::Assistant, models::ABSTENTION);
        choice.finish_reason = Some("stop".to_owned());
        choice.rest.shift_remove("logprobs");
    }
}

/// A refusal is an answer too: recorded, with a finish reason that clients know, and no model asked.
pub(crate) async fn refused(prepared: &Prepared, trail: Trail, refusal: Refusal) -> Result<Answered, Error> {
    let text = if refusal.verdict.guard == "topics" { OFF_TOPIC } else { REFUSAL };
    let mut message = Message::new(Role::Assistant, text);
    message.rest.insert("refusal".to_owned(), json!(text));
    let choice = Choice { index: 0, message, finish_reason: Some("content_filter".to_owned()), rest: Map::new() };
    let completion = Completion { choices: vec![choice], usage: Some(Usage::default()), rest: Map::new(), raw: None };
    let model = prepared.chain()[0].to_string();
    let given = Given { status: Status::Refused, completion, citations: Vec::new(), model, remember: None };
    finish(trail, given, Vec::new(), Vec::new()).await
}

/// An answer that is decided and not yet recorded.
struct Given {
    status: Status,
    completion: Completion,
    citations: Vec<Citation>,
    model: String,
    /// Where the answer may be kept.
    remember: Option<Question>,
}

/// The answer as it is kept.
#[derive(Serialize)]
struct Said<'a> {
    messages: Vec<&'a Message>,
    finish_reasons: Vec<Option<&'a str>>,
}

/// Records the answer, then hands it out: whole, or as the stream that the app asked for.
async fn finish(
    trail: Trail,
    given: Given,
    upstream_headers: Vec<(String, String)>,
    warnings: Vec<String>,
) -> Result<Answered, Error> {
    let Given { status, completion, citations, model, remember } = given;
    let streamed = trail.wants_stream();
    let (trace, bundle) = (trail.trace(), trail.bundle());
    let answer = ledger::written(&Said {
        messages: completion.choices.iter().map(|choice| &choice.message).collect(),
        finish_reasons: completion.choices.iter().map(|choice| choice.finish_reason.as_deref()).collect(),
    });
    let facts = trail.finish(End { status, citations, answer }).await?;
    if let Some(remember) = remember.filter(|_| status == Status::Answered) {
        remember.keep(completion.clone(), model.clone(), warnings.clone(), &facts);
    }
    let whole = WholeAnswer { completion, facts };
    let body = if streamed { streaming::replay(whole) } else { AnswerBody::Whole(Box::new(whole)) };
    Ok(Answered { trace, bundle, model, upstream_headers, warnings, body })
}

/// The text of a content that is only text, for pieces of a replayed stream.
pub(crate) fn plain_text(content: &Content) -> Option<String> {
    let text = content.text();
    (!text.is_empty()).then_some(text)
}
