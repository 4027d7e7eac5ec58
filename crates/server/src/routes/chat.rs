//! `POST /v1/chat/completions`, and the path of one request, from the wire to the wire, whatever its dialect.

use super::read_json;
use crate::app::App;
use crate::metrics::Counted;
use crate::openai::Chat;
use crate::problem::Problem;
use crate::reply::{self, Identity, Pace, Speaking};
use crate::wire::{Asked, Wire};
use admission::{RateState, RateWindow};
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use ledger::Source;
use pipeline::{AnswerBody, Answered, Call, Failure, Piece};
use serde_json::{Map, Value};
use std::sync::Arc;

pub(crate) async fn complete(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    answer(&app, &headers, body, &Chat).await
}

/// Answers a request in the caller's dialect; an error too.
pub(super) async fn answer(app: &App, headers: &HeaderMap, body: Body, wire: &'static dyn Wire) -> Response {
    walk(app, headers, body, wire).await.unwrap_or_else(|problem| problem.in_dialect(wire.dialect()))
}

async fn walk(app: &App, headers: &HeaderMap, body: Body, wire: &'static dyn Wire) -> Result<Response, Problem> {
    let principal = app.authenticate(headers)?;
    // Before the body: the places then bound the memory that bodies take, too.
    let pass = app.enter(&principal).await?;
    let bytes = read_json(headers, body, app.parts.project.file.server.max_body_bytes).await?;
    let Asked { request, echo } = wire.read(headers, &bytes)?;
    let picked = app.pick(&request, &principal).await?;
    let admitted = app.admit(principal, &picked.prepared, &request)?;
    let limits = rate_headers(admitted.limits());

    // A batch asks a line again that was cut.
    let lasts = picked.prepared.drains() && app.source() == Source::Live;
    let lasting = lasts.then(|| app.lasting.clone());
    let asking = Asking {
        wire,
        asked_model: request.model.clone(),
        include_usage: request.include_usage,
        echo,
        limits,
        pace: Pace { keepalive: app.parts.project.file.server.keepalive.as_duration(), lasting: lasting.clone() },
        counted: Counted::begin(&app.metrics, pass),
    };
    let call = Call { request, arm: picked.arm, source: app.source() };
    let streams = call.request.stream;
    if !streams && !lasts {
        return asking.answered(app.parts.pipeline.answer(admitted, picked.prepared, call).await);
    }
    let (pipeline, prepared) = (app.parts.pipeline.clone(), picked.prepared);
    let answering = async move { pipeline.answer(admitted, prepared, call).await }.boxed();
    let begun = asking.begun(answering, streams);
    match lasting {
        None => begun.await,
        Some(lasting) => lasting.carry(begun).await.unwrap_or_else(|| Err(Problem::worker_stopped())),
    }
}

/// A request whose answer has not begun, and what of the answer is known already.
struct Asking {
    wire: &'static dyn Wire,
    asked_model: String,
    include_usage: bool,
    echo: Map<String, Value>,
    limits: Vec<(String, String)>,
    pace: Pace,
    counted: Counted,
}

impl Asking {
    /// A streamed answer may go on inside of the response's body: whoever drops that, or this, ends it.
    async fn begun(
        self,
        mut answering: BoxFuture<'static, Result<Answered, Failure>>,
        streams: bool,
    ) -> Result<Response, Problem> {
        if !streams {
            return self.answered(answering.await);
        }
        match tokio::time::timeout(self.pace.keepalive, &mut answering).await {
            Ok(answered) => self.answered(answered),
            Err(_) => Ok(self.awaited(answering)),
        }
    }

    /// The answer has begun, or there is none.
    fn answered(mut self, answered: Result<Answered, Failure>) -> Result<Response, Problem> {
        let answered = answered.inspect_err(|_| self.counted.failed())?;
        let (wire, pace) = (self.wire, self.pace.clone());
        let (identity, body, mut counted) = self.identified(answered);
        Ok(match body {
            AnswerBody::Whole(whole) => {
                counted.answered(&whole.facts);
                reply::whole(wire, identity, *whole)
            }
            AnswerBody::Stream(pieces) => reply::streamed(wire, identity, pieces, counted, pace),
        })
    }

    /// The answer is long in coming: the response begins without it. A failure is told in the stream from now on.
    fn awaited(self, answering: impl Future<Output = Result<Answered, Failure>> + Send + 'static) -> Response {
        let (wire, limits, pace) = (self.wire, self.limits.clone(), self.pace.clone());
        let begun = async move {
            let answered = answering.await.unwrap_or_else(broken);
            let (identity, body, counted) = self.identified(answered);
            let pieces = match body {
                AnswerBody::Stream(pieces) => pieces,
                // Nothing that was asked for in pieces comes whole.
                AnswerBody::Whole(_) => only(Piece::Failed(pipeline::Error::WorkerStopped)),
            };
            Speaking::new(wire, identity, pieces, counted)
        };
        reply::awaited(wire, &limits, begun.boxed(), pace)
    }

    fn identified(self, answered: Answered) -> (Identity, AnswerBody, Counted) {
        let identity = Identity {
            trace: answered.trace,
            bundle: answered.bundle,
            model: answered.model,
            asked_model: self.asked_model,
            include_usage: self.include_usage,
            echo: self.echo,
            warnings: answered.warnings,
            upstream_headers: answered.upstream_headers.into_iter().chain(self.limits).collect(),
        };
        (identity, answered.body, self.counted)
    }
}

/// A failure as a stream that breaks before its first piece.
fn broken(Failure { trace, error }: Failure) -> Answered {
    let body = AnswerBody::Stream(only(Piece::Failed(error)));
    let (upstream_headers, warnings) = (Vec::new(), Vec::new());
    Answered { trace, bundle: None, model: String::new(), upstream_headers, warnings, body }
}

fn only(piece: Piece) -> BoxStream<'static, Piece> {
    stream::iter([piece]).boxed()
}

/// What the caller's key may still ask for, under the names that OpenAI's API has for it. They stand in place of the
/// provider's own, which are about our key there.
pub(super) fn rate_headers(limits: Option<RateState>) -> Vec<(String, String)> {
    let window = |kind: &str, window: RateWindow| {
        [
            (format!("x-ratelimit-limit-{kind}"), window.limit.to_string()),
            (format!("x-ratelimit-remaining-{kind}"), window.remaining.to_string()),
            (format!("x-ratelimit-reset-{kind}"), format!("{}ms", window.reset.as_millis())),
        ]
    };
    let Some(RateState { requests, tokens }) = limits else { return Vec::new() };
    let requests = requests.into_iter().flat_map(|limits| window("requests", limits));
    requests.chain(tokens.into_iter().flat_map(|limits| window("tokens", limits))).collect()
}
