//! Which embedder makes the vectors of a space. One is configured; a collection that was filled under another one keeps
//! being served by that one, as long as it needs nothing but this machine.

use super::{Embedder, Lexical, MiniLm, cache};
use crate::Error;
use crate::backend::Space;
use std::sync::{Arc, Mutex, PoisonError};

/// The embedders at hand. Clones share what was opened.
#[derive(Clone)]
pub struct Embedders {
    configured: Arc<dyn Embedder>,
    /// Opened when a collection first needed them.
    others: Arc<Mutex<Vec<Arc<dyn Embedder>>>>,
}

impl Embedders {
    pub fn new(configured: Arc<dyn Embedder>) -> Self {
        Self { configured, others: Arc::default() }
    }

    pub fn configured(&self) -> &Arc<dyn Embedder> {
        &self.configured
    }

    /// The embedder of this space; `None` when nobody here can make its vectors.
    ///
    /// # Errors
    /// When it is MiniLM and its files cannot be read.
    pub fn of(&self, space: &Space) -> Result<Option<Arc<dyn Embedder>>, Error> {
        if self.configured.space() == *space {
            return Ok(Some(Arc::clone(&self.configured)));
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.iter().find(|other| other.space() == *space) {
            return Ok(Some(Arc::clone(known)));
        }
        let lexical: Arc<dyn Embedder> = Arc::new(Lexical::with_dimensions(space.dimensions));
        let mut opened = (lexical.space() == *space).then_some(lexical);
        if opened.is_none() && space.embedder.starts_with("minilm-") && cache::is_complete(&cache::minilm_folder()) {
            let minilm: Arc<dyn Embedder> = Arc::new(MiniLm::open(&cache::minilm_folder())?);
            opened = (minilm.space() == *space).then_some(minilm);
        }
        others.extend(opened.clone());
        Ok(opened)
    }
}
