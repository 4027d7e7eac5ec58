//! From the store into memory: a version is made out of one that is there already (what changed is a few rows) or, at a
//! process's start, out of segment files; only documents that are in neither are indexed.

use super::bound::Bound;
use super::files::Files;
use super::part::{Indexed, Part};
use super::segment::Segment;
use super::store::{self, Pointer};
use super::version::Loaded;
use crate::Error;
use crate::backend::{At, Space, Version};
use arc_swap::ArcSwapOption;
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use storage::Storage;

/// Versions held beside the one that is served: those that bundles pin, and what somebody looks back at.
const OTHERS: usize = 4;

/// What of one collection is in memory.
#[derive(Default)]
pub(super) struct Living {
    current: ArcSwapOption<Loaded>,
    /// The one used last comes last.
    others: Mutex<VecDeque<Arc<Loaded>>>,
    /// Older versions as later rights bind them; the one made last comes last.
    bound: Mutex<VecDeque<Arc<Bound>>>,
    /// Held while a version is made, so that it is made once.
    turn: Mutex<()>,
    /// Held while segments are merged and written.
    pub(super) tidying: Mutex<()>,
}

impl Living {
    pub(super) fn current(&self) -> Option<Arc<Loaded>> {
        self.current.load_full()
    }

    fn others(&self) -> MutexGuard<'_, VecDeque<Arc<Loaded>>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The served version. While somebody makes a newer one, the last one answers, unless documents of it were erased.
    /// `None` for a collection that nothing was committed to.
    pub(super) fn serving(&self, files: &Files, storage: &Storage, name: &str) -> Result<Option<Arc<Loaded>>, Error> {
        let pointer = storage.read(|connection| store::pointer(connection, name))?;
        let Some(pointer) = pointer.filter(|pointer| pointer.newest > 0) else { return Ok(None) };
        let current = self.current().filter(|current| current.is_of(&pointer));
        if let Some(current) = current {
            let busy = || matches!(self.turn.try_lock(), Err(std::sync::TryLockError::WouldBlock));
            if current.number == pointer.serving || busy() {
                return Ok(Some(current));
            }
        }
        self.refresh(files, storage, name)
    }

    /// The served version, waited for.
    pub(super) fn refresh(&self, files: &Files, storage: &Storage, name: &str) -> Result<Option<Arc<Loaded>>, Error> {
        let _turn = self.turn();
        let current = self.current();
        let fresh = make(files, storage, name, At::Serving, current.as_deref())?;
        let Some(fresh) = fresh else { return Ok(None) };
        if let Some(current) = current.filter(|current| current.is_of(&fresh.0) && current.number == fresh.0.serving) {
            return Ok(Some(current));
        }
        let fresh = Arc::new(fresh.1);
        self.current.store(Some(Arc::clone(&fresh)));
        self.bound().clear();
        Ok(Some(fresh))
    }

    /// A version for answers: as it is while it is the newest or nobody rolled back, otherwise as later rights bind it. The
    /// version that is served a moment longer while its successor is loaded is one of the former.
    pub(super) fn bind(&self, version: Arc<Loaded>, pinned: bool) -> Result<Arc<dyn Version>, Error> {
        let name = &version.collection;
        let pointer = version.storage.read(|connection| store::pointer(connection, name))?;
        let Some(pointer) = pointer.filter(|pointer| pointer.key == version.key) else {
            return Err(Error::NoSuchVersion { collection: name.clone(), number: version.number });
        };
        if version.number >= pointer.newest || !pinned && pointer.serving == pointer.newest {
            return Ok(version);
        }
        // Held while it is made, so that it is made once.
        let mut bound = self.bound();
        bound.retain(|bound| bound.is_after(&pointer));
        if let Some(there) = bound.iter().find(|bound| bound.is(&version, &pointer, pinned)) {
            return Ok(Arc::<Bound>::clone(there));
        }
        let made = Arc::new(Bound::read(version, &pointer, pinned)?);
        if bound.len() >= OTHERS {
            bound.pop_front();
        }
        bound.push_back(Arc::clone(&made));
        Ok(made)
    }

    fn bound(&self) -> MutexGuard<'_, VecDeque<Arc<Bound>>> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One kept version.
    pub(super) fn numbered(
        &self,
        files: &Files,
        storage: &Storage,
        name: &str,
        number: u64,
    ) -> Result<Option<Arc<Loaded>>, Error> {
        let pointer = storage.read(|connection| kept(connection, name, number))?;
        let Some(pointer) = pointer else { return Ok(None) };
        if let Some(there) = self.held(&pointer, number) {
            return Ok(Some(there));
        }
        let _turn = self.turn();
        if let Some(there) = self.held(&pointer, number) {
            return Ok(Some(there));
        }
        let made = make(files, storage, name, At::Number(number), self.current().as_deref())?;
        let Some((_, made)) = made else { return Ok(None) };
        let made = Arc::new(made);
        let mut others = self.others();
        if others.len() >= OTHERS {
            others.pop_front();
        }
        others.push_back(Arc::clone(&made));
        Ok(Some(made))
    }

