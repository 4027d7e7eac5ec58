//! How collections stand: what is newest, what is served, which versions are kept and by whom.

use super::{KEPT, Refusal, key_of, no_such_version, signed, unsigned};
use crate::backend::{Commit, Head, Space, VersionInfo};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::Value;
use std::collections::BTreeMap;
use usecase::Timestamp;

/// What a reader must know to say whether what it has in memory still stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::embedded) struct Pointer {
    pub(in crate::embedded) key: i64,
    pub(in crate::embedded) newest: u64,
    pub(in crate::embedded) serving: u64,
    /// Counts what changes versions that were committed before: erasures and moves to another space. Begins with the clock in
    /// µs, so that a collection that was dropped and filled anew has none of its editions again.
    pub(in crate::embedded) edition: u64,
    pub(in crate::embedded) space: Space,
}

pub(in crate::embedded) fn pointer(connection: &Connection, collection: &str) -> storage::Result<Option<Pointer>> {
    let mut select = connection.prepare_cached(
        "SELECT key, newest, serving, edition, embedder, dimensions FROM retrieval_collection WHERE name = ?1",
    )?;
    let read = |row: &Row<'_>| {
        let space = Space { embedder: row.get(4)?, dimensions: unsigned(row, 5)? as usize };
        let (newest, serving, edition) = (unsigned(row, 1)?, unsigned(row, 2)?, unsigned(row, 3)?);
        Ok(Pointer { key: row.get(0)?, newest, serving, edition, space })
    };
    Ok(select.query_row([collection], read).optional()?)
}

