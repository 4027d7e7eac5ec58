//! `POST /v1/chat/completions`: the path of one request, from the wire to the wire.

use super::read_json;
use crate::app::App;
use crate::metrics::Metrics;
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
    let _in_flight = InFlight::begin(&app.metrics);
    let principal = app.authenticate(&headers)?;
    let bytes = read_json(&headers, body, app.parts.project.file.server.max_body_bytes).await?;
    let request = request::read(&bytes)?;
    let picked = app.pick(&request, &principal).await?;
    let estimate = app.parts.pipeline.estimate(&picked.prepared, &request);
    let budget = picked.prepared.budget_per_day();
    let admitted = app.parts.admission.admit(principal, picked.prepared.name(), budget, estimate)?;

    let (asked_model, include_usage) = (request.model.clone(), request.include_usage);
    let call = Call { request, arm: picked.arm, source: Source::Live };
    let answered = app.parts.pipeline.answer(admitted, picked.prepared, call).await.map_err(|error| {
        app.metrics.failed(&error);
        Problem::from(error)
    })?;

    let identity = response::Identity {
        trace: answered.trace,
        bundle: answered.bundle,
        model: answered.model,
        asked_model,
        upstream_headers: answered.upstream_headers,
    };
    Ok(match answered.body {
        AnswerBody::Whole(whole) => {
            app.metrics.answered(&whole.facts);
            response::whole(&identity, *whole)
        }
        AnswerBody::Stream(pieces) => {
            let keepalive = app.parts.project.file.server.keepalive.as_duration();
            let frames = stream::Frames::new(identity, include_usage, Arc::clone(&app.metrics));
            stream::streamed(frames, pieces, keepalive)
        }
    })
}

/// Counts a request while it is being answered, also when the app goes away.
struct InFlight(Arc<Metrics>);

impl InFlight {
    fn begin(metrics: &Arc<Metrics>) -> Self {
        metrics.in_flight.inc();
        Self(Arc::clone(metrics))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.dec();
    }
}
