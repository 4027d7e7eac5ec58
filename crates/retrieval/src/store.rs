//! The tables of collections; the only file here with SQL.
//!
//! Vectors are kept by what was embedded (a hash of the text) and by whom (the embedder's identity), so that a text is
//! embedded once however often it is ingested. A vector goes with the last passage that has its text.

use crate::Error;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use storage::Storage;

const MIGRATIONS: &[&str] = &["
    CREATE TABLE retrieval_collection (
        name     TEXT PRIMARY KEY,
        snapshot INTEGER NOT NULL,
        embedder TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE retrieval_document (
        collection   TEXT NOT NULL,
        id           TEXT NOT NULL,
        changed_in   INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        title        TEXT NOT NULL,
        url          TEXT,
        text         TEXT NOT NULL,
        metadata     TEXT NOT NULL,
        access_groups TEXT,
        UNIQUE (collection, id)
    ) STRICT;
    CREATE TABLE retrieval_passage (
        collection TEXT NOT NULL,
        document   TEXT NOT NULL,
        ordinal    INTEGER NOT NULL,
        start_at   INTEGER NOT NULL,
        end_at     INTEGER NOT NULL,
        text_hash  BLOB NOT NULL,
        PRIMARY KEY (collection, document, ordinal)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX retrieval_passage_by_text ON retrieval_passage (text_hash);
    CREATE TABLE retrieval_vector (
        text_hash BLOB NOT NULL,
        embedder  TEXT NOT NULL,
        vector    BLOB NOT NULL,
        PRIMARY KEY (text_hash, embedder)
    ) STRICT, WITHOUT ROWID;
"];

/// SHA-256 of the text that was embedded.
pub(crate) type TextHash = [u8; 32];

/// One collection as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionInfo {
    pub name: String,
    pub snapshot: u64,
    pub documents: u64,
    pub passages: u64,
    /// Identity of the embedder of the last change.
    pub embedder: String,
}

/// A document as it is written.
pub(crate) struct DocumentRow {
    pub(crate) id: String,
    pub(crate) content_hash: String,
    pub(crate) title: String,
    pub(crate) url: Option<String>,
    pub(crate) text: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) groups: Option<Vec<String>>,
    pub(crate) passages: Vec<PassageRow>,
}

pub(crate) struct PassageRow {
    pub(crate) ordinal: u32,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) text_hash: TextHash,
}

/// A document as it is read back, with the vectors of one embedder where there are any.
pub(crate) struct StoredDocument {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) url: Option<String>,
    pub(crate) text: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) groups: Option<Vec<String>>,
    pub(crate) passages: Vec<StoredPassage>,
}

pub(crate) struct StoredPassage {
    pub(crate) ordinal: u32,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) vector: Option<Vec<f32>>,
}

/// What one change writes, in one transaction.
pub(crate) struct Write {
    pub(crate) collection: String,
    pub(crate) embedder: String,
    pub(crate) upsert: Vec<DocumentRow>,
    pub(crate) delete: Vec<String>,
    pub(crate) vectors: Vec<(TextHash, Vec<f32>)>,
}

/// What was read of a collection in one consistent look.
pub(crate) struct Read {
    pub(crate) number: u64,
    /// Ids of all documents, in order.
    pub(crate) present: Vec<String>,
    pub(crate) changed: Vec<StoredDocument>,
}

/// A record that was written by something else than this file.
#[derive(Debug, thiserror::Error)]
#[error("document `{document}` of collection `{collection}` cannot be read back: {source}; ingest it again")]
struct Damaged {
    collection: String,
    document: String,
    source: serde_json::Error,
}

pub(crate) fn migrate(storage: &Storage) -> Result<(), Error> {
    Ok(storage.migrate("retrieval", MIGRATIONS)?)
}

/// The number of the last change, or nothing for a collection that was never written to.
pub(crate) fn number(connection: &Connection, collection: &str) -> storage::Result<Option<u64>> {
    let mut select = connection.prepare_cached("SELECT snapshot FROM retrieval_collection WHERE name = ?1")?;
    Ok(select.query_row([collection], |row| unsigned(row, 0)).optional()?)
}

