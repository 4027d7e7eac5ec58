//! The one table that turns an error into a status and a body: whose fault it is decides the status, and the body has the
//! form of the caller's dialect, so that every SDK raises its proper exception: OpenAI's
//! `{"error": {"message", "type", "param", "code"}}`, or Anthropic's
//! `{"type": "error", "error": {"type", "message", "details": {"error_code"}}, "request_id"}`.

use crate::evidence::GatherError;
use crate::reply::request_id;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::time::Duration;
use usecase::{Dialect, Fault, TraceId};

/// An error on its way out.
#[derive(Clone, Debug)]
pub struct Problem {
    pub status: StatusCode,
    /// For people: what is wrong and what to do.
    pub message: String,
    /// OpenAI's coarse class: `invalid_request_error`, `authentication_error`, …
    pub kind: String,
    pub param: Option<String>,
    /// For programs: a short name of the very error.
    pub code: Option<String>,
    pub retry_after: Option<Duration>,
    pub trace: Option<TraceId>,
}

impl Problem {
    pub fn new(status: StatusCode, kind: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            kind: kind.to_owned(),
            param: None,
            code: Some(code.to_owned()),
            retry_after: None,
            trace: None,
        }
    }

    pub(crate) fn bad_request(message: String) -> Self {
        Self { code: None, ..Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", "", message) }
    }

    pub(crate) fn bad_parameter(param: &str, message: &str) -> Self {
        Self { param: Some(param.to_owned()), ..Self::bad_request(message.to_owned()) }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", "not_found", what)
    }

    pub(crate) fn model_not_found(message: String) -> Self {
        let problem = Self::new(StatusCode::NOT_FOUND, "invalid_request_error", "model_not_found", message);
        Self { param: Some("model".to_owned()), ..problem }
    }

    pub(crate) fn unknown_url(method: &Method, uri: &Uri) -> Self {
        let message = format!("there is nothing at {method} {}: see docs/api.md for the routes", uri.path());
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", "unknown_url", message)
    }

    pub(crate) fn method_not_allowed(method: &Method, uri: &Uri) -> Self {
        let message = format!("{} does not take {method}", uri.path());
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request_error", "method_not_allowed", message)
    }

    pub(crate) fn wrong_content_type() -> Self {
        let message = "the body must be sent with `content-type: application/json`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request_error", "wrong_content_type", message)
    }

    pub(crate) fn body_too_large(most_bytes: usize) -> Self {
        let message = format!("the body is larger than {most_bytes} bytes, the limit set by `server.max_body_bytes`");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request_error", "body_too_large", message)
    }

    pub(crate) fn body_too_slow(limit: Duration) -> Self {
        let message = format!("the body did not arrive within {} seconds", limit.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, "invalid_request_error", "body_too_slow", message)
    }

    pub(crate) fn admin_only() -> Self {
        let message = "this needs a key with the role `admin` (shipway key create --role admin)";
        Self::new(StatusCode::FORBIDDEN, "permission_error", "admin_only", message)
    }

    pub(crate) fn not_released(name: &str) -> Self {
        let message = format!("`{name}` has no release yet: run `shipway eval {name}`, then `shipway release {name}`");
        Self::new(StatusCode::CONFLICT, "invalid_request_error", "not_released", message)
    }

    /// A bundle, released or in the folder, that cannot be served.
    pub(crate) fn bundle_broken(message: &str) -> Self {
        of_fault(Fault::Operator, "bundle_broken", message.to_owned())
    }

    /// Files of the project that cannot be read.
    pub(crate) fn unreadable(message: &str) -> Self {
        of_fault(Fault::Operator, "unreadable", message.to_owned())
    }

    /// A job beside the network threads that ended without an answer.
    pub(crate) fn worker_stopped() -> Self {
        pipeline::Error::WorkerStopped.into()
    }

    pub(crate) fn foreign_page() -> Self {
        let message = "developer mode, without any API key, answers only what this machine itself asks: call 127.0.0.1 or \
                       localhost, not from another site's page; or make a key with `shipway key create`";
        Self::new(StatusCode::FORBIDDEN, "permission_error", "foreign_page", message)
    }

    pub(crate) fn with_retry(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// OpenAI's body of an error, and of an error frame in a stream.
    pub(crate) fn body(&self) -> Value {
        json!({ "error": { "message": self.message, "type": self.kind, "param": self.param, "code": self.code } })
    }

    /// Anthropic's, which tells errors apart by a type that follows the status.
    pub(crate) fn anthropic_body(&self) -> Value {
        let request_id = self.trace.map(|trace| trace.to_string());
        let mut error = json!({ "type": anthropic_type(self.status), "message": self.message });
        if let Some(code) = &self.code {
            error["details"] = json!({ "error_code": code });
        }
        json!({ "type": "error", "error": error, "request_id": request_id })
    }

    /// The answer in the caller's dialect.
    pub(crate) fn in_dialect(self, dialect: Dialect) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        if let Some(value) = self.trace.and_then(|trace| HeaderValue::from_str(&trace.to_string()).ok()) {
            headers.insert(request_id(dialect), value.clone());
            headers.insert("x-shipway-trace", value);
        }
        let body = match dialect {
            Dialect::Messages => self.anthropic_body(),
            Dialect::Chat | Dialect::Responses => self.body(),
        };
        (self.status, headers, Json(body)).into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.in_dialect(Dialect::Chat)
    }
}

