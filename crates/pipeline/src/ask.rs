//! Step 4: cleared for residency, then asked: the first model of the chain that answers, answers.

use crate::assemble::Prompt;
use crate::error::Error;
use crate::prepared::Prepared;
use crate::trail::Trail;
use guardrails::Vault;
use models::{Cleared, Models, ReplyBody};
use std::sync::Arc;
use std::time::Instant;
use usecase::declared::{Model, ModelRef};
use usecase::{Decision, Dialect, Passage, Stage, Verdict};

/// The pieces of a streamed answer, as the model gives them.
pub(crate) type Chunks = models::ChunkStream;

/// A model has begun to answer: what the steps after it need.
pub(crate) struct Asked {
    pub(crate) prompt: Prompt,
    pub(crate) model: Arc<ModelRef>,
    pub(crate) upstream_headers: Vec<(String, String)>,
    pub(crate) warnings: Vec<String>,
}

impl Asked {
    pub(crate) fn vault(&self) -> &Vault {
        &self.prompt.vault
    }

    /// The wire format that the app speaks.
    pub(crate) fn dialect(&self) -> Dialect {
        self.prompt.request.dialect
    }

    /// The passages in the words of their documents: what was masked for the model is not masked for a caller who was
    /// allowed to find it. Offsets are those of the document.
    pub(crate) fn open_passages(&self) -> Arc<[Passage]> {
        Arc::clone(&self.prompt.open)
    }
}

/// The models of the chain that the data may go to. A forbidden one is passed over; when none is left, the request
/// fails closed with the first reason.
pub(crate) fn clear(models: &Models, prepared: &Prepared, chain: &[ModelRef]) -> Result<Vec<Cleared>, Error> {
    let mut cleared = Vec::with_capacity(chain.len());
    let mut first_reason = None;
    for model in chain {
        match models.clear(&prepared.residency, model) {
            Ok(proof) => cleared.push(proof),
            Err(reason) => first_reason = first_reason.or(Some(reason)),
        }
    }
    match first_reason {
        Some(reason) if cleared.is_empty() => Err(Error::NotCleared(reason)),
        _ => Ok(cleared),
    }
}

pub(crate) async fn ask(
    models: &Models,
    chain: Vec<Cleared>,
    rules: &Model,
    mut prompt: Prompt,
    trail: &mut Trail,
) -> Result<(Asked, ReplyBody), Error> {
    let first_choice = chain.first().map(|cleared| Arc::clone(cleared.model()));
    let call = models::Call {
        request: Arc::clone(&prompt.request),
        passages: Arc::clone(&prompt.passages),
        question: prompt.question.clone(),
        batch: trail.may_wait(),
    };
    let waiting = Instant::now();
    let reply = models.call_noting(chain, rules, call, &trail.journal()).await;
    trail.waited(waiting);
    let reply = match reply {
        Ok(reply) => reply,
        Err(exhausted) => {
            let attempts = exhausted.attempts.len();
            trail.attempted(exhausted.attempts);
            return Err(Error::NoModelAnswered { last: exhausted.error, attempts });
        }
    };
    trail.attempted(reply.attempts);
    let is_first = first_choice.is_some_and(|first| first == reply.model);
    if !is_first && !rules.first().contains(&&*reply.model) {
        trail.judged(&[fell_back(&reply.model)]);
        // Given again it would outlive the trouble that it came from.
        prompt.remember = None;
    }
    trail.answering(reply.running);
    let mut warnings = prompt.warnings.clone();
    warnings.extend(reply.warnings);
    let upstream_headers = reply.upstream_headers;
    Ok((Asked { prompt, model: reply.model, upstream_headers, warnings }, reply.body))
}

/// Degraded service is said, not hidden.
fn fell_back(model: &ModelRef) -> Verdict {
    let reason = format!("the first model could not answer; {model} answered instead");
    Verdict::new("model", "fallback", Stage::Output, Decision::Allow, reason)
}