pub(crate) fn collections(connection: &Connection) -> storage::Result<Vec<CollectionInfo>> {
    let mut select = connection.prepare_cached(
        "SELECT name, snapshot, embedder,
                (SELECT count(*) FROM retrieval_document WHERE collection = name),
                (SELECT count(*) FROM retrieval_passage WHERE collection = name)
         FROM retrieval_collection ORDER BY name",
    )?;
    let rows = select.query_map([], |row| {
        Ok(CollectionInfo {
            name: row.get(0)?,
            snapshot: unsigned(row, 1)?,
            embedder: row.get(2)?,
            documents: unsigned(row, 3)?,
            passages: unsigned(row, 4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Content hash by document id.
pub(crate) fn document_hashes(connection: &Connection, collection: &str) -> storage::Result<BTreeMap<String, String>> {
    let mut select =
        connection.prepare_cached("SELECT id, content_hash FROM retrieval_document WHERE collection = ?1")?;
    let rows = select.query_map([collection], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Which of these texts have a vector of this embedder.
pub(crate) fn vectors_of(
    connection: &Connection,
    embedder: &str,
    hashes: &[TextHash],
) -> storage::Result<Vec<Option<Vec<f32>>>> {
    let mut select =
        connection.prepare_cached("SELECT vector FROM retrieval_vector WHERE text_hash = ?1 AND embedder = ?2")?;
    let mut vectors = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let blob: Option<Vec<u8>> = select.query_row(params![hash, embedder], |row| row.get(0)).optional()?;
        vectors.push(blob.map(|blob| from_blob(&blob)));
    }
    Ok(vectors)
}

/// Ids of documents with a passage that this embedder has not embedded.
pub(crate) fn unembedded(connection: &Connection, collection: &str, embedder: &str) -> storage::Result<Vec<String>> {
    let mut select = connection.prepare_cached(
        "SELECT DISTINCT document FROM retrieval_passage AS passage WHERE collection = ?1 AND NOT EXISTS (
             SELECT 1 FROM retrieval_vector AS vector
             WHERE vector.text_hash = passage.text_hash AND vector.embedder = ?2)",
    )?;
    let rows = select.query_map([collection, embedder], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads what changed after change `since` (0: everything), together with what there is.
///
/// The number, the ids and the documents are of one moment: a reader's job is one read transaction.
pub(crate) fn read(
    connection: &Connection,
    collection: &str,
    embedder: &str,
    since: u64,
) -> storage::Result<Option<Read>> {
    let Some(number) = number(connection, collection)? else { return Ok(None) };
    let present = ids(connection, collection)?;
    let changed = documents(connection, collection, embedder, since)?;
    Ok(Some(Read { number, present, changed }))
}

fn ids(connection: &Connection, collection: &str) -> storage::Result<Vec<String>> {
    let mut select =
        connection.prepare_cached("SELECT id FROM retrieval_document WHERE collection = ?1 ORDER BY id")?;
    let rows = select.query_map([collection], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn documents(
    connection: &Connection,
    collection: &str,
    embedder: &str,
    since: u64,
) -> storage::Result<Vec<StoredDocument>> {
    let mut select = connection.prepare_cached(
        "SELECT id, title, url, text, metadata, access_groups FROM retrieval_document
         WHERE collection = ?1 AND changed_in > ?2",
    )?;
    let mut rows = select.query(params![collection, signed(since)])?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let (metadata, groups): (String, Option<String>) = (row.get(4)?, row.get(5)?);
        let damaged = |source| {
            storage::Error::refuse(Damaged { collection: collection.to_owned(), document: id.clone(), source })
        };
        documents.push(StoredDocument {
            title: row.get(1)?,
            url: row.get(2)?,
            text: row.get(3)?,
            metadata: serde_json::from_str(&metadata).map_err(damaged)?,
            // Groups that cannot be read must not turn into "everyone": the document is not served at all.
            groups: groups.as_deref().map(serde_json::from_str).transpose().map_err(damaged)?,
            passages: passages(connection, collection, &id, embedder)?,
            id,
        });
    }
    Ok(documents)
}

fn passages(
    connection: &Connection,
    collection: &str,
    document: &str,
    embedder: &str,
) -> storage::Result<Vec<StoredPassage>> {
    let mut select = connection.prepare_cached(
        "SELECT ordinal, start_at, end_at, vector FROM retrieval_passage AS passage
         LEFT JOIN retrieval_vector AS vector ON vector.text_hash = passage.text_hash AND vector.embedder = ?3
         WHERE collection = ?1 AND document = ?2 ORDER BY ordinal",
    )?;
    let rows = select.query_map([collection, document, embedder], |row| {
        let vector: Option<Vec<u8>> = row.get(3)?;
        Ok(StoredPassage {
            ordinal: row.get(0)?,
            start: unsigned(row, 1)? as usize,
            end: unsigned(row, 2)? as usize,
            vector: vector.map(|blob| from_blob(&blob)),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes one change and gives its number.
pub(crate) fn write(transaction: &Transaction<'_>, write: &Write) -> storage::Result<u64> {
    let collection = write.collection.as_str();
    let number = number(transaction, collection)?.unwrap_or(0) + 1;
    transaction
        .prepare_cached(
            "INSERT INTO retrieval_collection (name, snapshot, embedder) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET snapshot = ?2, embedder = ?3",
        )?
        .execute(params![collection, signed(number), write.embedder])?;
    let gone = write.delete.iter().chain(write.upsert.iter().map(|document| &document.id));
    let mut orphans = Vec::new();
    for id in gone {
        remove(transaction, collection, id, &mut orphans)?;
    }
    for document in &write.upsert {
        insert_document(transaction, collection, number, document)?;
    }
    // Only for texts that are there: one whose document was deleted meanwhile must not leave its vector behind.
    let mut insert = transaction.prepare_cached(
        "INSERT OR IGNORE INTO retrieval_vector (text_hash, embedder, vector)
         SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM retrieval_passage WHERE text_hash = ?1)",
    )?;
    for (hash, vector) in &write.vectors {
        insert.execute(params![hash, write.embedder, to_blob(vector)])?;
    }
    let mut forget = transaction.prepare_cached(
        "DELETE FROM retrieval_vector WHERE text_hash = ?1
         AND NOT EXISTS (SELECT 1 FROM retrieval_passage WHERE text_hash = ?1)",
    )?;
    for hash in orphans {
        forget.execute([hash])?;
    }
    Ok(number)
}

fn remove(
    transaction: &Transaction<'_>,
    collection: &str,
    id: &str,
    orphans: &mut Vec<Vec<u8>>,
) -> storage::Result<()> {
    let mut select = transaction
        .prepare_cached("DELETE FROM retrieval_passage WHERE collection = ?1 AND document = ?2 RETURNING text_hash")?;
    for hash in select.query_map([collection, id], |row| row.get(0))? {
        orphans.push(hash?);
    }
    transaction
        .prepare_cached("DELETE FROM retrieval_document WHERE collection = ?1 AND id = ?2")?
        .execute([collection, id])?;
    Ok(())
}

fn insert_document(
    transaction: &Transaction<'_>,
    collection: &str,
    number: u64,
    document: &DocumentRow,
) -> storage::Result<()> {
    let groups = document.groups.as_ref().map(|groups| Value::from(groups.clone()).to_string());
    let metadata = serde_json::to_string(&document.metadata).unwrap_or_default();
    transaction
        .prepare_cached(
            "INSERT INTO retrieval_document
                 (collection, id, changed_in, content_hash, title, url, text, metadata, access_groups)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            collection,
            document.id,
            signed(number),
            document.content_hash,
            document.title,
            document.url,
            document.text,
            metadata,
            groups,
        ])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO retrieval_passage (collection, document, ordinal, start_at, end_at, text_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for passage in &document.passages {
        insert.execute(params![
            collection,
            document.id,
            passage.ordinal,
            signed(passage.start as u64),
            signed(passage.end as u64),
            passage.text_hash,
        ])?;
    }
    Ok(())
}

/// SQLite's integers are signed; what is counted here stays far below the difference.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(index)?.unsigned_abs())
}

fn to_blob(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn from_blob(blob: &[u8]) -> Vec<f32> {
    blob.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}
