//! Vectors for texts, as governed as an answer: admitted, masked before anything leaves, priced and recorded. A use case's
//! texts go to the project's own embedder, which is a provider's model only where the project says so; those for a bare
//! model go to its provider.

use crate::error::{Error, Failure};
use crate::given::{Call, Facts};
use crate::prepared::Prepared;
use crate::remote::{ProjectEmbedder, Purpose};
use crate::trail::{End, Trail};
use crate::{Engines, Pipeline, ask, check_input};
use admission::Admitted;
use guardrails::Vault;
use ledger::Status;
use models::Exhausted;
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
            Some(_) => self.by_own_embedder(&prepared, call.request, &mut trail).await,
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

    async fn by_own_embedder(
        &self,
        prepared: &Prepared,
        request: ChatRequest,
        trail: &mut Trail,
    ) -> Result<(String, Embeddings), Error> {
        let (started, clock) = (Timestamp::now(), Instant::now());
        let input_tokens = self.engines().models.estimated_tokens(&request);
        let usage = Usage { input_tokens, estimated: true, ..Usage::default() };
        let texts = request.messages.into_iter().map(|message| message.content.text()).collect();
        let step = trail.step("embed");
        let Embeddings { vectors, usage: reported } = self.vectors(prepared, texts, Purpose::Passages, trail).await?;
        trail.end(step);
        let model = match &self.engines().embedder {
            ProjectEmbedder::Here(embedder) => format!("local/{}", embedder.identity()),
            ProjectEmbedder::Provider(embedder) => {
                return Ok((embedder.model().to_string(), Embeddings { vectors, usage: reported.or(Some(usage)) }));
            }
        };
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
            Err(exhausted) => Err(unanswered(exhausted, trail)),
        }
    }

    /// Vectors by the project's own embedder, for as many texts. One on this machine does arithmetic of milliseconds, which
    /// runs beside the network threads, not on them; a provider's is called, and that is on the record.
    pub(crate) async fn vectors(
        &self,
        prepared: &Prepared,
        texts: Vec<String>,
        purpose: Purpose,
        trail: &mut Trail,
    ) -> Result<Embeddings, Error> {
        let Engines { embedder, models, .. } = self.engines();
        let (ProjectEmbedder::Provider(remote), Some(cleared)) = (embedder, prepared.clear_embedder(embedder, models)?)
        else {
            let _turn = self.embedding.acquire().await.map_err(|_| Error::WorkerStopped)?;
            let embedder = embedder.shared();
            let embedding = tokio::task::spawn_blocking(move || {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                match purpose {
                    Purpose::Questions => embedder.embed_questions(&texts),
                    Purpose::Passages => embedder.embed(&texts),
                }
            });
            return Ok(Embeddings { vectors: embedding.await.map_err(|_| Error::WorkerStopped)??, usage: None });
        };
        let (masking, bytes) = (remote.clone(), texts.iter().map(String::len).sum());
        let leaving = check_input::where_it_fits(bytes, move || masking.leaving(texts)).await?;
        let waiting = Instant::now();
        let made = remote.vectors(&cleared, &leaving, purpose, &trail.journal()).await;
        trail.waited_since(waiting);
        match made {
            Ok(made) => {
                trail.attempted(made.attempts);
                Ok(made.embeddings)
            }
            Err(exhausted) => Err(unanswered(exhausted, trail)),
        }
    }
}

/// No vectors; what was tried is on the record.
fn unanswered(exhausted: Exhausted, trail: &mut Trail) -> Error {
    let attempts = exhausted.attempts.len();
    trail.attempted(exhausted.attempts);
    Error::NoModelAnswered { last: exhausted.error, attempts }
}

/// The request without its messages, their texts without personal data, and what was found.
fn masked(prepared: &Prepared, mut request: ChatRequest) -> (ChatRequest, Vec<String>, Vec<Verdict>) {
    let mut vault = Vault::new();
    let mut verdicts = prepared.masking_only.check_input(&mut request.messages, &mut vault).verdicts;
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
