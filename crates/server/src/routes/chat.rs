//! `POST /v1/chat/completions`: the path of one request, from the wire to the wire.

use super::read_json;
use crate::app::App;
use crate::metrics::Counted;
use crate::openai::{request, response, stream};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ledger::Source;
use pipeline::{AnswerBody, Call};
use std::sync::Arc;

pub(crate) async fn complete(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let principal = app.authenticate(&headers)?;
    let bytes = read_json(&headers, body, app.parts.project.file.server.max_body_bytes).await?;
    let request = request::read(&bytes)?;
    let picked = app.pick(&request, &principal).await?;
    let estimate = app.parts.pipeline.estimate(&picked.prepared, &request);
    let budget = picked.prepared.budget_per_day();
    let admitted = app.parts.admission.admit(principal, picked.prepared.name(), budget, estimate)?;

    let mut counted = Counted::begin(&app.metrics);
    let (asked_model, include_usage) = (request.model.clone(), request.include_usage);
    let call = Call { request, arm: picked.arm, source: Source::Live };
    let answered =
        app.parts.pipeline.answer(admitted, picked.prepared, call).await.inspect_err(|_| counted.failed())?;

    let identity = response::Identity {
        trace: answered.trace,
        bundle: answered.bundle,
        model: answered.model,
        asked_model,
        upstream_headers: answered.upstream_headers,
    };
    Ok(match answered.body {
        AnswerBody::Whole(whole) => {
            counted.answered(&whole.facts);
            response::whole(&identity, *whole)
        }
        AnswerBody::Stream(pieces) => {
            let keepalive = app.parts.project.file.server.keepalive.as_duration();
            stream::streamed(stream::Frames::new(identity, include_usage, counted), pieces, keepalive)
        }
    })
}
