//! OpenAI's chat completions (`POST /v1/chat/completions`): converted once on the way in (`request`), once on the way out
//! (`response`, `stream`). No other room knows it.

mod request;
pub(crate) mod response;
mod stream;
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

pub(crate) struct Chat;

impl Wire for Chat {
    fn dialect(&self) -> Dialect {
        Dialect::Chat
    }

    fn read(&self, _headers: &HeaderMap, body: &Bytes) -> Result<Asked, Problem> {
        request::read(body).map(Asked::from)
    }

    fn whole(&self, identity: Identity, completion: Completion, facts: &Facts) -> Value {
        response::body(&identity, completion, &facts.citations)
    }

    fn frames(&self, identity: Identity) -> Box<dyn Frames> {
        Box::new(stream::ChatFrames::new(identity))
    }
}
