//! Reaching a model: which providers there are, what they cost, where data may go, and the ordered chain of attempts
//! that ends in an answer or in the list of what failed. This room speaks the providers' wire formats; everyone else
//! speaks the nouns of `usecase`.
//!
//! In reading order: `error` (whose fault, what next), `price` and `tokens` (money), `residency` (the proof
//! `Cleared`), `registry` (what was declared, looked up by name), `reply` and `journal` (what comes back), `routing`
//! (the chain), and then the providers: `openai` (any compatible server, and what each kind of them takes otherwise),
//! `gemini`, `cohere`, `anthropic`, `bedrock`, `sagemaker`, `extractive` (quotes the passages or abstains), `simulated`
//! (scripted, for load and fault tests).

mod error;
mod price;
mod tokens;

mod counting;
mod journal;
mod provider;
mod registry;
mod reply;
mod residency;
mod routing;

pub use error::{Closed, Error, Upstream, Wait};
pub use journal::Journal;
pub use provider::extractive::ABSTENTION;
pub use registry::Models;
pub use reply::{Call, ChunkStream, Exhausted, Reply, ReplyBody, Running};
pub use residency::Cleared;
pub use routing::{
    Embedded, Moderated, Moderation, ModerationRequest, Relevance, RerankRequest, Reranked, TargetHealth,
};

#[cfg(test)]
mod tests;
