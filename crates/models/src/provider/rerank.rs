//! The body that rerankers over HTTP agree on (Cohere's, which vLLM, llama.cpp, Jina, LocalAI and others took over), and
//! what they answer: scores in any order, each with the number of its document.

use super::exchange;
use crate::routing::{Relevance, RerankRequest};
use serde_json::{Value, json};
use usecase::Usage;

pub(crate) fn body(model: &str, request: &RerankRequest) -> Value {
    let RerankRequest { question, documents } = request;
    json!({"model": model, "query": question, "documents": documents, "top_n": documents.len()})
}

/// Reads a score for each document, or says in one clause what is wrong. `usage` is read by whoever knows its form.
pub(crate) fn read(answer: &Value, documents: usize, usage: Option<Usage>) -> Result<Relevance, String> {
    let results = answer.get("results").and_then(Value::as_array).ok_or("`results` is missing")?;
    let mut scores = vec![None; documents];
    for result in results {
        let index = result.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let place =
            index.and_then(|index| scores.get_mut(index)).ok_or("a score has no document that it belongs to")?;
        // A model computes in 32 bits or fewer.
        #[allow(clippy::cast_possible_truncation)]
        let score = result.get("relevance_score").and_then(Value::as_f64).map(|score| score as f32);
        *place = Some(score.filter(|score| score.is_finite()).ok_or("a score is no number")?);
    }
    let scores: Option<Vec<f32>> = scores.into_iter().collect();
    Ok(Relevance { scores: scores.ok_or("a document has no score")?, usage })
}

/// Tokens, as servers report them that count them at all: the input is all there is.
pub(crate) fn usage(answer: &Value) -> Option<Usage> {
    let usage = answer.get("usage")?;
    let count = |name: &str| usage.get(name).and_then(Value::as_u64).filter(|count| *count > 0);
    let input_tokens = count("prompt_tokens").or_else(|| count("total_tokens"))?;
    exchange::believed(Usage { input_tokens, ..Usage::default() })
}
