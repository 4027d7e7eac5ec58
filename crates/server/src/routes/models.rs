//! `GET /v1/models`: what the caller may name as `model`: its use cases, then bare models. A caller that speaks
//! Anthropic's dialect is answered in it.

use super::{Name, spoken};
use crate::app::App;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::{Dialect, Principal};

pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    in_dialect(&headers, listed(&app, &headers))
}

pub(crate) async fn show(State(app): State<Arc<App>>, Name(model): Name, headers: HeaderMap) -> Response {
    in_dialect(&headers, shown(&app, &headers, &model))
}

fn in_dialect(headers: &HeaderMap, answer: Result<Value, Problem>) -> Response {
    match answer {
        Ok(body) => Json(body).into_response(),
        Err(problem) => problem.in_dialect(spoken(headers)),
    }
}

fn listed(app: &App, headers: &HeaderMap) -> Result<Value, Problem> {
    let entries = entries(app, &app.authenticate(headers)?);
    let data: Vec<Value> = entries.iter().map(|entry| entry.body(headers)).collect();
    let id = |entry: Option<&Entry>| entry.map(|entry| entry.id.clone());
    Ok(match spoken(headers) {
        Dialect::Messages => {
            json!({ "data": data, "has_more": false, "first_id": id(entries.first()), "last_id": id(entries.last()) })
        }
        Dialect::Chat | Dialect::Responses => json!({ "object": "list", "data": data }),
    })
}

fn shown(app: &App, headers: &HeaderMap, model: &str) -> Result<Value, Problem> {
    let entries = entries(app, &app.authenticate(headers)?);
    let found = entries.iter().find(|entry| entry.id == model).map(|entry| entry.body(headers));
    found.ok_or_else(|| Problem::model_not_found(format!("there is no use case or listed model `{model}`")))
}

struct Entry {
    id: String,
    owner: String,
}

impl Entry {
    /// Nobody knows here when a model was made.
    fn body(&self, headers: &HeaderMap) -> Value {
        let id = &self.id;
        match spoken(headers) {
            Dialect::Messages => {
                json!({ "type": "model", "id": id, "display_name": id, "created_at": "1970-01-01T00:00:00Z" })
            }
            Dialect::Chat | Dialect::Responses => {
                json!({ "id": id, "object": "model", "created": 0, "owned_by": self.owner })
            }
        }
    }
}

fn entries(app: &App, principal: &Principal) -> Vec<Entry> {
    let names = app.parts.project.use_case_names().unwrap_or_default();
    let allowed = names.into_iter().filter(|name| principal.may_call(name));
    let mut entries: Vec<Entry> = allowed.map(|id| Entry { id, owner: "use-case".to_owned() }).collect();
    if principal.may_call(Principal::MODELS) {
        let models = app.parts.pipeline.engines().models.list();
        entries.extend(models.into_iter().map(|model| Entry { id: model.to_string(), owner: model.provider }));
    }
    entries
}
