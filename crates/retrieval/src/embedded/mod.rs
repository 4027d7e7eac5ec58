//! The home of collections in the data folder. The tables (`store`) are the truth; searches run in memory, over segments
//! that were made from them (`segment`) and are shared between versions.
//!
//! Several processes may share one data folder (a server, and an ingest beside it). Every request for a version looks at
//! the collection's pointer in the tables, some microseconds, and takes in what changed when it is a new one: a change made
//! anywhere is therefore seen by the next search everywhere.
//!
//! In reading order: `store` (tables), `segment` (the index of some documents), `part` (a segment as a version has it),
//! `version` (searching), `bound` (an older one under later rights), `load` (from the store into memory), `files` (segments
//! on disk), `tidy` (what is done beside searches).

mod bound;
mod files;
mod load;
mod part;
mod segment;
mod store;
mod tidy;
mod version;

use crate::Error;
use crate::backend::{At, Backend, Batch, Commit, Head, Space, TextHash, Version, VersionInfo};
use files::Files;
use load::Living;
use rusqlite::{Connection, Transaction};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use storage::Storage;
use store::Pointer;
use tidy::Helper;
use version::Loaded;

/// Collections in a data folder.
pub(crate) struct Embedded {
    inner: Arc<Inner>,
}

struct Inner {
    storage: Storage,
    /// How many of the newest versions are kept.
    keep: usize,
    files: Files,
    living: RwLock<HashMap<String, Arc<Living>>>,
    tidier: Helper,
    gardener: Helper,
    stopping: AtomicBool,
}

impl Inner {
    fn living(&self, collection: &str) -> Arc<Living> {
        let held = self.living.read().unwrap_or_else(PoisonError::into_inner).get(collection).cloned();
        held.unwrap_or_else(|| {
            let mut all = self.living.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(collection.to_owned()).or_default())
        })
    }
}

impl Embedded {
    /// Makes the tables where they are missing; a folder of before there were versions loses its collections' content, which
    /// the feeds bring again. Nothing is loaded until it is asked for. `keep` is how many of the newest versions are kept.
    ///
    /// # Errors
    /// When the database cannot be changed.
    pub(crate) fn open(storage: &Storage, keep: usize) -> Result<Self, Error> {
        store::migrate(storage)?;
        let files = Files::in_data_folder(storage.folder());
        files.sweep(&storage.read(store::editions)?);
        let inner = Arc::new_cyclic(|weak| Inner {
            storage: storage.clone(),
            keep,
            files,
            living: RwLock::default(),
            tidier: Helper::start("index-tidier", weak, tidy::tidy),
            gardener: Helper::start("index-gardener", weak, tidy::grow),
            stopping: AtomicBool::new(false),
        });
        let home = Self { inner };
        for key in home.read(store::gone)? {
            home.clear(key)?;
        }
        Ok(home)
    }

    fn read<T>(&self, job: impl FnOnce(&Connection) -> storage::Result<T>) -> Result<T, Error> {
        Ok(self.inner.storage.read(job)?)
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> storage::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.inner.storage.write_blocking(job).map_err(store::told)
    }

    /// After a change that is committed whatever happens here: takes it into memory, when the collection is there, and lets
    /// go of what is no longer kept.
    fn settle(&self, collection: &str) {
        let living = self.inner.living(collection);
        if living.current().is_some() {
            match living.refresh(&self.inner.files, &self.inner.storage, collection) {
                Ok(_) => self.inner.tidier.ask(collection),
                Err(error) => tracing::warn!(collection, %error, "a change will be read when it is asked for"),
            }
        }
        if let Err(error) = self.retire(collection) {
            tracing::warn!(collection, %error, "old versions stay until the next change");
        }
    }

    fn retire(&self, collection: &str) -> Result<(), Error> {
        loop {
            let (name, keep) = (collection.to_owned(), self.inner.keep);
            if !self.write(move |transaction| store::retire_some(transaction, &name, keep))? {
                return Ok(());
            }
        }
    }

    /// Deletes the rows of a collection that is gone, piece by piece.
    fn clear(&self, key: i64) -> Result<(), Error> {
        while self.write(move |transaction| store::clear_some(transaction, key))? {}
        Ok(())
    }

    /// Removes all files of a collection: they hold what was just forgotten.
    fn forget_files(&self, collection: Option<Pointer>) {
        if let Some(pointer) = collection {
            self.inner.files.keep_only(pointer.key, &[]);
        }
    }
}

impl Drop for Embedded {
    /// What the helpers do is worth no wait.
    fn drop(&mut self) {
        self.inner.stopping.store(true, Ordering::Relaxed);
    }
}

