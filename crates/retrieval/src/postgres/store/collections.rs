//! Collections as they stand: heads, versions, pins, and which version is served.

use super::changes;
use super::values::large;
use crate::Error;
use crate::backend::{At, Commit, Head, Space, VersionInfo};
use std::collections::BTreeMap;
use storage::postgres::Connection;
use usecase::Timestamp;

/// A collection's row.
pub(crate) struct Pointer {
    pub(crate) key: i32,
    pub(crate) newest: i32,
    pub(crate) serving: i32,
    pub(crate) space: VectorTable,
    /// The open change and who fills it.
    pub(crate) open: Option<(i32, String)>,
}

/// The vectors of one space of one collection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VectorTable {
    pub(crate) key: i32,
    pub(crate) space: Space,
    /// Whether there is a graph over them.
    pub(crate) indexed: bool,
}

impl VectorTable {
    pub(crate) fn name(&self) -> String {
        name_of(self.key)
    }
}

pub(crate) fn name_of(space: i32) -> String {
    format!("retrieval_vector_{space}")
}

/// One version to be searched.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) collection: i32,
    pub(crate) number: i32,
    /// Grows when rows of kept versions are erased, or move to another space.
    pub(crate) edition: i64,
    pub(crate) vectors: VectorTable,
    /// What later rights it is bound by, if it is.
    pub(crate) bound: Option<Bound>,
}

/// The versions whose rights bind an older one.
#[derive(Clone, Copy, Hash)]
pub(crate) struct Bound {
    pub(crate) newest: i32,
    pub(crate) serving: i32,
    /// Whether what neither of them has is for nobody.
    pub(crate) pinned: bool,
}

impl Bound {
    /// What binds the version that was asked for; nothing binds the newest, one that is only looked at, or what is served
    /// while nobody rolled back.
    fn of(number: i32, at: At, newest: i32, serving: i32) -> Option<Self> {
        let pinned = matches!(at, At::Pinned(_));
        (number < newest && !matches!(at, At::Number(_))).then_some(Self { newest, serving, pinned })
    }
}

/// A collection's row, locked until the transaction ends: changes of one collection take turns.
pub(crate) fn locked(connection: &mut Connection, collection: &str) -> Result<Option<Pointer>, Error> {
    const LOCKED: &str =
        "SELECT c.key, c.newest, c.serving, c.open, c.open_by, s.key, s.embedder, s.dimensions, s.indexed
        FROM retrieval_collection c JOIN retrieval_space s ON s.key = c.space WHERE c.name = $1 FOR UPDATE OF c";
    let row = connection.query_opt(LOCKED, &[&collection])?;
    Ok(row.map(|row| Pointer {
        key: row.get(0),
        newest: row.get(1),
        serving: row.get(2),
        open: row.get::<_, Option<i32>>(3).zip(row.get(4)),
        space: VectorTable { key: row.get(5), space: space(row.get(6), row.get(7)), indexed: row.get(8) },
    }))
}

fn space(embedder: String, dimensions: i32) -> Space {
    Space { embedder, dimensions: dimensions.unsigned_abs() as usize }
}

const HEADS: &str = "SELECT c.name, c.newest, c.serving, s.embedder, s.dimensions, c.cursor, c.rights_as_of,
    coalesce(v.documents, 0), coalesce(v.passages, 0) FROM retrieval_collection c JOIN retrieval_space s ON s.key = c.space
    LEFT JOIN retrieval_version v ON v.collection = c.key AND v.number = c.serving";

fn head_of(row: &::postgres::Row) -> Head {
    Head {
        newest: unsigned(row.get(1)),
        serving: unsigned(row.get(2)),
        space: space(row.get(3), row.get(4)),
        cursor: row.get(5),
        rights_as_of: row.get::<_, Option<i64>>(6).map(Timestamp),
        documents: row.get::<_, i64>(7).unsigned_abs(),
        passages: row.get::<_, i64>(8).unsigned_abs(),
    }
}

pub(crate) fn unsigned(number: i32) -> u64 {
    u64::from(number.unsigned_abs())
}

pub(crate) fn heads(connection: &mut Connection) -> Result<BTreeMap<String, Head>, Error> {
    Ok(connection.query(HEADS, &[])?.iter().map(|row| (row.get(0), head_of(row))).collect())
}

pub(crate) fn head(connection: &mut Connection, collection: &str) -> Result<Option<Head>, Error> {
    let row = connection.query_opt(&format!("{HEADS} WHERE c.name = $1"), &[&collection])?;
    Ok(row.as_ref().map(head_of))
}

/// The version that is asked for; `None` for a collection that was never written to.
pub(crate) fn kept(connection: &mut Connection, collection: &str, at: At) -> Result<Option<Kept>, Error> {
    const KEPT: &str =
        "SELECT c.key, v.number, c.edition, s.key, s.embedder, s.dimensions, s.indexed, c.newest, c.serving
        FROM retrieval_collection c JOIN retrieval_space s ON s.key = c.space
        JOIN retrieval_version v ON v.collection = c.key AND v.number = coalesce($2, c.serving) WHERE c.name = $1";
    let number = match at {
        At::Serving => None,
        At::Number(number) | At::Pinned(number) => Some(i32::try_from(number).unwrap_or(-1)),
    };
    let row = connection.query_opt(KEPT, &[&collection, &number])?;
    match (row, at) {
        (None, At::Number(number) | At::Pinned(number)) => {
            Err(Error::NoSuchVersion { collection: collection.to_owned(), number })
        }
        (None, At::Serving) => Ok(None),
        (Some(row), _) => Ok(Some(Kept {
            collection: row.get(0),
            number: row.get(1),
            edition: row.get(2),
            vectors: VectorTable { key: row.get(3), space: space(row.get(4), row.get(5)), indexed: row.get(6) },
            bound: Bound::of(row.get(1), at, row.get(7), row.get(8)),
        })),
    }
}