/// The error types of Anthropic's API, <https://docs.anthropic.com/en/api/errors>.
fn anthropic_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        408 | 504 => "timeout_error",
        503 | 529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

/// Status and class by whose fault it is, where an error says no more than that.
fn of_fault(fault: Fault, code: &str, message: String) -> Problem {
    let (status, kind) = match fault {
        Fault::Caller => (StatusCode::BAD_REQUEST, "invalid_request_error"),
        Fault::Operator | Fault::Us => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        Fault::Provider => (StatusCode::BAD_GATEWAY, "upstream_error"),
    };
    Problem::new(status, kind, code, message)
}

/// A database that is away is no reason to doubt a key: 503, and come again.
fn storage_down(message: String) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "server_error", "storage_unavailable", message)
        .with_retry(Duration::from_secs(2))
}

impl From<pipeline::Failure> for Problem {
    fn from(failure: pipeline::Failure) -> Self {
        Self { trace: Some(failure.trace), ..failure.error.into() }
    }
}

impl From<pipeline::Error> for Problem {
    fn from(error: pipeline::Error) -> Self {
        use pipeline::Error;
        let message = error.to_string();
        match error {
            Error::UnknownModel(_) => Self::model_not_found(message),
            Error::Ledger(_) => storage_down(message),
            Error::Guards { .. } => of_fault(Fault::Operator, "guards_failed", message),
            Error::Template { .. } => of_fault(Fault::Operator, "template_failed", message),
            Error::Context { .. } => of_fault(Fault::Operator, "context_failed", message),
            Error::NotCleared(_) => Self::new(StatusCode::FORBIDDEN, "permission_error", "residency", message),
            Error::NoModelAnswered { last, .. } => of_model(&last),
            Error::Filter(_) => Self { param: Some("metadata".to_owned()), ..Self::bad_request(message) },
            Error::Closed { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "server_error", "collection_closed", message)
            }
            Error::Retrieval(cause) => of_fault(cause.fault(), "retrieval_failed", message),
            Error::WorkerStopped => of_fault(Fault::Us, "internal", message),
        }
    }
}

/// What a provider said keeps its status, message and code where the app can act on it; everything else that a provider
/// did wrong is 502, or 504 when it was silent.
fn of_model(error: &models::Error) -> Problem {
    let message = error.to_string();
    if let Some(upstream) = error.upstream() {
        return of_upstream(upstream, message);
    }
    match error {
        models::Error::Unsupported { .. } => of_fault(Fault::Caller, "unsupported", message),
        models::Error::MissingKey { .. } => of_fault(Fault::Operator, "provider_key_missing", message),
        models::Error::PassedOver { retry_after, .. } => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Problem::new(status, "upstream_error", "upstream_unavailable", message).with_retry(*retry_after)
        }
        models::Error::Timeout { .. } => {
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "upstream_error", "upstream_timeout", message)
        }
        models::Error::UnknownProvider { .. } | models::Error::UnknownModel { .. } => Problem::model_not_found(message),
        other => of_fault(other.fault(), "upstream_error", message),
    }
}

