//! The admin API of use cases: what `shipway check`, `promote` and `rollback` show and do, over HTTP.

use super::read_json;
use crate::app::App;
use crate::evidence;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::{BundleId, TraceId};

pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Problem> {
    app.authenticate_admin(&headers)?;
    let names = app.parts.project.use_case_names().map_err(|error| unreadable(&error.to_string()))?;
    let mut entries = Vec::new();
    for name in names {
        let status = app.parts.releases.status(&name)?;
        entries.push(json!({ "name": name, "release": status }));
    }
    Ok(Json(json!({ "object": "list", "data": entries })))
}

/// The six lines and the cost per good outcome of one use case.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    app.authenticate_admin(&headers)?;
    known(&app, &name)?;
    let gathering = Arc::clone(&app);
    let asked = name.clone();
    let gathered = tokio::task::spawn_blocking(move || evidence::gather(&gathering.parts, &asked));
    let gathered = gathered.await.map_err(|_| pipeline::Error::WorkerStopped)?;
    let gathered = gathered.map_err(|error| unreadable(&error.to_string()))?;
    let release = app.parts.releases.status(&name)?;
    Ok(Json(json!({
        "name": name,
        "readiness": gathered.readiness,
        "outcomes": gathered.outcomes,
        "release": release,
    })))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Move {
    /// The bundle to fall back to; the last stable one when absent.
    bundle: Option<String>,
}

pub(crate) async fn promote(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate_admin(&headers)?;
    known(&app, &name)?;
    let decision = app.parts.releases.promote(&name, &principal.name)?;
    Ok(Json(json!(decision)))
}

pub(crate) async fn rollback(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate_admin(&headers)?;
    known(&app, &name)?;
    let bytes = read_json(&headers, body, 4_096).await?;
    let wanted: Move = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::bad_request(format!("the body is `{{}}` or names a bundle: {error}")))?;
    let to = wanted.bundle.map(BundleId::from_stored);
    let decision = app.parts.releases.rollback(&name, to.as_ref(), &principal.name)?;
    Ok(Json(json!(decision)))
}

/// Everything that is recorded of one request.
pub(crate) async fn trace(
    State(app): State<Arc<App>>,
    Path(trace): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    app.authenticate_admin(&headers)?;
    let id = TraceId::parse(&trace).ok_or_else(|| Problem::bad_parameter("trace", "a trace is 32 hex digits"))?;
    let detail = app.parts.ledger.request(&id)?;
    detail.map(|detail| Json(json!(detail))).ok_or_else(|| Problem::not_found("no request has this trace"))
}

fn known(app: &App, name: &str) -> Result<(), Problem> {
    let names = app.parts.project.use_case_names().unwrap_or_default();
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    Err(Problem::not_found(&format!("there is no use case `{name}`")))
}

fn unreadable(message: &str) -> Problem {
    Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "server_error", "unreadable", message)
}
