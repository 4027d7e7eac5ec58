//! The subjects' keys, wrapped. A row is never deleted: its number stands in the chain.

use crate::keyring::{Claim, StaleKey};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use usecase::Timestamp;

/// Any key that is not destroyed, to try the master key on: handle and wrapped key.
pub(crate) fn any_wrapped(connection: &Connection) -> storage::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let sql = "SELECT handle, wrapped FROM ledger_subject_keys WHERE wrapped IS NOT NULL LIMIT 1";
    Ok(connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

pub(crate) fn wrapped_of(connection: &Connection, handle: &[u8]) -> storage::Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached("SELECT wrapped FROM ledger_subject_keys WHERE handle = ?1")?;
    super::first(statement.query_row([handle], |row| row.get(0)))
}

/// Handle and wrapped key by number; both are gone once the key is destroyed.
pub(crate) type KeyRow = (Option<Vec<u8>>, Option<Vec<u8>>);

pub(crate) fn by_number(connection: &Connection, number: i64) -> storage::Result<Option<KeyRow>> {
    let mut statement = connection.prepare_cached("SELECT handle, wrapped FROM ledger_subject_keys WHERE id = ?1")?;
    Ok(statement.query_row([number], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// The number of the key that a payload was sealed with; a fresh key gets its number here.
///
/// # Errors
/// Refuses with [`StaleKey`] when another key is the subject's by now, or when this one was destroyed.
pub(crate) fn confirm(transaction: &Transaction<'_>, claim: &Claim) -> storage::Result<i64> {
    let mut find = transaction.prepare_cached("SELECT id, wrapped FROM ledger_subject_keys WHERE handle = ?1")?;
    let found: Option<(i64, Vec<u8>)> =
        find.query_row([claim.handle.as_slice()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    match found {
        Some((number, wrapped)) if wrapped == claim.wrapped => Ok(number),
        None if !claim.saved => {
            let sql = "INSERT INTO ledger_subject_keys (handle, wrapped) VALUES (?1, ?2)";
            transaction.prepare_cached(sql)?.execute(params![claim.handle.as_slice(), claim.wrapped])?;
            Ok(transaction.last_insert_rowid())
        }
        _ => Err(storage::Error::refuse(StaleKey)),
    }
}

/// Destroys the key of this handle, and the handle with it; returns its number if there was one. `secure_delete`
/// overwrites the old bytes in the file.
pub(crate) fn destroy(transaction: &Transaction<'_>, handle: &[u8], at: Timestamp) -> storage::Result<Option<i64>> {
    let sql = "UPDATE ledger_subject_keys SET handle = NULL, wrapped = NULL, destroyed = ?2 WHERE handle = ?1
               RETURNING id";
    super::first(transaction.prepare_cached(sql)?.query_row(params![handle, at.0], |row| row.get(0)))
}
