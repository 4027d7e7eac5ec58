//! `POST /v1/feeds/{use_case}/{feed}`: documents that a source pushes. The signature, not an API key, says who may; the
//! answer comes when the documents can be found.

use super::{beside, read_body};
use crate::app::App;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use ingest::webhook::{self, Pushed, Refusal, Signed};
use ingest::{FeedJob, How, RunReport};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use usecase::Timestamp;
use usecase::declared::{Feed, WebhookSource};

pub(crate) async fn push(
    State(app): State<Arc<App>>,
    Path((use_case, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let bytes = read_body(body, app.parts.project.file.server.max_body_bytes).await?;
    let report = beside(move || taken(&app, &use_case, &name, &headers, &bytes)).await?;
    let RunReport { run, added, changed, unchanged, deleted, quarantined, snapshot, .. } = &report;
    Ok(Json(json!({
        "object": "feed_run", "run": run, "added": added, "changed": changed, "unchanged": unchanged,
        "deleted": deleted, "quarantined": quarantined, "version": snapshot,
    })))
}

fn taken(app: &App, use_case: &str, name: &str, headers: &HeaderMap, body: &[u8]) -> Result<RunReport, Problem> {
    let (feed, declared) = webhook_feed(app, use_case, name)?;
    let now = Timestamp::now();
    let pushed = verified(&declared, headers, body, now)?;
    // One memory serves all feeds, so that an id means its own feed's.
    let id = format!("{use_case}/{name}/{}", pushed.id);
    if !app.pushed.is_first(&id, now, declared.tolerance) {
        let message = "a message with this webhook-id was taken already".to_owned();
        return Err(Problem::new(StatusCode::CONFLICT, "invalid_request_error", "already_taken", message));
    }
    let folder = app.parts.project.use_case_folder(use_case);
    let job = FeedJob { use_case, feed_name: name, feed: &feed, folder: &folder, how: How::default() };
    app.parts.ingest.receive(&job, pushed).map_err(|error| {
        // It was not kept: the sender may try the same message again.
        app.pushed.forget(&id);
        not_kept(&error)
    })
}

/// The feed, when it is one that documents are pushed to. All others look as if they were not there.
fn webhook_feed(app: &App, use_case: &str, name: &str) -> Result<(Feed, WebhookSource), Problem> {
    let names = app.parts.project.use_case_names().unwrap_or_default();
    let declared = names.iter().any(|known| known == use_case).then(|| app.parts.project.use_case(use_case).ok());
    let feed = declared.flatten().and_then(|use_case| use_case.declared.feeds.get(name).cloned());
    let pushed = feed.and_then(|feed| feed.webhook.clone().map(|webhook| (feed, webhook)));
    pushed.ok_or_else(|| Problem::not_found("there is no feed here that documents are pushed to"))
}

fn verified(declared: &WebhookSource, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Pushed, Problem> {
    let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = Signed {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    let secret = declared.secret.resolve().unwrap_or_default();
    webhook::verify(secret.as_bytes(), signed, body, now, declared.tolerance).map_err(|refusal| {
        let message = refusal.to_string();
        let (status, kind, code) = match refusal {
            Refusal::Header(_) | Refusal::Body(_) => (StatusCode::BAD_REQUEST, "invalid_request_error", "bad_message"),
            Refusal::Time(_) | Refusal::Signature => {
                (StatusCode::UNAUTHORIZED, "authentication_error", "bad_signature")
            }
            Refusal::Secret => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "secret_missing"),
        };
        Problem::new(status, kind, code, message)
    })
}

fn not_kept(error: &ingest::Error) -> Problem {
    let message = error.to_string();
    match error {
        ingest::Error::AlreadyRunning { .. } => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "server_error", "feed_busy", message)
                .with_retry(Duration::from_secs(2))
        }
        ingest::Error::Violated { .. } | ingest::Error::MaxFailed(_) | ingest::Error::RowCount(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_error", "contract", message)
        }
        _ => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "not_kept", message),
    }
}
