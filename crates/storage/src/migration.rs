//! Each room's tables, as an ordered list of steps that only ever grows. What was applied is remembered with the
//! hash of its text: a step that was edited after the fact, or a database written by a newer program, is refused
//! before anything is touched.

use crate::error::{Error, Result};
use rusqlite::{Connection, Transaction, params};
use sha2::{Digest, Sha256};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS storage_migrations (
    room TEXT NOT NULL, step INTEGER NOT NULL, sha256 BLOB NOT NULL, PRIMARY KEY (room, step)) WITHOUT ROWID";

/// How many of the steps are applied already.
///
/// # Errors
/// `Migration` when the database and the program do not belong together.
pub(crate) fn applied(connection: &Connection, room: &str, steps: &[String]) -> Result<usize> {
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'storage_migrations')",
        [],
        |row| row.get(0),
    )?;
    if !known {
        return Ok(0);
    }
    let mut statement = connection.prepare("SELECT sha256 FROM storage_migrations WHERE room = ?1 ORDER BY step")?;
    let hashes: Vec<Vec<u8>> = statement.query_map([room], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    if hashes.len() > steps.len() {
        return Err(Error::Migration(format!(
            "this data folder was written by a newer Shipway: the tables of {room:?} are at step {}, this program \
             knows {}. Run the newer program, or restore a copy of the folder made by this one",
            hashes.len(),
            steps.len()
        )));
    }
    for (number, (hash, step)) in hashes.iter().zip(steps).enumerate() {
        if hash.as_slice() != digest(step).as_slice() {
            return Err(Error::Migration(format!(
                "the tables of {room:?} were made by another version of step {}. This program and this data folder \
                 do not belong together; run the program that made the folder",
                number + 1
            )));
        }
    }
    Ok(hashes.len())
}

/// Applies what is missing, inside the writer's transaction: all of it or nothing.
pub(crate) fn apply(transaction: &Transaction<'_>, room: &str, steps: &[String]) -> Result<()> {
    transaction.execute_batch(TABLE)?;
    for (number, step) in steps.iter().enumerate().skip(applied(transaction, room, steps)?) {
        transaction.execute_batch(step)?;
        transaction.execute(
            "INSERT INTO storage_migrations (room, step, sha256) VALUES (?1, ?2, ?3)",
            params![room, i64::try_from(number).unwrap_or(i64::MAX), digest(step)],
        )?;
    }
    Ok(())
}

fn digest(step: &str) -> Vec<u8> {
    Sha256::digest(step.as_bytes()).to_vec()
}
