//! The tables of collections: the truth that everything in memory and in segment files is made from. Only the files of
//! this folder hold SQL.
//!
//! A stored document is a row that never changes but for the version in which it ends: it belongs to the versions
//! `[from_version, to_version)`. What is staged has the number of the change that is open, past everything that can be
//! read, so that a commit is one small update, and a change that nobody finishes is seen by nobody. Numbers of rows are
//! never used twice, not even after a folder was restored from a copy: they count on from the clock.
//!
//! Vectors are kept by what was embedded (a hash of the text) and by whom (the embedder's identity), so that a text is
//! embedded once however often it is ingested. A vector goes with the last passage that has its text.
//!
//! In reading order: `head` (how a collection stands), `change` (staging and committing), `retire` (what is kept, what
//! goes), `read` (documents for the index and for answers), `spaces` (vectors).

mod change;
mod head;
mod read;
mod retire;
mod spaces;

pub(super) use change::{abandon, open_change, stage, staged};
pub(super) use head::{Pointer, confirm, document_hashes, editions, head, heads, keeps, pin, pointer, serve, versions};
pub(super) use read::{differences, document, for_index, later_groups, living, open};
pub(super) use retire::{clear_some, drop_collection, erase, gone, retire_some};
pub(super) use spaces::{keep_vectors, swap_space, vectors_of, without_vector};

use crate::Error;
use rusqlite::{Connection, OptionalExtension, Row};
use storage::Storage;

/// Where the interval of a row ends that has not ended.
const NOT_ENDED: i64 = i64::MAX;

/// The key of no collection: rows under it wait for their deletion.
pub(super) const NOWHERE: i64 = 0;

/// State of a version: being staged.
const OPEN: i64 = 0;
/// Committed, and kept.
const KEPT: i64 = 1;
/// No longer kept; its rows go piece by piece, and it with the last of them.
const LEAVING: i64 = 2;

/// The second step replaces the tables of collections without versions; documents are ingested again.
pub(super) const MIGRATIONS: &[&str] = &[
    "
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
",
    "
    DROP TABLE retrieval_vector;
    DROP TABLE retrieval_passage;
    DROP TABLE retrieval_document;
    DROP TABLE retrieval_collection;
    CREATE TABLE retrieval_collection (
        key          INTEGER PRIMARY KEY AUTOINCREMENT,
        name         TEXT NOT NULL UNIQUE,
        newest       INTEGER NOT NULL,
        serving      INTEGER NOT NULL,
        edition      INTEGER NOT NULL,
        embedder     TEXT NOT NULL,
        dimensions   INTEGER NOT NULL,
        cursor       TEXT,
        rights_as_of INTEGER
    ) STRICT;
    CREATE TABLE retrieval_version (
        collection INTEGER NOT NULL,
        number     INTEGER NOT NULL,
        state      INTEGER NOT NULL,
        committed  INTEGER NOT NULL,
        documents  INTEGER NOT NULL,
        passages   INTEGER NOT NULL,
        PRIMARY KEY (collection, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE retrieval_pin (
        collection INTEGER NOT NULL,
        holder     TEXT NOT NULL,
        number     INTEGER NOT NULL,
        PRIMARY KEY (collection, holder)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE retrieval_document (
        row           INTEGER PRIMARY KEY,
        collection    INTEGER NOT NULL,
        from_version  INTEGER NOT NULL,
        to_version    INTEGER NOT NULL,
        passages      INTEGER NOT NULL,
        id            TEXT NOT NULL,
        content_hash  TEXT NOT NULL,
        title         TEXT NOT NULL,
        url           TEXT,
        access_groups TEXT,
        metadata      TEXT NOT NULL,
        text          TEXT NOT NULL
    ) STRICT;
    CREATE INDEX retrieval_document_by_id ON retrieval_document (collection, id, to_version);
    CREATE INDEX retrieval_document_by_from ON retrieval_document (collection, from_version, to_version);
    CREATE INDEX retrieval_document_by_to ON retrieval_document (collection, to_version);
    CREATE TABLE retrieval_passage (
        document      INTEGER NOT NULL,
        position      INTEGER NOT NULL,
        ordinal       INTEGER NOT NULL,
        start_at      INTEGER NOT NULL,
        end_at        INTEGER NOT NULL,
        section_start INTEGER,
        section_end   INTEGER,
        header_start  INTEGER,
        header_end    INTEGER,
        heading       TEXT NOT NULL,
        text_hash     BLOB NOT NULL,
        PRIMARY KEY (document, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX retrieval_passage_by_text ON retrieval_passage (text_hash);
    CREATE TABLE retrieval_vector (
        key       INTEGER PRIMARY KEY,
        text_hash BLOB NOT NULL,
        embedder  TEXT NOT NULL,
        vector    BLOB NOT NULL,
        UNIQUE (text_hash, embedder)
    ) STRICT;
",
];

pub(super) fn migrate(storage: &Storage) -> Result<(), Error> {
    Ok(storage.migrate("retrieval", MIGRATIONS)?)
}

/// Why a job of this store said no; carried through the storage room and told as an error of this room's own.
#[derive(Clone, Debug, thiserror::Error)]
enum Refusal {
    #[error("version {number} is not kept")]
    NoSuchVersion { collection: String, number: u64 },
    #[error("change {number} is not open")]
    NotOpen { collection: String, number: u64 },
    #[error("vectors of another space")]
    OtherSpace { collection: String, holds: String, asked: String },
    #[error("vectors are missing")]
    VectorsMissing { collection: String, embedder: String, missing: u64 },
}

/// A record that was written by something else than this store.
#[derive(Debug, thiserror::Error)]
#[error("document `{document}` cannot be read back: {source}; ingest it again")]
struct Damaged {
    document: String,
    source: serde_json::Error,
}

/// The error of this room for one of the storage room.
pub(super) fn told(error: storage::Error) -> Error {
    match error.refusal::<Refusal>().cloned() {
        Some(Refusal::NoSuchVersion { collection, number }) => Error::NoSuchVersion { collection, number },
        Some(Refusal::NotOpen { collection, number }) => Error::NotOpen { collection, number },
        Some(Refusal::OtherSpace { collection, holds, asked }) => Error::OtherSpace { collection, holds, asked },
        Some(Refusal::VectorsMissing { collection, embedder, missing }) => {
            Error::VectorsMissing { collection, embedder, missing }
        }
        None => Error::Storage(error),
    }
}

fn no_such_version(collection: &str, number: u64) -> storage::Error {
    storage::Error::refuse(Refusal::NoSuchVersion { collection: collection.to_owned(), number })
}

/// The key of a collection, when there is one of this name.
fn key_of(connection: &Connection, collection: &str) -> storage::Result<Option<i64>> {
    let mut select = connection.prepare_cached("SELECT key FROM retrieval_collection WHERE name = ?1")?;
    Ok(select.query_row([collection], |row| row.get(0)).optional()?)
}

/// SQLite's integers are signed; what is counted here stays far below the difference.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(index)?.unsigned_abs())
}
