//! The pointers that requests read, kept in memory. Every decision, of whichever process, lengthens one small file by a
//! byte after it has moved its pointer; a request looks at that file's length, and reads the pointer anew when it grew. So
//! a rollback holds for the next request on this machine, and a request touches no database.

use crate::decision::Pointer;
use crate::error::Error;
use crate::store::Store;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A decision whose process died between moving the pointer and saying so is seen after this long.
const LONGEST_TRUSTED: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub(crate) struct Pointers {
    store: Store,
    known: Arc<ArcSwap<HashMap<String, Known>>>,
    decisions: PathBuf,
}

#[derive(Clone)]
struct Known {
    pointer: Arc<Pointer>,
    /// The file's length when the pointer was read.
    decisions: u64,
    read: Instant,
}

impl Pointers {
    pub(crate) fn new(store: Store) -> Self {
        let decisions = store.folder().join("releases.decisions");
        Self { store, known: Arc::default(), decisions }
    }

    pub(crate) fn get(&self, use_case: &str) -> Result<Option<Arc<Pointer>>, Error> {
        // Before the pointer is read: a decision that comes in between is then seen by the next request.
        let decisions = fs::metadata(&self.decisions).map(|file| file.len()).unwrap_or(0);
        if let Some(known) = self.known.load().get(use_case)
            && known.decisions == decisions
            && known.read.elapsed() < LONGEST_TRUSTED
        {
            return Ok(Some(Arc::clone(&known.pointer)));
        }
        let read = Instant::now();
        let Some(pointer) = self.store.pointer(use_case)?.map(Arc::new) else { return Ok(None) };
        self.known.rcu(|known| {
            let mut known = HashMap::clone(known);
            known.insert(use_case.to_owned(), Known { pointer: Arc::clone(&pointer), decisions, read });
            known
        });
        Ok(Some(pointer))
    }

    /// Says to every process that a pointer has moved.
    pub(crate) fn moved(&self) {
        let said = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.decisions)
            .and_then(|mut file| file.write_all(b"."));
        if let Err(error) = said {
            tracing::warn!(%error, "{} cannot be written: the decision holds half a second later", self.decisions.display());
        }
    }
}
