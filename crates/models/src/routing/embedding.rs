//! Vectors for texts.

use super::whole::{self, Granted, Wish};
use crate::error::Error;
use crate::journal::Journal;
use crate::provider::{Adapter, Asking};
use crate::registry::Models;
use crate::reply::Exhausted;
use crate::residency::Cleared;
use futures_util::future::BoxFuture;
use usecase::declared::ModelRef;
use usecase::{Attempt, EmbeddingRequest, Embeddings, Usage};

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
        let Granted { model, answer, attempts } = whole::first(&chain, request, journal).await?;
        Ok(Embedded { model, embeddings: answer, attempts })
    }
}

impl Wish for EmbeddingRequest {
    type Answer = Embeddings;

    fn ask<'a>(&'a self, adapter: &'a dyn Adapter, asking: Asking<'a>) -> BoxFuture<'a, Result<Embeddings, Error>> {
        adapter.embed(self, asking)
    }

    fn texts(&self) -> Vec<&str> {
        self.texts.iter().map(String::as_str).collect()
    }

    fn usage(answer: &Embeddings) -> Option<Usage> {
        answer.usage
    }
}
