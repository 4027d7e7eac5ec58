//! `GET /v1/models`: what the caller may name as `model`: its use cases, then bare models. A caller that speaks
//! Anthropic's dialect is answered in it.

use super::Name;
use crate::anthropic;
use crate::app::App;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::Principal;

pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate(&headers)?;
    let entries = entries(&app, &principal);
    if !anthropic::is_spoken(&headers) {
        let entries: Vec<Value> = entries.iter().map(Entry::in_openai).collect();
        return Ok(Json(json!({ "object": "list", "data": entries })));
    }
    let id = |entry: Option<&Entry>| entry.map(|entry| entry.id.clone());
    let (first, last) = (id(entries.first()), id(entries.last()));
    let entries: Vec<Value> = entries.iter().map(Entry::in_anthropic).collect();
    Ok(Json(json!({ "data": entries, "has_more": false, "first_id": first, "last_id": last })))
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Name(model): Name,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate(&headers)?;
    let Some(found) = entries(&app, &principal).into_iter().find(|entry| entry.id == model) else {
        return Err(Problem::model_not_found(format!("there is no use case or listed model `{model}`")));
    };
    Ok(Json(if anthropic::is_spoken(&headers) { found.in_anthropic() } else { found.in_openai() }))
}

struct Entry {
    id: String,
    owner: String,
}

impl Entry {
    fn in_openai(&self) -> Value {
        json!({ "id": self.id, "object": "model", "created": 0, "owned_by": self.owner })
    }

    /// As there, nobody knows when a model was made.
    fn in_anthropic(&self) -> Value {
        json!({ "type": "model", "id": self.id, "display_name": self.id, "created_at": "1970-01-01T00:00:00Z" })
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
