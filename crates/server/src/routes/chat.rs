//! `POST /v1/chat/completions`, and the path of one request, from the wire to the wire, whatever its dialect.

use super::read_json;
use crate::app::App;
use crate::metrics::Counted;
use crate::openai::Chat;
use crate::problem::Problem;
use crate::reply::{self, Identity};
use crate::wire::{Asked, Wire};
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
    let Asked { request, echo, mut warnings } = wire.read(headers, &bytes)?;
    let picked = app.pick(&request, &principal).await?;
    let estimate = app.parts.pipeline.estimate(&picked.prepared, &request);
    let budget = picked.prepared.budget_per_day();
    let admitted = app.parts.admission.admit(principal, picked.prepared.name(), budget, estimate)?;

    let mut counted = Counted::begin(&app.metrics);
    let (asked_model, include_usage) = (request.model.clone(), request.include_usage);
    let call = Call { request, arm: picked.arm, source: app.source() };
    let answered =
        app.parts.pipeline.answer(admitted, picked.prepared, call).await.inspect_err(|_| counted.failed())?;

    warnings.extend(answered.warnings);
    let identity = Identity {
        trace: answered.trace,
        bundle: answered.bundle,
        model: answered.model,
        asked_model,
        include_usage,
        echo,
        warnings,
        upstream_headers: answered.upstream_headers,
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
