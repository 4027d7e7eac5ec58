//! `/v1/batches`: many requests at once that may take a day, in OpenAI's shape.

use super::files::{Asked, kept, listed};
use super::{Name, beside, read_json};
use crate::app::App;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use batches::{Batch, NewBatch, Status};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The largest body that makes a batch: its metadata is the most of it.
const BODY_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
struct CreateBody {
    input_file_id: String,
    endpoint: String,
    completion_window: String,
    metadata: Option<Map<String, Value>>,
    output_expires_after: Option<ExpiresAfter>,
}

#[derive(Deserialize)]
struct ExpiresAfter {
    anchor: String,
    seconds: u64,
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate(&headers)?;
    let bytes = read_json(&headers, body, BODY_BYTES).await?;
    let body: CreateBody = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::bad_request(format!("the body is not a batch: {error}")))?;
    if body.output_expires_after.as_ref().is_some_and(|after| after.anchor != "created_at") {
        let message = "`output_expires_after.anchor` must be `created_at`";
        return Err(Problem::bad_parameter("output_expires_after", message));
    }
    let new = NewBatch {
        input_file: body.input_file_id,
        endpoint: body.endpoint,
        completion_window: body.completion_window,
        metadata: body.metadata.unwrap_or_default(),
        output_expires_after: body.output_expires_after.map(|after| after.seconds),
    };
    let batches = app.parts.batches.clone();
    let made = beside(move || batches.create(&principal, new)).await?;
    Ok(Json(shown(&made)))
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate(&headers)?;
    let (batches, page) = (app.parts.batches.clone(), Asked::page(asked, 20)?);
    let (found, more) = beside(move || batches.list(&principal, &page)).await?;
    Ok(Json(listed(&found.iter().map(shown).collect::<Vec<_>>(), more)))
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Name(id): Name,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let batch = kept(&app, &headers, move |batches, principal| batches.get(principal, &id)).await?;
    Ok(Json(shown(&batch)))
}

pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    Name(id): Name,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let batch = kept(&app, &headers, move |batches, principal| batches.cancel(principal, &id)).await?;
    Ok(Json(shown(&batch)))
}

fn shown(batch: &Batch) -> Value {
    let errors = (!batch.problems.is_empty()).then(|| json!({ "object": "list", "data": batch.problems }));
    let mut shown = json!({
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "errors": errors,
        "input_file_id": batch.input_file,
        "completion_window": "24h",
        "status": batch.status,
        "output_file_id": batch.output_file,
        "error_file_id": batch.error_file,
        "created_at": null,
        "expires_at": batch.expires.unix_seconds(),
        "request_counts": batch.counts,
        "metadata": batch.metadata,
    });
    for status in Status::ALL {
        // Every state but the first is named after itself: `in_progress_at`, `completed_at`, …
        let name = if status == Status::Validating { "created" } else { status.as_str() };
        shown[format!("{name}_at")] = json!(batch.moments.get(&status).map(|moment| moment.unix_seconds()));
    }
    shown
}
