//! `POST /v1/outcomes`: the app reports what came of an answer or a conversation in the business, with the minutes
//! that people spent on it.

use super::read_json;
use crate::app::App;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use ledger::{OutcomeReport, OutcomeSubject};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::{MicroUsd, Period, Timestamp, TraceId};

/// How far ahead of ours an app's clock may be.
const CLOCK_SKEW: Period = Period::from_secs(300);

/// The body. Exactly one of `trace`, `response` and `conversation` says what the outcome is of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportBody {
    use_case: String,
    trace: Option<String>,
    /// The `id` of the answer: `chatcmpl-…`, `msg_…` or `resp_…`.
    response: Option<String>,
    conversation: Option<String>,
    outcome: String,
    /// The app's own judgement; absent leaves it to `[outcome] success`.
    success: Option<bool>,
    value: Option<Worth>,
    #[serde(default)]
    human_minutes: f64,
    occurred_at: Option<String>,
}

/// What the outcome was worth, as text: `"42.50 USD"`.
#[derive(Deserialize)]
#[serde(transparent)]
struct Worth(MicroUsd);

pub(crate) async fn report(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate(&headers)?;
    let bytes = read_json(&headers, body, 64 * 1024).await?;
    let body: ReportBody = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::bad_request(format!("the body is not an outcome: {error}")))?;
    if !principal.may_call(&body.use_case) {
        return Err(admission::Denied::NotAllowed { use_case: body.use_case }.into());
    }
    let idempotency_key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let report = lower(body, principal.key, idempotency_key)?;
    let id = app.parts.ledger.outcome(report).await?;
    Ok(Json(json!({ "id": id, "object": "outcome" })))
}

fn lower(body: ReportBody, key: String, idempotency_key: Option<String>) -> Result<OutcomeReport, Problem> {
    let subject = subject(&body)?;
    if !(0.0..=100_000.0).contains(&body.human_minutes) {
        return Err(Problem::bad_parameter("human_minutes", "`human_minutes` must be from 0 to 100000"));
    }
    if body.outcome.trim().is_empty() {
        return Err(Problem::bad_parameter("outcome", "`outcome` must be named, like \"resolved\""));
    }
    let occurred_at = match &body.occurred_at {
        None => None,
        Some(text) => Some(
            Timestamp::parse_rfc3339(text)
                .ok_or_else(|| Problem::bad_parameter("occurred_at", "`occurred_at` must be a moment of RFC 3339"))?,
        ),
    };
    let latest = Timestamp::now().plus(CLOCK_SKEW);
    if occurred_at.is_some_and(|moment| moment > latest) {
        return Err(Problem::bad_parameter("occurred_at", "`occurred_at` lies in the future"));
    }
    Ok(OutcomeReport {
        use_case: body.use_case,
        subject,
        outcome: body.outcome,
        success: body.success,
        value: body.value.map(|value| value.0),
        human_minutes: body.human_minutes,
        occurred_at,
        idempotency_key,
        key,
    })
}

fn subject(body: &ReportBody) -> Result<OutcomeSubject, Problem> {
    let trace = |text: &str, param: &str| {
        let bare = ["chatcmpl-", "msg_", "resp_"].iter().find_map(|dress| text.strip_prefix(dress));
        let id = TraceId::parse(bare.unwrap_or(text));
        id.map(OutcomeSubject::Trace)
            .ok_or_else(|| Problem::bad_parameter(param, &format!("`{param}` must be the id of an answer of ours")))
    };
    match (&body.trace, &body.response, &body.conversation) {
        (Some(text), None, None) => trace(text, "trace"),
        (None, Some(text), None) => trace(text, "response"),
        (None, None, Some(name)) => Ok(OutcomeSubject::Conversation(name.clone())),
        _ => Err(Problem::bad_request(
            "an outcome is of exactly one of `trace`, `response` (the answer's id) or `conversation`".to_owned(),
        )),
    }
}
