//! The way out, the same for every dialect: the headers that an answer carries, then its body, whole or in pieces. What
//! a bare model answered in the caller's own dialect goes out to the letter.

use crate::lasting::Lasting;
use crate::metrics::Counted;
use crate::problem::Problem;
use crate::wire::{Frames, Wire};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use pipeline::{Facts, Piece, WholeAnswer};
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;
use usecase::{BundleId, Cost, Dialect, DocumentRef, Raw, TraceId};

/// The longest warning header, in bytes: some proxies refuse an answer whose headers pass 8 KiB.
const LONGEST_WARNING: usize = 1_024;

/// Headers of an answer with everything on, the provider's rate limits among them.
const USUAL_HEADERS: usize = 24;

/// Room for most answers, in bytes.
const USUAL_ANSWER: usize = 4_096;

/// What every answer says of itself, whole or streamed.
pub(crate) struct Identity {
    pub(crate) trace: TraceId,
    pub(crate) bundle: Option<BundleId>,
    /// `provider/model` that answered.
    pub(crate) model: String,
    /// The model that the app named: a use case, or a bare model.
    pub(crate) asked_model: String,
    /// The app asked for a usage chunk at the end of the stream.
    pub(crate) include_usage: bool,
    /// What of the request the answer repeats.
    pub(crate) echo: Map<String, Value>,
    /// What of the request was left out, a clause each.
    pub(crate) warnings: Vec<String>,
    /// The provider's own request id and rate limits.
    pub(crate) upstream_headers: Vec<(String, String)>,
}

impl Identity {
    /// The bytes as they came, where they may go out so: what a bare model said in the caller's dialect. A use case
    /// answers under its own name.
    pub(crate) fn to_the_letter(&self, raw: Option<Raw>, dialect: Dialect) -> Option<Bytes> {
        raw.filter(|raw| self.bundle.is_none() && raw.dialect == dialect).map(|raw| raw.bytes)
    }

    /// Headers known before the answer is complete.
    fn headers(&self, dialect: Dialect) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
        let trace = self.trace.to_string();
        put(&mut headers, "x-shipway-trace", &trace);
        put(&mut headers, request_id(dialect), &trace);
        put(&mut headers, "x-shipway-model", &self.model);
        if let Some(bundle) = &self.bundle {
            put(&mut headers, "x-shipway-bundle", bundle.as_str());
        }
        if !self.warnings.is_empty() {
            put(&mut headers, "x-shipway-warning", &warning(&self.warnings));
        }
        for (name, value) in &self.upstream_headers {
            // The id is ours, the one that support asks for; the provider's stands beside it.
            let is_id = ["x-request-id", "request-id"].contains(&name.as_str());
            let name = if is_id { "x-shipway-upstream-request-id" } else { name };
            put_any(&mut headers, name, value);
        }
        headers
    }

    /// The same, and what is known once the answer is complete.
    pub(crate) fn headers_with(&self, facts: &Facts, dialect: Dialect) -> HeaderMap {
        let mut headers = self.headers(dialect);
        put(&mut headers, "x-shipway-status", facts.status.as_str());
        put(&mut headers, "x-shipway-cost", &cost_text(facts.cost));
        if let Some(way) = facts.cache {
            put(&mut headers, "x-shipway-cache", way);
        }
        put(&mut headers, "server-timing", &server_timing(facts));
        headers
    }
}

/// The header in which a dialect's SDKs look for the id of a request.
pub(crate) fn request_id(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Messages => "request-id",
        Dialect::Chat | Dialect::Responses => "x-request-id",
    }
}

/// A whole answer.
pub(crate) fn whole(wire: &dyn Wire, identity: Identity, answer: WholeAnswer) -> Response {
    let WholeAnswer { mut completion, facts } = answer;
    let mut headers = identity.headers_with(&facts, wire.dialect());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let body = identity.to_the_letter(completion.raw.take(), wire.dialect());
    let body = body.unwrap_or_else(|| written(&wire.whole(identity, completion, &facts)));
    response(headers, Body::from(body))
}

fn written(body: &Value) -> Bytes {
    let mut text = Vec::with_capacity(USUAL_ANSWER);
    // Memory takes what is written, and a JSON value can always be written.
    let _ = serde_json::to_writer(&mut text, body);
    text.into()
}

/// How a streamed answer keeps to its connection.
#[derive(Clone)]
pub(crate) struct Pace {
    /// The longest silence.
    pub(crate) keepalive: Duration,
    /// Where an answer goes on whose app went away; `None` where it ends with the connection.
    pub(crate) lasting: Option<Lasting>,
}

/// An answer in pieces.
pub(crate) fn streamed(
    wire: &'static dyn Wire,
    identity: Identity,
    pieces: BoxStream<'static, Piece>,
    counted: Counted,
    pace: Pace,
) -> Response {
    let headers = identity.headers(wire.dialect());
    spoken(wire, headers, Voice::Speaking(Speaking::new(wire, identity, pieces, counted)), pace)
}

/// The same before it has begun, when its headers cannot wait any longer: they hold what is known already.
pub(crate) fn awaited(
    wire: &'static dyn Wire,
    known: &[(String, String)],
    begun: BoxFuture<'static, Speaking>,
    pace: Pace,
) -> Response {
    let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
    for (name, value) in known {
        put_any(&mut headers, name, value);
    }
    spoken(wire, headers, Voice::Awaited(begun), pace)
}

