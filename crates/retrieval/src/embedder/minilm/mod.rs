//! MiniLM: `sentence-transformers/all-MiniLM-L6-v2`, a sentence encoder of 22 million parameters: six layers, 384 numbers
//! a vector; the first 256 word pieces of a text count, as in the reference. A BERT whose files are pinned.

use super::bert::{Bert, DIGITS, Folding, Pooling, Recipe, Safetensors, Weights, WordPiece};
use super::{Embedder, cache};
use crate::Error;
use kernels::Precision;
use std::path::Path;

pub struct MiniLm(Bert);

impl MiniLm {
    /// Reads the model from its folder with its weights rounded to bytes, which take 23 MB in memory.
    ///
    /// # Errors
    /// [`Error::ModelMissing`] when it was not pulled whole, [`Error::ModelDamaged`] when a file cannot be read.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Self::open_as(folder, Precision::Int8)
    }

    /// Reads the model from its folder at a precision. Each is a space of its own, named in the identity.
    ///
    /// # Errors
    /// As [`MiniLm::open`].
    pub fn open_as(folder: &Path, precision: Precision) -> Result<Self, Error> {
        if !cache::is_complete(folder) {
            return Err(Error::ModelMissing { model: "minilm", folder: folder.to_owned() });
        }
        let [weights, vocabulary] = &cache::MINILM;
        let damaged = |name: &str, reason: String| Error::ModelDamaged { path: folder.join(name), reason };
        let text = std::fs::read_to_string(folder.join(vocabulary.name));
        let text = text.map_err(|error| damaged(vocabulary.name, error.to_string()))?;
        let tokeniser = WordPiece::read(&text, Folding::UNCASED).map_err(|reason| damaged(vocabulary.name, reason))?;
        let recipe = recipe();
        let read = Safetensors::open(&folder.join(weights.name))
            .and_then(|file| Weights::read(&file, recipe.heads, recipe.epsilon, precision))
            .map_err(|reason| damaged(weights.name, reason))?;
        // The weights' own hash: other weights are another space.
        let identity = format!("minilm-l6-v2-{}/{}", precision.name(), &weights.sha256[..DIGITS]);
        Ok(Self(Bert::assembled(identity, tokeniser, recipe, read)))
    }
}

/// What the model's own configuration says.
fn recipe() -> Recipe {
    Recipe {
        heads: 12,
        layers: Some(6),
        epsilon: 1e-12,
        most_pieces: 256,
        pooling: Pooling::Mean,
        query_prefix: String::new(),
        passage_prefix: String::new(),
    }
}

impl Embedder for MiniLm {
    fn identity(&self) -> &str {
        self.0.identity()
    }

    fn dimensions(&self) -> usize {
        self.0.dimensions()
    }

    fn fusion_weight(&self) -> f32 {
        self.0.fusion_weight()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        self.0.embed(texts)
    }
}

#[cfg(test)]
mod tests;
