//! What goes into the path and what comes out of it.

use crate::error::Error;
use futures_util::stream::BoxStream;
use ledger::{Arm, Source, Span, Status};
use usecase::{Attempt, BundleId, ChatRequest, Chunk, Citation, Completion, Cost, MicroUsd, TraceId, Usage, Verdict};

/// One request, as the door hands it over.
#[derive(Clone, Debug)]
pub struct Call {
    pub request: ChatRequest,
    /// Which arm of a release the bundle is.
    pub arm: Arm,
    pub source: Source,
}

/// The path's result: the headers' facts at once, the body whole or in pieces.
pub struct Answered {
    pub trace: TraceId,
    pub bundle: Option<BundleId>,
    /// `provider/model` that answers; for a refusal, the model that would have been asked.
    pub model: String,
    /// The provider's headers that an app may see: its request id and its rate limits, names in lower case.
    pub upstream_headers: Vec<(String, String)>,
    /// What of the request was not as the app asked for it, a clause each: left out for a provider that has no word for
    /// it, or cut to a limit.
    pub warnings: Vec<String>,
    pub body: AnswerBody,
}

pub enum AnswerBody {
    Whole(Box<WholeAnswer>),
    Stream(BoxStream<'static, Piece>),
}

/// A whole answer, recorded.
pub struct WholeAnswer {
    pub completion: Completion,
    pub facts: Facts,
}

/// A piece of a streamed answer. The stream ends with exactly one `End` or `Failed`.
pub enum Piece {
    Chunk(Chunk),
    /// The last piece: everything else has been said and the record is on disk.
    End(Box<Ended>),
    /// The stream broke; what was given so far is recorded.
    Failed(Error),
}

pub struct Ended {
    /// The chunk that carries the finish reasons, but for those that stand in `held`.
    pub finish: Chunk,
    /// The last pieces as they came, where what came before was given to the letter.
    pub held: Vec<Chunk>,
    /// Tokens of the answer itself; `facts.usage` counts failed attempts too.
    pub usage: Usage,
    pub facts: Facts,
}

/// What is known once an answer is complete.
#[derive(Clone, Debug)]
pub struct Facts {
    pub status: Status,
    pub citations: Vec<Citation>,
    pub verdicts: Vec<Verdict>,
    pub attempts: Vec<Attempt>,
    pub usage: Usage,
    pub cost: Cost,
    /// What the provider's prompt cache or the answer cache saved.
    pub saved: MicroUsd,
    /// `exact` or `semantic` when the answer was given before.
    pub cache: Option<&'static str>,
    pub spans: Vec<Span>,
    /// µs from the request's arrival to its record being on disk.
    pub total_us: u64,
    /// The part of `total_us` that was ours and not a model's.
    pub own_us: u64,
    /// The messages as they were sent to the model, personal data masked: what evals check for `masked`. `None` when
    /// no model was asked.
    pub sent: Option<String>,
}
