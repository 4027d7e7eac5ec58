//! `/healthz` (the process lives), `/readyz` (it can answer: its database does), `/metrics` (for Prometheus).

use super::beside;
use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use ledger::EventFilter;
use std::sync::Arc;

pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// Ready when the ledger can be read; whoever balances load sends nothing here until then.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    let ledger = app.parts.ledger.clone();
    beside(move || ledger.events(&EventFilter { limit: Some(1), ..EventFilter::default() })).await?;
    Ok("ready\n")
}

/// Numbers about the business: they need a key once keys exist.
pub(crate) async fn metrics(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<impl IntoResponse, Problem> {
    app.authenticate(&headers)?;
    let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    Ok((kind, app.metrics.encode(&app)))
}
