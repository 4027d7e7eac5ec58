//! Whether a text is one that must not be: asked of a moderation endpoint or of a provider's guardrail.

use super::whole::{self, Granted, Wish};
use crate::error::Error;
use crate::journal::Journal;
use crate::provider::{Adapter, Asking};
use crate::registry::Models;
use crate::reply::Exhausted;
use crate::residency::Cleared;
use futures_util::future::BoxFuture;
use usecase::{Attempt, Usage};

/// A text to be judged, masked already.
#[derive(Clone, Debug, PartialEq)]
pub struct ModerationRequest {
    pub text: String,
    /// A model said it; else a person, a document or a tool did.
    pub said_by_model: bool,
}

/// What was said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Moderation {
    /// How sure it is that the text must not be, 0 to 1; 0 or 1 where only a yes or no is given.
    pub score: f64,
    pub usage: Option<Usage>,
}

/// The judgement, and what it took to get it.
#[derive(Debug)]
pub struct Moderated {
    pub moderation: Moderation,
    /// Every attempt in order, the one that succeeded last; all are closed and priced.
    pub attempts: Vec<Attempt>,
}

impl Models {
    /// Asks one model for a judgement, noting every attempt in a journal, for a caller that may drop this future half way.
    pub async fn moderate(
        &self,
        cleared: Cleared,
        request: &ModerationRequest,
        journal: &Journal,
    ) -> Result<Moderated, Exhausted> {
        let Granted { answer, attempts, .. } = whole::first(&[cleared], request, journal).await?;
        Ok(Moderated { moderation: answer, attempts })
    }
}

impl Wish for ModerationRequest {
    type Answer = Moderation;

    fn ask<'a>(&'a self, adapter: &'a dyn Adapter, asking: Asking<'a>) -> BoxFuture<'a, Result<Moderation, Error>> {
        adapter.moderate(self, asking)
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.text]
    }

    fn usage(answer: &Moderation) -> Option<Usage> {
        answer.usage
    }
}
