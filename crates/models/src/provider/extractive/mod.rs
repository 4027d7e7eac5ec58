//! `local/extractive`: answers only in the very words of the passages, with citations, or abstains. It needs no
//! download, no key and no network, costs nothing, gives the same answer to the same call, and is the last fallback of
//! every use case.
//!
//! Passages are cut into quotable units (`sentences`), each is scored by how much of the question it holds (`words`,
//! `question`, `score`), and the best one or two are quoted unless too little of the question is found (`quote`).
//!
//! Measured with `examples/extractive_quality.rs`, on the sets that its figures were tuned on. XQuAD's English part
//! (1,190 questions on 240 paragraphs), given the right paragraph among the six lexically nearest: 83 % of the answers
//! hold the right words, 84 % come from the right paragraph, 9 % abstain; a quote has 250 characters and takes 0.6 ms.
//! With the right paragraph taken out and six others given, mostly of the same article: 80 % abstain. HaluEval-QA and
//! PubMedQA, one context to a question (777 pairs of each kind): 97 % abstain on the nearest wrong context, 20 % on
//! the right one (25 and 18 %).
//!
//! What it cannot do is what words alone cannot: see that a passage on the very subject leaves the question open, join
//! facts of two places, answer yes or no, or match a question that uses none of the passage's words.

mod question;
mod quote;
mod score;
mod sentences;
#[cfg(test)]
mod tests;
mod words;

use super::spoken::Spoken;
use super::{Adapter, Answer, Asking};
use crate::error::Error;
use crate::reply::{Call, ReplyBody};
use crate::tokens;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, json};
use usecase::declared::ModelRef;
use usecase::{Citation, Jurisdiction, Passage, Usage};

/// What the one model of this provider is called.
pub(crate) const MODEL: &str = "extractive";

/// What is answered when no passage answers the question; the choice is marked with `abstained` then.
pub const ABSTENTION: &str = "I could not find an answer to that in the documents I may use.";

/// The provider of this one model.
pub(crate) struct Extractive;

impl Adapter for Extractive {
    fn expect_model(&self, model: &ModelRef) -> Result<(), Error> {
        match model.model == MODEL {
            true => Ok(()),
            false => {
                Err(Error::UnknownModel { model: model.clone(), expected: format!("this provider has one, `{MODEL}`") })
            }
        }
    }

    fn price_host(&self) -> &str {
        "local"
    }

    fn home(&self) -> Option<Jurisdiction> {
        Some(Jurisdiction::here())
    }

    fn ask<'a>(&'a self, call: &'a Call, _asking: Asking<'a>) -> BoxFuture<'a, Result<Answer, Error>> {
        Box::pin(std::future::ready(Ok(ask(call).into())))
    }
}

/// Answers from the passages of the call: the citations go into the choice's `rest`. It waits for nothing and cannot
/// fail.
pub(crate) fn ask(call: &Call) -> ReplyBody {
    let mut facts = Map::new();
    let pieces = match quote::quote(&call.question, &call.passages) {
        Some(quote) => {
            facts.insert("citations".to_owned(), json!(quote.citations));
            quote.pieces
        }
        None => {
            facts.insert("citations".to_owned(), json!([]));
            facts.insert("abstained".to_owned(), true.into());
            vec![ABSTENTION.to_owned()]
        }
    };
    let usage = Usage {
        input_tokens: tokens::of_request(&call.request),
        output_tokens: pieces.iter().map(|piece| tokens::of_text(piece)).sum(),
        estimated: true,
        ..Usage::default()
    };
    let spoken = Spoken { model: format!("local/{MODEL}"), pieces, facts, usage: Some(usage) };
    if call.request.stream {
        let chunks = spoken.chunks().into_iter().map(Ok);
        return ReplyBody::Stream(futures_util::stream::iter(chunks).boxed());
    }
    ReplyBody::Whole(spoken.completion())
}

/// The first unit of the first passage with its citation.
pub(crate) fn opening(passages: &[Passage]) -> Option<(String, Citation)> {
    quote::opening(passages)
}
