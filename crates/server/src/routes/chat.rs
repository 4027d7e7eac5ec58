//! `POST /v1/chat/completions`, and the path of one request, from the wire to the wire, whatever its dialect.

use super::read_json;
use crate::app::App;
use crate::metrics::Counted;
use crate::openai::Chat;
use crate::problem::Problem;
use crate::reply::{self, Identity};
use crate::wire::{Asked, Wire};
use admission::{RateState, RateWindow};
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use pipeline::{AnswerBody, Call};
use std::sync::Arc;

pub(crate) async fn complete(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    answer(&app, &headers, body, &Chat).await
}

/// Answers a request in the caller's dialect; an error too.
pub(super) async fn answer(app: &App, headers: &HeaderMap, body: Body, wire: &dyn Wire) -> Response {
    walk(app, headers, body, wire).await.unwrap_or_else(|problem| problem.in_dialect(wire.dialect()))
}

async fn walk(app: &App, headers: &HeaderMap, body: Body, wire: &dyn Wire) -> Result<Response, Problem> {
    let principal = app.authenticate(headers)?;
    let bytes = read_json(headers, body, app.parts.project.file.server.max_body_bytes).await?;
    let pass = app.enter(&principal).await?;
    let Asked { request, echo } = wire.read(headers, &bytes)?;
    let picked = app.pick(&request, &principal).await?;
    let admitted = app.admit(principal, &picked.prepared, &request)?;
    let limits = rate_headers(admitted.limits());

    let mut counted = Counted::begin(&app.metrics, pass);
    let (asked_model, include_usage) = (request.model.clone(), request.include_usage);
    let call = Call { request, arm: picked.arm, source: app.source() };
    let answered =
        app.parts.pipeline.answer(admitted, picked.prepared, call).await.inspect_err(|_| counted.failed())?;

    let identity = Identity {
        trace: answered.trace,
        bundle: answered.bundle,
        model: answered.model,
        asked_model,
        include_usage,
        echo,
        warnings: answered.warnings,
        upstream_headers: answered.upstream_headers.into_iter().chain(limits).collect(),
    };
    Ok(match answered.body {
        AnswerBody::Whole(whole) => {
            counted.answered(&whole.facts);
            reply::whole(wire, identity, *whole)
        }
        AnswerBody::Stream(pieces) => {
            let keepalive = app.parts.project.file.server.keepalive.as_duration();
            reply::streamed(wire, identity, pieces, counted, keepalive)
        }
    })
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
