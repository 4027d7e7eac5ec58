//! Anthropic's messages (`POST /v1/messages`): read by `request` (fields), `blocks` (the conversation) and `tools`;
//! written whole by `answer`, in pieces by `stream`. No other room knows it.

mod answer;
mod blocks;
mod request;
mod stream;
#[cfg(test)]
mod tests;
mod tools;

use crate::problem::Problem;
use crate::reply::Identity;
use crate::wire::{Asked, Frames, Wire};
use axum::http::HeaderMap;
use bytes::Bytes;
use pipeline::Facts;
use serde_json::Value;
use usecase::{Completion, Dialect};

pub(crate) struct Messages;

impl Wire for Messages {
    fn dialect(&self) -> Dialect {
        Dialect::Messages
    }

    fn read(&self, headers: &HeaderMap, body: &Bytes) -> Result<Asked, Problem> {
        request::read(headers, body)
    }

    fn whole(&self, identity: Identity, completion: Completion, facts: &Facts) -> Value {
        answer::body(&identity, completion, &facts.citations)
    }

    fn frames(&self, identity: Identity) -> Box<dyn Frames> {
        Box::new(stream::MessageFrames::new(identity))
    }

    fn keepalive(&self) -> &'static [u8] {
        b"event: ping\ndata: {\"type\":\"ping\"}\n\n"
    }
}

/// Reads a request whose tokens are to be counted: the same, but it need not say how long the answer may be.
pub(crate) fn read_for_count(headers: &HeaderMap, body: &Bytes) -> Result<Asked, Problem> {
    request::read_any(headers, body)
}

/// Whether a caller speaks this dialect: its SDKs name their version in every request.
pub(crate) fn is_spoken(headers: &HeaderMap) -> bool {
    headers.contains_key("anthropic-version")
}
