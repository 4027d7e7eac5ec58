//! `POST /v1/embeddings`: vectors for texts, by a use case's own embedder or by a bare model, on a path as governed as
//! that of an answer.

use super::chat::rate_headers;
use super::read_json;
use crate::app::App;
use crate::embeddings::{self, Asked};
use crate::fields::wrong;
use crate::metrics::Counted;
use crate::problem::Problem;
use crate::reply::Identity;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use pipeline::Call;
use serde_json::{Map, Value};
use std::sync::Arc;
use usecase::Dialect;

pub(crate) async fn create(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let principal = app.authenticate(&headers)?;
    // Before the body: the places then bound the memory that bodies take, too.
    let pass = app.enter(&principal).await?;
    let bytes = read_json(&headers, body, app.parts.project.file.server.max_body_bytes).await?;
    let Asked { request, base64 } = embeddings::read(&bytes)?;
    let asked_model = request.model.clone();
    let picked = app.pick(&request, &principal).await?;
    let own = app.parts.pipeline.engines().embedder.dimensions();
    let wanted = request.rest.get("dimensions").and_then(Value::as_u64);
    if picked.prepared.bundle().is_some() && wanted.is_some_and(|wanted| wanted != own as u64) {
        return Err(wrong("dimensions", &format!("must be {own}, the size of this project's embedder, or absent")));
    }
    let admitted = app.admit(principal, &picked.prepared, &request)?;
    let limits = rate_headers(admitted.limits());

    let mut counted = Counted::begin(&app.metrics, pass);
    let bundle = picked.prepared.bundle().cloned();
    let call = Call { request, arm: picked.arm, source: app.source() };
    let embedded = app.parts.pipeline.embed(admitted, picked.prepared, call).await.inspect_err(|_| counted.failed())?;
    counted.answered(&embedded.facts);

    let body = embeddings::body(&asked_model, &embedded.embeddings, base64);
    let identity = Identity {
        trace: embedded.trace,
        bundle,
        model: embedded.model,
        asked_model,
        include_usage: false,
        echo: Map::new(),
        warnings: Vec::new(),
        upstream_headers: limits,
    };
    Ok((identity.headers_with(&embedded.facts, Dialect::Chat), Json(body)).into_response())
}
