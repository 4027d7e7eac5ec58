//! `GET /v1/models`: what the caller may name as `model`: its use cases, then bare models.

use crate::app::App;
use crate::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::Principal;

pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate(&headers)?;
    Ok(Json(json!({ "object": "list", "data": entries(&app, &principal) })))
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Path(model): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate(&headers)?;
    let found = entries(&app, &principal).into_iter().find(|entry| entry["id"] == json!(model));
    found.map(Json).ok_or_else(|| {
        let message = format!("there is no use case or listed model `{model}`");
        Problem::new(StatusCode::NOT_FOUND, "invalid_request_error", "model_not_found", message)
    })
}

fn entries(app: &App, principal: &Principal) -> Vec<Value> {
    let entry = |id: &str, owner: &str| json!({ "id": id, "object": "model", "created": 0, "owned_by": owner });
    let names = app.parts.project.use_case_names().unwrap_or_default();
    let mut entries: Vec<Value> =
        names.iter().filter(|name| principal.may_call(name)).map(|name| entry(name, "use-case")).collect();
    if principal.may_call(Principal::MODELS) {
        let models = app.parts.pipeline.engines().models.list();
        entries.extend(models.iter().map(|model| entry(&model.to_string(), &model.provider)));
    }
    entries
}
