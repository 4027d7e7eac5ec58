//! Text to vectors. Every embedder gives unit vectors of one length and has an identity that changes whenever its
//! vectors would: vectors of two identities are never compared.
//!
//! In reading order: `lexical` (needs nothing), `minilm` (understands; needs weights), `cache` (where weights lie),
//! `pull` (how they get there).

mod cache;
mod lexical;
mod minilm;
pub mod pull;

pub use lexical::Lexical;
pub use minilm::MiniLm;
pub use usecase::declared::EmbedderChoice;

use crate::Error;
use std::sync::Arc;

pub trait Embedder: Send + Sync {
    /// Names the vector space: model, version and whatever else its numbers depend on.
    fn identity(&self) -> &str;

    /// Numbers in a vector.
    fn dimensions(&self) -> usize;

    /// The share of BM25 in the fused score that suits these vectors, 0 to 1.
    fn fusion_weight(&self) -> f32;

    /// A unit vector for each text, in order. A text without a single word may give the zero vector.
    ///
    /// # Errors
    /// When the model cannot run.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error>;
}

/// Opens the embedder that was chosen. `Auto` takes MiniLM when its weights have been pulled, else the lexical one.
///
/// # Errors
/// [`Error::ModelMissing`] when MiniLM was insisted on but never pulled, [`Error::ModelDamaged`] when its files cannot be read.
pub fn open(choice: EmbedderChoice) -> Result<Arc<dyn Embedder>, Error> {
    let folder = cache::minilm_folder();
    match choice {
        EmbedderChoice::Lexical => Ok(Arc::new(Lexical::default())),
        EmbedderChoice::Minilm => Ok(Arc::new(MiniLm::open(&folder)?)),
        EmbedderChoice::Auto if cache::is_complete(&folder) => Ok(Arc::new(MiniLm::open(&folder)?)),
        EmbedderChoice::Auto => Ok(Arc::new(Lexical::default())),
    }
}

/// Whether MiniLM's weights are in the model cache.
pub fn minilm_is_here() -> bool {
    cache::is_complete(&cache::minilm_folder())
}

/// Scales a vector to length one; the zero vector stays.
pub(crate) fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
}
