//! Models that are folders of the project and run in this process beside the embedder: each is opened once for all bundles.

use retrieval::Error;
use retrieval::embedder::{Classifier, CrossEncoder};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The provider whose models are folders of the project.
pub(crate) const LOCAL: &str = "local";

/// What was opened, by folder.
type Opened<T> = Arc<Mutex<BTreeMap<String, Arc<T>>>>;

/// The project's models in folders. Clones share them.
#[derive(Clone)]
pub struct LocalModels {
    root: PathBuf,
    cross_encoders: Opened<CrossEncoder>,
    classifiers: Opened<Classifier>,
}

impl LocalModels {
    /// Opens nothing yet. `root` is the project's folder.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), cross_encoders: Arc::default(), classifiers: Arc::default() }
    }

    pub(crate) fn cross_encoder(&self, folder: &str) -> Result<Arc<CrossEncoder>, Error> {
        self.once(&self.cross_encoders, folder, CrossEncoder::open)
    }

    pub(crate) fn classifier(&self, folder: &str) -> Result<Arc<Classifier>, Error> {
        self.once(&self.classifiers, folder, Classifier::open)
    }

    fn once<T>(
        &self,
        opened: &Opened<T>,
        folder: &str,
        open: impl FnOnce(&Path) -> Result<T, Error>,
    ) -> Result<Arc<T>, Error> {
        let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = opened.get(folder) {
            return Ok(Arc::clone(known));
        }
        let model = Arc::new(open(&self.root.join(folder))?);
        opened.insert(folder.to_owned(), Arc::clone(&model));
        Ok(model)
    }
}
