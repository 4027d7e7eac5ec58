//! The way out: a whole answer as OpenAI's `chat.completion`.

use crate::reply::{self, Identity};
use serde_json::{Map, Value, json};
use usecase::{Choice, Citation, Completion, Content, Timestamp, Usage};

pub(super) fn body(identity: &Identity, completion: Completion, citations: &[Citation]) -> Value {
    let mut body = envelope(identity, completion.rest, "chat.completion");
    let choices = completion.choices.into_iter();
    body.insert("choices".to_owned(), choices.map(|choice| choice_body(choice, citations)).collect());
    body.insert("usage".to_owned(), completion.usage.map_or(Value::Null, usage_body));
    Value::Object(body)
}

/// `id`, `object`, `created` and `model` in front, then whatever else the provider said of the answer. A use case is
/// called by its own name: which model answered is in the header.
pub(super) fn envelope(identity: &Identity, rest: Map<String, Value>, object: &str) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("id".to_owned(), json!(format!("chatcmpl-{}", identity.trace)));
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
        json!({
            "type": "url_citation",
            "url_citation": {
                "start_index": citation.start,
                "end_index": citation.end,
                "title": source.title,
                "url": reply::link(source),
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

pub(super) fn usage_body(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": { "cached_tokens": usage.cached_input_tokens },
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning_tokens },
    })
}