impl Backend for Embedded {
    fn kind(&self) -> &'static str {
        "embedded"
    }

    fn health(&self) -> Result<(), Error> {
        self.read(|connection| store::pointer(connection, "").map(|_| ()))
    }

    fn heads(&self) -> Result<BTreeMap<String, Head>, Error> {
        self.read(store::heads)
    }

    fn head(&self, collection: &str) -> Result<Option<Head>, Error> {
        self.read(|connection| store::head(connection, collection))
    }

    fn version(&self, collection: &str, at: At) -> Result<Arc<dyn Version>, Error> {
        let living = self.inner.living(collection);
        let (files, storage) = (&self.inner.files, &self.inner.storage);
        let before = living.current();
        let version = match at {
            At::Serving => living.serving(files, storage, collection)?,
            At::Number(number) | At::Pinned(number) => Some(
                living
                    .numbered(files, storage, collection, number)?
                    .ok_or_else(|| Error::NoSuchVersion { collection: collection.to_owned(), number })?,
            ),
        };
        let Some(version) = version else { return Ok(Arc::new(Loaded::empty(storage, collection))) };
        if at == At::Serving && before.is_none_or(|before| !Arc::ptr_eq(&before, &version)) {
            self.inner.tidier.ask(collection);
        }
        match at {
            At::Number(_) => Ok(version),
            At::Serving | At::Pinned(_) => living.bind(version, at != At::Serving),
        }
    }

    fn versions(&self, collection: &str) -> Result<Vec<VersionInfo>, Error> {
        self.read(|connection| store::versions(connection, collection))
    }

    fn document_hashes(&self, collection: &str) -> Result<BTreeMap<String, String>, Error> {
        self.read(|connection| store::document_hashes(connection, collection))
    }

    fn vectors_of(&self, space: &Space, hashes: &[TextHash]) -> Result<Vec<Option<Vec<f32>>>, Error> {
        self.read(|connection| store::vectors_of(connection, space, hashes))
    }

    fn open_change(&self, collection: &str, space: &Space) -> Result<u64, Error> {
        let (name, space) = (collection.to_owned(), space.clone());
        self.write(move |transaction| store::open_change(transaction, &name, &space))
    }

    fn staged(&self, collection: &str) -> Result<BTreeMap<String, String>, Error> {
        self.read(|connection| store::staged(connection, collection))
    }

    fn stage(&self, collection: &str, number: u64, batch: Batch, commit: Option<Commit>) -> Result<(), Error> {
        let (name, committed) = (collection.to_owned(), commit.is_some());
        self.write(move |transaction| store::stage(transaction, &name, number, &batch, commit.as_ref()))?;
        if committed {
            self.settle(collection);
        }
        Ok(())
    }

    fn abandon(&self, collection: &str) -> Result<(), Error> {
        let name = collection.to_owned();
        self.write(move |transaction| store::abandon(transaction, &name))?;
        self.clear(store::NOWHERE)
    }

    fn confirm(&self, collection: &str, commit: Commit) -> Result<(), Error> {
        let name = collection.to_owned();
        self.write(move |transaction| store::confirm(transaction, &name, &commit))
    }

    fn serve(&self, collection: &str, number: u64) -> Result<(), Error> {
        let name = collection.to_owned();
        self.write(move |transaction| store::serve(transaction, &name, number))?;
        self.settle(collection);
        self.clear(store::NOWHERE)
    }

    fn pin(&self, collection: &str, holder: &str, number: Option<u64>) -> Result<(), Error> {
        let (name, holder) = (collection.to_owned(), holder.to_owned());
        self.write(move |transaction| store::pin(transaction, &name, &holder, number))?;
        self.retire(collection)
    }

    fn without_vector(&self, collection: &str, space: &Space, most: usize) -> Result<Vec<(TextHash, String)>, Error> {
        self.read(|connection| store::without_vector(connection, collection, space, most))
    }

    fn keep_vectors(&self, space: &Space, vectors: Vec<(TextHash, Vec<f32>)>) -> Result<(), Error> {
        let space = space.clone();
        self.write(move |transaction| store::keep_vectors(transaction, &space, &vectors))
    }

    fn swap_space(&self, collection: &str, space: &Space) -> Result<(), Error> {
        let (name, space) = (collection.to_owned(), space.clone());
        self.write(move |transaction| store::swap_space(transaction, &name, &space))?;
        self.settle(collection);
        self.clear(store::NOWHERE)
    }

    fn erase(&self, collection: &str, documents: &[String]) -> Result<u64, Error> {
        let pointer = self.read(|connection| store::pointer(connection, collection))?;
        let (name, documents) = (collection.to_owned(), documents.to_vec());
        let rows = self.write(move |transaction| store::erase(transaction, &name, &documents))?;
        if rows > 0 {
            self.forget_files(pointer);
            self.settle(collection);
        }
        Ok(rows)
    }

    fn drop_collection(&self, collection: &str) -> Result<(), Error> {
        let pointer = self.read(|connection| store::pointer(connection, collection))?;
        let name = collection.to_owned();
        let key = self.write(move |transaction| store::drop_collection(transaction, &name))?;
        self.inner.living.write().unwrap_or_else(PoisonError::into_inner).remove(collection);
        self.forget_files(pointer);
        key.map_or(Ok(()), |key| self.clear(key))
    }
}

#[cfg(test)]
mod tests;
