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
use crate::remote::without_personal_data;
use crate::streaming;
use crate::tier::{self, GROUNDING, RISK};
use crate::trail::{End, Trail};
use crate::unsure::{self, Escalation, take_probability};
use cache::Hit;
use guardrails::{GroundingReport, Public, Secret, Stopped, Vault};
use ledger::Status;
use models::ReplyBody;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use usecase::{
    AttemptEnd, Choice, Citation, Completion, Content, Decision, Message, Passage, Role, Stage, Usage, Verdict,
};

const REFUSAL: &str = "I can't help with that here.";
const OFF_TOPIC: &str = "That is outside of what I can help with here.";

/// What was decided about an answer.
pub(crate) struct Judged {
    pub(crate) status: Status,
    pub(crate) citations: Vec<Citation>,
    pub(crate) verdicts: Vec<Verdict>,
    /// The share of its sentences that rest on a passage, 0 to 1; `None` where it states nothing that could.
    pub(crate) grounding: Option<f64>,
    /// How probable it was to the model that said it, 0 to 1, where that is known.
    pub(crate) probability: Option<f64>,
    /// The answer as it left its model, masked; empty unless a model judges answers.
    said: String,
}

impl Judged {
    pub(crate) fn nothing() -> Self {
        Self {
            status: Status::Answered,
            citations: Vec::new(),
            verdicts: Vec::new(),
            grounding: None,
            probability: None,
            said: String::new(),
        }
    }