/// The edition of every collection by its key.
pub(in crate::embedded) fn editions(connection: &Connection) -> storage::Result<BTreeMap<i64, u64>> {
    let mut select = connection.prepare_cached("SELECT key, edition FROM retrieval_collection")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, unsigned(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(in crate::embedded) fn heads(connection: &Connection) -> storage::Result<BTreeMap<String, Head>> {
    heads_where(connection, None)
}

pub(in crate::embedded) fn head(connection: &Connection, collection: &str) -> storage::Result<Option<Head>> {
    Ok(heads_where(connection, Some(collection))?.remove(collection))
}

/// Of the collection of this name, or of all.
fn heads_where(connection: &Connection, name: Option<&str>) -> storage::Result<BTreeMap<String, Head>> {
    let mut select = connection.prepare_cached(
        "SELECT name, newest, serving, embedder, dimensions, cursor, rights_as_of,
                coalesce(version.documents, 0), coalesce(version.passages, 0)
         FROM retrieval_collection AS own
         LEFT JOIN retrieval_version AS version ON version.collection = own.key AND version.number = own.serving
         WHERE ?1 IS NULL OR name = ?1",
    )?;
    let read = |row: &Row<'_>| {
        let cursor: Option<String> = row.get(5)?;
        let head = Head {
            newest: unsigned(row, 1)?,
            serving: unsigned(row, 2)?,
            space: Space { embedder: row.get(3)?, dimensions: unsigned(row, 4)? as usize },
            // What was written here was JSON; anything else counts as no cursor: a feed then reads everything.
            cursor: cursor.and_then(|cursor| serde_json::from_str(&cursor).ok()),
            rights_as_of: row.get::<_, Option<i64>>(6)?.map(Timestamp),
            documents: unsigned(row, 7)?,
            passages: unsigned(row, 8)?,
        };
        Ok((row.get(0)?, head))
    };
    let rows = select.query_map([name], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a version is kept.
pub(in crate::embedded) fn keeps(connection: &Connection, key: i64, number: u64) -> storage::Result<bool> {
    let mut select = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM retrieval_version WHERE collection = ?1 AND number = ?2 AND state = ?3)",
    )?;
    // A number that no column can hold is no version's.
    let Ok(number) = i64::try_from(number) else { return Ok(false) };
    Ok(select.query_row([key, number, KEPT], |row| row.get(0))?)
}

/// Newest first.
pub(in crate::embedded) fn versions(connection: &Connection, collection: &str) -> storage::Result<Vec<VersionInfo>> {
    let Some(key) = key_of(connection, collection)? else { return Ok(Vec::new()) };
    let mut pins =
        connection.prepare_cached("SELECT holder, number FROM retrieval_pin WHERE collection = ?1 ORDER BY holder")?;
    let mut pinned: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut rows = pins.query([key])?;
    while let Some(row) = rows.next()? {
        pinned.entry(unsigned(row, 1)?).or_default().push(row.get(0)?);
    }
    let mut select = connection.prepare_cached(
        "SELECT number, committed, documents FROM retrieval_version
         WHERE collection = ?1 AND state = ?2 ORDER BY number DESC",
    )?;
    let rows = select.query_map([key, KEPT], |row| {
        let (number, committed) = (unsigned(row, 0)?, Timestamp(row.get(1)?));
        let pinned_by = pinned.remove(&number).unwrap_or_default();
        Ok(VersionInfo { number, committed, documents: unsigned(row, 2)?, pinned_by })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Content hash by document id in the serving version.
pub(in crate::embedded) fn document_hashes(
    connection: &Connection,
    collection: &str,
) -> storage::Result<BTreeMap<String, String>> {
    let Some(pointer) = pointer(connection, collection)? else { return Ok(BTreeMap::new()) };
    let mut select = connection.prepare_cached(
        "SELECT id, content_hash FROM retrieval_document
         WHERE collection = ?1 AND from_version <= ?2 AND to_version > ?2",
    )?;
    let rows = select.query_map([pointer.key, signed(pointer.serving)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes what a commit or a confirmation says beside documents.
pub(in crate::embedded) fn confirm(
    transaction: &Transaction<'_>,
    collection: &str,
    commit: &Commit,
) -> storage::Result<()> {
    let cursor = commit.cursor.as_ref().map(Value::to_string);
    let rights = commit.rights_as_of.map(|moment| moment.0);
    transaction
        .prepare_cached(
            "UPDATE retrieval_collection SET cursor = coalesce(?2, cursor), rights_as_of = coalesce(?3, rights_as_of)
             WHERE name = ?1",
        )?
        .execute(params![collection, cursor, rights])?;
    Ok(())
}

/// Points readers to another kept version. A change that is open was begun from what was served: it is given up.
pub(in crate::embedded) fn serve(transaction: &Transaction<'_>, collection: &str, number: u64) -> storage::Result<()> {
    let key = kept_or_refused(transaction, collection, number)?;
    super::change::abandon(transaction, collection)?;
    transaction
        .prepare_cached("UPDATE retrieval_collection SET serving = ?2 WHERE key = ?1")?
        .execute([key, signed(number)])?;
    Ok(())
}

pub(in crate::embedded) fn pin(
    transaction: &Transaction<'_>,
    collection: &str,
    holder: &str,
    number: Option<u64>,
) -> storage::Result<()> {
    let Some(number) = number else {
        let Some(key) = key_of(transaction, collection)? else { return Ok(()) };
        transaction
            .prepare_cached("DELETE FROM retrieval_pin WHERE collection = ?1 AND holder = ?2")?
            .execute(params![key, holder])?;
        return Ok(());
    };
    let key = kept_or_refused(transaction, collection, number)?;
    transaction
        .prepare_cached(
            "INSERT INTO retrieval_pin (collection, holder, number) VALUES (?1, ?2, ?3)
             ON CONFLICT (collection, holder) DO UPDATE SET number = ?3",
        )?
        .execute(params![key, holder, signed(number)])?;
    Ok(())
}

fn kept_or_refused(connection: &Connection, collection: &str, number: u64) -> storage::Result<i64> {
    let key = key_of(connection, collection)?;
    match key {
        Some(key) if keeps(connection, key, number)? => Ok(key),
        _ => Err(no_such_version(collection, number)),
    }
}

/// Refuses a space that is not the collection's.
pub(super) fn same_space(collection: &str, holds: &Space, asked: &Space) -> storage::Result<()> {
    if holds == asked {
        return Ok(());
    }
    let named = |space: &Space| format!("{} ({} dimensions)", space.embedder, space.dimensions);
    let (holds, asked) = (named(holds), named(asked));
    Err(storage::Error::refuse(Refusal::OtherSpace { collection: collection.to_owned(), holds, asked }))
}
