//! OpenAI and every server that speaks its chat completions: Azure, vLLM, Ollama, llama.cpp, and most hosted models. What
//! a kind of server takes otherwise than OpenAI does is in `fitting`.
//!
//! A call carries the app's request and nothing else of the app: no header and no credential of it goes upstream. The
//! provider's own key is read at the moment of the call, so that a rotated key is seen and none is kept.

mod embedding;
mod fitting;
mod responses;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

pub(super) use wire::Surface;

use super::exchange::{self, Key};
use super::refusal::{self, named};
use super::transport::{self, Decode, Decoder, Incoming, Outgoing, Transport};
use super::{Adapter, Answer, Asking, moderation, rerank, splice, tool_calls};
use crate::error::Error;
use crate::reply::{Call, ReplyBody};
use crate::routing::{Moderation, ModerationRequest, Relevance, RerankRequest};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::HeaderName;
use http::header::AUTHORIZATION;
use usecase::declared::{ModelRef, Provider, ProviderKind, SecretRef};
use usecase::{ChatRequest, Completion, Dialect, EmbeddingRequest, Embeddings, Jurisdiction, Raw};

/// OpenAI's own host, where its key, its price list and its jurisdiction are known.
const HOME_HOST: &str = "api.openai.com";

/// The endpoint of OpenAI's responses.
const RESPONSES: &str = "responses";

/// The header that carries a key to Azure.
const AZURE_KEY: HeaderName = HeaderName::from_static("api-key");

pub(crate) struct OpenAi {
    transport: Transport,
    key: Option<SecretRef>,
    kind: ProviderKind,
    /// Azure's, where the older addresses by deployment are wanted.
    api_version: Option<String>,
    /// It has OpenAI's `/responses` too.
    has_responses: bool,
}

