//! Text to vectors. Every embedder gives unit vectors of one length and has an identity that changes whenever its
//! vectors would: vectors of two identities are never compared.
//!
//! In reading order: `lexical` (needs nothing), `bert` (understands; any folder with such a model), `minilm` (the one
//! whose weights can be pulled), `cache` (where they lie), `pull` (how they get there), `registry` (who makes the
//! vectors of which space).

mod bert;
mod cache;
mod lexical;
mod minilm;
pub mod pull;
mod registry;

pub use bert::{Bert, Classifier, CrossEncoder};
pub use lexical::Lexical;
pub use minilm::MiniLm;
pub use registry::Embedders;
pub use usecase::declared::EmbedderChoice;

use crate::Error;
use crate::backend::Space;
use std::path::Path;
use std::sync::Arc;

pub trait Embedder: Send + Sync {
    /// Names the vector space: model, version and whatever else its numbers depend on.
    fn identity(&self) -> &str;

    /// Numbers in a vector.
    fn dimensions(&self) -> usize;

    /// The share of BM25 in the fused score that suits these vectors, 0 to 1.
    fn fusion_weight(&self) -> f32;

    /// The space its vectors lie in.
    fn space(&self) -> Space {
        Space { embedder: self.identity().to_owned(), dimensions: self.dimensions() }
    }

    /// A unit vector for each text, in order. A text without a single word may give the zero vector.
    ///
    /// # Errors
    /// When the model cannot run.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error>;

    /// The same for questions: a few models want other words before a question than before a passage.
    ///
    /// # Errors
    /// As [`Embedder::embed`].
    fn embed_questions(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        self.embed(texts)
    }
}

/// Opens the embedder that was chosen, as far as it needs nothing but this machine; `None` for a provider's model. `Auto`
/// takes MiniLM when its weights have been pulled, else the lexical one. A folder is relative to `root`.
///
/// # Errors
/// [`Error::ModelMissing`] when MiniLM was insisted on but never pulled, [`Error::ModelDamaged`] when files cannot be read.
pub fn open(choice: &EmbedderChoice, root: &Path) -> Result<Option<Arc<dyn Embedder>>, Error> {
    let folder = cache::minilm_folder();
    Ok(Some(match choice {
        EmbedderChoice::Lexical => Arc::new(Lexical::default()),
        EmbedderChoice::Minilm => Arc::new(MiniLm::open(&folder)?),
        EmbedderChoice::Auto if cache::is_complete(&folder) => Arc::new(MiniLm::open(&folder)?),
        EmbedderChoice::Auto => Arc::new(Lexical::default()),
        EmbedderChoice::Folder(path) => Arc::new(Bert::open(&root.join(path))?),
        EmbedderChoice::Provider(_) => return Ok(None),
    }))
}

/// Whether MiniLM's weights are in the model cache.
pub fn minilm_is_here() -> bool {
    cache::is_complete(&cache::minilm_folder())
}

/// Scales a vector to length one; the zero vector stays.
pub fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
}
