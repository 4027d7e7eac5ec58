//! The way out, streamed: OpenAI's `chat.completion.chunk` frames over server-sent events. A usage chunk comes only when
//! it was asked for, and then every other chunk says `usage: null`. A stream that failed ends with an error frame and
//! no `[DONE]`: a client must never take half an answer for a whole one.

use super::response::{Identity, annotations, cost_text, envelope, usage_body};
use crate::metrics::Counted;
use crate::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use pipeline::{Ended, Facts, Piece};
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::time::Duration;
use usecase::{ChoiceDelta, Chunk};

/// The pieces as frames. While a piece is long in coming, a comment keeps proxies from taking the silence for an end; it
/// stands between two frames, never inside of one.
pub(crate) fn streamed(frames: Frames, pieces: BoxStream<'static, Piece>, keepalive: Duration) -> Response {
    let mut headers = frames.identity.headers();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // nginx would collect the pieces otherwise.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    let bytes = stream::unfold((frames, pieces), move |(mut frames, mut pieces)| async move {
        let bytes = match tokio::time::timeout(keepalive, pieces.next()).await {
            Ok(piece) => frames.of(piece?).concat(),
            Err(_) => b": keepalive\n\n".to_vec(),
        };
        Some((Ok::<_, Infallible>(Bytes::from(bytes)), (frames, pieces)))
    });
    (headers, Body::from_stream(bytes)).into_response()
}

/// Turns the pieces of one answer into frames.
pub(crate) struct Frames {
    identity: Identity,
    include_usage: bool,
    begun: bool,
    counted: Counted,
}

impl Frames {
    pub(crate) fn new(identity: Identity, include_usage: bool, counted: Counted) -> Self {
        Self { identity, include_usage, begun: false, counted }
    }

    fn of(&mut self, piece: Piece) -> Vec<Bytes> {
        match piece {
            Piece::Chunk(chunk) => vec![self.chunk(chunk, &[])],
            Piece::End(ended) => self.end(*ended),
            Piece::Failed(error) => {
                self.counted.failed();
                let problem = Problem::from(error);
                vec![frame(&problem.body())]
            }
        }
    }

    fn end(&mut self, ended: Ended) -> Vec<Bytes> {
        let Ended { finish, usage, facts } = ended;
        self.counted.answered(&facts);
        let rest = finish.rest.clone();
        let mut frames = vec![self.chunk(finish, &facts.citations)];
        if self.include_usage {
            let mut body = envelope(&self.identity, rest, "chat.completion.chunk");
            body.insert("choices".to_owned(), json!([]));
            body.insert("usage".to_owned(), usage_body(usage));
            frames.push(frame(&Value::Object(body)));
        }
        frames.push(closing_comment(&facts));
        frames.push(Bytes::from_static(b"data: [DONE]\n\n"));
        frames
    }

    fn chunk(&mut self, chunk: Chunk, citations: &[usecase::Citation]) -> Bytes {
        let first = !std::mem::replace(&mut self.begun, true);
        let mut body = envelope(&self.identity, chunk.rest, "chat.completion.chunk");
        let choices = chunk.choices.into_iter().map(|choice| choice_body(choice, first, citations)).collect();
        body.insert("choices".to_owned(), Value::Array(choices));
        if self.include_usage {
            body.insert("usage".to_owned(), Value::Null);
        }
        frame(&Value::Object(body))
    }
}

fn choice_body(choice: ChoiceDelta, first: bool, citations: &[usecase::Citation]) -> Value {
    let mut delta = Map::new();
    if first && !choice.delta.contains_key("role") {
        delta.insert("role".to_owned(), json!("assistant"));
    }
    delta.extend(choice.delta);
    if let Some(text) = choice.text {
        delta.insert("content".to_owned(), json!(text));
    }
    if choice.index == 0 && !citations.is_empty() {
        delta.insert("annotations".to_owned(), annotations(citations));
    }
    let mut body = Map::new();
    body.insert("index".to_owned(), json!(choice.index));
    body.insert("delta".to_owned(), Value::Object(delta));
    body.insert("finish_reason".to_owned(), json!(choice.finish_reason));
    body.extend(choice.rest);
    Value::Object(body)
}

/// Headers are long gone when a streamed answer's cost is known: it rides in a comment, which every SSE client skips.
fn closing_comment(facts: &Facts) -> Bytes {
    let (status, cost) = (facts.status.as_str(), cost_text(facts.cost));
    Bytes::from(format!(": shipway status={status} cost={cost} own_us={}\n\n", facts.own_us))
}

fn frame(body: &Value) -> Bytes {
    Bytes::from(format!("data: {body}\n\n"))
}