    /// Judged together with another choice of the same answer: the stricter one's verdicts hold for both, the citations
    /// are those of the first.
    pub(crate) fn with(self, other: Self) -> Self {
        let strictness = |judged: &Self| judged.verdicts.iter().map(Verdict::acts).max();
        let stricter = strictness(&other) > strictness(&self);
        let least = |one: Option<f64>, two: Option<f64>| one.into_iter().chain(two).reduce(f64::min);
        let grounding = least(self.grounding, other.grounding);
        let probability = least(self.probability, other.probability);
        let (status, verdicts) = if stricter { (other.status, other.verdicts) } else { (self.status, self.verdicts) };
        let said = if self.said.is_empty() { other.said } else { format!("{}\n\n{}", self.said, other.said) };
        Self { status, citations: self.citations, verdicts, grounding, probability, said }
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
    if judged.status != Status::Refused
        && let Some((at, doubt)) = tier::about_answer(prepared, &asked.prompt, &judged.verdicts, &judged.said)
        && let Some(verdict) = Box::pin(tier::settle(prepared, vec![doubt], &mut trail)).await.pop()
    {
        let abstains = verdict.acts() == Decision::Abstain;
        judged.status = if abstains { Status::Abstained } else { Status::Answered };
        judged.verdicts[at] = verdict;
    }
    match judged.status {
        Status::Abstained => withhold(&mut completion, models::ABSTENTION, "stop"),
        Status::Refused => {
            let words = refusal_words(prepared, judged.verdicts.iter().max_by_key(|verdict| verdict.acts()));
            withhold(&mut completion, &words, REFUSED);
        }
        _ => caveat(prepared, &judged.verdicts, &mut completion),
    }
    if judged.status != Status::Answered {
        judged.citations.clear();
    }
    trail.judged(&judged.verdicts);
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
    let (mut judged, mut of_words, mut refused) = (None::<Judged>, Vec::new(), false);
    for choice in &mut completion.choices {
        let probability = prepared.escalation.as_ref().and_then(|_| take_probability(&mut choice.rest, !logprobs));
        let said_nothing = take_marks(&mut choice.rest);
        let (mut verdicts, stopped) = watch(prepared, &asked.prompt, choice);
        let said = match prepared.tiers.judges_answers() {
            true => without_personal_data(&prepared.guards, &choice.message.content.text()),
            false => String::new(),
        };
        if masked {
            restore_message(&mut choice.message, asked.vault());
        }
        verdicts.extend(shape(prepared, &mut choice.message));
        if verdicts.iter().any(|verdict| verdict.decision == Decision::Mask) {
            completion.raw = None;
        }
        let text = choice.message.content.text();
        let next = judge(prepared, &text, &passages, said_nothing, calls_tools(&choice.message.rest));
        refused |= stopped == Some(Stopped::Refused) || verdicts.iter().any(|one| one.acts() == Decision::Refuse);
        of_words.append(&mut verdicts);
        let next = Judged { probability, said, ..next };
        judged = Some(match judged {
            None => next,
            Some(first) => first.with(next),
        });
    }
    let mut judged = judged.unwrap_or_else(Judged::nothing);
    // What was taken out of one choice was, whatever the others are like.
    judged.verdicts.splice(..0, of_words);
    if refused {
        judged.status = Status::Refused;
    }
    trail.end(step);
    judged
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
    // Each text once: what comes back may look like a placeholder of its own, and means itself.
    let calls = message.rest.shift_remove("tool_calls");
    message.each_text(&mut |text| Some(vault.restore(text)).filter(|restored| restored != text));
    if let Some(mut calls) = calls {
        calls.as_array_mut().into_iter().flatten().for_each(|call| restore_arguments(call, vault));
        message.rest.insert("tool_calls".to_owned(), calls);
    }
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
    let status = match report.verdict.as_ref().map(Verdict::acts) {
        Some(Decision::Abstain) => Status::Abstained,
        _ => Status::Answered,
    };
    let citations = citations(&report, passages);
    // The measure stands on the record beside the decision: thresholds are calibrated from it.
    let measured = report.verdict.as_ref().map(|_| {
        let reason = "the risk that something in the answer is unsupported";
        Verdict::new(GROUNDING, RISK, Stage::Output, Decision::Allow, reason).scored(report.risk)
    });
    let verdicts = report.verdict.into_iter().chain(measured).collect();
    Judged { status, citations, verdicts, grounding: Some(report.share), ..Judged::nothing() }
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

/// The answer's words under watch: what must not go out is taken out of them. A stopped answer keeps what came before.
fn watch(prepared: &Prepared, prompt: &Prompt, choice: &mut Choice) -> (Vec<Verdict>, Option<Stopped>) {
    let (Content::Text(text), Some(watch)) =
        (&mut choice.message.content, prepared.guards.watch(secret(prepared, prompt)))
    else {
        return (Vec::new(), None);
    };
    let mut watch = watch.restoring(&prompt.vault);
    let mut given = watch.push(text);
    let (rest, verdicts, stopped) = watch.finish();
    given.push_str(&rest);
    *text = given;
    if stopped == Some(Stopped::TooLong) {
        choice.finish_reason = Some("length".to_owned());
    }
    (verdicts, stopped)
}

/// The prompt as what must not come out, but for what passages and the user say too.
pub(crate) fn secret(prepared: &Prepared, prompt: &Prompt) -> Option<Secret> {
    let public = || Public { passages: Some(Arc::clone(&prompt.passages)), question: prompt.question.clone() };
    prepared.secret.as_ref().map(|secret| secret.but_for(public()))
}

/// Holds the answer against the declared schema, and mends what can be mended.
fn shape(prepared: &Prepared, message: &mut Message) -> Option<Verdict> {
    let Content::Text(text) = &mut message.content else { return None };
    // An abstention is no answer, and neither is a mere call of a tool.
    if text.trim() == models::ABSTENTION || (text.is_empty() && calls_tools(&message.rest)) {
        return None;
    }
    let shaped = prepared.guards.shaped(text)?;
    if let Some(repaired) = shaped.repaired {
        *text = repaired;
    }
    Some(shaped.verdict)
}

/// An answer on thin ground goes out with the owner's words about it.
fn caveat(prepared: &Prepared, verdicts: &[Verdict], completion: &mut Completion) {
    let Some(verdict) = verdicts.iter().find(|verdict| verdict.acts() == Decision::Caveat) else { return };
    let Some(words) = prepared.guards.says(&verdict.guard, &verdict.rule) else { return };
    completion.raw = None;
    for choice in &mut completion.choices {
        if let Content::Text(text) = &mut choice.message.content {
            text.push_str("\n\n");
            text.push_str(words);
        }
    }
}

/// What stands in the place of an answer that is not given.
fn withhold(completion: &mut Completion, words: &str, reason: &str) {
    completion.raw = None;
    for choice in &mut completion.choices {
        choice.message = Message::new(Role::Assistant, words);
        if reason == REFUSED {
            choice.message.rest.insert("refusal".to_owned(), json!(words));
        }
        choice.finish_reason = Some(reason.to_owned());
        choice.rest.shift_remove("logprobs");
    }
}

/// The finish reason of an answer that a guard refused.
pub(crate) const REFUSED: &str = "content_filter";

/// What a refused caller reads: the owner's words, or ours. Ours name no rule: that would teach the way around it; the
/// record names it.
pub(crate) fn refusal_words(prepared: &Prepared, verdict: Option<&Verdict>) -> String {
    let said = verdict.and_then(|verdict| prepared.guards.says(&verdict.guard, &verdict.rule));
    let ours = if verdict.is_some_and(|verdict| verdict.guard == "topics") { OFF_TOPIC } else { REFUSAL };
    said.unwrap_or(ours).to_owned()
}

/// A refusal is an answer too, and so is an abstention before any model was asked: recorded, with a finish reason that
/// clients know.
pub(crate) async fn refused(prepared: &Prepared, trail: Trail, refusal: Refusal) -> Result<Answered, Error> {
    let verdict = &refusal.verdict;
    let abstains = verdict.decision == Decision::Abstain;
    let (text, status, reason) = if abstains {
        let said = prepared.guards.says(&verdict.guard, &verdict.rule).unwrap_or(models::ABSTENTION);
        (said.to_owned(), Status::Abstained, "stop")
    } else {
        (refusal_words(prepared, Some(verdict)), Status::Refused, REFUSED)
    };
    let mut message = Message::new(Role::Assistant, &text);
    if !abstains {
        message.rest.insert("refusal".to_owned(), json!(text));
    }
    let choice = Choice { index: 0, message, finish_reason: Some(reason.to_owned()), rest: Map::new() };
    let completion = Completion { choices: vec![choice], usage: Some(Usage::default()), rest: Map::new(), raw: None };
    let model = prepared.chain()[0].to_string();
    let given = Given { status, completion, citations: Vec::new(), model, remember: None };
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
