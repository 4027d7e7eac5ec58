//! Vectors for texts, asked for over the API: what goes in and what comes out.

use crate::usage::Usage;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One call for vectors by an app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmbeddingRequest {
    /// A use case (its own embedder answers) or a bare model (`openai/text-embedding-3-small`).
    pub model: String,
    /// One vector is wanted for each text. Tokens (lists of numbers) are only a provider's to read and are refused.
    pub texts: Vec<String>,
    /// `dimensions`, `input_type` and what is not modelled, forwarded as they came. The encoding (`encoding_format`) is the
    /// door's affair: a provider is always asked for numbers.
    pub rest: Map<String, Value>,
}

/// The answer: as many vectors as there were texts, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    pub vectors: Vec<Vec<f32>>,
    pub usage: Option<Usage>,
}
