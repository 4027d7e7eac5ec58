//! The API, a file per resource. `router` is its table of contents.

mod chat;
mod health;
mod models;
mod outcomes;
mod use_cases;

use crate::app::App;
use crate::problem::Problem;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::routing::{get, post};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// How long a caller may take to send a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*model}", get(models::show))
        .route("/v1/outcomes", post(outcomes::report))
        .route("/v1/use_cases", get(use_cases::list))
        .route("/v1/use_cases/{name}", get(use_cases::show))
        .route("/v1/use_cases/{name}/promote", post(use_cases::promote))
        .route("/v1/use_cases/{name}/rollback", post(use_cases::rollback))
        .route("/v1/traces/{trace}", get(use_cases::trace))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .with_state(app)
}

async fn no_such_route(method: Method, uri: Uri) -> Problem {
    Problem::unknown_url(&method, &uri)
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::method_not_allowed(&method, &uri)
}

/// Runs what waits for the disk beside the network threads, which others need meanwhile.
pub(crate) async fn beside<T, E>(job: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(job).await;
    done.map_err(|_| Problem::worker_stopped())?.map_err(Into::into)
}

/// Reads a JSON body within its limits of size and time.
pub(crate) async fn read_json(headers: &HeaderMap, body: Body, most_bytes: usize) -> Result<Bytes, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !(essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")) {
        return Err(Problem::wrong_content_type());
    }
    match tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, most_bytes)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if too_large(&error) => Err(Problem::body_too_large(most_bytes)),
        Ok(Err(error)) => Err(Problem::bad_request(format!("the body could not be read: {error}"))),
        Err(_) => Err(Problem::body_too_slow(BODY_TIMEOUT)),
    }
}

fn too_large(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
