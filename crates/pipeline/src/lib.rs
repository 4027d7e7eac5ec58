//! The path of one request. `answer` below reads like the path itself; each step is a file, in this order:
//!
//! 1. `check_input`: injection, topic and subject judged, personal data masked → `Guarded`
//! 2. `find`: the question embedded once; an answer given before (`remember`), then the search with the caller's rights
//! 3. `assemble`: the prompt: the stable part first, passages and context last
//! 4. `ask`: cleared for residency, then the chain of models
//! 5. `check_output` (whole) or `streaming` (in pieces): masked data restored, grounding judged, citations placed; is the
//!    model sure (`unsure`), or is a larger one asked
//! 6. `trail`: everything that happened, written once, before the answer leaves
//!
//! `embed` is the shorter path of texts that only want vectors, `count` that of a request whose tokens are asked for.
//!
//! `remote` is the embedder that is a provider's model and `rerankers` what orders passages, both by way of `far`; `tier` asks a
//! model where a guard is unsure; `local` holds the models that are folders.
//! `prepared` holds what is compiled once per bundle. This room writes to the ledger and nowhere else.

mod ask;
mod assemble;
mod check_input;
mod check_output;
mod count;
mod embed;
mod error;
mod far;
mod find;
mod given;
mod local;
mod prepared;
mod remember;
mod remote;
mod rerankers;
mod search;
mod searched;
mod streaming;
#[cfg(test)]
mod tests;
mod thoughts;
mod tier;
mod trail;
mod unsure;

pub use count::Counted;
pub use embed::Embedded;
pub use error::{Error, Failure};
pub use given::{AnswerBody, Answered, Call, Ended, Facts, Piece, WholeAnswer};
pub use local::LocalModels;
pub use prepared::Prepared;
pub use remote::{ProjectEmbedder, RemoteEmbedder};
pub use search::{Facet, Looked, Search};
pub use searched::pin as pin_versions;
pub use unsure::GUARD as ESCALATION_GUARD;

use admission::Admitted;
use find::Sought;
use ledger::Ledger;
use models::Models;
use retrieval::Collections;
use std::sync::Arc;
use tokio::sync::Semaphore;
use trail::Trail;
use usecase::declared::ModelRef;
use usecase::project::UseCase;
use usecase::{ChatRequest, Cost};

/// The engines that the path runs on. Handles: cheap to clone.
#[derive(Clone)]
pub struct Engines {
    pub models: Arc<Models>,
    pub collections: Collections,
    pub embedder: ProjectEmbedder,
    pub local: LocalModels,
    pub ledger: Ledger,
}

/// Answers requests. Cheap to clone; every clone works on the same engines.
#[derive(Clone)]
pub struct Pipeline {
    engines: Engines,
    /// One question a core is embedded at a time: more would not be quicker, and each holds memory of its own.
    embedding: Arc<Semaphore>,
}

