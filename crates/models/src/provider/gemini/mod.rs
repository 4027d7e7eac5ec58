//! Google's Gemini through its own API (`generateContent`), not through its imitation of OpenAI's: reasoning, signatures
//! and safety reports are only whole there.
//!
//! Source: ai.google.dev/api and its guides on thinking, thought signatures and function calling, read in November 2026.

mod embedding;
mod request;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

use super::exchange::{self, Key};
use super::refusal;
use super::transport::{self, Decoder, Incoming, Transport};
use super::{Adapter, Answer, Asking};
use crate::error::Error;
use crate::reply::{Call, ReplyBody};
use futures_util::future::BoxFuture;
use http::HeaderName;
use serde_json::Value;
use usecase::declared::{ModelRef, Provider, SecretRef};
use usecase::{EmbeddingRequest, Embeddings};

/// The header that carries the key. In the address it would stand in logs.
const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

pub(crate) struct Gemini {
    transport: Transport,
    key: Option<SecretRef>,
}

impl Gemini {
    /// Checks what was declared.
    pub(crate) fn new(name: &str, provider: &Provider) -> Result<Self, Error> {
        let base = provider.base_url.as_deref().or(provider.kind.base_url()).unwrap_or_default();
        let transport = Transport::new(name, base, &provider.timeouts)?;
        Ok(Self { transport, key: provider.api_key.clone() })
    }

    /// Sends a body to one of a model's methods and gives the response, if it is one.
    async fn send(
        &self,
        method: &str,
        body: &Value,
        streamed: bool,
        asking: &Asking<'_>,
    ) -> Result<(Incoming, Option<Key>), Error> {
        let key = Key::read(asking.model, self.key.as_ref(), &KEY, "")?;
        let path = format!("/{}:{method}", resource(asking.model));
        Ok((exchange::post(&self.transport, path, key.as_ref(), body, streamed, asking).await?, key))
    }

    async fn answer(&self, call: &Call, asking: Asking<'_>) -> Result<Answer, Error> {
        let (model, streamed) = (asking.model, call.request.stream);
        let garbage = |what: String| Error::Garbage { model: model.clone(), what };
        let unsupported = |feature| Error::Unsupported { model: model.clone(), feature };
        let (body, warnings) = request::body(&model.model, &call.request).map_err(unsupported)?;
        let method = if streamed { "streamGenerateContent?alt=sse" } else { "generateContent" };
        let (incoming, key) = self.send(method, &body, streamed, &asking).await?;
        let headers = exchange::shown(&incoming.headers);
        let secrets = exchange::secrets(key.as_ref());
        let body = if streamed {
            let decoder = Decoder::new(model, stream::Events::new(model, exchange::salt()));
            ReplyBody::Stream(refusal::stream_without_secrets(transport::stream(incoming.body, decoder), &secrets))
        } else {
            let (_, value) = exchange::json(model, incoming, &secrets).await?;
            ReplyBody::Whole(wire::completion(&model.model, &value, &exchange::salt()).map_err(garbage)?)
        };
        Ok(Answer { body, request_id: None, headers, warnings })
    }

    async fn count(&self, call: &Call, asking: Asking<'_>) -> Result<u64, Error> {
        let model = asking.model;
        let unsupported = |feature| Error::Unsupported { model: model.clone(), feature };
        let body = request::count(&resource(model), &model.model, &call.request).map_err(unsupported)?;
        let (incoming, key) = self.send("countTokens", &body, false, &asking).await?;
        let (_, value) = exchange::json(model, incoming, &exchange::secrets(key.as_ref())).await?;
        let missing = || Error::Garbage { model: model.clone(), what: "`totalTokens` is missing".to_owned() };
        value["totalTokens"].as_u64().ok_or_else(missing)
    }

    async fn vectors(&self, request: &EmbeddingRequest, asking: Asking<'_>) -> Result<Embeddings, Error> {
        let mut all = Embeddings { vectors: Vec::with_capacity(request.texts.len()), usage: None };
        for texts in request.texts.chunks(embedding::MOST_TEXTS) {
            let body = embedding::body(&resource(asking.model), texts, &request.rest);
            let (incoming, key) = self.send("batchEmbedContents", &body, false, &asking).await?;
            let (_, value) = exchange::json(asking.model, incoming, &exchange::secrets(key.as_ref())).await?;
            embedding::read(&value, texts.len(), &mut all)
                .map_err(|what| Error::Garbage { model: asking.model.clone(), what })?;
        }
        Ok(all)
    }
}

/// A model as the API names it: `models/gemini-2.5-flash`.
fn resource(model: &ModelRef) -> String {
    let name = model.model.strip_prefix("models/").unwrap_or(&model.model);
    format!("models/{}", exchange::path_step(name))
}

impl Adapter for Gemini {
    fn price_host(&self) -> &str {
        self.transport.host()
    }

    fn ask<'a>(&'a self, call: &'a Call, asking: Asking<'a>) -> BoxFuture<'a, Result<Answer, Error>> {
        Box::pin(self.answer(call, asking))
    }

    fn count_tokens<'a>(&'a self, call: &'a Call, asking: Asking<'a>) -> BoxFuture<'a, Result<u64, Error>> {
        Box::pin(self.count(call, asking))
    }

    fn embed<'a>(
        &'a self,
        request: &'a EmbeddingRequest,
        asking: Asking<'a>,
    ) -> BoxFuture<'a, Result<Embeddings, Error>> {
        Box::pin(self.vectors(request, asking))
    }
}
