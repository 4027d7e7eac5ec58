//! AWS Bedrock: every model that speaks through Converse, and vectors by InvokeModel. Requests are signed, or carry an API
//! key where one is declared.

mod embedding;
mod request;
mod response;
#[cfg(test)]
mod tests;

use super::aws::eventstream::Framed;
use super::aws::{Sent, Service};
use super::blocks::unsupported;
use super::exchange::{self, path_step};
use super::refusal::{self, named};
use super::transport::{self, Decoder};
use super::{Adapter, Answer, Asking, moderation};
use crate::error::Error;
use crate::reply::{Call, ReplyBody};
use crate::routing::{Moderation, ModerationRequest};
use bytes::Bytes;
use embedding::Family;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use usecase::declared::{ModelRef, Provider};
use usecase::{EmbeddingRequest, Embeddings, Usage};

pub(crate) struct Bedrock {
    service: Service,
}

impl Bedrock {
    /// Checks what was declared.
    pub(crate) fn new(name: &str, provider: &Provider) -> Result<Self, Error> {
        Ok(Self { service: Service::new(name, provider, "bedrock", "bedrock-runtime")? })
    }

    async fn send(&self, action: &str, body: &Value, asking: &Asking<'_>) -> Result<Sent, Error> {
        let path = format!("/model/{}/{action}", path_step(&asking.model.model));
        let bytes = Bytes::from(body.to_string());
        self.service.post(path, bytes, action == "converse-stream", asking).await
    }

    async fn answer(&self, call: &Call, asking: Asking<'_>) -> Result<Answer, Error> {
        let (model, streamed) = (asking.model, call.request.stream);
        let written = request::write(&model.model, call).map_err(|feature| unsupported(model, feature))?;
        let action = if streamed { "converse-stream" } else { "converse" };
        let sent = self.send(action, &written.body.into(), &asking).await?;
        let (request_id, headers) = (sent.request_id(), exchange::shown(&sent.incoming.headers));
        let body = if streamed {
            let events = response::Events::new(model, request_id.as_deref());
            let decoder = Framed::new(model, response::unwrap, Decoder::new(model, events));
            let chunks = transport::stream(sent.incoming.body, decoder);
            ReplyBody::Stream(refusal::stream_without_secrets(chunks, &sent.secrets.borrowed()))
        } else {
            let value = json_of(model, sent).await?;
            let read = response::completion(request_id.as_deref(), &model.model, &value);
            ReplyBody::Whole(read.map_err(|what| garbage(model, what))?)
        };
        Ok(Answer { body, request_id, headers, warnings: written.warnings })
    }

    async fn count(&self, call: &Call, asking: Asking<'_>) -> Result<u64, Error> {
        let model = asking.model;
        let written = request::write(&model.model, call).map_err(|feature| unsupported(model, feature))?;
        let counted = ["messages", "system", "toolConfig"];
        let converse: Map<String, Value> =
            written.body.into_iter().filter(|(name, _)| counted.contains(&name.as_str())).collect();
        let sent = self.send("count-tokens", &json!({"input": {"converse": converse}}), &asking).await?;
        let count = json_of(model, sent).await?.get("inputTokens").and_then(Value::as_u64);
        count.ok_or_else(|| garbage(model, "`inputTokens` is missing".to_owned()))
    }

    /// One call after the other: the service's own limits are by the minute.
    async fn vectors(&self, request: &EmbeddingRequest, asking: Asking<'_>) -> Result<Embeddings, Error> {
        let model = asking.model;
        let family = Family::of(&model.model).ok_or_else(|| unsupported(model, "embeddings".to_owned()))?;
        let mut vectors = Vec::with_capacity(request.texts.len());
        let mut tokens = Some(0);
        for body in family.bodies(request).map_err(|feature| unsupported(model, feature))? {
            let sent = self.send("invoke", &body, &asking).await?;
            let counted = named(&sent.incoming.headers, "x-amzn-bedrock-input-token-count");
            let counted = counted.and_then(|count| count.parse::<u64>().ok());
            let value = json_of(model, sent).await?;
            let reported = value.get("inputTextTokenCount").and_then(Value::as_u64);
            tokens = tokens.zip(counted.or(reported)).map(|(sum, count): (u64, u64)| sum.saturating_add(count));
            vectors.extend(family.vectors(&value).map_err(|what| garbage(model, what))?);
        }
        if vectors.len() != request.texts.len() {
            return Err(garbage(model, "it holds another number of vectors than there were texts".to_owned()));
        }
        let usage = tokens.and_then(|input_tokens| exchange::believed(Usage { input_tokens, ..Usage::default() }));
        Ok(Embeddings { vectors, usage })
    }
}

impl Bedrock {
    /// ApplyGuardrail: the model's name is the guardrail's, `identifier:version`.
    async fn judged(&self, request: &ModerationRequest, asking: Asking<'_>) -> Result<Moderation, Error> {
        let model = asking.model;
        let (identifier, version) = moderation::guardrail(&model.model);
        let path = format!("/guardrail/{}/version/{}/apply", path_step(identifier), path_step(version));
        let body = Bytes::from(moderation::guardrail_body(request).to_string());
        let sent = self.service.post(path, body, false, &asking).await?;
        let value = json_of(model, sent).await?;
        moderation::read_guardrail(&value).map_err(|what| garbage(model, what))
    }
}

fn garbage(model: &ModelRef, what: String) -> Error {
    Error::Garbage { model: model.clone(), what }
}

async fn json_of(model: &ModelRef, sent: Sent) -> Result<Value, Error> {
    exchange::json(model, sent.incoming, &sent.secrets.borrowed()).await.map(|(_, value)| value)
}

impl Adapter for Bedrock {
    fn price_host(&self) -> &str {
        self.service.host()
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

    fn moderate<'a>(
        &'a self,
        request: &'a ModerationRequest,
        asking: Asking<'a>,
    ) -> BoxFuture<'a, Result<Moderation, Error>> {
        Box::pin(self.judged(request, asking))
    }
}
