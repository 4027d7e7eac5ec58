//! The face of this room: collections by name. Changes are embedded and staged, readers get whole versions, and whoever
//! keeps house moves pointers: rolls back, pins, moves a collection to another embedder.

mod change;
mod reembed;

pub use change::Change;
pub use reembed::Moved;

use crate::Error;
use crate::backend::{At, Backend, Commit, Head, Space, Version, VersionInfo};
use crate::document::Changes;
use crate::embedded::Embedded;
use crate::embedder::{Embedder, Embedders};
use crate::postgres::PostgresBackend;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use storage::Storage;
use storage::postgres::Postgres;

/// Where collections live.
#[derive(Clone, Copy)]
pub enum Home<'a> {
    /// In the data folder.
    Embedded(&'a Storage),
    /// In Postgres with pgvector.
    Postgres(&'a Postgres),
}

/// All collections of one home. Clones share everything.
#[derive(Clone)]
pub struct Collections {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Box<dyn Backend>,
    embedders: Embedders,
    /// One change of a collection at a time in this process; others are kept out by whoever runs feeds.
    turns: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl Collections {
    /// Makes the tables where they are missing. `keep` versions of a collection stay beside those that are pinned.
    ///
    /// # Errors
    /// When the home cannot be reached or changed.
    pub fn open(home: Home<'_>, keep: usize, embedders: Embedders) -> Result<Self, Error> {
        let backend: Box<dyn Backend> = match home {
            Home::Embedded(storage) => Box::new(Embedded::open(storage, keep)?),
            Home::Postgres(postgres) => Box::new(PostgresBackend::open(postgres, keep)?),
        };
        Ok(Self { inner: Arc::new(Inner { backend, embedders, turns: Mutex::default() }) })
    }

    /// The embedder that was configured: new collections get its space.
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        self.inner.embedders.configured()
    }

    /// The embedder of a space, when it is the configured one or one that needs nothing but this machine.
    ///
    /// # Errors
    /// When it is known and cannot be opened.
    pub fn embedder_of(&self, space: &Space) -> Result<Option<Arc<dyn Embedder>>, Error> {
        self.inner.embedders.of(space)
    }

    fn backend(&self) -> &dyn Backend {
        self.inner.backend.as_ref()
    }

    /// `embedded` or `postgres`.
    pub fn home(&self) -> &'static str {
        self.backend().kind()
    }

    /// # Errors
    /// When nothing can be read now.
    pub fn health(&self) -> Result<(), Error> {
        self.backend().health()
    }

    /// The right to fill a collection, for as long as it is held; `None` while another node has it.
    ///
    /// # Errors
    /// When the home cannot be asked.
    pub fn hold(&self, name: &str) -> Result<Option<Box<dyn Send>>, Error> {
        self.backend().hold(name)
    }

    /// All collections by name.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn list(&self) -> Result<BTreeMap<String, Head>, Error> {
        self.backend().heads()
    }

    /// How a collection stands; `None` when it was never written to.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn head(&self, name: &str) -> Result<Option<Head>, Error> {
        self.backend().head(name)
    }

    /// A version to search in; the empty version 0 for a collection that was never written to. Costs some microseconds
    /// where it is at hand, but blocks while it is read.
    ///
    /// # Errors
    /// [`Error::NoSuchVersion`]; otherwise when nothing can be read.
    pub fn version(&self, name: &str, at: At) -> Result<Arc<dyn Version>, Error> {
        self.backend().version(name, at)
    }

    /// The versions that are kept, newest first.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn versions(&self, name: &str) -> Result<Vec<VersionInfo>, Error> {
        self.backend().versions(name)
    }

    /// Serves another kept version from now on.
    ///
    /// # Errors
    /// [`Error::NoSuchVersion`]; otherwise when nothing can be written.
    pub fn serve(&self, name: &str, number: u64) -> Result<(), Error> {
        self.backend().serve(name, number)
    }

    /// Keeps a version until its holder lets go of it, with `number` of `None`.
    ///
    /// # Errors
    /// [`Error::NoSuchVersion`]; otherwise when nothing can be written.
    pub fn pin(&self, name: &str, holder: &str, number: Option<u64>) -> Result<(), Error> {
        self.backend().pin(name, holder, number)
    }

    /// Content hash of every document of the serving version by its id.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn document_hashes(&self, name: &str) -> Result<BTreeMap<String, String>, Error> {
        self.backend().document_hashes(name)
    }

    /// Content hash by id of what a process staged before it died; empty when no change is open.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn staged(&self, name: &str) -> Result<BTreeMap<String, String>, Error> {
        self.backend().staged(name)
    }

    /// Says without any change of documents that the rights were read again, or where the source stands.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn confirm(&self, name: &str, commit: Commit) -> Result<(), Error> {
        self.backend().confirm(name, commit)
    }

    /// Forgets documents in every version (erasure). Gives how many rows went.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn erase(&self, name: &str, documents: &[String]) -> Result<u64, Error> {
        self.backend().erase(name, documents)
    }

    /// Forgets a whole collection.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn drop_collection(&self, name: &str) -> Result<(), Error> {
        self.backend().drop_collection(name)
    }

    /// Begins a change, or goes on with the one that a process left open when it died.
    ///
    /// # Errors
    /// [`Error::OtherSpace`] when nobody here can embed for the collection, [`Error::ChangeElsewhere`] while another node changes
    /// it; otherwise when nothing can be written.
    pub fn change(&self, name: &str) -> Result<Change, Error> {
        Change::open(self.clone(), name)
    }

    /// Applies a whole change at once and gives the version that has it. Blocks while new text is embedded; a text that was
    /// embedded before is not embedded again. With nothing to change the version stays.
    ///
    /// # Errors
    /// A passage outside its document, an embedder that fails, or a home that cannot be written; then nothing was changed.
    pub fn apply(&self, name: &str, changes: Changes) -> Result<u64, Error> {
        if changes.upsert.is_empty() && changes.delete.is_empty() {
            return Ok(self.head(name)?.map_or(0, |head| head.serving));
        }
        // Kept beyond the change: when it fails, it is forgotten before another node could go on with it.
        let _held = self.hold(name)?;
        let change = self.change(name)?;
        let untouched = change.staged().is_empty();
        let applied = change.stage_and_commit(changes, Commit::default(), &|_, _| ());
        if applied.is_err() && untouched {
            // The change that was opened for this one part goes with it; what went wrong is told either way.
            let _gone = self.backend().abandon(name);
        }
        applied
    }

    /// Moves a collection to the configured embedder: embeds every text of every kept version beside the vectors that
    /// serve, then swaps in one step. Tells after each batch how many of how many texts are done.
    ///
    /// # Errors
    /// An embedder that fails, or a home that cannot be written; the collection is then as it was, and what was embedded
    /// stays for the next attempt.
    pub fn reembed(&self, name: &str, told: &dyn Fn(usize, usize)) -> Result<Moved, Error> {
        reembed::reembed(self, name, told)
    }

    /// This process's turn to change a collection.
    fn turn(&self, name: &str) -> Arc<Mutex<()>> {
        let mut turns = self.inner.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(name.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests;
