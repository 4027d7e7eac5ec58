//! What goes: versions that nobody keeps, erased documents, whole collections; and with the last passage of a text its
//! vectors.

use super::{KEPT, LEAVING, key_of, signed};
use crate::backend::TextHash;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::BTreeSet;

/// Rows that one transaction deletes at most, so that other writers wait for milliseconds only.
const PIECE: i64 = 500;

/// Texts that may have lost their last passage.
#[derive(Default)]
pub(super) struct Texts(BTreeSet<TextHash>);

impl Texts {
    /// Forgets the vectors of those that have.
    pub(super) fn forget(self, transaction: &Transaction<'_>) -> storage::Result<()> {
        let mut delete = transaction.prepare_cached(
            "DELETE FROM retrieval_vector WHERE text_hash = ?1
             AND NOT EXISTS (SELECT 1 FROM retrieval_passage WHERE text_hash = ?1)",
        )?;
        for hash in self.0 {
            delete.execute([hash])?;
        }
        Ok(())
    }
}

pub(super) fn delete_rows(transaction: &Transaction<'_>, rows: &[i64], gone: &mut Texts) -> storage::Result<()> {
    let mut passages =
        transaction.prepare_cached("DELETE FROM retrieval_passage WHERE document = ?1 RETURNING text_hash")?;
    let mut document = transaction.prepare_cached("DELETE FROM retrieval_document WHERE row = ?1")?;
    for row in rows {
        for hash in passages.query_map([row], |row| row.get::<_, TextHash>(0))? {
            gone.0.insert(hash?);
        }
        document.execute([row])?;
    }
    Ok(())
}

/// Marks the versions as leaving that are neither among the newest, nor served, nor pinned.
pub(super) fn retire(transaction: &Transaction<'_>, key: i64, keep: usize) -> storage::Result<()> {
    transaction
        .prepare_cached(
            "UPDATE retrieval_version SET state = ?3 WHERE collection = ?1 AND state = ?2
             AND number NOT IN (SELECT number FROM retrieval_version WHERE collection = ?1 AND state = ?2
                                ORDER BY number DESC LIMIT ?4)
             AND number NOT IN (SELECT number FROM retrieval_pin WHERE collection = ?1)
             AND number NOT IN (SELECT serving FROM retrieval_collection WHERE key = ?1)",
        )?
        .execute([key, KEPT, LEAVING, signed(keep.max(1) as u64)])?;
    Ok(())
}

/// Deletes some rows that only a leaving version had, and that version with the last of them. Gives whether there may be
/// more to do: to be called again, each time in a transaction of its own.
pub(in crate::embedded) fn retire_some(
    transaction: &Transaction<'_>,
    collection: &str,
    keep: usize,
) -> storage::Result<bool> {
    let Some(key) = key_of(transaction, collection)? else { return Ok(false) };
    retire(transaction, key, keep)?;
    let mut leaving = transaction.prepare_cached(
        "SELECT number FROM retrieval_version WHERE collection = ?1 AND state = ?2 ORDER BY number LIMIT 1",
    )?;
    let number = leaving.query_row([key, LEAVING], |row| row.get::<_, i64>(0)).optional()?;
    let Some(number) = number else { return Ok(false) };
    let rows = rows_of_alone(transaction, key, number)?;
    let mut gone = Texts::default();
    delete_rows(transaction, &rows, &mut gone)?;
    gone.forget(transaction)?;
    if signed(rows.len() as u64) < PIECE {
        transaction
            .prepare_cached("DELETE FROM retrieval_version WHERE collection = ?1 AND number = ?2")?
            .execute([key, number])?;
    }
    Ok(true)
}

/// Rows that began after the version before this one that stays, and ended until the version after it.
fn rows_of_alone(connection: &Connection, key: i64, number: i64) -> storage::Result<Vec<i64>> {
    let neighbour = |sql: &str| -> storage::Result<Option<i64>> {
        Ok(connection.prepare_cached(sql)?.query_row([key, number], |row| row.get(0))?)
    };
    let before = neighbour("SELECT max(number) FROM retrieval_version WHERE collection = ?1 AND number < ?2")?;
    let after = neighbour("SELECT min(number) FROM retrieval_version WHERE collection = ?1 AND number > ?2")?;
    let mut select = connection.prepare_cached(
        "SELECT row FROM retrieval_document
         WHERE collection = ?1 AND to_version > ?2 AND to_version <= ?3 AND from_version > ?4 LIMIT ?5",
    )?;
    let bounds = [key, number, after.unwrap_or(number), before.unwrap_or(0), PIECE];
    Ok(select.query_map(bounds, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Deletes every row of these documents, and gives how many there were. Versions change by that, so the edition moves.
pub(in crate::embedded) fn erase(
    transaction: &Transaction<'_>,
    collection: &str,
    documents: &[String],
) -> storage::Result<u64> {
    let Some(key) = key_of(transaction, collection)? else { return Ok(0) };
    let mut select = transaction.prepare_cached(
        "SELECT row, from_version, to_version, passages FROM retrieval_document WHERE collection = ?1 AND id = ?2",
    )?;
    let mut lessen = transaction.prepare_cached(
        "UPDATE retrieval_version SET documents = documents - 1, passages = passages - ?4
         WHERE collection = ?1 AND number >= ?2 AND number < ?3",
    )?;
    let mut rows: Vec<i64> = Vec::new();
    for document in documents.iter().collect::<BTreeSet<_>>() {
        let mut found = select.query(params![key, document])?;
        while let Some(row) = found.next()? {
            rows.push(row.get(0)?);
            lessen.execute([key, row.get(1)?, row.get(2)?, row.get(3)?])?;
        }
    }
    let mut gone = Texts::default();
    delete_rows(transaction, &rows, &mut gone)?;
    gone.forget(transaction)?;
    if !rows.is_empty() {
        transaction
            .prepare_cached("UPDATE retrieval_collection SET edition = edition + 1 WHERE key = ?1")?
            .execute([key])?;
    }
    Ok(rows.len() as u64)
}

/// Forgets a collection, and gives its key: its rows can be seen by nobody from now on, and go by [`clear_some`].
pub(in crate::embedded) fn drop_collection(
    transaction: &Transaction<'_>,
    collection: &str,
) -> storage::Result<Option<i64>> {
    let Some(key) = key_of(transaction, collection)? else { return Ok(None) };
    for sql in [
        "DELETE FROM retrieval_pin WHERE collection = ?1",
        "DELETE FROM retrieval_version WHERE collection = ?1",
        "DELETE FROM retrieval_collection WHERE key = ?1",
    ] {
        transaction.prepare_cached(sql)?.execute([key])?;
    }
    Ok(Some(key))
}

/// Collections that are gone and still have rows, because a process died before it had cleared them.
pub(in crate::embedded) fn gone(connection: &Connection) -> storage::Result<Vec<i64>> {
    let mut select = connection.prepare_cached(
        "SELECT DISTINCT collection FROM retrieval_document
         WHERE collection NOT IN (SELECT key FROM retrieval_collection)",
    )?;
    Ok(select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Deletes some rows of a collection that is gone, and tells whether there may be more.
pub(in crate::embedded) fn clear_some(transaction: &Transaction<'_>, key: i64) -> storage::Result<bool> {
    let mut select = transaction.prepare_cached("SELECT row FROM retrieval_document WHERE collection = ?1 LIMIT ?2")?;
    let rows: Vec<i64> = select.query_map([key, PIECE], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut gone = Texts::default();
    delete_rows(transaction, &rows, &mut gone)?;
    gone.forget(transaction)?;
    Ok(signed(rows.len() as u64) == PIECE)
}
