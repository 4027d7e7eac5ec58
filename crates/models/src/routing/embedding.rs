//! Vectors for texts: the models of a chain in order, each once more where its error allows that.

use crate::error::{Error, LONGEST_RETRY_AFTER};
use crate::journal::Journal;
use crate::provider::Asking;
use crate::registry::Models;
use crate::reply::{Call, Exhausted, Running};
use crate::residency::Cleared;
use std::sync::Arc;
use std::time::Duration;
use usecase::declared::ModelRef;
use usecase::{Attempt, AttemptEnd, ChatRequest, EmbeddingRequest, Embeddings, Message, Remedy, Role};

/// Vectors, and what it took to get them.
#[derive(Debug)]
pub struct Embedded {
    /// The model that made them. Vectors of different models cannot be compared.
    pub model: ModelRef,
    /// As many as there were texts, in their order.
    pub embeddings: Embeddings,
    /// Every attempt in order, the one that succeeded last; all are closed and priced.
    pub attempts: Vec<Attempt>,
}

impl Models {
    /// Asks the models of the chain in order for vectors until one gives them, noting every attempt in a journal, for a
    /// caller that may drop this future half way.
    pub async fn embed(
        &self,
        chain: Vec<Cleared>,
        request: &EmbeddingRequest,
        journal: &Journal,
    ) -> Result<Embedded, Exhausted> {
        let call = Arc::new(accounted(request));
        let mut last = None;
        for cleared in &chain {
            match one(cleared, request, &call, journal).await {
                Ok((embeddings, running)) => {
                    journal.won(&running);
                    let mut attempts = journal.drain();
                    attempts.push(running.finish(embeddings.usage, AttemptEnd::Answered));
                    return Ok(Embedded { model: ModelRef::clone(&cleared.model), embeddings, attempts });
                }
                Err(error) => {
                    tracing::warn!(model = %cleared.model, %error, "an attempt to embed failed");
                    let stop = error.remedy() == Remedy::Fail;
                    // A model that was not asked says less than one that failed.
                    if last.is_none() || !matches!(error, Error::PassedOver { .. }) {
                        last = Some(error);
                    }
                    if stop {
                        break;
                    }
                }
            }
        }
        Err(Exhausted { attempts: journal.drain(), error: last.unwrap_or(Error::NoModel) })
    }
}

/// The texts as an attempt knows its input, to estimate tokens where the provider reports none.
fn accounted(request: &EmbeddingRequest) -> Call {
    let messages = request.texts.iter().map(|text| Message::new(Role::User, text.as_str())).collect();
    let request = Arc::new(ChatRequest::new(request.model.clone(), messages));
    Call { request, passages: Arc::new([]), question: String::new(), batch: false }
}

/// One model, and once more where its error allows that.
async fn one(
    cleared: &Cleared,
    request: &EmbeddingRequest,
    call: &Arc<Call>,
    journal: &Journal,
) -> Result<(Embeddings, Running), Error> {
    cleared.vital.earn_retry();
    let mut entry = cleared.vital.enter().map_err(|(why, retry_after)| {
        journal.passed_over(cleared, why);
        Error::PassedOver { model: ModelRef::clone(&cleared.model), why, retry_after }
    })?;
    let mut is_first = true;
    loop {
        let running = Running::begin(cleared.model.clone(), cleared.price.clone(), call.clone());
        journal.began(&running);
        let asking = Asking { model: &cleared.model, running: &running, timeouts: &cleared.target.timeouts };
        let error = match cleared.target.adapter.embed(request, asking).await {
            Ok(embeddings) => {
                entry.answered();
                return Ok((embeddings, running));
            }
            Err(error) => error,
        };
        entry.failed(&error);
        journal.ended(&running, &error);
        if !std::mem::take(&mut is_first) || error.remedy() != Remedy::RetrySame {
            return Err(error);
        }
        let wait = error.upstream().and_then(|upstream| upstream.retry_after).unwrap_or(Duration::ZERO);
        tokio::time::sleep(wait.min(LONGEST_RETRY_AFTER)).await;
        entry = match cleared.vital.enter_again() {
            Some(permit) => permit,
            None => return Err(error),
        };
    }
}
