//! OpenAI's embeddings: the request out of our nouns, the vectors out of the answer.

use super::wire;
use crate::provider::exchange;
use bytes::Bytes;
use serde_json::{Value, json};
use usecase::declared::ProviderKind;
use usecase::{EmbeddingRequest, Embeddings};

/// Fields that we set ourselves, whatever the app put there.
const OURS: &[&str] = &["model", "input", "encoding_format"];

pub(super) fn body(kind: ProviderKind, model: &str, request: &EmbeddingRequest) -> Bytes {
    let mut body = json!({"model": model, "input": request.texts, "encoding_format": "float"});
    for (name, value) in request.rest.iter().filter(|(name, _)| !OURS.contains(&name.as_str())) {
        let name = match (kind, name.as_str()) {
            (ProviderKind::Mistral, "dimensions") => "output_dimension",
            // A word of Cohere's and others' that OpenAI refuses; its models make no such difference.
            (ProviderKind::Openai | ProviderKind::Azure | ProviderKind::Mistral, "input_type") => continue,
            (_, name) => name,
        };
        body[name] = value.clone();
    }
    Bytes::from(body.to_string())
}

/// Reads the vectors, as many as there were texts, or says in one clause what is wrong.
pub(super) fn read(answer: &Value, texts: usize) -> Result<Embeddings, String> {
    let items = answer.get("data").and_then(Value::as_array).ok_or("`data` is missing")?;
    let mut vectors = vec![Vec::new(); texts];
    for (at, item) in items.iter().enumerate() {
        let index = item.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let place = vectors.get_mut(index.unwrap_or(at)).ok_or("a vector has no text that it belongs to")?;
        *place = exchange::vector(item.get("embedding"))?;
    }
    match vectors.iter().all(|vector| !vector.is_empty()) {
        true => Ok(Embeddings { vectors, usage: answer.get("usage").and_then(wire::usage) }),
        false => Err("a text has no vector".to_owned()),
    }
}
