//! Gemini's embeddings, in batches.

use super::wire;
use crate::provider::exchange;
use serde_json::{Map, Value, json};
use usecase::Embeddings;

/// Texts in one call, at most.
pub(super) const MOST_TEXTS: usize = 100;

/// The body of one batch. `resource` is the model as the API names it.
pub(super) fn body(resource: &str, texts: &[String], rest: &Map<String, Value>) -> Value {
    let kind = rest.get("input_type").and_then(Value::as_str).map(|kind| match kind {
        "search_query" | "query" => "RETRIEVAL_QUERY".to_owned(),
        "search_document" | "document" | "passage" => "RETRIEVAL_DOCUMENT".to_owned(),
        other => other.to_ascii_uppercase(),
    });
    let request = |text: &String| {
        let mut request = json!({"model": resource, "content": {"parts": [{"text": text}]}});
        if let Some(kind) = &kind {
            request["taskType"] = kind.as_str().into();
        }
        if let Some(dimensions) = rest.get("dimensions") {
            request["outputDimensionality"] = dimensions.clone();
        }
        request
    };
    json!({"requests": texts.iter().map(request).collect::<Vec<_>>()})
}

/// Adds the vectors of one batch, or says in one clause what is wrong.
pub(super) fn read(answer: &Value, texts: usize, all: &mut Embeddings) -> Result<(), String> {
    let items = answer.get("embeddings").and_then(Value::as_array).ok_or("`embeddings` is missing")?;
    if items.len() != texts {
        return Err("it holds another number of vectors than there were texts".to_owned());
    }
    for item in items {
        all.vectors.push(exchange::vector(item.get("values"))?);
    }
    if let Some(usage) = wire::usage(answer) {
        *all.usage.get_or_insert_default() += usage;
    }
    Ok(())
}