pub(crate) fn versions(connection: &mut Connection, collection: &str) -> Result<Vec<VersionInfo>, Error> {
    const VERSIONS: &str = "SELECT v.number, v.committed, v.documents,
            ARRAY(SELECT p.holder FROM retrieval_pin p WHERE p.collection = v.collection AND p.number = v.number ORDER BY p.holder)
        FROM retrieval_collection c JOIN retrieval_version v ON v.collection = c.key WHERE c.name = $1 ORDER BY v.number DESC";
    let rows = connection.query(VERSIONS, &[&collection])?;
    let info = |row: &::postgres::Row| VersionInfo {
        number: unsigned(row.get(0)),
        committed: Timestamp(row.get(1)),
        documents: row.get::<_, i64>(2).unsigned_abs(),
        pinned_by: row.get(3),
    };
    Ok(rows.iter().map(info).collect())
}

pub(crate) fn document_hashes(
    connection: &mut Connection,
    collection: &str,
) -> Result<BTreeMap<String, String>, Error> {
    const HASHES: &str = "SELECT d.id, d.content_hash FROM retrieval_collection c JOIN retrieval_document d
        ON d.collection = c.key AND d.valid_from <= c.serving AND d.valid_to > c.serving WHERE c.name = $1";
    Ok(connection.query(HASHES, &[&collection])?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

pub(crate) fn staged(connection: &mut Connection, collection: &str) -> Result<BTreeMap<String, String>, Error> {
    const STAGED: &str = "SELECT d.id, d.content_hash FROM retrieval_collection c JOIN retrieval_document d
        ON d.collection = c.key AND d.valid_from = c.open WHERE c.name = $1";
    Ok(connection.query(STAGED, &[&collection])?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

pub(crate) fn confirm(connection: &mut Connection, collection: &str, commit: &Commit) -> Result<(), Error> {
    const CONFIRM: &str = "UPDATE retrieval_collection SET cursor = coalesce($2, cursor),
        rights_as_of = coalesce($3, rights_as_of) WHERE name = $1";
    connection.execute(CONFIRM, &[&collection, &commit.cursor, &commit.rights_as_of.map(|moment| moment.0)])?;
    Ok(())
}

/// The number of a version that is kept.
fn demand(connection: &mut Connection, collection: &str, key: Option<i32>, number: u64) -> Result<i32, Error> {
    const KNOWN: &str = "SELECT number FROM retrieval_version WHERE collection = $1 AND number = $2";
    let wanted = i32::try_from(number).unwrap_or(-1);
    match connection.query_opt(KNOWN, &[&key, &wanted])? {
        Some(row) => Ok(row.get(0)),
        None => Err(Error::NoSuchVersion { collection: collection.to_owned(), number }),
    }
}

/// Moves the pointer. A change that was begun from another version is given up: committed, it would undo this.
pub(crate) fn serve(connection: &mut Connection, collection: &str, number: u64) -> Result<(), Error> {
    let pointer = locked(connection, collection)?;
    let wanted = demand(connection, collection, pointer.as_ref().map(|pointer| pointer.key), number)?;
    if let Some(pointer) = pointer.filter(|pointer| pointer.serving != wanted) {
        changes::give_up(connection, &pointer)?;
        connection.execute("UPDATE retrieval_collection SET serving = $2 WHERE key = $1", &[&pointer.key, &wanted])?;
    }
    Ok(())
}

pub(crate) fn pin(
    connection: &mut Connection,
    collection: &str,
    holder: &str,
    number: Option<u64>,
) -> Result<(), Error> {
    const PIN: &str = "INSERT INTO retrieval_pin (collection, holder, number) VALUES ($1, $2, $3)
        ON CONFLICT (collection, holder) DO UPDATE SET number = excluded.number";
    let key = locked(connection, collection)?.map(|pointer| pointer.key);
    match number {
        Some(number) => {
            let number = demand(connection, collection, key, number)?;
            connection.execute(PIN, &[&key, &holder, &number])?;
        }
        None => {
            connection.execute("DELETE FROM retrieval_pin WHERE collection = $1 AND holder = $2", &[&key, &holder])?;
        }
    }
    Ok(())
}

/// The versions that stay: the newest so many, those that are pinned, and the one that is served. Forgets the others' rows.
pub(crate) fn let_go(connection: &mut Connection, pointer: &Pointer, keep: usize) -> Result<Vec<i32>, Error> {
    const LET_GO: &str = "DELETE FROM retrieval_version v WHERE v.collection = $1 AND v.number <> $2
        AND v.number NOT IN (SELECT number FROM retrieval_version WHERE collection = $1 ORDER BY number DESC LIMIT $3)
        AND NOT EXISTS (SELECT FROM retrieval_pin p WHERE p.collection = v.collection AND p.number = v.number)";
    connection.execute(LET_GO, &[&pointer.key, &pointer.serving, &large(keep.max(1))])?;
    let kept = connection.query("SELECT number FROM retrieval_version WHERE collection = $1", &[&pointer.key])?;
    Ok(kept.iter().map(|row| row.get(0)).collect())
}
