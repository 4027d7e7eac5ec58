//! What one dialect of the API is: how a request is read, how an answer is written whole, how it is written in pieces.
//! Everything else of a request's path is the same for all of them (`routes::chat`).

use crate::problem::Problem;
use crate::reply::Identity;
use axum::http::HeaderMap;
use bytes::Bytes;
use pipeline::{Ended, Facts};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use usecase::{ChatRequest, Chunk, Completion, Dialect};

#[cfg(test)]
mod tests;

/// A request as it was read.
pub(crate) struct Asked {
    pub(crate) request: ChatRequest,
    /// What of the request the answer repeats.
    pub(crate) echo: Map<String, Value>,
}

impl From<ChatRequest> for Asked {
    fn from(request: ChatRequest) -> Self {
        Self { request, echo: Map::new() }
    }
}

/// A dialect.
pub(crate) trait Wire: Send + Sync {
    fn dialect(&self) -> Dialect;

    /// Reads a request's body; what is wrong with it is the caller's to mend.
    fn read(&self, headers: &HeaderMap, body: &Bytes) -> Result<Asked, Problem>;

    /// The body of a whole answer.
    fn whole(&self, identity: Identity, completion: Completion, facts: &Facts) -> Value;

    /// Begins a streamed answer.
    fn frames(&self, identity: Identity) -> Box<dyn Frames>;

    /// Said while a frame is long in coming, the first one too, so that no proxy takes the silence for an end.
    fn keepalive(&self) -> &'static [u8] {
        b": keepalive\n\n"
    }
}

/// Turns the pieces of one answer into frames of server-sent events.
pub(crate) trait Frames: Send {
    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<u8>);

    /// The good end. Nothing follows it.
    fn end(&mut self, ended: Ended, out: &mut Vec<u8>);

    /// The bad end: a client must never take half an answer for a whole one.
    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>);
}

/// Appends an event that has no name. A provider may have broken its JSON into lines; each is a field of its own.
pub(crate) fn data(out: &mut Vec<u8>, body: &[u8]) {
    for line in body.split(|byte| *byte == b'\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.push(b'\n');
}

/// Appends an event as it came, under the name that its `type` gives it.
pub(crate) fn event_as_it_came(out: &mut Vec<u8>, body: &[u8]) {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(rename = "type", borrow)]
        name: Cow<'a, str>,
    }
    let named = serde_json::from_slice::<Named<'_>>(body).ok();
    // A line break in a name would be the end of it.
    if let Some(named) = named.filter(|named| named.name.bytes().all(|byte| byte.is_ascii_graphic())) {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(named.name.as_bytes());
        out.push(b'\n');
    }
    data(out, body);
}

/// Appends an event that is named by its body's `type`.
pub(crate) fn event(out: &mut Vec<u8>, body: &Value) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(body["type"].as_str().unwrap_or_default().as_bytes());
    out.push(b'\n');
    data(out, body.to_string().as_bytes());
}
