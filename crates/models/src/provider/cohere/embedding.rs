//! Cohere's embeddings, in batches.

use super::wire;
use crate::provider::exchange;
use serde_json::{Map, Value, json};
use usecase::Embeddings;

/// Texts in one call, at most.
pub(super) const MOST_TEXTS: usize = 96;

/// The body of one batch. Cohere wants to know what the vectors are for; most texts are documents.
pub(super) fn body(model: &str, texts: &[String], rest: &Map<String, Value>) -> Value {
    let kind = rest.get("input_type").cloned().unwrap_or_else(|| "search_document".into());
    let mut body = json!({"model": model, "texts": texts, "input_type": kind, "embedding_types": ["float"]});
    for (name, theirs) in [("dimensions", "output_dimension"), ("truncate", "truncate")] {
        if let Some(value) = rest.get(name) {
            body[theirs] = value.clone();
        }
    }
    body
}

/// Adds the vectors of one batch, or says in one clause what is wrong.
pub(super) fn read(answer: &Value, texts: usize, all: &mut Embeddings) -> Result<(), String> {
    let items = answer.pointer("/embeddings/float").and_then(Value::as_array).ok_or("`embeddings.float` is missing")?;
    if items.len() != texts {
        return Err("it holds another number of vectors than there were texts".to_owned());
    }
    for item in items {
        all.vectors.push(exchange::vector(Some(item))?);
    }
    if let Some(usage) = answer.get("meta").and_then(wire::usage) {
        *all.usage.get_or_insert_default() += usage;
    }
    Ok(())
}