    fn held(&self, pointer: &Pointer, number: u64) -> Option<Arc<Loaded>> {
        if let Some(current) = self.current().filter(|current| current.is(pointer, number)) {
            return Some(current);
        }
        let mut others = self.others();
        others.retain(|other| other.is_of(pointer));
        let index = others.iter().position(|other| other.number == number)?;
        let found = others.remove(index)?;
        others.push_back(Arc::clone(&found));
        Some(found)
    }

    /// Puts one segment in the place of several that it was made from. Given up when the version has documents alive in
    /// them that the new one lacks, or when somebody erased.
    pub(super) fn replace(&self, merged: &Loaded, replaced: &[Part], by: &Part) {
        let _turn = self.turn();
        let Some(current) = self.current() else { return };
        if (current.key, current.edition) != (merged.key, merged.edition) {
            return;
        }
        let is_replaced = |part: &Part| replaced.iter().any(|other| Arc::ptr_eq(&other.indexed, &part.indexed));
        let mut whole = by.emptied();
        let mut parts = Vec::with_capacity(current.parts.len());
        for part in &current.parts {
            if !is_replaced(part) {
                parts.push(part.clone());
            } else if !part.rows().all(|row| whole.set(row, true)) {
                return;
            }
        }
        whole.settle();
        // Bigger segments stand before smaller ones, which come and go.
        parts.insert(0, whole);
        parts.retain(|part| part.living() > 0);
        let storage = current.storage.clone();
        let (collection, space) = (current.collection.clone(), current.space.clone());
        let Loaded { key, number, edition, .. } = *current;
        self.current.store(Some(Arc::new(Loaded { storage, collection, key, number, edition, space, parts })));
        // They hold the segments that were just replaced, and are made again when they are asked for.
        self.others().clear();
        self.bound().clear();
    }
}

fn kept(connection: &Connection, name: &str, number: u64) -> storage::Result<Option<Pointer>> {
    let Some(pointer) = store::pointer(connection, name)? else { return Ok(None) };
    Ok(store::keeps(connection, pointer.key, number)?.then_some(pointer))
}

/// Makes a version, in one look at the store; also tells how the collection stood at that moment.
fn make(
    files: &Files,
    storage: &Storage,
    name: &str,
    at: At,
    base: Option<&Loaded>,
) -> Result<Option<(Pointer, Loaded)>, Error> {
    let made = storage.read(|connection| {
        let Some(pointer) = store::pointer(connection, name)? else { return Ok(None) };
        let number = match at {
            At::Serving => pointer.serving,
            At::Number(number) | At::Pinned(number) => number,
        };
        if !store::keeps(connection, pointer.key, number)? {
            return Ok(None);
        }
        let base = base.filter(|base| base.key == pointer.key && base.space.as_ref() == Some(&pointer.space));
        // The rows of a version that is not kept may be gone, and with them what tells it from this one.
        let near = match base {
            Some(base) => base.edition == pointer.edition && store::keeps(connection, pointer.key, base.number)?,
            None => false,
        };
        let (mut parts, changes) = match base {
            Some(base) if near => {
                (base.parts.clone(), store::differences(connection, pointer.key, base.number, number)?)
            }
            base => {
                let pool = base.map_or_else(|| files.read(&pointer), |base| base.parts.clone());
                let living = store::living(connection, pointer.key, number)?;
                let alive = living.into_iter().map(|row| (row, true)).collect();
                (pool.iter().map(Part::emptied).collect(), alive)
            }
        };
        let mut fresh = Vec::new();
        for (row, lives) in changes {
            let found = parts.iter_mut().any(|part| part.set(row, lives));
            if !found && lives {
                fresh.push(row);
            }
        }
        parts.iter_mut().for_each(Part::settle);
        parts.retain(|part| part.living() > 0);
        if !fresh.is_empty() {
            parts.push(Part::whole(index(connection, &fresh, &pointer.space, pointer.edition)?));
        }
        let (storage, collection, space) = (storage.clone(), name.to_owned(), Some(pointer.space.clone()));
        let (key, edition) = (pointer.key, pointer.edition);
        Ok(Some((pointer, Loaded { storage, collection, key, number, edition, space, parts })))
    });
    Ok(made?)
}

/// Indexes documents by their rows.
pub(super) fn index(connection: &Connection, rows: &[i64], space: &Space, edition: u64) -> storage::Result<Indexed> {
    let mut builder = Segment::builder(space.dimensions);
    store::for_index(connection, rows, &space.embedder, &mut |row, document, vectors| {
        builder.document(row, &document.id, document.groups.as_deref(), &document.metadata);
        for (passage, vector) in document.passages.iter().zip(vectors) {
            // One of another length is none of this space.
            let vector = vector.filter(|vector| vector.len() == space.dimensions);
            builder.passage(passage.place.ordinal, &passage.indexed, vector.as_deref());
        }
    })?;
    Ok(Indexed::new(builder.finish(), edition, None))
}
