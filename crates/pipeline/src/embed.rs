//! Vectors for texts, as governed as an answer: admitted, masked before anything leaves, priced and recorded. A use case's
//! texts go to the project's own embedder and never leave the process; those for a bare model go to its provider.

use crate::error::{Error, Failure};
use crate::given::{Call, Facts};
use crate::prepared::Prepared;
use crate::trail::{End, Trail};
use crate::{Pipeline, ask, check_input};
use admission::Admitted;
use guardrails::Vault;
use ledger::Status;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use usecase::{
    Attempt, AttemptEnd, ChatRequest, Cost, EmbeddingRequest, Embeddings, MicroUsd, Timestamp, TraceId, Usage, Verdict,
};

/// Vectors, recorded.
pub struct Embedded {
    pub trace: TraceId,
    /// What computed them: `provider/model`, or `local/` and the name of the project's embedder.
    pub model: String,
    pub embeddings: Embeddings,
    pub facts: Facts,
}

impl Pipeline {
    /// A vector for each message of the request, in their order. Personal data is left out of what a provider is sent:
    /// a placeholder in its place would say nothing either.
    ///
    /// # Errors
    /// When no vectors can be given; the failure has been recorded, unless it is the ledger that failed.
    pub async fn embed(&self, admitted: Admitted, prepared: Arc<Prepared>, call: Call) -> Result<Embedded, Failure> {
        let mut trail = Trail::begin(&self.engines().ledger, admitted, &prepared, &call);
        let trace = trail.trace();
        trail.asked_for(&call.request);
        let embedded = match prepared.bundle() {
            Some(_) => self.by_own_embedder(call.request, &mut trail).await,
            None => self.by_model(&prepared, call.request, &mut trail).await,
        };
        let recorded = match embedded {
            Ok((model, embeddings)) => {
                let answer = ledger::written(&json!({ "vectors": embeddings.vectors.len() }));
                let end = End { status: Status::Answered, citations: Vec::new(), answer };
                trail.finish(end).await.map(|facts| Embedded { trace, model, embeddings, facts })
            }
            Err(error) => Err(trail.fail(error).await),
        };
        recorded.map_err(|error| Failure { trace, error })
    }

    async fn by_own_embedder(&self, request: ChatRequest, trail: &mut Trail) -> Result<(String, Embeddings), Error> {
        let (started, clock) = (Timestamp::now(), Instant::now());
        let input_tokens = self.engines().models.estimated_tokens(&request);
        let usage = Usage { input_tokens, estimated: true, ..Usage::default() };
        let texts = request.messages.into_iter().map(|message| message.content.text()).collect();
        let step = trail.step("embed");
        let vectors = self.vectors(texts).await?;
        trail.end(step);
        let model = format!("local/{}", self.engines().embedder.identity());
        trail.attempted(vec![Attempt {
            model: model.clone(),
            started,
            first_token_us: None,
            duration_us: u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX),
            end: AttemptEnd::Answered,
            usage,
            cost: Cost::ZERO,
            saved: MicroUsd::ZERO,
        }]);
        Ok((model, Embeddings { vectors, usage: Some(usage) }))
    }

    async fn by_model(
        &self,
        prepared: &Arc<Prepared>,
        request: ChatRequest,
        trail: &mut Trail,
    ) -> Result<(String, Embeddings), Error> {
        let bytes = request.text_bytes();
        let step = trail.step("guard_input");
        let guards = Arc::clone(prepared);
        let masking = move || masked(&guards, request);
        let (request, texts, verdicts) = check_input::where_it_fits(bytes, masking).await?;
        trail.judged(&verdicts);
        trail.end(step);
        let models = &self.engines().models;
        let chain = ask::clear(models, prepared, prepared.chain())?;
        let request = EmbeddingRequest { model: request.model, texts, rest: request.rest };
        let waiting = Instant::now();
        let answered = models.embed(chain, &request, &trail.journal()).await;
        trail.waited(waiting);
        match answered {
            Ok(models::Embedded { model, embeddings, attempts }) => {
                trail.attempted(attempts);
                Ok((model.to_string(), embeddings))
            }
            Err(exhausted) => {
                let attempts = exhausted.attempts.len();
                trail.attempted(exhausted.attempts);
                Err(Error::NoModelAnswered { last: exhausted.error, attempts })
            }
        }
    }

    /// Embedding is arithmetic of milliseconds: it runs beside the network threads, not on them.
    pub(crate) async fn vectors(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Error> {
        let _turn = self.embedding.acquire().await.map_err(|_| Error::WorkerStopped)?;
        let embedder = Arc::clone(&self.engines().embedder);
        let embedding =
            tokio::task::spawn_blocking(move || embedder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
        Ok(embedding.await.map_err(|_| Error::WorkerStopped)??)
    }
}

/// The request without its messages, their texts without personal data, and what was found.
fn masked(prepared: &Prepared, mut request: ChatRequest) -> (ChatRequest, Vec<String>, Vec<Verdict>) {
    let mut vault = Vault::new();
    let mut verdicts = prepared.masking_only.check_input(&mut request.messages, &mut vault);
    verdicts.extend(check_input::mask_fields(prepared, &mut request, &mut vault));
    let text = |masked: String| match vault.without_placeholders(&masked) {
        // Nothing at all is no text to a provider.
        nothing if nothing.trim().is_empty() => masked,
        text => text,
    };
    let messages = std::mem::take(&mut request.messages);
    let texts = messages.into_iter().map(|message| text(message.content.text())).collect();
    (request, texts, verdicts)
}
