//! The API, a file per resource. `router` is its table of contents.

mod batches;
mod chat;
mod embeddings;
mod feeds;
mod files;
mod health;
mod messages;
mod models;
mod outcomes;
mod responses;
mod use_cases;

use crate::anthropic;
use crate::app::App;
use crate::problem::Problem;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tower_service::Service;
use usecase::Dialect;

/// How long a caller may take to send a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/messages", post(messages::create))
        .route("/v1/messages/count_tokens", post(messages::count_tokens))
        .route("/v1/responses", post(responses::create))
        .route("/v1/embeddings", post(embeddings::create))
        .route("/v1/files", get(files::list).post(files::upload))
        .route("/v1/files/{id}", get(files::show).delete(files::delete))
        .route("/v1/files/{id}/content", get(files::content))
        .route("/v1/batches", get(batches::list).post(batches::create))
        .route("/v1/batches/{id}", get(batches::show))
        .route("/v1/batches/{id}/cancel", post(batches::cancel))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*model}", get(models::show))
        .route("/v1/feeds/{use_case}/{feed}", post(feeds::push))
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

/// What a connection's requests go through. The busiest path is taken straight; all others through the router.
#[derive(Clone)]
pub(crate) struct Door {
    app: Arc<App>,
    router: Router,
}

impl Door {
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self { router: router(Arc::clone(&app)), app }
    }

    pub(crate) fn enter(
        &self,
        request: Request<hyper::body::Incoming>,
    ) -> impl Future<Output = Result<Response, Infallible>> + Send + use<> {
        let Self { app, mut router } = self.clone();
        async move {
            if request.method() == Method::POST && request.uri().path() == "/v1/chat/completions" {
                let (parts, body) = request.into_parts();
                return Ok(chat::complete(State(app), parts.headers, Body::new(body)).await.into_response());
            }
            router.call(request.map(Body::new)).await
        }
    }
}

async fn no_such_route(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    Problem::unknown_url(&method, &uri).in_dialect(spoken(&headers))
}

async fn wrong_method(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    Problem::method_not_allowed(&method, &uri).in_dialect(spoken(&headers))
}

/// The dialect of a caller whose address does not tell it.
fn spoken(headers: &HeaderMap) -> Dialect {
    if anthropic::is_spoken(headers) { Dialect::Messages } else { Dialect::Chat }
}

/// The one name in a path. What is not text is the caller's to mend, and said as every other error is.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|error| Problem::bad_request(error.body_text()))
    }
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
    read_body(body, most_bytes).await
}

/// Reads a body of any kind within its limits of size and time.
pub(crate) async fn read_body(body: Body, most_bytes: usize) -> Result<Bytes, Problem> {
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
