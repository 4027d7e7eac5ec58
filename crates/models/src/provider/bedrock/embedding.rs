//! Vectors by InvokeModel, whose bodies are each family's own: Titan and Nova take one text a call, Cohere a list.

use serde_json::{Value, json};
use usecase::EmbeddingRequest;

/// The most texts that Cohere takes in one call.
const MOST_TEXTS: usize = 96;

/// Whose model it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Titan,
    Nova,
    Cohere,
}

impl Family {
    pub(super) fn of(model: &str) -> Option<Self> {
        let named = |part: &str| model.contains(part);
        match () {
            () if named("amazon.titan-embed") => Some(Self::Titan),
            () if named("amazon.nova") && named("embed") => Some(Self::Nova),
            () if named("cohere.embed") => Some(Self::Cohere),
            () => None,
        }
    }

    /// The bodies of the calls that a request takes, in the order of its texts. Refuses by naming the feature.
    pub(super) fn bodies(self, request: &EmbeddingRequest) -> Result<Vec<Value>, String> {
        let known = ["dimensions", "input_type", "encoding_format", "user", "model", "input"];
        if let Some(name) = request.rest.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("`{}` of embeddings", crate::provider::blocks::read::shown(name)));
        }
        let dimensions = request.rest.get("dimensions").filter(|value| !value.is_null());
        let purpose = request.rest.get("input_type").and_then(Value::as_str);
        let bodies = request.texts.chunks(if self == Self::Cohere { MOST_TEXTS } else { 1 });
        Ok(bodies.map(|texts| self.body(texts, dimensions, purpose)).collect())
    }

    fn body(self, texts: &[String], dimensions: Option<&Value>, purpose: Option<&str>) -> Value {
        let first = texts.first().map_or("", String::as_str);
        let (mut body, place) = match self {
            Self::Titan => (json!({"inputText": first}), "/dimensions"),
            Self::Nova => {
                let purpose = if purpose == Some("search_query") { "GENERIC_RETRIEVAL" } else { "GENERIC_INDEX" };
                let text = json!({"truncationMode": "NONE", "value": first});
                let parameters = json!({"embeddingPurpose": purpose, "text": text});
                let body = json!({"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": parameters});
                (body, "/singleEmbeddingParams/embeddingDimension")
            }
            Self::Cohere => {
                let purpose = purpose.unwrap_or("search_document");
                (json!({"texts": texts, "input_type": purpose, "embedding_types": ["float"]}), "/output_dimension")
            }
        };
        let (parent, name) = place.rsplit_once('/').unwrap_or_default();
        if let (Some(dimensions), Some(parent)) = (dimensions, body.pointer_mut(parent)) {
            parent[name] = dimensions.clone();
        }
        body
    }

    /// The vectors of one answer, or what is wrong with it.
    pub(super) fn vectors(self, answer: &Value) -> Result<Vec<Vec<f32>>, String> {
        let lists: Vec<&Value> = match self {
            Self::Titan => answer.get("embedding").into_iter().collect(),
            Self::Nova => answer.pointer("/embeddings/0/embedding").into_iter().collect(),
            Self::Cohere => {
                let lists = answer.pointer("/embeddings/float").or_else(|| answer.get("embeddings"));
                lists.and_then(Value::as_array).into_iter().flatten().collect()
            }
        };
        let number = |value: &Value| value.as_f64().map(|number| number as f32);
        let vector = |list: &Value| list.as_array()?.iter().map(number).collect::<Option<Vec<f32>>>();
        let vectors: Option<Vec<_>> = lists.into_iter().map(vector).collect();
        vectors.filter(|vectors| !vectors.is_empty()).ok_or_else(|| "it holds no vectors of numbers".to_owned())
    }
}
