//! How well passages answer a question.

use super::whole::{self, Granted, Wish};
use crate::error::Error;
use crate::journal::Journal;
use crate::provider::{Adapter, Asking};
use crate::registry::Models;
use crate::reply::Exhausted;
use crate::residency::Cleared;
use futures_util::future::BoxFuture;
use usecase::{Attempt, Usage};

/// Documents to be judged by how well each answers a question; all of it masked already.
#[derive(Clone, Debug, PartialEq)]
pub struct RerankRequest {
    pub question: String,
    pub documents: Vec<String>,
}

/// What a reranker said.
#[derive(Clone, Debug, PartialEq)]
pub struct Relevance {
    /// One for each document, in their order, finite; the higher the better, on each model's own scale.
    pub scores: Vec<f32>,
    pub usage: Option<Usage>,
}

/// The scores, and what it took to get them.
#[derive(Debug)]
pub struct Reranked {
    pub relevance: Relevance,
    /// Every attempt in order, the one that succeeded last; all are closed and priced.
    pub attempts: Vec<Attempt>,
}

impl Models {
    /// Asks the models of the chain in order for scores until one gives them, noting every attempt in a journal, for a
    /// caller that may drop this future half way.
    pub async fn rerank(
        &self,
        chain: Vec<Cleared>,
        request: &RerankRequest,
        journal: &Journal,
    ) -> Result<Reranked, Exhausted> {
        let Granted { answer, attempts, .. } = whole::first(&chain, request, journal).await?;
        Ok(Reranked { relevance: answer, attempts })
    }
}

impl Wish for RerankRequest {
    type Answer = Relevance;

    fn ask<'a>(&'a self, adapter: &'a dyn Adapter, asking: Asking<'a>) -> BoxFuture<'a, Result<Relevance, Error>> {
        adapter.rerank(self, asking)
    }

    /// A cross-encoder reads the question beside each document.
    fn texts(&self) -> Vec<&str> {
        self.documents.iter().flat_map(|document| [self.question.as_str(), document]).collect()
    }

    fn usage(answer: &Relevance) -> Option<Usage> {
        answer.usage
    }
}
