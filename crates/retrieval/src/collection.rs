//! Collections by name: changes are applied to the tables, and readers get snapshots.
//!
//! Several processes may share one data folder (a server, and `shipway ingest` beside it). The tables are the truth;
//! every request for a snapshot looks at the collection's number, a few microseconds, and reads what changed when it
//! is a new one. A change made anywhere is therefore seen by the next search everywhere.

use crate::Error;
use crate::code_points::CodePoints;
use crate::embedder::Embedder;
use crate::snapshot::{Snapshot, Space, indexed_text};
use crate::store::{self, CollectionInfo, DocumentRow, PassageRow, TextHash, Write};
use arc_swap::ArcSwap;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock, TryLockError};
use storage::Storage;

/// Texts that are embedded in one call; between two calls progress is told.
const EMBEDDED_AT_ONCE: usize = 64;

/// One document with its place for every passage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentPut {
    /// Unique within the collection.
    pub id: String,
    pub title: String,
    pub url: Option<String>,
    /// The extracted text that passages and citations point into.
    pub text: String,
    /// Fields to filter by: texts, numbers, booleans, lists of these. Anything else is kept but not found.
    pub metadata: Map<String, Value>,
    /// Who may see it: `None` is everyone, an empty list nobody.
    pub groups: Option<Vec<String>>,
    /// The reader's own hash, given back by [`Collections::document_hashes`].
    pub content_hash: String,
    /// Ordinal, first code point and one past the last, for each passage.
    pub passages: Vec<(u32, usize, usize)>,
}

/// One change of a collection, applied whole or not at all. A document both deleted and put is put.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    pub upsert: Vec<DocumentPut>,
    /// Ids; one that is not there is no error.
    pub delete: Vec<String>,
}

/// All collections of one data folder. Clones share everything.
#[derive(Clone)]
pub struct Collections {
    inner: Arc<Inner>,
}

struct Inner {
    storage: Storage,
    embedder: Arc<dyn Embedder>,
    live: RwLock<HashMap<String, Arc<Live>>>,
}

/// One collection that has been asked for.
struct Live {
    current: ArcSwap<Snapshot>,
    /// Held while a newer snapshot is read, so that it is read once.
    refreshing: Mutex<()>,
    /// Held while a change is applied.
    applying: Mutex<()>,
}

impl Collections {
    /// Makes the tables where they are missing. Snapshots are read when they are first asked for.
    ///
    /// # Errors
    /// When the database cannot be changed.
    pub fn open(storage: &Storage, embedder: Arc<dyn Embedder>) -> Result<Self, Error> {
        store::migrate(storage)?;
        let live = RwLock::default();
        Ok(Self { inner: Arc::new(Inner { storage: storage.clone(), embedder, live }) })
    }

