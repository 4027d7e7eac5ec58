//! OpenAI's responses (`POST /v1/responses`): read by `request` (fields) and `input` (the conversation); written by
//! `output`, which makes the items and the events of a stream at once, so that both say the same. Every provider is asked
//! in the inner form, OpenAI's own `/responses` too. No other room knows this dialect.

mod input;
mod items;
mod output;
mod request;
mod sealed;
#[cfg(test)]
mod tests;

use crate::problem::Problem;
use crate::reply::Identity;
use crate::wire::{Asked, Frames, Wire};
use axum::http::HeaderMap;
use bytes::Bytes;
use pipeline::Facts;
use serde_json::Value;
use usecase::{Completion, Dialect};

pub(crate) struct Responses;

impl Wire for Responses {
    fn dialect(&self) -> Dialect {
        Dialect::Responses
    }

    fn read(&self, _headers: &HeaderMap, body: &Bytes) -> Result<Asked, Problem> {
        request::read(body)
    }

    fn whole(&self, identity: Identity, completion: Completion, facts: &Facts) -> Value {
        output::whole(identity, completion, &facts.citations)
    }

    fn frames(&self, identity: Identity) -> Box<dyn Frames> {
        Box::new(output::ResponseFrames::new(identity))
    }
}
