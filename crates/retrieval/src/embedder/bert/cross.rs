//! A reranker of the BERT class: question and passage go through the encoder together, and one number comes out
//! (`BertForSequenceClassification` with one label, as the ms-marco cross-encoders of sentence-transformers are).

use super::forward::Pair;
use super::recipe::{self, Recipe, Refusal};
use super::weights::{Head, as_share};
use super::{DIGITS, Weights, WordPiece, batches, encoder, name_of, on_all_cores, read, weights_of};
use crate::Error;
use crate::search::Rerank;
use kernels::Precision;
use std::path::Path;

pub struct CrossEncoder {
    identity: String,
    tokeniser: WordPiece,
    /// Word pieces of a pair that count, the three special ones among them.
    most_pieces: usize,
    weights: Weights,
    head: Head,
}

impl CrossEncoder {
    /// Reads a model from its folder, its encoder's weights rounded to bytes as [`super::Bert::open`] does.
    ///
    /// # Errors
    /// [`Error::ModelUnsupported`] with the file and what about it is not supported or missing.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Self::open_as(folder, Precision::Int8)
    }

    /// Reads a model from its folder at a precision.
    ///
    /// # Errors
    /// As [`CrossEncoder::open`].
    pub fn open_as(folder: &Path, precision: Precision) -> Result<Self, Error> {
        let unsupported = |(path, reason): Refusal| Error::ModelUnsupported { path, reason };
        let recipe = Recipe::read(folder).map_err(unsupported)?;
        let tokeniser = recipe::tokeniser(folder).map_err(unsupported)?;
        let path = weights_of(folder).map_err(unsupported)?;
        let both = read(&path, |tensors| {
            let weights = encoder(tensors, &recipe, precision)?;
            let head = Head::read(tensors, weights.hidden, "reranker")?;
            match head.labels() {
                1 => Ok((weights, head)),
                labels => Err(format!("it tells {labels} labels apart; a reranker has one")),
            }
        });
        let ((weights, head), hash) = both.map_err(|reason| unsupported((path, reason)))?;
        let identity = format!("{}-{}/{}", name_of(folder), precision.name(), &hash[..DIGITS]);
        // A pair has three special pieces, and something must stand between them.
        Ok(Self { identity, tokeniser, most_pieces: recipe.most_pieces.max(5), weights, head })
    }

    /// `[CLS] question [SEP] passage [SEP]`. Of a pair that is too long the longer one loses its end until both are as long;
    /// from there on both do, as `transformers` cuts with `longest_first`.
    pub(super) fn pair(&self, question: &[u32], passage: &[u32]) -> Pair {
        let inside = |pieces: &[u32]| pieces.len().saturating_sub(2);
        let room = self.most_pieces - 3;
        let asked = inside(question).min(room - inside(passage).min(room / 2));
        let told = inside(passage).min(room - asked);
        let end = question.last().copied().into_iter();
        let pieces = question[..=asked].iter().copied().chain(end.clone());
        let pieces = pieces.chain(passage[1..=told].iter().copied()).chain(end).collect();
        Pair { pieces, second: asked + 2 }
    }
}

impl Rerank for CrossEncoder {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn scores(&self, question: &str, passages: &[&str]) -> Result<Vec<f32>, Error> {
        let question = self.tokeniser.encode(question, self.most_pieces);
        let pair = |passage: &&str| self.pair(&question, &self.tokeniser.encode(passage, self.most_pieces));
        let batches = batches(passages.iter().map(pair), |pair| pair.pieces.len());
        let logits = on_all_cores(&batches, |pass, batch| pass.judge(&self.weights, &self.head, batch));
        Ok(logits.into_iter().flatten().map(as_share).collect())
    }
}

#[cfg(test)]
mod tests;