/// An error in the provider's own words. A wrong key or a missing model there is the operator's affair: to the app it is
/// a bad gateway, so that no SDK takes its own key for wrong.
fn of_upstream(upstream: &models::Upstream, message: String) -> Problem {
    let for_the_app = upstream.status.filter(|status| matches!(status, 400 | 409 | 413 | 422 | 429));
    let Some(status) = for_the_app.and_then(|status| StatusCode::from_u16(status).ok()) else {
        return Problem::new(StatusCode::BAD_GATEWAY, "upstream_error", "upstream_error", message);
    };
    let said = if upstream.message.is_empty() { message } else { format!("{message}: {}", upstream.message) };
    Problem {
        code: upstream.code.clone(),
        param: upstream.param.clone(),
        retry_after: upstream.retry_after,
        ..Problem::new(status, upstream.kind.as_deref().unwrap_or("upstream_error"), "", said)
    }
}

impl From<admission::Denied> for Problem {
    fn from(denied: admission::Denied) -> Self {
        use admission::Denied;
        let message = denied.to_string();
        let new = |status, kind, code| Self::new(status, kind, code, message.clone());
        match denied {
            Denied::NoKey | Denied::WrongKey => {
                new(StatusCode::UNAUTHORIZED, "authentication_error", "invalid_api_key")
            }
            Denied::NotAllowed { .. } => new(StatusCode::FORBIDDEN, "permission_error", "not_allowed"),
            Denied::BudgetSpent { resets, .. } => {
                let wait = resets.0.saturating_sub(usecase::Timestamp::now().0).max(1_000_000);
                new(StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", "budget_spent")
                    .with_retry(Duration::from_micros(wait.unsigned_abs()))
            }
            Denied::TooManyRequests { retry_after, .. } => {
                new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", denied.code()).with_retry(retry_after)
            }
            Denied::Overloaded { retry_after } => {
                new(StatusCode::SERVICE_UNAVAILABLE, "server_error", denied.code()).with_retry(retry_after)
            }
            Denied::BudgetUnknowable { .. } => new(StatusCode::FORBIDDEN, "permission_error", "budget_unknowable"),
            Denied::StorageDown(_) => storage_down(message),
        }
    }
}

impl From<ledger::Error> for Problem {
    fn from(error: ledger::Error) -> Self {
        use ledger::Error;
        let message = error.to_string();
        let new = |status, code| Self::new(status, "invalid_request_error", code, message.clone());
        match error {
            Error::UnknownSubject { .. } => new(StatusCode::NOT_FOUND, "unknown_subject"),
            Error::InvalidOutcome(_) => new(StatusCode::BAD_REQUEST, "invalid_outcome"),
            Error::IdempotencyConflict(_) => new(StatusCode::CONFLICT, "idempotency_conflict"),
            _ => storage_down(message),
        }
    }
}

impl From<GatherError> for Problem {
    fn from(error: GatherError) -> Self {
        match error {
            GatherError::Ledger(cause) => cause.into(),
            GatherError::Releases(cause) => cause.into(),
            other => Self::unreadable(&other.to_string()),
        }
    }
}

impl From<batches::Error> for Problem {
    fn from(error: batches::Error) -> Self {
        use batches::Error;
        let message = error.to_string();
        let new = |status, code| Self::new(status, "invalid_request_error", code, message.clone());
        match error {
            Error::NoSuchFile(_) | Error::NoSuchBatch(_) => new(StatusCode::NOT_FOUND, "not_found"),
            Error::Invalid { param, .. } => Self::bad_parameter(param, &message),
            Error::TooLarge(_) => new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large"),
            Error::KeyFull(_) => new(StatusCode::PAYLOAD_TOO_LARGE, "files_full"),
            Error::InUse { .. } => new(StatusCode::CONFLICT, "file_in_use"),
            Error::NotCancellable { .. } => new(StatusCode::CONFLICT, "not_cancellable"),
            Error::TooManyOpen(_) => new(StatusCode::TOO_MANY_REQUESTS, "too_many_batches"),
            Error::TooManyUploads(_) => {
                new(StatusCode::TOO_MANY_REQUESTS, "too_many_uploads").with_retry(Duration::from_secs(5))
            }
            Error::Storage(_) | Error::Folder { .. } => storage_down(message),
            other => of_fault(other.fault(), "batches_broken", message),
        }
    }
}

impl From<releases::Error> for Problem {
    fn from(error: releases::Error) -> Self {
        let message = error.to_string();
        match error.fault() {
            Fault::Caller => Self::new(StatusCode::CONFLICT, "invalid_request_error", "release_refused", message),
            _ => storage_down(message),
        }
    }
}
