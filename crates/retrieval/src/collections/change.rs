//! One change of a collection, staged in as many parts as memory allows and seen whole once it is committed.

use super::Collections;
use crate::Error;
use crate::backend::{Batch, Commit, DocumentRow, PassageRow, Space, TextHash};
use crate::code_points::CodePoints;
use crate::document::{Changes, DocumentPut, indexed_text};
use crate::embedder::Embedder;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// Texts that are embedded in one call; between two calls progress is told.
pub(super) const EMBEDDED_AT_ONCE: usize = 64;

/// A change that is being put together. Dropped without a commit it stays staged, and the next one goes on with it, on whatever
/// node that is.
pub struct Change {
    collections: Collections,
    name: String,
    number: u64,
    space: Space,
    embedder: Arc<dyn Embedder>,
    staged: BTreeMap<String, String>,
    /// The right to change the collection, which keeps other nodes out.
    _held: Box<dyn Send>,
}

impl Change {
    pub(super) fn open(collections: Collections, name: &str) -> Result<Self, Error> {
        let head = collections.head(name)?;
        let (space, embedder) = match head {
            Some(head) => {
                let embedder = collections.embedder_of(&head.space)?.ok_or_else(|| Error::OtherSpace {
                    collection: name.to_owned(),
                    holds: head.space.embedder.clone(),
                    asked: collections.embedder().identity().to_owned(),
                })?;
                (head.space, embedder)
            }
            None => (collections.embedder().space(), Arc::clone(collections.embedder())),
        };
        let held = collections.hold(name)?.ok_or_else(|| Error::ChangeElsewhere { collection: name.to_owned() })?;
        let number = collections.backend().open_change(name, &space)?;
        let staged = collections.backend().staged(name)?;
        Ok(Self { collections, name: name.to_owned(), number, space, embedder, staged, _held: held })
    }

    /// The version that this will be.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Content hash by id of documents that an earlier process staged before it died.
    pub fn staged(&self) -> &BTreeMap<String, String> {
        &self.staged
    }

    /// Stages a part of the change. Blocks while new text is embedded; tells after each batch how many of how many.
    ///
    /// # Errors
    /// A passage outside its document, an embedder that fails, or a home that cannot be written; the part is then not staged.
    pub fn stage(&mut self, changes: Changes, embedded: &dyn Fn(usize, usize)) -> Result<(), Error> {
        self.send(changes, None, embedded)
    }

    /// Stages the last part, which may be empty, and makes everything that was staged the newest version, in one transaction.
    ///
    /// # Errors
    /// Those of [`Change::stage`]; what was staged before then stays staged.
    pub fn stage_and_commit(
        mut self,
        changes: Changes,
        commit: Commit,
        embedded: &dyn Fn(usize, usize),
    ) -> Result<u64, Error> {
        self.send(changes, Some(commit), embedded)?;
        Ok(self.number)
    }

    /// Forgets what was staged.
    ///
    /// # Errors
    /// When the home cannot be written.
    pub fn abandon(self) -> Result<(), Error> {
        self.collections.backend().abandon(&self.name)
    }

    fn send(&mut self, changes: Changes, commit: Option<Commit>, embedded: &dyn Fn(usize, usize)) -> Result<(), Error> {
        let turn = self.collections.turn(&self.name);
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut texts = Texts::default();
        let Changes { upsert, delete } = changes;
        let upsert = upsert.into_iter().map(|put| prepare(put, &mut texts)).collect::<Result<Vec<_>, _>>()?;
        let vectors = self.vectors(texts, embedded)?;
        self.collections.backend().stage(&self.name, self.number, Batch { upsert, delete, vectors }, commit)
    }

    /// The vectors of texts that have none yet.
    fn vectors(&self, texts: Texts, told: &dyn Fn(usize, usize)) -> Result<Vec<(TextHash, Vec<f32>)>, Error> {
        let (hashes, texts): (Vec<TextHash>, Vec<String>) = texts.0.into_iter().unzip();
        let kept = self.collections.backend().vectors_of(&self.space, &hashes)?;
        let mut vectors = Vec::with_capacity(hashes.len());
        let mut fresh = Vec::new();
        for ((hash, text), kept) in hashes.into_iter().zip(texts).zip(kept) {
            match kept {
                // Written again although it is there: a change elsewhere may forget it before this one is in.
                Some(vector) => vectors.push((hash, vector)),
                None => fresh.push((hash, text)),
            }
        }
        vectors.extend(embed_all(self.embedder.as_ref(), &fresh, told)?);
        Ok(vectors)
    }
}

/// Embeds texts in batches, telling after each how many of how many are done.
pub(super) fn embed_all(
    embedder: &dyn Embedder,
    texts: &[(TextHash, String)],
    told: &dyn Fn(usize, usize),
) -> Result<Vec<(TextHash, Vec<f32>)>, Error> {
    let all = texts.len();
    let mut vectors = Vec::with_capacity(all);
    for batch in texts.chunks(EMBEDDED_AT_ONCE) {
        let batch_texts: Vec<&str> = batch.iter().map(|(_, text)| text.as_str()).collect();
        let made = embedder.embed(&batch_texts)?;
        check_made(embedder, batch.len(), &made)?;
        vectors.extend(batch.iter().map(|(hash, _)| *hash).zip(made));
        told(vectors.len(), all);
    }
    Ok(vectors)
}

/// Texts to embed, each once.
#[derive(Default)]
struct Texts(BTreeMap<TextHash, String>);

/// Checks a document's passages and takes in their texts.
fn prepare(put: DocumentPut, texts: &mut Texts) -> Result<DocumentRow, Error> {
    let DocumentPut { id, title, url, text, metadata, groups, content_hash, passages } = put;
    let code_points = CodePoints::of(&text);
    let length = code_points.count();
    let mut rows = Vec::with_capacity(passages.len());
    for place in passages {
        let (start, end) = (place.start, place.end);
        let outside = |(from, to): (usize, usize)| from >= to || to > length;
        if outside((start, end)) || place.section.is_some_and(outside) || place.header.is_some_and(outside) {
            return Err(Error::BadPassage { document: id, ordinal: place.ordinal, start, end, length });
        }
        let slice = |(from, to): (usize, usize)| &text[code_points.bytes(from, to)];
        let header = place.header.map_or("", slice);
        let indexed = indexed_text(&title, &place.heading, header, slice((start, end)));
        let text_hash: TextHash = Sha256::digest(&indexed).into();
        texts.0.entry(text_hash).or_insert_with(|| indexed.clone());
        rows.push(PassageRow { place, text_hash, indexed });
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
