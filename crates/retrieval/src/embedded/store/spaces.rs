//! Vectors by the text they are of and the embedder they come from.

use super::head::{self, Pointer};
use super::{Refusal, read, signed};
use crate::backend::{Space, TextHash};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, params};
use std::collections::BTreeMap;

/// The vectors of one embedder, to be asked one by one.
pub(super) struct Vectors<'a> {
    select: CachedStatement<'a>,
    embedder: &'a str,
}

impl<'a> Vectors<'a> {
    pub(super) fn of(connection: &'a Connection, embedder: &'a str) -> storage::Result<Self> {
        let select =
            connection.prepare_cached("SELECT vector FROM retrieval_vector WHERE text_hash = ?1 AND embedder = ?2")?;
        Ok(Self { select, embedder })
    }

    pub(super) fn get(&mut self, hash: &TextHash) -> storage::Result<Option<Vec<f32>>> {
        let vector = |row: &rusqlite::Row<'_>| Ok(from_blob(row.get_ref(0)?.as_blob()?));
        Ok(self.select.query_row(params![hash, self.embedder], vector).optional()?)
    }
}

pub(in crate::embedded) fn vectors_of(
    connection: &Connection,
    space: &Space,
    hashes: &[TextHash],
) -> storage::Result<Vec<Option<Vec<f32>>>> {
    let mut vectors = Vectors::of(connection, &space.embedder)?;
    let of_space = |vector: &Vec<f32>| vector.len() == space.dimensions;
    hashes.iter().map(|hash| Ok(vectors.get(hash)?.filter(of_space))).collect()
}

/// Keeps vectors whose text is there: one whose document went meanwhile must not leave its vector behind.
pub(super) fn insert_vectors(
    transaction: &Transaction<'_>,
    space: &Space,
    vectors: &[(TextHash, Vec<f32>)],
) -> storage::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO retrieval_vector (text_hash, embedder, vector)
         SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM retrieval_passage WHERE text_hash = ?1)
         ON CONFLICT (text_hash, embedder) DO NOTHING",
    )?;
    for (hash, vector) in vectors {
        insert.execute(params![hash, space.embedder, to_blob(vector)])?;
    }
    Ok(())
}

pub(in crate::embedded) fn keep_vectors(
    transaction: &Transaction<'_>,
    space: &Space,
    vectors: &[(TextHash, Vec<f32>)],
) -> storage::Result<()> {
    insert_vectors(transaction, space, vectors)
}

/// The passages of a collection that have no vector of an embedder, one for each text: document row, position, hash.
const WITHOUT: &str = "
    FROM retrieval_document AS document JOIN retrieval_passage AS passage ON passage.document = document.row
    WHERE document.collection = ?1 AND NOT EXISTS (
        SELECT 1 FROM retrieval_vector AS vector
        WHERE vector.text_hash = passage.text_hash AND vector.embedder = ?2)";

pub(in crate::embedded) fn without_vector(
    connection: &Connection,
    collection: &str,
    space: &Space,
    most: usize,
) -> storage::Result<Vec<(TextHash, String)>> {
    let Some(Pointer { key, .. }) = head::pointer(connection, collection)? else { return Ok(Vec::new()) };
    let mut select = connection.prepare_cached(&format!(
        "SELECT passage.text_hash, min(document.row) {WITHOUT} GROUP BY passage.text_hash LIMIT ?3"
    ))?;
    let mut by_row: BTreeMap<i64, Vec<TextHash>> = BTreeMap::new();
    let mut rows = select.query(params![key, space.embedder, signed(most as u64)])?;
    while let Some(row) = rows.next()? {
        by_row.entry(row.get(1)?).or_default().push(row.get(0)?);
    }
    let mut missing = Vec::new();
    for (row, hashes) in by_row {
        let mut passages = read::whole(connection, row)?.map_or_else(Vec::new, |document| document.passages);
        passages.retain(|passage| hashes.contains(&passage.text_hash));
        passages.sort_by_key(|passage| passage.text_hash);
        passages.dedup_by_key(|passage| passage.text_hash);
        missing.extend(passages.into_iter().map(|passage| (passage.text_hash, passage.indexed)));
    }
    Ok(missing)
}

/// Makes another space the collection's. A change that is open brought vectors of the space before: it is given up.
pub(in crate::embedded) fn swap_space(
    transaction: &Transaction<'_>,
    collection: &str,
    space: &Space,
) -> storage::Result<()> {
    super::change::abandon(transaction, collection)?;
    let Some(pointer) = head::pointer(transaction, collection)? else { return Ok(()) };
    if pointer.space == *space {
        return Ok(());
    }
    let missing: i64 = transaction
        .prepare_cached(&format!("SELECT count(DISTINCT passage.text_hash) {WITHOUT}"))?
        .query_row(params![pointer.key, space.embedder], |row| row.get(0))?;
    if missing > 0 {
        let (collection, embedder) = (collection.to_owned(), space.embedder.clone());
        let missing = missing.unsigned_abs();
        return Err(storage::Error::refuse(Refusal::VectorsMissing { collection, embedder, missing }));
    }
    transaction
        .prepare_cached(
            "UPDATE retrieval_collection SET embedder = ?2, dimensions = ?3, edition = edition + 1 WHERE key = ?1",
        )?
        .execute(params![pointer.key, space.embedder, signed(space.dimensions as u64)])?;
    transaction
        .prepare_cached(
            "DELETE FROM retrieval_vector WHERE embedder = ?1 AND NOT EXISTS (
                 SELECT 1 FROM retrieval_passage AS passage
                 JOIN retrieval_document AS document ON document.row = passage.document
                 JOIN retrieval_collection AS other ON other.key = document.collection
                 WHERE passage.text_hash = retrieval_vector.text_hash AND other.embedder = ?1)",
        )?
        .execute([&pointer.space.embedder])?;
    Ok(())
}

fn to_blob(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn from_blob(blob: &[u8]) -> Vec<f32> {
    blob.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}
