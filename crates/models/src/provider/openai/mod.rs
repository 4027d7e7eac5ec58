//! OpenAI and every server that speaks its chat completions: vLLM, Ollama, llama.cpp, and most hosted models.
//!
//! A call carries the app's request and nothing else of the app: no header and no credential of it goes upstream. The
//! provider's own key is read at the moment of the call, so that a rotated key is seen and none is kept.

mod body;
mod sse;
mod stream;
#[cfg(test)]
mod tests;
mod tool_calls;
mod wire;

use crate::error::{Error, Upstream};
use crate::provider::Answer;
use crate::provider::clock::Clock;
use crate::reply::{Call, ChunkStream, ReplyBody, Running};
use body::Body;
use futures_util::StreamExt;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Url};
use serde_json::Value;
use std::sync::OnceLock;
use std::time::Duration;
use usecase::Jurisdiction;
use usecase::declared::{ModelRef, Provider, SecretRef, Timeouts};

/// OpenAI's own host, where its key, its price list and its jurisdiction are known.
const HOME_HOST: &str = "api.openai.com";

/// The largest answer that is read whole, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;
/// The largest error report that is read, in bytes.
const LARGEST_ERROR: usize = 64 * 1024;

pub(crate) struct OpenAi {
    endpoint: Url,
    key: Option<SecretRef>,
    /// Made at the first call: a process that never calls this provider loads no certificates for it.
    client: OnceLock<Result<Client, String>>,
    connect: Duration,
}

impl OpenAi {
    /// Checks what was declared.
    pub(crate) fn new(name: &str, provider: &Provider) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadProvider { provider: name.to_owned(), what: what.to_owned() };
        let Some(base) = provider.base_url.as_deref() else {
            return Err(bad("`base_url` is missing: where the API lives, up to and including `/v1`"));
        };
        let endpoint = format!("{}/chat/completions", base.trim_end_matches('/'));
        let endpoint = Url::parse(&endpoint).map_err(|error| bad(&format!("`base_url` is not a URL: {error}")))?;
        if !matches!(endpoint.scheme(), "http" | "https") || endpoint.host_str().is_none() {
            return Err(bad("`base_url` has to begin with http:// or https://"));
        }
        if !endpoint.username().is_empty() || endpoint.password().is_some() {
            return Err(bad("`base_url` holds a user name or password: give the key as `api_key` by reference"));
        }
        let own_key = || SecretRef::Env("OPENAI_API_KEY".to_owned());
        let is_home = endpoint.host_str() == Some(HOME_HOST);
        let key = provider.api_key.clone().or_else(|| is_home.then(own_key));
        Ok(Self { endpoint, key, client: OnceLock::new(), connect: provider.timeouts.connect.as_duration() })
    }

    pub(crate) fn host(&self) -> &str {
        self.endpoint.host_str().unwrap_or_default()
    }

    /// Where it runs when nobody declared that: known of OpenAI's main address only.
    pub(crate) fn home(&self) -> Option<Jurisdiction> {
        (self.host() == HOME_HOST).then(|| Jurisdiction("US".to_owned()))
    }

    pub(crate) async fn ask(
        &self,
        model: &ModelRef,
        call: &Call,
        running: &Running,
        timeouts: &Timeouts,
    ) -> Result<Answer, Error> {
        let key = self.key(model)?;
        let client = self.client(model)?;
        let body = wire::Body { model: &model.model, request: &call.request };
        let body = serde_json::to_vec(&body)
            .map_err(|error| Error::Garbage { model: model.clone(), what: format!("our request: {error}") })?;
        let mut request = client
            .post(self.endpoint.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, if call.request.stream { "text/event-stream" } else { "application/json" })
            .body(body);
        if let Some((_, header)) = &key {
            request = request.header(AUTHORIZATION, header.clone());
        }
        let clock = Clock::start(model, timeouts);
        let sent = clock.limit(request.send()).await?;
        let response = sent.map_err(|error| body::send_error(model, &error, self.connect))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = Body::new(model, response, clock, running);
        let key = key.as_ref().map(|(key, _)| key.as_str());
        if status != 200 {
            return Err(refused(model, status, &headers, body, key).await);
        }
        // Asked to stream, some upstreams stream under a wrong content type, and some answer whole as JSON.
        let body = if call.request.stream && !is(&headers, "json") {
            let decoder = stream::Decoder::new(model, salt());
            ReplyBody::Stream(without_key(stream::stream(body, decoder), key))
        } else {
            whole(model, &headers, body, call.request.stream, key).await?
        };
        Ok(Answer { body, request_id: named(&headers, "x-request-id"), headers: shown(&headers) })
    }

    /// The key and its header, read now.
    fn key(&self, model: &ModelRef) -> Result<Option<(String, HeaderValue)>, Error> {
        let Some(reference) = &self.key else { return Ok(None) };
        let header = reference.resolve().and_then(|key| {
            let mut header = HeaderValue::from_str(&format!("Bearer {key}")).ok()?;
            header.set_sensitive(true);
            Some((key, header))
        });
        let missing = || Error::MissingKey { model: model.clone(), reference: reference.to_string() };
        header.map(Some).ok_or_else(missing)
    }

    fn client(&self, model: &ModelRef) -> Result<&Client, Error> {
        let built = self.client.get_or_init(|| {
            // Whoever installs a provider first is fine with us.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let mut builder = Client::builder()
                .user_agent(concat!("shipway/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(self.connect)
                .tcp_nodelay(true)
                .referer(false)
                // A redirect would carry the conversation to a place that nobody declared.
                .redirect(reqwest::redirect::Policy::none());
            if is_loopback(&self.endpoint) {
                builder = builder.no_proxy();
            }
            // Without TLS the machine's certificates are not needed, and may be missing.
            if self.endpoint.scheme() == "http" {
                builder = builder.tls_certs_only([]);
            }
            builder.build().map_err(|error| format!("its HTTP client cannot be made: {error}"))
        });
        let bad = |what: &String| Error::BadProvider { provider: model.provider.clone(), what: what.clone() };
        built.as_ref().map_err(bad)
    }
}

/// A whole answer, also where a stream was asked for and the upstream does not stream.
async fn whole(
    model: &ModelRef,
    headers: &HeaderMap,
    mut body: Body,
    stream: bool,
    key: Option<&str>,
) -> Result<ReplyBody, Error> {
    let garbage = |what: String| Error::Garbage { model: model.clone(), what };
    if is(headers, "text/event-stream") {
        return Err(garbage("an event stream, though none was asked for".to_owned()));
    }
    let bytes = body.whole(LARGEST_ANSWER).await?;
    if bytes.is_empty() {
        return Err(garbage("the body is empty".to_owned()));
    }
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| {
        let kind = named(headers, "content-type").unwrap_or_else(|| "no content type".to_owned());
        garbage(format!("the body is not JSON ({kind})"))
    })?;
    if let Some(upstream) = wire::error(model, None, &value) {
        return Err(Error::ErrorInBody(Box::new(body::without_key(upstream, key))));
    }
    let mut completion = wire::completion(value).map_err(garbage)?;
    for choice in &mut completion.choices {
        tool_calls::complete(&mut choice.message.rest, &salt()).map_err(garbage)?;
    }
    Ok(if stream { ReplyBody::Stream(stream::of_completion(completion)) } else { ReplyBody::Whole(completion) })
}

