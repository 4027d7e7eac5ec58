//! OpenAI and every server that speaks its chat completions: vLLM, Ollama, llama.cpp, and most hosted models.
//!
//! A call carries the app's request and nothing else of the app: no header and no credential of it goes upstream. The
//! provider's own key is read at the moment of the call, so that a rotated key is seen and none is kept.

mod stream;
#[cfg(test)]
mod tests;
mod tool_calls;
mod wire;

use super::refusal::{self, named};
use super::transport::{self, Incoming, Outgoing, Transport};
use super::{Adapter, Answer, Asking};
use crate::error::Error;
use crate::reply::{Call, ReplyBody};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use usecase::declared::{ModelRef, Provider, SecretRef};
use usecase::{Completion, Dialect, Jurisdiction, Raw};

/// OpenAI's own host, where its key, its price list and its jurisdiction are known.
const HOME_HOST: &str = "api.openai.com";

/// The largest answer that is read whole, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

pub(crate) struct OpenAi {
    transport: Transport,
    key: Option<SecretRef>,
}

/// The provider's key, and the header that carries it.
struct Key {
    secret: String,
    header: HeaderValue,
}

impl OpenAi {
    /// Checks what was declared.
    pub(crate) fn new(name: &str, provider: &Provider) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadProvider { provider: name.to_owned(), what: what.to_owned() };
        let Some(base) = provider.base_url.as_deref() else {
            return Err(bad("`base_url` is missing: where the API lives, up to and including `/v1`"));
        };
        let transport = Transport::new(name, base, &provider.timeouts)?;
        let own_key = || SecretRef::Env("OPENAI_API_KEY".to_owned());
        let key = provider.api_key.clone().or_else(|| (transport.host() == HOME_HOST).then(own_key));
        Ok(Self { transport, key })
    }

    async fn answer(&self, call: &Call, asking: Asking<'_>) -> Result<Answer, Error> {
        let (model, streamed) = (asking.model, call.request.stream);
        let key = self.key(model)?;
        let body = wire::body(&model.model, &call.request)
            .map_err(|error| Error::Garbage { model: model.clone(), what: format!("our request: {error}") })?;
        let headers = headers(streamed, key.as_ref());
        let outgoing = Outgoing { path: "/chat/completions".to_owned(), headers, body };
        let incoming = self.transport.post(outgoing, &asking).await?;
        let secrets: Vec<&str> = key.iter().map(|key| key.secret.as_str()).collect();
        if incoming.status != 200 {
            return Err(refusal::refused(model, incoming, &secrets).await);
        }
        let (request_id, shown) = (named(&incoming.headers, "x-request-id"), shown(&incoming.headers));
        // Asked to stream, some upstreams stream under a wrong content type, and some answer whole as JSON.
        let body = if streamed && !is(&incoming.headers, "json") {
            let decoder = stream::Decoder::new(model, salt());
            let chunks = transport::stream(incoming.body, decoder);
            ReplyBody::Stream(refusal::stream_without_secrets(chunks, &secrets))
        } else {
            let completion = whole(model, incoming, &secrets).await?;
            match streamed {
                true => ReplyBody::Stream(stream::of_completion(completion)),
                false => ReplyBody::Whole(completion),
            }
        };
        Ok(Answer { body, request_id, headers: shown, warnings: Vec::new() })
    }

    /// The key and its header, read now.
    fn key(&self, model: &ModelRef) -> Result<Option<Key>, Error> {
        let Some(reference) = &self.key else { return Ok(None) };
        let key = reference.resolve().and_then(|secret| {
            let mut header = HeaderValue::from_str(&format!("Bearer {secret}")).ok()?;
            header.set_sensitive(true);
            Some(Key { secret, header })
        });
        let missing = || Error::MissingKey { model: model.clone(), reference: reference.to_string() };
        key.map(Some).ok_or_else(missing)
    }
}

impl Adapter for OpenAi {
    fn price_host(&self) -> &str {
        self.transport.host()
    }

    /// Known of OpenAI's main address only.
    fn home(&self) -> Option<Jurisdiction> {
        (self.transport.host() == HOME_HOST).then(|| Jurisdiction("US".to_owned()))
    }

    fn ask<'a>(&'a self, call: &'a Call, asking: Asking<'a>) -> BoxFuture<'a, Result<Answer, Error>> {
        Box::pin(self.answer(call, asking))
    }
}

fn headers(streamed: bool, key: Option<&Key>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let accepted = if streamed { "text/event-stream" } else { "application/json" };
    headers.insert(ACCEPT, HeaderValue::from_static(accepted));
    if let Some(key) = key {
        headers.insert(AUTHORIZATION, key.header.clone());
    }
    headers
}

/// A whole answer, also where a stream was asked for and the upstream does not stream.
async fn whole(model: &ModelRef, mut incoming: Incoming, secrets: &[&str]) -> Result<Completion, Error> {
    let garbage = |what: String| Error::Garbage { model: model.clone(), what };
    if is(&incoming.headers, "text/event-stream") {
        return Err(garbage("an event stream, though none was asked for".to_owned()));
    }
    let bytes: Bytes = incoming.body.whole(LARGEST_ANSWER).await?;
    if bytes.is_empty() {
        return Err(garbage("the body is empty".to_owned()));
    }
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| {
        let kind = named(&incoming.headers, "content-type").unwrap_or_else(|| "no content type".to_owned());
        garbage(format!("the body is not JSON ({kind})"))
    })?;
    if let Some(upstream) = refusal::report_of(model, None, &value) {
        return Err(Error::ErrorInBody(Box::new(refusal::without_secrets(upstream, secrets))));
    }
    let raw = Raw::keep(Dialect::Chat, bytes, &value);
    let mut completion = wire::completion(value).map_err(garbage)?;
    completion.raw = raw;
    for choice in &mut completion.choices {
        if tool_calls::complete(&mut choice.message.rest, &salt()).map_err(garbage)? {
            completion.raw = None;
        }
    }
    Ok(completion)
}

fn is(headers: &HeaderMap, content_type: &str) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().contains(content_type))
}

/// The headers that an app may see.
fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let allowed =
        |name: &str| name == "x-request-id" || name == "openai-processing-ms" || name.starts_with("x-ratelimit-");
    let names = headers.keys().filter(|name| allowed(name.as_str()));
    names.filter_map(|name| Some((name.as_str().to_owned(), named(headers, name.as_str())?))).collect()
}

/// Twelve random hexadecimal digits, for ids that an upstream leaves out.
fn salt() -> String {
    let mut bytes = [0_u8; 6];
    // Without randomness the ids are still unique within the answer, which is what clients need.
    let _ = getrandom::fill(&mut bytes);
    usecase::ids::hex(&bytes)
}