impl Pipeline {
    pub fn new(engines: Engines) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { engines, embedding: Arc::new(Semaphore::new(cores)) }
    }

    pub fn engines(&self) -> &Engines {
        &self.engines
    }

    /// Compiles a use case once: guards, template, chain of models; learns the boundary of its topics, so it
    /// may take seconds of CPU time: call it from a blocking thread.
    ///
    /// # Errors
    /// The operator's: a template that does not parse, an embedder that fails.
    pub fn prepare(&self, use_case: &UseCase) -> Result<Arc<Prepared>, Error> {
        Prepared::of_use_case(use_case, &self.engines).map(Arc::new)
    }

    /// A use case with `[model.escalate]` as its two models, to find out when the larger one is worth asking. `None`
    /// without such a section.
    ///
    /// # Errors
    /// Like [`Pipeline::prepare`].
    pub fn prepare_halves(&self, use_case: &UseCase) -> Result<Option<Halves>, Error> {
        let halves = Prepared::halves(use_case, &self.engines)?;
        Ok(halves.map(|(small, large)| Halves { small: Arc::new(small), large: Arc::new(large) }))
    }

    /// A bare model (`openai/gpt-5-mini`) through the same governed path: no retrieval, no template, but masking,
    /// budgets, costs and records all the same.
    ///
    /// # Errors
    /// The caller's: no such provider.
    pub fn prepare_bare(&self, model: &ModelRef) -> Result<Arc<Prepared>, Error> {
        Prepared::of_bare_model(model, &self.engines.models).map(Arc::new)
    }

    /// The most that the request can use up, counted once for all who ask: for the budgets, that every model of the chain
    /// fails after being paid and the answer is as long as it may be; for the key's tokens a minute, one such call.
    pub fn estimate(&self, prepared: &Prepared, request: &ChatRequest) -> Estimate {
        let models = &self.engines.models;
        let usage = models.most_usage(request, prepared.prompt_characters(), prepared.max_tokens);
        // A judge may read all of it too, and answers shortly.
        let judged = models.most_usage(request, prepared.prompt_characters(), Some(tier::LONGEST_ANSWER));
        let judging = prepared.tiers.models().map(|model| models.cost(model, &judged));
        Estimate {
            cost: prepared.whole_chain().map(|model| models.cost(model, &usage)).chain(judging).sum(),
            tokens: usage.input_tokens.saturating_add(usage.output_tokens),
        }
    }

    /// Answers one request. The record is on disk before the answer (streamed: before its last piece) is handed out.
    /// A caller that goes away drops the future or the stream; what happened until then is recorded all the same.
    ///
    /// # Errors
    /// When no answer can be given; the failure has been recorded, unless it is the ledger that failed.
    pub async fn answer(&self, admitted: Admitted, prepared: Arc<Prepared>, call: Call) -> Result<Answered, Failure> {
        let mut trail = Trail::begin(&self.engines.ledger, admitted, &prepared, &call);
        let trace = trail.trace();
        // What is rare is boxed: a future is as large as the largest of what it may wait for, and moves with every request.
        let answered = match self.walk(&prepared, call, &mut trail).await {
            Ok(Walked::Refused(refusal)) => Box::pin(check_output::refused(&prepared, trail, refusal)).await,
            Ok(Walked::Remembered(hit)) => check_output::remembered(trail, hit).await,
            Ok(Walked::Whole(asked, completion)) => {
                check_output::whole(self, &prepared, trail, asked, completion).await
            }
            Ok(Walked::Stream(asked, stream)) => Box::pin(streaming::start(&prepared, trail, asked, stream)).await,
            Err(error) => Err(Box::pin(trail.fail(error)).await),
        };
        answered.map_err(|error| Failure { trace, error })
    }

    async fn walk(&self, prepared: &Arc<Prepared>, call: Call, trail: &mut Trail) -> Result<Walked, Error> {
        let guarded = match check_input::check(prepared, call.request, trail).await? {
            Ok(guarded) => guarded,
            Err(refusal) => return Ok(Walked::Refused(refusal)),
        };
        let found = match find::find(self, prepared, guarded, trail).await? {
            Sought::Found(found) => found,
            Sought::Remembered(hit) => return Ok(Walked::Remembered(hit)),
            Sought::Refused(refusal) => return Ok(Walked::Refused(refusal)),
        };
        let prompt = assemble::assemble(prepared, found, trail)?;
        let chain = ask::clear(&self.engines.models, prepared, prepared.chain())?;
        let (asked, body) = ask::ask(&self.engines.models, chain, &prepared.rules, prompt, trail).await?;
        Ok(match body {
            models::ReplyBody::Whole(completion) => Walked::Whole(asked, completion),
            models::ReplyBody::Stream(stream) => Walked::Stream(asked, stream),
        })
    }
}

/// The most that a request can use up.
pub struct Estimate {
    pub cost: Cost,
    /// Input and output together.
    pub tokens: u64,
}

/// The two models of an escalation. What they answer is of no bundle: neither is what would be served.
pub struct Halves {
    /// Answers by the small model alone; every signal is measured and stands in the verdicts, and none acts.
    pub small: Arc<Prepared>,
    /// Answers by the larger model alone.
    pub large: Arc<Prepared>,
}

/// Where the first half of the path ends: a guard said no, the answer is known, or a model has begun to answer.
enum Walked {
    Refused(check_input::Refusal),
    Remembered(cache::Hit),
    Whole(ask::Asked, usecase::Completion),
    Stream(ask::Asked, ask::Chunks),
}
