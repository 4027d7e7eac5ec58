//! `POST /v1/chat/completions`, the way out: a whole answer as OpenAI's `chat.completion`, and the headers that every
//! answer carries.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use pipeline::{Facts, WholeAnswer};
use serde_json::{Map, Value, json};
use usecase::{BundleId, Choice, Citation, Completion, Content, Cost, Timestamp, TraceId, Usage};

/// What every answer says of itself, whole or streamed.
pub(crate) struct Identity {
    pub(crate) trace: TraceId,
    pub(crate) bundle: Option<BundleId>,
    /// `provider/model` that answered.
    pub(crate) model: String,
    /// The model that the app named: a use case, or a bare model.
    pub(crate) asked_model: String,
    /// The provider's own request id and rate limits.
    pub(crate) upstream_headers: Vec<(String, String)>,
}

impl Identity {
    /// The answer's id, as apps report it back: the trace in OpenAI's dress.
    pub(crate) fn id(&self) -> String {
        format!("chatcmpl-{}", self.trace)
    }

    /// Headers known before the answer is complete.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        put(&mut headers, "x-shipway-trace", &self.trace.to_string());
        put(&mut headers, "x-request-id", &self.trace.to_string());
        put(&mut headers, "x-shipway-model", &self.model);
        if let Some(bundle) = &self.bundle {
            put(&mut headers, "x-shipway-bundle", bundle.as_str());
        }
        for (name, value) in &self.upstream_headers {
            // `x-request-id` is ours, the one that support asks for; the provider's stands beside it.
            let name = if name == "x-request-id" { "x-shipway-upstream-request-id" } else { name };
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

pub(crate) fn whole(identity: &Identity, answer: WholeAnswer) -> Response {
    let mut headers = identity.headers();
    put(&mut headers, "x-shipway-status", answer.facts.status.as_str());
    put(&mut headers, "x-shipway-cost", &cost_text(answer.facts.cost));
    put(&mut headers, "server-timing", &server_timing(&answer.facts));
    (headers, Json(body(identity, answer.completion, &answer.facts.citations))).into_response()
}

fn body(identity: &Identity, completion: Completion, citations: &[Citation]) -> Value {
    let mut body = envelope(identity, completion.rest, "chat.completion");
    let choices = completion.choices.into_iter();
    body.insert("choices".to_owned(), choices.map(|choice| choice_body(choice, citations)).collect());
    body.insert("usage".to_owned(), completion.usage.map_or(Value::Null, usage_body));
    Value::Object(body)
}

/// `id`, `object`, `created` and `model` in front, then whatever else the provider said of the answer. A use case is
/// called by its own name: which model answered is in the header.
pub(crate) fn envelope(identity: &Identity, rest: Map<String, Value>, object: &str) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("id".to_owned(), json!(identity.id()));
    body.insert("object".to_owned(), json!(object));
    let created = rest.get("created").cloned().unwrap_or_else(|| json!(Timestamp::now().unix_seconds()));
    body.insert("created".to_owned(), created);
    body.insert("model".to_owned(), json!(identity.asked_model));
    let ours = ["id", "object", "created", "model", "choices", "usage"];
    body.extend(rest.into_iter().filter(|(name, _)| !ours.contains(&name.as_str())));
    body
}

fn choice_body(choice: Choice, citations: &[Citation]) -> Value {
    let mut message = Map::new();
    message.insert("role".to_owned(), json!(choice.message.role));
    let content = match choice.message.content {
        Content::Text(text) => json!(text),
        Content::Parts(parts) => json!(parts),
        Content::Absent => Value::Null,
    };
    message.insert("content".to_owned(), content);
    message.insert("refusal".to_owned(), Value::Null);
    message.extend(choice.message.rest);
    // Citations were placed in the first choice, the one that was judged.
    let annotated = if choice.index == 0 { citations } else { &[] };
    // A bare model's own annotations stay; where Shipway searched, the citations are its own.
    if !annotated.is_empty() || !message.contains_key("annotations") {
        message.insert("annotations".to_owned(), annotations(annotated));
    }
    let mut body = Map::new();
    body.insert("index".to_owned(), json!(choice.index));
    body.insert("message".to_owned(), Value::Object(message));
    body.insert("finish_reason".to_owned(), json!(choice.finish_reason));
    body.insert("logprobs".to_owned(), Value::Null);
    body.extend(choice.rest);
    Value::Object(body)
}

/// Citations in OpenAI's standard annotations. `start_index` and `end_index` are code points of the answer; where in
/// the document the supporting words stand is added under `shipway`.
pub(crate) fn annotations(citations: &[Citation]) -> Value {
    let annotation = |citation: &Citation| {
        let source = &citation.source;
        let place = format!("shipway://{}/{}", source.collection, source.document);
        json!({
            "type": "url_citation",
            "url_citation": {
                "start_index": citation.start,
                "end_index": citation.end,
                "title": source.title,
                "url": source.url.clone().unwrap_or(place),
                "shipway": {
                    "collection": source.collection,
                    "document": source.document,
                    "passage": citation.ordinal,
                    "start": citation.source_start,
                    "end": citation.source_end,
                },
            },
        })
    };
    citations.iter().map(annotation).collect()
}

pub(crate) fn usage_body(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": { "cached_tokens": usage.cached_input_tokens },
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning_tokens },
    })
}

/// A cost for a header: dollars with six places, or `unknown`; never a zero that nobody measured.
pub(crate) fn cost_text(cost: Cost) -> String {
    let micros = cost.known.0;
    let dollars = format!("{}.{:06}", micros / 1_000_000, micros.unsigned_abs() % 1_000_000);
    match (cost.part_unknown, micros) {
        (false, _) => dollars,
        (true, 0) => "unknown".to_owned(),
        (true, _) => format!("{dollars}+unknown"),
    }
}

/// `own` is the time that Shipway added; the steps follow. Durations in milliseconds, as the specification has it
/// (W3C Server Timing).
pub(crate) fn server_timing(facts: &Facts) -> String {
    let mut text = format!("own;dur={:.3}, total;dur={:.3}", millis(facts.own_us), millis(facts.total_us));
    for span in &facts.spans {
        text.push_str(&format!(", {};dur={:.3}", span.name, millis(span.duration_us)));
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of one request are far below 2^52")]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // A model's name may hold what a header may not; then the header is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