    /// The embedder whose vectors these collections hold; questions must be embedded by the same one.
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.inner.embedder
    }

    /// The newest snapshot of a collection; an empty one with number 0 when nothing was ever written to it. Costs some
    /// microseconds, but blocks while it reads a change that another process made, or all when it is first asked for.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn snapshot(&self, name: &str) -> Result<Arc<Snapshot>, Error> {
        let number = self.inner.storage.read(|connection| store::number(connection, name))?;
        let Some(number) = number else { return Ok(Arc::new(Snapshot::empty(name, self.space()))) };
        let live = self.live(name);
        let current = live.current.load_full();
        // A newer one than the number just read was put there by someone else in between.
        if current.number() >= number {
            return Ok(current);
        }
        let busy = matches!(live.refreshing.try_lock(), Err(TryLockError::WouldBlock));
        // Somebody reads the new one already; until they are done the last snapshot answers, if there is one.
        if busy && current.number() > 0 { Ok(current) } else { self.refresh(name, &live) }
    }

    /// All collections with what they hold.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn list(&self) -> Result<Vec<CollectionInfo>, Error> {
        Ok(self.inner.storage.read(store::collections)?)
    }

    /// Content hash of every document of a collection by its id.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn document_hashes(&self, name: &str) -> Result<BTreeMap<String, String>, Error> {
        Ok(self.inner.storage.read(|connection| store::document_hashes(connection, name))?)
    }

    /// Applies a change and gives the number of the snapshot that has it. Blocks while new text is embedded; texts that
    /// were embedded before are not embedded again. With nothing to change and nothing to embed the number stays.
    ///
    /// # Errors
    /// A passage outside its document, an embedder that fails, or a database that cannot be written; then nothing
    /// was changed.
    pub fn apply(&self, name: &str, changes: Changes) -> Result<u64, Error> {
        self.apply_with(name, changes, &|_, _| ())
    }

    /// The same, telling after each batch how many of how many new texts have been embedded.
    ///
    /// # Errors
    /// Those of [`Collections::apply`].
    pub fn apply_with(&self, name: &str, changes: Changes, embedded: &dyn Fn(usize, usize)) -> Result<u64, Error> {
        let live = self.live(name);
        let _turn = live.applying.lock().unwrap_or_else(PoisonError::into_inner);
        let mut texts = Texts::default();
        let Changes { upsert, delete } = changes;
        let upsert = upsert.into_iter().map(|put| prepare(put, &mut texts)).collect::<Result<Vec<_>, _>>()?;
        self.take_in_stale(name, &upsert, &delete, &mut texts)?;
        if upsert.is_empty() && delete.is_empty() && texts.is_empty() {
            return Ok(self.snapshot(name)?.number());
        }
        let embedder = self.inner.embedder.identity().to_owned();
        let vectors = self.vectors(texts, embedded)?;
        let write = Write { collection: name.to_owned(), embedder, upsert, delete, vectors };
        let number = self.inner.storage.write_blocking(move |transaction| store::write(transaction, &write))?;
        self.refresh(name, &live)?;
        Ok(number)
    }

    /// Adds the texts of documents that stay but have no vectors of this embedder: it was changed since the last time.
    fn take_in_stale(
        &self,
        name: &str,
        upsert: &[DocumentRow],
        delete: &[String],
        texts: &mut Texts,
    ) -> Result<(), Error> {
        let identity = self.inner.embedder.identity();
        let stale = self.inner.storage.read(|connection| store::unembedded(connection, name, identity))?;
        let leaving: HashSet<&String> = delete.iter().chain(upsert.iter().map(|document| &document.id)).collect();
        if stale.iter().all(|id| leaving.contains(id)) {
            return Ok(());
        }
        let read = self.read(name, 0)?.map_or_else(Vec::new, |read| read.changed);
        for document in read.iter().filter(|document| !leaving.contains(&document.id)) {
            let code_points = CodePoints::of(&document.text);
            for passage in document.passages.iter().filter(|passage| passage.vector.is_none()) {
                texts.take_in(&document.title, &document.text[code_points.bytes(passage.start, passage.end)]);
            }
        }
        Ok(())
    }

    /// The vector of each text: from the tables where it is there, else embedded now.
    fn vectors(&self, texts: Texts, embedded: &dyn Fn(usize, usize)) -> Result<Vec<(TextHash, Vec<f32>)>, Error> {
        let embedder = &self.inner.embedder;
        let (hashes, texts): (Vec<TextHash>, Vec<String>) = texts.0.into_iter().unzip();
        let kept = self.inner.storage.read(|connection| store::vectors_of(connection, embedder.identity(), &hashes))?;
        let mut vectors = Vec::with_capacity(hashes.len());
        let mut fresh = Vec::new();
        for ((hash, text), kept) in hashes.into_iter().zip(texts).zip(kept) {
            match kept.filter(|vector| vector.len() == embedder.dimensions()) {
                // Written again although it is there: a change elsewhere may forget it before this one is in.
                Some(vector) => vectors.push((hash, vector)),
                None => fresh.push((hash, text)),
            }
        }
        for (done, batch) in fresh.chunks(EMBEDDED_AT_ONCE).enumerate() {
            let batch_texts: Vec<&str> = batch.iter().map(|(_, text)| text.as_str()).collect();
            let made = embedder.embed(&batch_texts)?;
            check_made(embedder.as_ref(), batch.len(), &made)?;
            vectors.extend(batch.iter().map(|(hash, _)| *hash).zip(made));
            embedded(done * EMBEDDED_AT_ONCE + batch.len(), fresh.len());
        }
        Ok(vectors)
    }

    fn live(&self, name: &str) -> Arc<Live> {
        let held = self.inner.live.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        held.unwrap_or_else(|| {
            let mut all = self.inner.live.write().unwrap_or_else(PoisonError::into_inner);
            let fresh = || {
                let empty = Arc::new(Snapshot::empty(name, self.space()));
                Live { current: ArcSwap::new(empty), refreshing: Mutex::default(), applying: Mutex::default() }
            };
            Arc::clone(all.entry(name.to_owned()).or_insert_with(|| Arc::new(fresh())))
        })
    }

    /// Reads what changed since the snapshot at hand and swaps in a new one.
    fn refresh(&self, name: &str, live: &Live) -> Result<Arc<Snapshot>, Error> {
        let _turn = live.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let current = live.current.load_full();
        // Vectors may have come for documents that did not change themselves: then everything is read anew.
        let older = current.embedder_matches().then_some(&*current);
        let since = older.map_or(0, Snapshot::number);
        let Some(read) = self.read(name, since)? else { return Ok(current) };
        if read.number == current.number() {
            return Ok(current);
        }
        let fresh = Arc::new(Snapshot::build(name, read.number, self.space(), older, read.changed, &read.present));
        live.current.store(Arc::clone(&fresh));
        Ok(fresh)
    }

    fn read(&self, name: &str, since: u64) -> Result<Option<store::Read>, Error> {
        let identity = self.inner.embedder.identity();
        Ok(self.inner.storage.read(|connection| store::read(connection, name, identity, since))?)
    }

    fn space(&self) -> Space {
        let embedder = &self.inner.embedder;
        Space { dimensions: embedder.dimensions(), words_weight: embedder.fusion_weight() }
    }
}

