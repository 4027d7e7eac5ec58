//! What orders the best passages once more: a cross-encoder in a folder of the project, or a provider's model, which gets
//! masked texts only and whose calls are on the request's record.

use crate::Engines;
use crate::error::Error;
use crate::far;
use crate::local::LOCAL;
use crate::remote::{of_provider, shortened, without_personal_data};
use guardrails::Guards;
use models::{Cleared, Journal, Models, RerankRequest};
use retrieval::Rerank;
use retrieval::embedder::CrossEncoder;
use std::sync::Arc;
use usecase::declared::{self, Guard, Residency};

/// A use case's own.
pub(crate) struct Reranker {
    name: String,
    by: By,
    /// How many of the best passages it sees.
    candidates: usize,
}

enum By {
    Here(Arc<CrossEncoder>),
    Provider { models: Arc<Models>, cleared: Cleared, guards: Box<Guards> },
}

impl Reranker {
    /// What a use case declares.
    ///
    /// # Errors
    /// A folder without a cross-encoder, or a provider that the residency rule does not allow.
    pub(crate) fn open(
        declared: &declared::Rerank,
        engines: &Engines,
        residency: &Residency,
        guard: &Guard,
    ) -> Result<Self, Error> {
        let declared::Rerank { model, candidates } = declared;
        let Engines { models, local, .. } = engines;
        let by = if model.provider == LOCAL {
            By::Here(local.cross_encoder(&model.model)?)
        } else {
            let cleared = models.clear(residency, model).map_err(Error::NotCleared)?;
            By::Provider { models: Arc::clone(models), cleared, guards: Box::new(Guards::new(guard)) }
        };
        Ok(Self { name: model.to_string(), by, candidates: *candidates })
    }

    /// The same for one request, whose calls are noted in its journal.
    pub(crate) fn noting<'a>(&'a self, journal: &'a Journal) -> (Noting<'a>, usize) {
        (Noting { reranker: self, journal }, self.candidates)
    }
}

pub(crate) struct Noting<'a> {
    reranker: &'a Reranker,
    journal: &'a Journal,
}

impl Rerank for Noting<'_> {
    fn identity(&self) -> &str {
        &self.reranker.name
    }

    fn scores(&self, question: &str, passages: &[&str]) -> Result<Vec<f32>, retrieval::Error> {
        let (models, cleared, guards) = match &self.reranker.by {
            By::Here(encoder) => return encoder.scores(question, passages),
            By::Provider { models, cleared, guards } => (Arc::clone(models), cleared.clone(), guards),
        };
        let leaving = |text: &str| shortened(without_personal_data(guards, text));
        let documents = passages.iter().map(|passage| leaving(passage)).collect();
        let request = RerankRequest { question: leaving(question), documents };
        let journal = self.journal.clone();
        let reranked = far::wait_for(async move { models.rerank(vec![cleared], &request, &journal).await });
        let (attempts, scores) = match reranked {
            Some(Ok(reranked)) => (reranked.attempts, Ok(as_shares(reranked.relevance.scores))),
            Some(Err(exhausted)) => {
                let error = of_provider(&exhausted);
                (exhausted.attempts, Err(error))
            }
            None => {
                let reason = "a worker of ours stopped".to_owned();
                (Vec::new(), Err(retrieval::Error::Embedder { embedder: self.reranker.name.clone(), reason }))
            }
        };
        attempts.into_iter().for_each(|attempt| self.journal.note(attempt));
        scores
    }
}

/// Scores of 0 to 1. Some servers (llama.cpp) give what their model's last layer says, without bounds: the logistic function
/// keeps the order of that.
fn as_shares(mut scores: Vec<f32>) -> Vec<f32> {
    if scores.iter().any(|score| !(0.0..=1.0).contains(score)) {
        scores.iter_mut().for_each(|score| *score = 1.0 / (1.0 + (-*score).exp()));
    }
    scores
}

#[cfg(test)]
mod tests {
    //! Scales of scores.

    use super::as_shares;

    #[test]
    fn scores_without_bounds_become_shares_in_the_same_order() {
        assert_eq!(as_shares(vec![0.2, 1.0, 0.0]), [0.2, 1.0, 0.0]);
        assert_eq!(as_shares(Vec::new()), [0.0; 0]);
        let shares = as_shares(vec![-8.0, 0.0, 3.0]);
        assert!(shares.is_sorted() && shares[0] > 0.0 && shares[1] == 0.5 && shares[2] < 1.0, "{shares:?}");
    }
}
