//! How a provider says no: the report in its body, in any of the shapes found in the field, and how long it asks to wait.

use super::transport::Incoming;
use crate::error::{Error, Upstream};
use crate::reply::ChunkStream;
use futures_util::StreamExt;
use http::HeaderMap;
use serde_json::Value;
use std::time::Duration;
use usecase::declared::ModelRef;

/// The largest error report that is read, in bytes.
const LARGEST_REPORT: usize = 64 * 1024;

/// The error for a status other than 200, with as much of the report as can be read. `secrets` never get through.
pub(crate) async fn refused(model: &ModelRef, mut incoming: Incoming, secrets: &[&str]) -> Error {
    let report = incoming.body.whole(LARGEST_REPORT).await.ok();
    let value = report.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or(Value::Null);
    let status = incoming.status;
    let empty = || Upstream {
        model: model.clone(),
        status: Some(status),
        message: String::new(),
        code: None,
        kind: None,
        param: None,
        retry_after: None,
    };
    let mut upstream = without_secrets(report_of(model, Some(status), &value).unwrap_or_else(empty), secrets);
    // AWS names its errors in a header: `ValidationException:http://…`.
    if let Some(kind) = named(&incoming.headers, "x-amzn-errortype").filter(|_| upstream.kind.is_none()) {
        upstream.kind = kind.split(':').next().map(str::to_owned);
    }
    let asked = retry_after(&incoming.headers).or(upstream.retry_after);
    Error::Status(Box::new(Upstream { retry_after: asked, ..upstream }))
}

/// Reads an error report, whichever of the usual shapes it has; `None` when the body reports none. `{"error": {…}}`,
/// `{"error": "…"}`, `[{"error": …}]`, and with a failing status also `{"message": …}`, `{"Message": …}` and
/// `{"detail": …}`. A service that passes on what a model behind it said gives that model's status.
pub(crate) fn report_of(model: &ModelRef, status: Option<u16>, body: &Value) -> Option<Upstream> {
    let body = body.as_array().and_then(|items| items.first()).unwrap_or(body);
    let error = match body.get("error") {
        None | Some(Value::Null | Value::Bool(false)) if status.is_none() => return None,
        None | Some(Value::Null | Value::Bool(_)) => body,
        Some(error) => error,
    };
    let field = |names: &[&str]| {
        let found = names.iter().find_map(|name| error.get(name).filter(|value| !value.is_null()))?;
        Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
    };
    let message =
        error.as_str().map(str::to_owned).or_else(|| field(&["message", "Message", "detail"])).unwrap_or_default();
    let code = field(&["code"]);
    // An error inside a body of status 200 carries its status, if any, as its code.
    let named = || code.as_ref()?.parse().ok().filter(|status| (400..600).contains(status));
    let details = || error.get("details").and_then(Value::as_array).into_iter().flatten();
    // Google answers a wrong key with 400, as if the request were at fault.
    let is_key = details().any(|detail| detail["reason"] == "API_KEY_INVALID");
    let kind = field(&["type", "status"]);
    let passed_on = field(&["OriginalStatusCode", "originalStatusCode"]).and_then(|status| status.parse().ok());
    let by_name = || status_named(kind.as_deref()?);
    let status = if is_key { Some(401) } else { passed_on.or(status).or_else(named).or_else(by_name) };
    let wait = details().find_map(|detail| seconds(detail.get("retryDelay")?.as_str()?));
    Some(Upstream { model: model.clone(), status, message, code, kind, param: field(&["param"]), retry_after: wait })
}

/// A duration as Protocol Buffers write it in JSON: `1.5s`.
fn seconds(duration: &str) -> Option<Duration> {
    let seconds: f64 = duration.strip_suffix('s')?.parse().ok()?;
    (0.0..1e9).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// The status that an error has outside of a stream, by the names that Anthropic and AWS give it inside of one.
pub(crate) fn status_named(kind: &str) -> Option<u16> {
    let name = kind.to_ascii_lowercase();
    Some(match name.strip_suffix("exception").unwrap_or(&name) {
        "invalid_request_error" | "validation" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" | "accessdenied" => 403,
        "not_found_error" | "resourcenotfound" => 404,
        "request_too_large" => 413,
        "rate_limit_error" | "throttling" => 429,
        "api_error" | "internalserver" | "modelstreamerror" | "internalstreamfailure" => 500,
        "serviceunavailable" => 503,
        "timeout_error" | "modeltimeout" => 504,
        "overloaded_error" => 529,
        _ => return None,
    })
}

/// How long the upstream asks to wait: in milliseconds where it says so, else in seconds. A date is not read: it would
/// trust the upstream's clock, and such waits are too long to sit out anyway.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| named(headers, name)?.trim().parse::<f64>().ok().filter(|wait| (0.0..1e9).contains(wait));
    let millis = number("retry-after-ms").map(|millis| millis / 1000.0);
    millis.or_else(|| number("retry-after")).map(Duration::from_secs_f64)
}

/// Takes our own secrets out of the upstream's words, and all of them where they speak about the key: some upstreams quote
/// it.
pub(crate) fn without_secrets(mut upstream: Upstream, secrets: &[&str]) -> Upstream {
    if matches!(upstream.status, Some(401 | 403)) {
        upstream.message.clear();
    }
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        for text in
            [Some(&mut upstream.message), upstream.code.as_mut(), upstream.kind.as_mut(), upstream.param.as_mut()]
        {
            if let Some(text) = text.filter(|text| text.contains(secret)) {
                *text = text.replace(secret, "[key]");
            }
        }
    }
    upstream
}

/// A stream may break off with the upstream's own words, and these may quote a secret.
pub(crate) fn stream_without_secrets(stream: ChunkStream, secrets: &[&str]) -> ChunkStream {
    if secrets.is_empty() {
        return stream;
    }
    let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
    let hide = move |error| match error {
        Error::ErrorInBody(upstream) => {
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            Error::ErrorInBody(Box::new(without_secrets(*upstream, &secrets)))
        }
        error => error,
    };
    stream.map(move |piece| piece.map_err(&hide)).boxed()
}

/// The header of that name as text.
pub(crate) fn named(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
