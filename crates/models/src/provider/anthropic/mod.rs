//! Anthropic's messages API, and servers that speak it.
//!
//! The prompt cache is marked where the app set no marks of its own; what the API has no word for is named in the
//! answer's warnings.

mod request;
mod response;
#[cfg(test)]
mod tests;

use super::blocks::unsupported;
use super::exchange::{self, Key};
use super::refusal::{self, named};
use super::transport::{self, Decoder, Incoming, Outgoing, Transport};
use super::{Adapter, Answer, Asking};
use crate::error::Error;
use crate::reply::{Call, ReplyBody};
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue};
use request::Written;
use serde_json::Value;
use usecase::declared::{Provider, SecretRef};
use usecase::{Dialect, Raw};

/// The header that carries the key.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The version of the API that this is written for.
const VERSION: &str = "2023-06-01";

pub(crate) struct Anthropic {
    transport: Transport,
    key: Option<SecretRef>,
    version: HeaderValue,
}

impl Anthropic {
    /// Checks what was declared.
    pub(crate) fn new(name: &str, provider: &Provider) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadProvider { provider: name.to_owned(), what: what.to_owned() };
        let base = provider.base_url.as_deref().ok_or_else(|| bad("`base_url` is missing: where the API lives"))?;
        // The version stands in the paths here, and also at the end of the addresses that people know.
        let base = base.trim_end_matches('/').trim_end_matches("/v1");
        let transport = Transport::new(name, base, &provider.timeouts)?;
        let version = HeaderValue::from_str(provider.api_version.as_deref().unwrap_or(VERSION));
        let version = version.map_err(|_| bad("`api_version` cannot be sent as a header"))?;
        Ok(Self { transport, key: provider.api_key.clone(), version })
    }

    async fn answer(&self, call: &Call, asking: Asking<'_>) -> Result<Answer, Error> {
        let (model, streamed) = (asking.model, call.request.stream);
        let written = request::write(&model.model, call).map_err(|feature| unsupported(model, feature))?;
        let warnings = written.warnings.clone();
        let (incoming, key) = self.send("/v1/messages", written, streamed, &asking).await?;
        let (request_id, headers) = (named(&incoming.headers, "request-id"), exchange::shown(&incoming.headers));
        let secrets = exchange::secrets(key.as_ref());
        let body = if streamed {
            let events = response::Events::new(model, call.request.dialect == Dialect::Messages);
            let chunks = transport::stream(incoming.body, Decoder::new(model, events));
            ReplyBody::Stream(refusal::stream_without_secrets(chunks, &secrets))
        } else {
            let (bytes, value) = exchange::json(model, incoming, &secrets).await?;
            let read = response::completion(&model.model, &value);
            let mut completion = read.map_err(|what| Error::Garbage { model: model.clone(), what })?;
            completion.raw = Raw::keep(Dialect::Messages, bytes, &value);
            ReplyBody::Whole(completion)
        };
        Ok(Answer { body, request_id, headers, warnings })
    }

    async fn count(&self, call: &Call, asking: Asking<'_>) -> Result<u64, Error> {
        let model = asking.model;
        let written = request::write_count(&model.model, call).map_err(|feature| unsupported(model, feature))?;
        let (incoming, key) = self.send("/v1/messages/count_tokens", written, false, &asking).await?;
        let (_, value) = exchange::json(model, incoming, &exchange::secrets(key.as_ref())).await?;
        let what = || "`input_tokens` is missing".to_owned();
        let count = value.get("input_tokens").and_then(Value::as_u64);
        count.ok_or_else(|| Error::Garbage { model: model.clone(), what: what() })
    }

    /// Sends a request and gives the response, if it is one.
    async fn send(
        &self,
        path: &str,
        written: Written,
        streamed: bool,
        asking: &Asking<'_>,
    ) -> Result<(Incoming, Option<Key>), Error> {
        let key = Key::read(asking.model, self.key.as_ref(), &API_KEY, "")?;
        let mut headers = exchange::headers(streamed, key.as_ref());
        headers.insert("anthropic-version", self.version.clone());
        if let Some(betas) = written.betas.and_then(|betas| HeaderValue::from_str(&betas).ok()) {
            headers.insert("anthropic-beta", betas);
        }
        let outgoing = Outgoing { path: path.to_owned(), headers, body: written.body };
        let incoming = self.transport.post(outgoing, asking).await?;
        match incoming.status {
            200 => Ok((incoming, key)),
            _ => Err(refusal::refused(asking.model, incoming, &exchange::secrets(key.as_ref())).await),
        }
    }
}

impl Adapter for Anthropic {
    fn price_host(&self) -> &str {
        self.transport.host()
    }

    fn passes_on(&self, dialect: Dialect) -> bool {
        dialect == Dialect::Messages
    }

    fn ask<'a>(&'a self, call: &'a Call, asking: Asking<'a>) -> BoxFuture<'a, Result<Answer, Error>> {
        Box::pin(self.answer(call, asking))
    }

    fn count_tokens<'a>(&'a self, call: &'a Call, asking: Asking<'a>) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(self.count(call, asking))
    }
}