/// Texts to embed, each once.
#[derive(Default)]
struct Texts(BTreeMap<TextHash, String>);

impl Texts {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take_in(&mut self, title: &str, passage: &str) -> TextHash {
        let text = indexed_text(title, passage);
        let hash = Sha256::digest(&text).into();
        self.0.insert(hash, text);
        hash
    }
}

/// Checks a document's passages and takes in their texts.
fn prepare(put: DocumentPut, texts: &mut Texts) -> Result<DocumentRow, Error> {
    let DocumentPut { id, title, url, text, metadata, groups, content_hash, passages } = put;
    let code_points = CodePoints::of(&text);
    let length = code_points.count();
    let mut rows = Vec::with_capacity(passages.len());
    for (ordinal, start, end) in passages {
        if start >= end || end > length {
            return Err(Error::BadPassage { document: id, ordinal, start, end, length });
        }
        let text_hash = texts.take_in(&title, &text[code_points.bytes(start, end)]);
        rows.push(PassageRow { ordinal, start, end, text_hash });
    }
    Ok(DocumentRow { id, content_hash, title, url, text, metadata, groups, passages: rows })
}

fn check_made(embedder: &dyn Embedder, wanted: usize, made: &[Vec<f32>]) -> Result<(), Error> {
    let dimensions = embedder.dimensions();
    let reason = if made.len() != wanted {
        format!("it gave {} vectors for {wanted} texts", made.len())
    } else if let Some(odd) = made.iter().find(|vector| vector.len() != dimensions) {
        format!("it gave a vector of {} numbers instead of {dimensions}", odd.len())
    } else if made.iter().flatten().any(|value| !value.is_finite()) {
        "it gave a vector with a number that is not finite".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::Embedder { embedder: embedder.identity().to_owned(), reason })
}

#[cfg(test)]
mod tests;
