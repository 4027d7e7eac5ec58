//! Each room's tables in Postgres, as an ordered list of steps that only ever grows. As in the data folder, what was applied is
//! remembered with the hash of its text; here several processes may start at once, so they take turns.

use super::connection::Connection;
use super::error::{Error, Result};
use sha2::{Digest, Sha256};

/// How many of the steps are applied already.
pub(super) fn applied(connection: &mut Connection, schema: &str, room: &str, steps: &[&str]) -> Result<usize> {
    const KNOWN: &str = "SELECT to_regclass($1::text) IS NOT NULL";
    let table = format!("{schema}.storage_migrations");
    if !connection.query_one(KNOWN, &[&table])?.get::<_, bool>(0) {
        return Ok(0);
    }
    let hashes = format!("SELECT sha256 FROM {table} WHERE room = $1 ORDER BY step");
    let hashes: Vec<Vec<u8>> = connection.query(&hashes, &[&room])?.iter().map(|row| row.get(0)).collect();
    if hashes.len() > steps.len() {
        return Err(Error::Migration(format!(
            "this database was written by a newer Shipway: the tables of {room:?} in the schema {schema} are at step {}, this \
             program knows {}. Run the newer program, or another schema",
            hashes.len(),
            steps.len()
        )));
    }
    match hashes.iter().zip(steps).position(|(hash, step)| *hash != digest(step)) {
        None => Ok(hashes.len()),
        Some(number) => Err(Error::Migration(format!(
            "the tables of {room:?} in the schema {schema} were made by another version of step {}. This program and this \
             schema do not belong together; run the program that made it, or use another schema",
            number + 1
        ))),
    }
}

/// Applies what is missing, in the transaction that is open: all of it or nothing.
pub(super) fn apply(connection: &mut Connection, schema: &str, room: &str, steps: &[&str]) -> Result<()> {
    // Held to the end of the transaction. Who waited here finds the work done.
    connection.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &[&format!("{schema}/migrate")])?;
    if !connection.query_one("SELECT to_regnamespace($1::text) IS NOT NULL", &[&schema])?.get::<_, bool>(0) {
        connection.batch(&format!("CREATE SCHEMA {schema}"))?;
    }
    connection.batch(&format!(
        "CREATE TABLE IF NOT EXISTS {schema}.storage_migrations (
             room text NOT NULL, step integer NOT NULL, sha256 bytea NOT NULL, PRIMARY KEY (room, step))"
    ))?;
    let remember = format!("INSERT INTO {schema}.storage_migrations (room, step, sha256) VALUES ($1, $2, $3)");
    for (number, step) in steps.iter().enumerate().skip(applied(connection, schema, room, steps)?) {
        connection.batch(step)?;
        connection.execute(&remember, &[&room, &i32::try_from(number).unwrap_or(i32::MAX), &digest(step)])?;
    }
    Ok(())
}

fn digest(step: &str) -> Vec<u8> {
    Sha256::digest(step.as_bytes()).to_vec()
}