impl OpenAi {
    /// Checks what was declared.
    pub(crate) fn new(name: &str, provider: &Provider) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadProvider { provider: name.to_owned(), what: what.to_owned() };
        let Some(base) = provider.base_url.as_deref() else {
            return Err(bad(match provider.kind {
                ProviderKind::Azure => "`base_url` is missing: the endpoint of the resource",
                _ => "`base_url` is missing: where the API lives, up to and including `/v1`",
            }));
        };
        let base = match provider.kind {
            ProviderKind::Azure => without_surface(base),
            _ => base,
        };
        let transport = Transport::new(name, base, &provider.timeouts)?;
        let own_key = || SecretRef::Env("OPENAI_API_KEY".to_owned());
        let key = provider.api_key.clone().or_else(|| (transport.host() == HOME_HOST).then(own_key));
        let has_responses = provider.responses.unwrap_or(transport.host() == HOME_HOST);
        Ok(Self { transport, key, kind: provider.kind, api_version: provider.api_version.clone(), has_responses })
    }

    /// Where a call goes, behind the base URL.
    fn path(&self, endpoint: &str, model: &str) -> String {
        match (self.kind, &self.api_version) {
            // Here the deployment is named in the body.
            (ProviderKind::Azure, Some(version)) if endpoint == RESPONSES => {
                format!("/openai/{endpoint}?api-version={version}")
            }
            (ProviderKind::Azure, Some(version)) => {
                format!("/openai/deployments/{}/{endpoint}?api-version={version}", exchange::path_step(model))
            }
            (ProviderKind::Azure, None) => format!("/openai/v1/{endpoint}"),
            _ => format!("/{endpoint}"),
        }
    }

    fn surface(&self) -> Surface {
        match (self.kind, &self.api_version) {
            _ if self.transport.host() == HOME_HOST => Surface::Home,
            (ProviderKind::Azure, None) => Surface::Undated,
            _ => Surface::Other,
        }
    }

    fn key(&self, model: &ModelRef) -> Result<Option<Key>, Error> {
        match self.kind {
            ProviderKind::Azure => Key::read(model, self.key.as_ref(), &AZURE_KEY, ""),
            _ => Key::read(model, self.key.as_ref(), &AUTHORIZATION, "Bearer "),
        }
    }

    /// Sends a body and gives the response, if it is one.
    async fn send(
        &self,
        endpoint: &str,
        body: Bytes,
        streamed: bool,
        asking: &Asking<'_>,
    ) -> Result<(Incoming, Option<Key>), Error> {
        let key = self.key(asking.model)?;
        let headers = exchange::headers(streamed, key.as_ref());
        let path = self.path(endpoint, &asking.model.model);
        let incoming = self.transport.post(Outgoing { path, headers, body }, asking).await?;
        match incoming.status {
            200 => Ok((incoming, key)),
            _ => Err(refusal::refused(asking.model, incoming, &exchange::secrets(key.as_ref())).await),
        }
    }

    async fn answer(&self, call: &Call, asking: Asking<'_>) -> Result<Answer, Error> {
        if let Some(body) = self.response_body(&call.request, asking.model) {
            return self.answer_responses(body, call.request.stream, &asking).await;
        }
        let (model, streamed) = (asking.model, call.request.stream);
        let (incoming, key, warnings) = match self.patient(call, &asking) {
            None => self.ask_chat(&call.request, &asking).await?,
            Some(patient) => match self.ask_chat(&patient, &asking).await {
                // Nothing was done and nothing is charged: there is no place for those who can wait.
                Err(Error::Status(said)) if said.is_without_resources() => {
                    self.ask_chat(&call.request, &asking).await?
                }
                answered => answered?,
            },
        };
        let (request_id, headers) = (request_id(&incoming), exchange::shown(&incoming.headers));
        let secrets = exchange::secrets(key.as_ref());
        // Asked to stream, some upstreams stream under a wrong content type, and some answer whole as JSON.
        let body = if streamed && !exchange::is(&incoming.headers, "json") {
            let chunks = transport::stream(incoming.body, decoder(model, &call.request));
            ReplyBody::Stream(refusal::stream_without_secrets(chunks, &secrets))
        } else {
            let completion = whole(model, incoming, &secrets).await?;
            match streamed {
                true => ReplyBody::Stream(stream::of_completion(completion)),
                false => ReplyBody::Whole(completion),
            }
        };
        Ok(Answer { body, request_id, headers, warnings })
    }

    /// The body of an unchanged request in the dialect of the responses, where they are to be had.
    fn response_body(&self, request: &ChatRequest, model: &ModelRef) -> Option<Bytes> {
        let raw = request.raw.as_ref().filter(|raw| self.has_responses && raw.dialect == Dialect::Responses)?;
        splice::with_model(&raw.bytes, &model.model)
    }

    async fn answer_responses(&self, body: Bytes, streamed: bool, asking: &Asking<'_>) -> Result<Answer, Error> {
        let model = asking.model;
        let (incoming, key) = self.send(RESPONSES, body, streamed, asking).await?;
        let (request_id, headers) = (request_id(&incoming), exchange::shown(&incoming.headers));
        let secrets = exchange::secrets(key.as_ref());
        let body = if streamed {
            let chunks = transport::stream(incoming.body, Decoder::new(model, responses::Events::new(model)));
            ReplyBody::Stream(refusal::stream_without_secrets(chunks, &secrets))
        } else {
            let (bytes, value) = exchange::json(model, incoming, &secrets).await?;
            let read = responses::completion(&value);
            let mut completion = read.map_err(|what| Error::Garbage { model: model.clone(), what })?;
            completion.raw = Raw::keep(Dialect::Responses, bytes, &value);
            ReplyBody::Whole(completion)
        };
        Ok(Answer { body, request_id, headers, warnings: Vec::new() })
    }

    async fn ask_chat(
        &self,
        request: &ChatRequest,
        asking: &Asking<'_>,
    ) -> Result<(Incoming, Option<Key>, Vec<String>), Error> {
        let (body, warnings) = write(asking.model, request, self.kind, self.surface())?;
        let (incoming, key) = self.send("chat/completions", body, request.stream, asking).await?;
        Ok((incoming, key, warnings))
    }

    /// The request of a batch that asks for the tier at batch rates (OpenAI's guide "Flex processing"), where that has a price
    /// and the app chose no tier itself.
    fn patient(&self, call: &Call, asking: &Asking<'_>) -> Option<ChatRequest> {
        const TIER: &str = "service_tier";
        let wanted = call.batch && self.kind == ProviderKind::Openai && asking.running.has_batch_price();
        if !wanted || call.request.rest.contains_key(TIER) {
            return None;
        }
        let mut patient = ChatRequest::clone(&call.request);
        patient.changed();
        patient.rest.insert(TIER.to_owned(), "flex".into());
        Some(patient)
    }

    async fn vectors(&self, request: &EmbeddingRequest, asking: Asking<'_>) -> Result<Embeddings, Error> {
        let model = asking.model;
        let body = embedding::body(self.kind, &model.model, request);
        let (incoming, key) = self.send("embeddings", body, false, &asking).await?;
        let (_, value) = exchange::json(model, incoming, &exchange::secrets(key.as_ref())).await?;
        embedding::read(&value, request.texts.len()).map_err(|what| Error::Garbage { model: model.clone(), what })
    }

    /// `/rerank`, as vLLM, llama.cpp, Jina and LocalAI have it beside OpenAI's endpoints. OpenAI and Azure have no such thing.
    async fn scores(&self, request: &RerankRequest, asking: Asking<'_>) -> Result<Relevance, Error> {
        let model = asking.model;
        if self.kind == ProviderKind::Azure || self.transport.host() == HOME_HOST {
            return Err(Error::Unsupported { model: model.clone(), feature: "reranking".to_owned() });
        }
        let body = Bytes::from(rerank::body(&model.model, request).to_string());
        let (incoming, key) = self.send("rerank", body, false, &asking).await?;
        let (_, value) = exchange::json(model, incoming, &exchange::secrets(key.as_ref())).await?;
        rerank::read(&value, request.documents.len(), rerank::usage(&value))
            .map_err(|what| Error::Garbage { model: model.clone(), what })
    }

    async fn judged(&self, request: &ModerationRequest, asking: Asking<'_>) -> Result<Moderation, Error> {
        let model = asking.model;
        let body = Bytes::from(moderation::body(&model.model, request).to_string());
        let (incoming, key) = self.send("moderations", body, false, &asking).await?;
        let (_, value) = exchange::json(model, incoming, &exchange::secrets(key.as_ref())).await?;
        moderation::read(&value).map_err(|what| Error::Garbage { model: model.clone(), what })
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

    fn passes_on(&self, dialect: Dialect) -> bool {
        dialect == Dialect::Chat || (dialect == Dialect::Responses && self.has_responses)
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

    fn moderate<'a>(
        &'a self,
        request: &'a ModerationRequest,
        asking: Asking<'a>,
    ) -> BoxFuture<'a, Result<Moderation, Error>> {
        Box::pin(self.judged(request, asking))
    }
}