/// While a frame is long in coming, a word keeps proxies from taking the silence for an end.
fn spoken(wire: &'static dyn Wire, mut headers: HeaderMap, voice: Voice, pace: Pace) -> Response {
    let Pace { keepalive, lasting } = pace;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // nginx would collect the pieces otherwise.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    // Who waits for the beginning has been silent for one keepalive already.
    let silent = matches!(voice, Voice::Awaited(_));
    let heard = Heard { voice: Some(voice), lasting };
    let bytes = stream::unfold((heard, silent), move |(mut heard, silent)| async move {
        let patience = if silent { Duration::ZERO } else { keepalive };
        let bytes = match tokio::time::timeout(patience, heard.voice.as_mut()?.next()).await {
            Ok(bytes) => Bytes::from(bytes?),
            Err(_) => Bytes::from_static(wire.keepalive()),
        };
        Some((Ok::<_, Infallible>(bytes), (heard, false)))
    });
    response(headers, Body::from_stream(bytes))
}

/// With these headers as they are: `IntoResponse` would put them into a map of its own, one by one.
fn response(headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    response
}

/// A streamed answer, whether it has begun or not.
enum Voice {
    Awaited(BoxFuture<'static, Speaking>),
    Speaking(Speaking),
}

impl Voice {
    async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            match self {
                Self::Awaited(begun) => *self = Self::Speaking(begun.await),
                Self::Speaking(speaking) => return speaking.next().await,
            }
        }
    }

    fn has_ended(&self) -> bool {
        matches!(self, Self::Speaking(speaking) if speaking.counted.has_ended())
    }

    /// Says the rest to nobody: what is read is recorded and counted.
    async fn go_on(mut self) {
        while !self.has_ended() && self.next().await.is_some() {}
    }
}

/// A streamed answer that somebody listens to. When nobody does any more, it ends or, as declared, goes on unheard.
struct Heard {
    voice: Option<Voice>,
    lasting: Option<Lasting>,
}

impl Drop for Heard {
    fn drop(&mut self) {
        let voice = self.voice.take().filter(|voice| !voice.has_ended());
        if let Some((voice, lasting)) = voice.zip(self.lasting.take()) {
            lasting.leave(voice.go_on());
        }
    }
}

/// A streamed answer under way.
pub(crate) struct Speaking {
    frames: Box<dyn Frames>,
    counted: Counted,
    pieces: BoxStream<'static, Piece>,
}

impl Speaking {
    pub(crate) fn new(
        wire: &dyn Wire,
        identity: Identity,
        pieces: BoxStream<'static, Piece>,
        counted: Counted,
    ) -> Self {
        Self { frames: wire.frames(identity), counted, pieces }
    }

    /// The next bytes: never none of them, which would look like an end on the wire. Nothing is lost when the future is
    /// dropped: what a piece made is given at once.
    async fn next(&mut self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        while out.is_empty() {
            let piece = self.pieces.next().await?;
            self.say(piece, &mut out);
        }
        Some(out)
    }

    fn say(&mut self, piece: Piece, out: &mut Vec<u8>) {
        match piece {
            Piece::Chunk(chunk) => self.frames.chunk(chunk, out),
            Piece::End(ended) => {
                self.counted.answered(&ended.facts);
                self.frames.end(*ended, out);
            }
            Piece::Failed(error) => {
                self.counted.failed();
                self.frames.failed(&Problem::from(error), out);
            }
        }
    }
}

/// Headers are long gone when a streamed answer's cost is known: it rides in a comment, which every SSE client skips.
pub(crate) fn closing_comment(facts: &Facts, out: &mut Vec<u8>) {
    let (status, cost) = (facts.status.as_str(), cost_text(facts.cost));
    out.extend_from_slice(format!(": shipway status={status} cost={cost} own_us={}\n\n", facts.own_us).as_bytes());
}

/// Where a cited document is: its own address, or its name in its collection.
pub(crate) fn link(source: &DocumentRef) -> String {
    source.url.clone().unwrap_or_else(|| format!("shipway://{}/{}", source.collection, source.document))
}

/// A cost for a header: dollars with six places, or `unknown`; never a zero that nobody measured.
pub(crate) fn cost_text(cost: Cost) -> String {
    let micros = cost.known.0;
    let dollars = format!("{}.{:06}", micros / 1_000_000, micros.unsigned_abs() % 1_000_000);
    match (cost.part_unknown, micros) {
        (false, _) => dollars,
        (true, 0) => "unknown".to_owned(),
        (true, _) => format!("{dollars}+unknown"),
    }
}

/// Warnings for a header, which holds visible ASCII and nothing else.
fn warning(warnings: &[String]) -> String {
    let mut text: String =
        warnings.join("; ").chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
    text.truncate(LONGEST_WARNING);
    text
}

/// `own` is the time that Shipway added; the steps follow. Durations in milliseconds, as the specification has it
/// (W3C Server Timing).
fn server_timing(facts: &Facts) -> String {
    let mut text = String::with_capacity(256);
    let mut put = |name: &str, micros: u64| {
        let comma = if text.is_empty() { "" } else { ", " };
        // Text grows as it has to: writing into it cannot fail.
        let _ = write!(text, "{comma}{name};dur={}.{:03}", micros / 1_000, micros % 1_000);
    };
    put("own", facts.own_us);
    put("total", facts.total_us);
    facts.spans.iter().for_each(|span| put(&span.name, span.duration_us));
    text
}

/// A header whose name is not ours; what cannot be one is left out.
fn put_any(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // A model's name may hold what a header may not; then the header is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
