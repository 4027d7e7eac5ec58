//! What is done beside the searches, in threads of its own: small and worn segments become one, large ones get a graph,
//! and what is worth it is written to files. Searches go on over the old list until the new one is whole.

use super::Inner;
use super::load::{Living, index};
use super::part::Part;
use super::store::Pointer;
use super::version::Loaded;
use crate::Error;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, PoisonError, Weak};

/// More segments than this are merged.
const MOST_PARTS: usize = 8;
/// A segment with fewer rows is indexed at a start as quickly as it is read.
const WORTH_A_FILE: u32 = 1_000;

/// A thread that does one thing for each collection it is told of.
pub(super) struct Helper(Sender<String>);

impl Helper {
    /// Ends when the handle goes.
    pub(super) fn start(name: &str, inner: &Weak<Inner>, work: fn(&Inner, &str) -> Result<(), Error>) -> Self {
        let (sender, names) = mpsc::channel::<String>();
        let inner = Weak::clone(inner);
        let run = move || {
            while let Ok(first) = names.recv() {
                // One turn does for everything that was asked for until it begins.
                let mut all: Vec<String> = std::iter::once(first).chain(names.try_iter()).collect();
                all.sort_unstable();
                all.dedup();
                let Some(inner) = inner.upgrade() else { return };
                for collection in all.iter().filter(|_| !inner.stopping.load(Ordering::Relaxed)) {
                    if let Err(error) = work(&inner, collection) {
                        tracing::warn!(collection, %error, "the index could not be tidied; it is tried again after the next change");
                    }
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name(name.to_owned()).spawn(run) {
            tracing::warn!(%error, "a helper of the index did not start; searches will be slower");
        }
        Self(sender)
    }

    pub(super) fn ask(&self, collection: &str) {
        // A helper that did not start was told of then.
        let _ = self.0.send(collection.to_owned());
    }
}

/// Merges what should be merged, then writes what should be written.
pub(super) fn tidy(inner: &Inner, collection: &str) -> Result<(), Error> {
    let living = inner.living(collection);
    let _turn = living.tidying.lock().unwrap_or_else(PoisonError::into_inner);
    while let Some(current) = living.current() {
        let worn = to_merge(&current);
        if worn.is_empty() || inner.stopping.load(Ordering::Relaxed) {
            break;
        }
        merge(inner, &living, &current, &worn)?;
        if living.current().is_some_and(|after| to_merge(&after).len() >= worn.len()) {
            break;
        }
    }
    if living.current().is_some_and(|current| current.parts.iter().any(|part| part.segment().wants_graph())) {
        inner.gardener.ask(collection);
    }
    save(inner, &living);
    Ok(())
}

/// The segments that hold much that is dead or anything that may have been erased, and when there are too many the
/// smaller ones: from the smallest up, as long as the next is not much larger than all before it.
fn to_merge(current: &Loaded) -> Vec<Part> {
    let worn = |part: &&Part| {
        part.dead() * 4 > u64::from(part.segment().documents())
            || (part.indexed.edition != current.edition && part.dead() > 0)
    };
    let mut chosen: Vec<Part> = current.parts.iter().filter(worn).cloned().collect();
    if current.parts.len() > MOST_PARTS {
        let mut others: Vec<&Part> = current.parts.iter().filter(|part| !worn(part)).collect();
        others.sort_by_key(|part| part.segment().rows());
        let mut sum = 0;
        for part in others {
            if sum > 0 && u64::from(part.segment().rows()) > 2 * sum {
                break;
            }
            sum += u64::from(part.segment().rows()).max(1);
            chosen.push(part.clone());
        }
    }
    chosen
}

fn merge(inner: &Inner, living: &Living, current: &Loaded, parts: &[Part]) -> Result<(), Error> {
    let Some(space) = &current.space else { return Ok(()) };
    let rows: Vec<i64> = parts.iter().flat_map(Part::rows).collect();
    let merged = inner.storage.read(|connection| index(connection, &rows, space, current.edition))?;
    living.replace(current, parts, &Part::whole(merged));
    Ok(())
}

/// Writes segments that have no file, and removes files that nobody needs.
fn save(inner: &Inner, living: &Living) {
    let Some(current) = living.current() else { return };
    let Some(space) = current.space.clone() else { return };
    let Loaded { key, number, edition, .. } = *current;
    let pointer = Pointer { key, newest: number, serving: number, edition, space };
    let mut kept = Vec::new();
    for part in current.parts.iter().filter(|part| part.segment().rows() >= WORTH_A_FILE) {
        let mut file = part.indexed.file();
        let there = file.as_ref().is_some_and(|file| file.exists());
        // One of an earlier edition may hold words that were erased; it is merged first.
        if !there && (part.indexed.edition == edition || part.dead() == 0) {
            match inner.files.write(part.segment(), &pointer) {
                Ok(path) => *file = Some(path),
                Err(error) => {
                    tracing::warn!(%error, "a segment file cannot be written; the next start will take longer");
                }
            }
        }
        kept.extend(file.clone());
    }
    inner.files.keep_only(key, &kept);
}

/// Builds the graphs that are wanted, the largest first.
pub(super) fn grow(inner: &Inner, collection: &str) -> Result<(), Error> {
    let living = inner.living(collection);
    while let Some(current) = living.current() {
        let wanting = current.parts.iter().filter(|part| part.segment().wants_graph());
        let Some(part) = wanting.max_by_key(|part| part.segment().rows()).cloned() else { break };
        drop(current);
        let in_use =
            || living.current().is_some_and(|now| now.parts.iter().any(|one| Arc::ptr_eq(&one.indexed, &part.indexed)));
        part.segment().build_graph(&|| !inner.stopping.load(Ordering::Relaxed) && in_use());
        if part.segment().wants_graph() && in_use() {
            // Given up, or it cannot be built.
            break;
        }
        // The file lacks the graph.
        *part.indexed.file() = None;
        inner.tidier.ask(collection);
    }
    Ok(())
}