fn request_id(incoming: &Incoming) -> Option<String> {
    named(&incoming.headers, "x-request-id").or_else(|| named(&incoming.headers, "apim-request-id"))
}

/// The endpoint of an Azure resource, also where it was copied together with the path of one of its surfaces.
fn without_surface(base: &str) -> &str {
    let base = base.trim_end_matches('/');
    base.strip_suffix("/openai/v1").or_else(|| base.strip_suffix("/openai")).unwrap_or(base)
}

/// The body of a request to a server of this kind, and what was left out of it.
pub(super) fn write(
    model: &ModelRef,
    request: &ChatRequest,
    kind: ProviderKind,
    surface: Surface,
) -> Result<(Bytes, Vec<String>), Error> {
    let unsupported = |feature| Error::Unsupported { model: model.clone(), feature };
    let (request, warnings) = fitting::fit(kind, surface == Surface::Home, request).map_err(unsupported)?;
    let written = wire::Written { model: &model.model, request: &request, kind, surface };
    let body = written.body();
    let body = body.map_err(|error| Error::Garbage { model: model.clone(), what: format!("our request: {error}") })?;
    Ok((body, warnings))
}

/// What reads a streamed answer.
pub(super) fn decoder(model: &ModelRef, request: &ChatRequest) -> impl Decode + use<> {
    Decoder::new(model, stream::Events::new(model, exchange::salt(), request.include_usage))
}

/// A whole answer, also where a stream was asked for and the upstream does not stream.
pub(super) async fn whole(model: &ModelRef, incoming: Incoming, secrets: &[&str]) -> Result<Completion, Error> {
    let garbage = |what: String| Error::Garbage { model: model.clone(), what };
    let (bytes, value) = exchange::json(model, incoming, secrets).await?;
    let raw = Raw::keep(Dialect::Chat, bytes, &value);
    let mut changed = false;
    let mut completion = wire::completion(value, &mut changed).map_err(garbage)?;
    for choice in &mut completion.choices {
        changed |= tool_calls::complete(&mut choice.message.rest, &exchange::salt()).map_err(garbage)?;
    }
    completion.raw = raw.filter(|_| !changed);
    Ok(completion)
}