/// A stream may break off with the upstream's own words, and these may quote the key.
fn without_key(stream: ChunkStream, key: Option<&str>) -> ChunkStream {
    let Some(key) = key.map(str::to_owned) else { return stream };
    let hide = move |error| match error {
        Error::ErrorInBody(upstream) => Error::ErrorInBody(Box::new(body::without_key(*upstream, Some(&key)))),
        error => error,
    };
    stream.map(move |piece| piece.map_err(&hide)).boxed()
}

/// The error for a status other than 200, with as much of the report as can be read.
async fn refused(model: &ModelRef, status: u16, headers: &HeaderMap, mut body: Body, key: Option<&str>) -> Error {
    let report = body.whole(LARGEST_ERROR).await.ok();
    let value = report.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or(Value::Null);
    let empty = || Upstream {
        model: model.clone(),
        status: Some(status),
        message: String::new(),
        code: None,
        kind: None,
        param: None,
        retry_after: None,
    };
    let upstream = wire::error(model, Some(status), &value).unwrap_or_else(empty);
    Error::Status(Box::new(Upstream { retry_after: retry_after(headers), ..body::without_key(upstream, key) }))
}

/// How long the upstream asks to wait: in milliseconds where it says so, else in seconds. A date is not read: it would
/// trust the upstream's clock, and such waits are too long to sit out anyway.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| named(headers, name)?.trim().parse::<f64>().ok().filter(|wait| (0.0..1e9).contains(wait));
    let millis = number("retry-after-ms").map(|millis| millis / 1000.0);
    millis.or_else(|| number("retry-after")).map(Duration::from_secs_f64)
}

fn is(headers: &HeaderMap, content_type: &str) -> bool {
    named(headers, "content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains(content_type))
}

fn named(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The headers that an app may see.
fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let allowed =
        |name: &str| name == "x-request-id" || name == "openai-processing-ms" || name.starts_with("x-ratelimit-");
    let names = headers.keys().filter(|name| allowed(name.as_str()));
    names.filter_map(|name| Some((name.as_str().to_owned(), named(headers, name.as_str())?))).collect()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Twelve random hexadecimal digits, for ids that an upstream leaves out.
fn salt() -> String {
    let mut bytes = [0_u8; 6];
    // Without randomness the ids are still unique within the answer, which is what clients need.
    let _ = getrandom::fill(&mut bytes);
    usecase::ids::hex(&bytes)
}
