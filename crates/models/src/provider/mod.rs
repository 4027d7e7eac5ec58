//! The providers, each in its own folder with the same anatomy: an [`Adapter`] takes a call and gives an answer, whole or
//! in pieces, or the error that says whose fault it is. `transport` is the HTTP below those that are far away, `refusal`
//! how they say no.

pub(crate) mod anthropic;
mod aws;
pub(crate) mod bedrock;
mod blocks;
pub(crate) mod clock;
pub(crate) mod cohere;
pub(crate) mod exchange;
pub(crate) mod extractive;
pub(crate) mod gemini;
#[cfg(test)]
pub(crate) mod golden;
pub(crate) mod moderation;
pub(crate) mod openai;
pub(crate) mod refusal;
pub(crate) mod rerank;
pub(crate) mod sagemaker;
pub(crate) mod simulated;
mod splice;
mod spoken;
mod tool_calls;
pub(crate) mod transport;

use crate::error::Error;
use crate::reply::{Call, ReplyBody, Running};
use crate::routing::{Moderation, ModerationRequest, Relevance, RerankRequest};
use futures_util::future::BoxFuture;
use usecase::declared::{ModelRef, Provider, ProviderKind, Timeouts};
use usecase::{Dialect, EmbeddingRequest, Embeddings, Jurisdiction};

/// One provider, ready to be called.
pub(crate) struct Target {
    pub(crate) adapter: Box<dyn Adapter>,
    pub(crate) jurisdiction: Option<Jurisdiction>,
    pub(crate) timeouts: Timeouts,
}

/// Who speaks a provider's language.
pub(crate) trait Adapter: Send + Sync {
    /// Refuses a model that this provider is known not to have. What an upstream offers only the upstream knows.
    fn expect_model(&self, _model: &ModelRef) -> Result<(), Error> {
        Ok(())
    }

    /// Under which name the built-in table holds this provider's prices: its host, mostly.
    fn price_host(&self) -> &str;

    /// Where it runs when nobody declared that, as far as its address tells.
    fn home(&self) -> Option<Jurisdiction> {
        None
    }

    /// Whether an unchanged request in this dialect goes out to the letter, so that nothing of it is lost.
    fn passes_on(&self, _dialect: Dialect) -> bool {
        false
    }

    fn ask<'a>(&'a self, call: &'a Call, asking: Asking<'a>) -> BoxFuture<'a, Result<Answer, Error>>;

    /// Input tokens of a call, counted by the provider itself.
    fn count_tokens<'a>(&'a self, _call: &'a Call, asking: Asking<'a>) -> BoxFuture<'a, Result<u64, Error>> {
        let feature = "a count of tokens before the call".to_owned();
        Box::pin(std::future::ready(Err(Error::Unsupported { model: asking.model.clone(), feature })))
    }

    /// Vectors for texts, in their order.
    fn embed<'a>(
        &'a self,
        _request: &'a EmbeddingRequest,
        asking: Asking<'a>,
    ) -> BoxFuture<'a, Result<Embeddings, Error>> {
        let refused = Error::Unsupported { model: asking.model.clone(), feature: "embeddings".to_owned() };
        Box::pin(std::future::ready(Err(refused)))
    }

    /// How well each document answers a question.
    fn rerank<'a>(
        &'a self,
        _request: &'a RerankRequest,
        asking: Asking<'a>,
    ) -> BoxFuture<'a, Result<Relevance, Error>> {
        let refused = Error::Unsupported { model: asking.model.clone(), feature: "reranking".to_owned() };
        Box::pin(std::future::ready(Err(refused)))
    }

    /// Whether a text is one that must not be.
    fn moderate<'a>(
        &'a self,
        _request: &'a ModerationRequest,
        asking: Asking<'a>,
    ) -> BoxFuture<'a, Result<Moderation, Error>> {
        let refused = Error::Unsupported { model: asking.model.clone(), feature: "moderation".to_owned() };
        Box::pin(std::future::ready(Err(refused)))
    }
}

/// Whom is asked, how long, and on whose account.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) model: &'a ModelRef,
    pub(crate) running: &'a Running,
    pub(crate) timeouts: &'a Timeouts,
}

/// What a provider gives back once its answer has begun.
pub(crate) struct Answer {
    pub(crate) body: ReplyBody,
    pub(crate) request_id: Option<String>,
    /// Headers that an app may see, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// What of the request this provider has no word for and was left out, a clause each.
    pub(crate) warnings: Vec<String>,
}

impl From<ReplyBody> for Answer {
    fn from(body: ReplyBody) -> Self {
        Self { body, request_id: None, headers: Vec::new(), warnings: Vec::new() }
    }
}

/// The adapter for a declared provider.
pub(crate) fn target(name: &str, provider: &Provider) -> Result<Target, Error> {
    let adapter: Box<dyn Adapter> = match provider.kind {
        ProviderKind::Local => Box::new(extractive::Extractive),
        ProviderKind::Simulated => Box::new(simulated::Simulated::default()),
        ProviderKind::Anthropic => Box::new(anthropic::Anthropic::new(name, provider)?),
        ProviderKind::Bedrock => Box::new(bedrock::Bedrock::new(name, provider)?),
        ProviderKind::Sagemaker => Box::new(sagemaker::Sagemaker::new(name, provider)?),
        ProviderKind::Gemini => Box::new(gemini::Gemini::new(name, provider)?),
        ProviderKind::Cohere => Box::new(cohere::Cohere::new(name, provider)?),
        _ => Box::new(openai::OpenAi::new(name, provider)?),
    };
    let jurisdiction = provider.jurisdiction.clone().or_else(|| adapter.home());
    Ok(Target { adapter, jurisdiction, timeouts: provider.timeouts.clone() })
}
