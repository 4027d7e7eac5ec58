//! `POST /v1/messages`: Anthropic's messages on the path of every request; and `POST /v1/messages/count_tokens`.

use super::chat::answer;
use super::read_json;
use crate::anthropic::{self, Messages};
use crate::app::App;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;
use usecase::{Cost, Dialect};

pub(crate) async fn create(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    answer(&app, &headers, body, &Messages).await
}

pub(crate) async fn count_tokens(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    count(&app, &headers, body).await.unwrap_or_else(|problem| problem.in_dialect(Dialect::Messages))
}

/// Nothing is recorded or paid for, but the limits of the key hold.
async fn count(app: &App, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    let principal = app.authenticate(headers)?;
    let bytes = read_json(headers, body, app.parts.project.file.server.max_body_bytes).await?;
    let request = anthropic::read_for_count(headers, &bytes)?.request;
    let picked = app.pick(&request, &principal).await?;
    let admitted = app.parts.admission.admit(principal, picked.prepared.name(), None, Cost::ZERO)?;
    let counted = app.parts.pipeline.count_tokens(&picked.prepared, request).await;
    admitted.settle(Cost::ZERO);
    let pipeline::Counted { tokens, estimated } = counted?;
    let said = estimated.then_some([("x-shipway-estimated", "true")]);
    Ok((AppendHeaders(said.into_iter().flatten()), Json(json!({ "input_tokens": tokens }))).into_response())
}
