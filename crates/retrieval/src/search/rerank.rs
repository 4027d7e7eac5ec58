//! A model's opinion of the best passages: one trait, whatever model stands behind it.

use super::fusion::Fused;
use crate::Error;
use crate::backend::Opened;

/// Orders passages by how well each answers the question.
pub trait Rerank: Send + Sync {
    /// Names the model.
    fn identity(&self) -> &str;

    /// How well each passage answers the question, 0 to 1, in their order.
    ///
    /// # Errors
    /// When the model cannot be reached or cannot run.
    fn scores(&self, question: &str, passages: &[&str]) -> Result<Vec<f32>, Error>;
}

/// Puts the first `candidates` in the model's order; what comes after them stays below. After an error nothing has changed.
pub(super) fn rerank(
    reranker: &dyn Rerank,
    candidates: usize,
    question: &str,
    fused: &mut Vec<Fused>,
    opened: &mut Vec<Opened>,
) -> Result<(), Error> {
    if opened.is_empty() {
        return Ok(());
    }
    let seen = candidates.min(opened.len());
    let texts: Vec<String> = opened[..seen]
        .iter()
        .map(|opened| crate::document::indexed_text(&opened.title, &opened.place.heading, &opened.header, &opened.text))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let scores = reranker.scores(question, &texts)?;
    if scores.len() != seen || scores.iter().any(|score| !score.is_finite()) {
        let reason = format!("it gave {} scores for {seen} passages, or one that is no number", scores.len());
        return Err(Error::Embedder { embedder: reranker.identity().to_owned(), reason });
    }
    let mut all: Vec<(Fused, Opened)> = fused.drain(..).zip(opened.drain(..)).collect();
    for ((fused, _), score) in all.iter_mut().zip(&scores) {
        fused.score = score.clamp(0.0, 1.0);
    }
    let lowest = scores.iter().copied().fold(1.0, f32::min).clamp(0.0, 1.0);
    for (fused, _) in all.iter_mut().skip(seen) {
        fused.score = fused.score.min(lowest);
    }
    all[..seen].sort_by(|a, b| b.0.score.total_cmp(&a.0.score));
    (*fused, *opened) = all.into_iter().unzip();
    Ok(())
}
