//! What every provider over HTTP does alike: its key, read at the moment of the call, the headers out, the headers that an
//! app may see, and a JSON answer read whole.

use super::Asking;
use super::refusal::{self, named};
use super::transport::{Incoming, Outgoing, Transport};
use crate::error::Error;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use usecase::Usage;
use usecase::declared::{ModelRef, SecretRef};

/// The largest answer that is read whole, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// No call has more tokens than this, which is far above any context. A larger figure is a broken report, and money hangs
/// on it.
const MOST_TOKENS: u64 = 1 << 27;

/// The choices of one answer: what OpenAI's own API allows for `n`.
pub(crate) const MOST_CHOICES: usize = 128;

/// A report that can be believed; where there is none, the call is estimated.
pub(crate) fn believed(usage: Usage) -> Option<Usage> {
    let Usage { input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, .. } = usage;
    let figures = [input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens];
    let says_something = input_tokens > 0 || output_tokens > 0;
    (says_something && figures.iter().all(|count| *count <= MOST_TOKENS)).then_some(usage)
}

/// Refuses answers of more choices than anyone can have asked for.
pub(crate) fn expect_choices(count: usize) -> Result<(), String> {
    match count > MOST_CHOICES {
        true => Err(format!("it holds more than {MOST_CHOICES} choices")),
        false => Ok(()),
    }
}

/// A provider's key, and the header that carries it.
pub(crate) struct Key {
    pub(crate) secret: String,
    name: HeaderName,
    value: HeaderValue,
}

impl Key {
    /// Reads the key now, so that a rotated one is seen and none is kept. `prefix` goes before it in the header.
    pub(crate) fn read(
        model: &ModelRef,
        reference: Option<&SecretRef>,
        name: &HeaderName,
        prefix: &str,
    ) -> Result<Option<Self>, Error> {
        let Some(reference) = reference else { return Ok(None) };
        let key = reference.resolve().and_then(|secret| {
            let mut value = HeaderValue::from_str(&format!("{prefix}{secret}")).ok()?;
            value.set_sensitive(true);
            Some(Self { secret, name: name.clone(), value })
        });
        let missing = || Error::MissingKey { model: model.clone(), reference: reference.to_string() };
        key.map(Some).ok_or_else(missing)
    }
}

/// The headers of a request with a JSON body.
pub(crate) fn headers(streamed: bool, key: Option<&Key>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let accepted = if streamed { "text/event-stream" } else { "application/json" };
    headers.insert(ACCEPT, HeaderValue::from_static(accepted));
    if let Some(key) = key {
        headers.insert(key.name.clone(), key.value.clone());
    }
    headers
}

/// A whole answer as it came and as JSON. One that reports an error is that error.
pub(crate) async fn json(model: &ModelRef, mut incoming: Incoming, secrets: &[&str]) -> Result<(Bytes, Value), Error> {
    let garbage = |what: String| Error::Garbage { model: model.clone(), what };
    if is(&incoming.headers, "text/event-stream") {
        return Err(garbage("an event stream, though none was asked for".to_owned()));
    }
    let bytes = incoming.body.whole(LARGEST_ANSWER).await?;
    if bytes.is_empty() {
        return Err(garbage("the body is empty".to_owned()));
    }
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| {
        let kind = named(&incoming.headers, "content-type").unwrap_or_else(|| "no content type".to_owned());
        garbage(format!("the body is not JSON ({kind})"))
    })?;
    match refusal::report_of(model, None, &value) {
        Some(upstream) => Err(Error::ErrorInBody(Box::new(refusal::without_secrets(upstream, secrets)))),
        None => Ok((bytes, value)),
    }
}

/// Whether the content type is of this kind.
pub(crate) fn is(headers: &HeaderMap, content_type: &str) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().contains(content_type))
}

/// The headers that an app may see.
pub(crate) fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let allowed = |name: &str| {
        matches!(name, "x-request-id" | "request-id" | "x-amzn-requestid" | "openai-processing-ms")
            || name.starts_with("x-ratelimit-")
            || name.starts_with("anthropic-ratelimit-")
    };
    let names = headers.keys().filter(|name| allowed(name.as_str()));
    names.filter_map(|name| Some((name.as_str().to_owned(), named(headers, name.as_str())?))).collect()
}

/// Twelve hexadecimal digits, another each time, for ids that an upstream leaves out. They have to be unique, not secret:
/// a count that begins anywhere.
pub(crate) fn salt() -> String {
    static COUNT: LazyLock<AtomicU64> = LazyLock::new(|| {
        let mut bytes = [0_u8; 8];
        // Without randomness the ids are still unique within the process.
        let _ = getrandom::fill(&mut bytes);
        AtomicU64::new(u64::from_le_bytes(bytes))
    });
    usecase::ids::hex(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes()[2..])
}

/// A name as one step of a path: everything but letters, digits and `-._~` is percent-encoded (RFC 3986 §2.3).
pub(crate) fn path_step(name: &str) -> String {
    let mut step = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => step.push(char::from(byte)),
            _ => step.push_str(&format!("%{byte:02X}")),
        }
    }
    step
}

/// What may not get through in an upstream's words.
pub(crate) fn secrets(key: Option<&Key>) -> Vec<&str> {
    key.map(|key| key.secret.as_str()).into_iter().collect()
}

/// The numbers of one vector.
pub(crate) fn vector(value: Option<&Value>) -> Result<Vec<f32>, String> {
    let numbers = value.and_then(Value::as_array).ok_or("a vector is not a list of numbers")?;
    // A provider computes in 32 bits or fewer; the 64 of JSON hold nothing more.
    #[allow(clippy::cast_possible_truncation)]
    let number = |number: &Value| number.as_f64().map(|number| number as f32).filter(|number| number.is_finite());
    numbers
        .iter()
        .map(number)
        .collect::<Option<_>>()
        .ok_or_else(|| "a vector holds something else than numbers".to_owned())
}

/// Posts a JSON body; whatever is not status 200 is the provider's refusal. `key` never gets through in its words.
pub(crate) async fn post(
    transport: &Transport,
    path: String,
    key: Option<&Key>,
    body: &Value,
    streamed: bool,
    asking: &Asking<'_>,
) -> Result<Incoming, Error> {
    let outgoing = Outgoing { path, headers: headers(streamed, key), body: Bytes::from(body.to_string()) };
    let incoming = transport.post(outgoing, asking).await?;
    match incoming.status {
        200 => Ok(incoming),
        _ => Err(refusal::refused(asking.model, incoming, &secrets(key)).await),
    }
}
