//! Cohere's chat, embeddings and reranking, version 2 of its API.
//!
//! Source: docs.cohere.com/reference/chat, /chat-stream, /embed and /rerank, read in November 2026.

mod embedding;
mod request;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

use super::exchange::{self, Key};
use super::transport::{self, Decoder, Incoming, Transport};
use super::{Adapter, Answer, Asking};
use super::{refusal, rerank};
use crate::error::Error;
use crate::reply::{Call, ReplyBody};
use crate::routing::{Relevance, RerankRequest};
use futures_util::future::BoxFuture;
use http::header::AUTHORIZATION;
use serde_json::Value;
use usecase::declared::{ModelRef, Provider, SecretRef};
use usecase::{EmbeddingRequest, Embeddings};

pub(crate) struct Cohere {
    transport: Transport,
    key: Option<SecretRef>,
}

impl Cohere {
    /// Checks what was declared.
    pub(crate) fn new(name: &str, provider: &Provider) -> Result<Self, Error> {
        let base = provider.base_url.as_deref().or(provider.kind.base_url()).unwrap_or_default();
        let transport = Transport::new(name, base, &provider.timeouts)?;
        Ok(Self { transport, key: provider.api_key.clone() })
    }

    /// The key, also under the older of its two customary names.
    fn key(&self, model: &ModelRef) -> Result<Option<Key>, Error> {
        let read = |reference: Option<&SecretRef>| Key::read(model, reference, &AUTHORIZATION, "Bearer ");
        read(self.key.as_ref()).or_else(|missing| match &self.key {
            Some(SecretRef::Env(name)) if name == "COHERE_API_KEY" => {
                read(Some(&SecretRef::Env("CO_API_KEY".to_owned()))).map_err(|_| missing)
            }
            _ => Err(missing),
        })
    }

    async fn send(
        &self,
        path: &str,
        body: &Value,
        streamed: bool,
        asking: &Asking<'_>,
    ) -> Result<(Incoming, Option<Key>), Error> {
        let key = self.key(asking.model)?;
        let sent = exchange::post(&self.transport, path.to_owned(), key.as_ref(), body, streamed, asking);
        Ok((sent.await?, key))
    }

    async fn answer(&self, call: &Call, asking: Asking<'_>) -> Result<Answer, Error> {
        let (model, streamed) = (asking.model, call.request.stream);
        let garbage = |what: String| Error::Garbage { model: model.clone(), what };
        let unsupported = |feature| Error::Unsupported { model: model.clone(), feature };
        let (body, warnings) = request::body(&model.model, &call.request).map_err(unsupported)?;
        let (incoming, key) = self.send("/v2/chat", &body, streamed, &asking).await?;
        let request_id = refusal::named(&incoming.headers, "x-debug-trace-id");
        let headers = exchange::shown(&incoming.headers);
        let secrets = exchange::secrets(key.as_ref());
        let body = if streamed {
            let decoder = Decoder::new(model, stream::Events::new(model, exchange::salt()));
            ReplyBody::Stream(refusal::stream_without_secrets(transport::stream(incoming.body, decoder), &secrets))
        } else {
            let (_, value) = exchange::json(model, incoming, &secrets).await?;
            ReplyBody::Whole(wire::completion(&model.model, &value, &exchange::salt()).map_err(garbage)?)
        };
        Ok(Answer { body, request_id, headers, warnings })
    }

    async fn vectors(&self, request: &EmbeddingRequest, asking: Asking<'_>) -> Result<Embeddings, Error> {
        let mut all = Embeddings { vectors: Vec::with_capacity(request.texts.len()), usage: None };
        for texts in request.texts.chunks(embedding::MOST_TEXTS) {
            let body = embedding::body(&asking.model.model, texts, &request.rest);
            let (incoming, key) = self.send("/v2/embed", &body, false, &asking).await?;
            let (_, value) = exchange::json(asking.model, incoming, &exchange::secrets(key.as_ref())).await?;
            embedding::read(&value, texts.len(), &mut all)
                .map_err(|what| Error::Garbage { model: asking.model.clone(), what })?;
        }
        Ok(all)
    }

    /// Charged by the search, not by tokens: what it reports of those is nothing, or what the model read.
    async fn scores(&self, request: &RerankRequest, asking: Asking<'_>) -> Result<Relevance, Error> {
        let model = asking.model;
        let (incoming, key) = self.send("/v2/rerank", &rerank::body(&model.model, request), false, &asking).await?;
        let (_, value) = exchange::json(model, incoming, &exchange::secrets(key.as_ref())).await?;
        let usage = value.get("meta").and_then(wire::usage);
        rerank::read(&value, request.documents.len(), usage)
            .map_err(|what| Error::Garbage { model: model.clone(), what })
    }
}

impl Adapter for Cohere {
    fn price_host(&self) -> &str {
        self.transport.host()
    }

    fn ask<'a>(&'a self, call: &'a Call, asking: Asking<'a>) -> BoxFuture<'a, Result<Answer, Error>> {
        Box::pin(self.answer(call, asking))
    }

    fn embed<'a>(
        &'a self,
        request: &'a EmbeddingRequest,
        asking: Asking<'a>,
    ) -> BoxFuture<'a, Result<Embeddings, Error>> {
        Box::pin(self.vectors(request, asking))
    }

    fn rerank<'a>(&'a self, request: &'a RerankRequest, asking: Asking<'a>) -> BoxFuture<'a, Result<Relevance, Error>> {
        Box::pin(self.scores(request, asking))
    }
}
