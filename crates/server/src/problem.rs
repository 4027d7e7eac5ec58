//! The one table that turns an error into a status and a body: whose fault it is decides the status, and the body is
//! OpenAI's `{"error": {"message", "type", "param", "code"}}`, so that every SDK raises its proper exception.

use crate::evidence::GatherError;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::time::Duration;
use usecase::{Fault, TraceId};

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

    /// The body of the answer, and of an error frame in a stream.
    pub(crate) fn body(&self) -> Value {
        json!({ "error": { "message": self.message, "type": self.kind, "param": self.param, "code": self.code } })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        if let Some(value) = self.trace.and_then(|trace| HeaderValue::from_str(&trace.to_string()).ok()) {
            headers.insert("x-shipway-trace", value);
        }
        (self.status, headers, Json(self.body())).into_response()
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
            Error::UnknownModel(_) => Self {
                param: Some("model".to_owned()),
                ..Self::new(StatusCode::NOT_FOUND, "invalid_request_error", "model_not_found", message)
            },
            Error::Ledger(_) => storage_down(message),
            Error::Template { .. } => of_fault(Fault::Operator, "template_failed", message),
            Error::Context { .. } => of_fault(Fault::Operator, "context_failed", message),
            Error::NotCleared(_) => Self::new(StatusCode::FORBIDDEN, "permission_error", "residency", message),
            Error::NoModelAnswered { last, .. } => of_model(&last),
            Error::Filter(_) => Self { param: Some("metadata".to_owned()), ..Self::bad_request(message) },
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
        models::Error::MissingKey { .. } => of_fault(Fault::Operator, "provider_key_missing", message),
        models::Error::Timeout { .. } => {
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "upstream_error", "upstream_timeout", message)
        }
        models::Error::UnknownProvider { .. } | models::Error::UnknownModel { .. } => Problem {
            param: Some("model".to_owned()),
            ..Problem::new(StatusCode::NOT_FOUND, "invalid_request_error", "model_not_found", message)
        },
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

impl From<releases::Error> for Problem {
    fn from(error: releases::Error) -> Self {
        let message = error.to_string();
        match error.fault() {
            Fault::Caller => Self::new(StatusCode::CONFLICT, "invalid_request_error", "release_refused", message),
            _ => storage_down(message),
        }
    }
}
