//! A model behind an AWS SageMaker endpoint: the name of the model is the name of the endpoint, and the container behind
//! it speaks OpenAI's chat completions, as those of vLLM, TGI and LMI do. A stream comes in AWS's framing, each message a
//! piece of the container's own event stream.

#[cfg(test)]
mod tests;

use super::aws::Service;
use super::aws::eventstream::Framed;
use super::exchange::{self, path_step};
use super::{Adapter, Answer, Asking, openai, refusal, transport};
use crate::error::Error;
use crate::reply::{Call, ReplyBody};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use usecase::declared::{Provider, ProviderKind};

pub(crate) struct Sagemaker {
    service: Service,
}

impl Sagemaker {
    /// Checks what was declared.
    pub(crate) fn new(name: &str, provider: &Provider) -> Result<Self, Error> {
        Ok(Self { service: Service::new(name, provider, "sagemaker", "runtime.sagemaker")? })
    }

    async fn answer(&self, call: &Call, asking: Asking<'_>) -> Result<Answer, Error> {
        let (model, streamed) = (asking.model, call.request.stream);
        // These containers take what vLLM takes.
        let (body, warnings) = openai::write(model, &call.request, ProviderKind::Vllm, openai::Surface::Other)?;
        let action = if streamed { "invocations-response-stream" } else { "invocations" };
        let path = format!("/endpoints/{}/{action}", path_step(&model.model));
        let sent = self.service.post(path, without_model(&body), streamed, &asking).await?;
        let (request_id, headers) = (sent.request_id(), exchange::shown(&sent.incoming.headers));
        let secrets = sent.secrets.borrowed();
        let body = if streamed {
            let decoder = Framed::new(model, |message| message.payload, openai::decoder(model, &call.request));
            let chunks = transport::stream(sent.incoming.body, decoder);
            ReplyBody::Stream(refusal::stream_without_secrets(chunks, &secrets))
        } else {
            ReplyBody::Whole(openai::whole(model, sent.incoming, &secrets).await?)
        };
        Ok(Answer { body, request_id, headers, warnings })
    }
}

/// An endpoint has one model, whose name in the container nobody declares; the containers take a body without one.
fn without_model(body: &Bytes) -> Bytes {
    let Ok(mut fields) = serde_json::from_slice::<Map<String, Value>>(body) else { return body.clone() };
    fields.shift_remove("model");
    serde_json::to_vec(&fields).map_or_else(|_| body.clone(), Bytes::from)
}

impl Adapter for Sagemaker {
    fn price_host(&self) -> &str {
        self.service.host()
    }

    fn ask<'a>(&'a self, call: &'a Call, asking: Asking<'a>) -> BoxFuture<'a, Result<Answer, Error>> {
        Box::pin(self.answer(call, asking))
    }
}
