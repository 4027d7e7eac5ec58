//! The admin API of use cases: what `shipway check`, `promote` and `rollback` show and do, over HTTP.

use super::{Name, beside, read_json};
use crate::app::App;
use crate::evidence;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::{BundleId, TraceId};

pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Problem> {
    app.authenticate_admin(&headers)?;
    let entries = beside(move || {
        let names = app.parts.project.use_case_names().map_err(|error| Problem::unreadable(&error.to_string()))?;
        let entry = |name: String| {
            let status = app.parts.releases.status(&name)?;
            Ok::<_, Problem>(json!({ "name": name, "release": status }))
        };
        names.into_iter().map(entry).collect::<Result<Vec<_>, _>>()
    });
    Ok(Json(json!({ "object": "list", "data": entries.await? })))
}

/// The six lines and the cost per good outcome of one use case.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Name(name): Name,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    app.authenticate_admin(&headers)?;
    let shown = beside(move || {
        known(&app, &name)?;
        let gathered = evidence::gather(&app.parts, &name)?;
        let release = app.parts.releases.status(&name)?;
        Ok::<_, Problem>(json!({
            "name": name,
            "readiness": gathered.readiness,
            "outcomes": gathered.outcomes,
            "savings": gathered.savings,
            "note": gathered.note,
            "release": release,
        }))
    });
    Ok(Json(shown.await?))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Move {
    /// The bundle to fall back to; the last stable one when absent.
    bundle: Option<String>,
}

pub(crate) async fn promote(
    State(app): State<Arc<App>>,
    Name(name): Name,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate_admin(&headers)?;
    let decision = beside(move || {
        known(&app, &name)?;
        Ok::<_, Problem>(app.parts.releases.promote(&name, &principal.name)?)
    });
    Ok(Json(json!(decision.await?)))
}

pub(crate) async fn rollback(
    State(app): State<Arc<App>>,
    Name(name): Name,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate_admin(&headers)?;
    let bytes = read_json(&headers, body, 4_096).await?;
    let wanted: Move = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::bad_request(format!("the body is `{{}}` or names a bundle: {error}")))?;
    let to = wanted.bundle.map(BundleId::from_stored);
    let decision = beside(move || {
        known(&app, &name)?;
        Ok::<_, Problem>(app.parts.releases.rollback(&name, to.as_ref(), &principal.name)?)
    });
    Ok(Json(json!(decision.await?)))
}

/// Everything that is recorded of one request.
pub(crate) async fn trace(
    State(app): State<Arc<App>>,
    Name(trace): Name,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    app.authenticate_admin(&headers)?;
    let id = TraceId::parse(&trace).ok_or_else(|| Problem::bad_parameter("trace", "a trace is 32 hex digits"))?;
    let detail = beside(move || app.parts.ledger.request(&id)).await?;
    detail.map(|detail| Json(json!(detail))).ok_or_else(|| Problem::not_found("no request has this trace"))
}

/// A use case lies in the project's folder, or was released from one that is gone: then it can be moved all the same.
fn known(app: &App, name: &str) -> Result<(), Problem> {
    let names = app.parts.project.use_case_names().unwrap_or_default();
    if names.iter().any(|known| known == name) || app.parts.releases.status(name)?.pointer.is_some() {
        return Ok(());
    }
    Err(Problem::not_found(&format!("there is no use case `{name}`")))
}
