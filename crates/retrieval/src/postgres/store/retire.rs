//! Deleting: what no kept version holds any more, what is erased, what is dropped. Vectors and texts go with the last passage
//! that has them.

use super::collections::{self, name_of};
use super::values::storable;
use crate::Error;
use storage::postgres::Connection;

/// Documents that one transaction deletes at most, so that no lock is held for long.
const PIECE: i64 = 500;

/// Deletes these documents with all that hangs on them.
pub(super) fn delete(connection: &mut Connection, collection: i32, documents: &[i64]) -> Result<(), Error> {
    if documents.is_empty() {
        return Ok(());
    }
    connection.execute("DELETE FROM retrieval_posting WHERE document = ANY ($1)", &[&documents])?;
    let texts =
        connection.query("DELETE FROM retrieval_passage WHERE document = ANY ($1) RETURNING text", &[&documents])?;
    // Their contents go with them.
    connection.execute("DELETE FROM retrieval_document WHERE key = ANY ($1)", &[&documents])?;
    let texts: Vec<i64> = texts.iter().map(|row| row.get(0)).collect();
    delete_orphans(connection, collection, &texts)
}

fn delete_orphans(connection: &mut Connection, collection: i32, texts: &[i64]) -> Result<(), Error> {
    const ORPHANS: &str = "DELETE FROM retrieval_text t WHERE t.key = ANY ($2)
        AND NOT EXISTS (SELECT FROM retrieval_passage p WHERE p.collection = $1 AND p.text = t.key) RETURNING t.key";
    let gone: Vec<i64> = connection.query(ORPHANS, &[&collection, &texts])?.iter().map(|row| row.get(0)).collect();
    if gone.is_empty() {
        return Ok(());
    }
    for space in connection.query("SELECT key FROM retrieval_space WHERE collection = $1", &[&collection])? {
        connection.execute(&format!("DELETE FROM {} WHERE text = ANY ($1)", name_of(space.get(0))), &[&gone])?;
    }
    Ok(())
}

/// Deletes a piece of what no kept version holds. Gives whether there may be more.
pub(crate) fn prune(connection: &mut Connection, collection: &str, keep: usize) -> Result<bool, Error> {
    const PASSED: &str = "SELECT d.key FROM retrieval_document d WHERE d.collection = $1 AND d.valid_to <= $2
        AND NOT EXISTS (SELECT FROM unnest($3::integer[]) AS kept (number) WHERE number >= d.valid_from AND number < d.valid_to)
        LIMIT $4";
    let Some(pointer) = collections::locked(connection, collection)? else { return Ok(false) };
    let kept = collections::let_go(connection, &pointer, keep)?;
    let passed = connection.query(PASSED, &[&pointer.key, &pointer.newest, &kept, &PIECE])?;
    let passed: Vec<i64> = passed.iter().map(|row| row.get(0)).collect();
    delete(connection, pointer.key, &passed)?;
    Ok(passed.len() as i64 == PIECE)
}

/// Deletes documents from every version and from the open change. Gives how many rows that were.
pub(crate) fn erase(connection: &mut Connection, collection: &str, ids: &[String]) -> Result<u64, Error> {
    const NAMED: &str = "SELECT d.key FROM unnest($2::text[]) AS one (id) JOIN retrieval_document d
        ON d.collection = $1 AND hashtextextended(d.id, 0) = hashtextextended(one.id, 0) AND d.id = one.id COLLATE \"C\"";
    const COUNT: &str = "UPDATE retrieval_version v SET (documents, passages) = (
        SELECT count(*), coalesce(sum(d.passages), 0) FROM retrieval_document d
        WHERE d.collection = v.collection AND d.valid_from <= v.number AND d.valid_to > v.number) WHERE v.collection = $1";
    let Some(pointer) = collections::locked(connection, collection)? else { return Ok(0) };
    let mut ids: Vec<String> = ids.iter().map(|id| storable(id).into_owned()).collect();
    ids.sort();
    ids.dedup();
    let keys: Vec<i64> = connection.query(NAMED, &[&pointer.key, &ids])?.iter().map(|row| row.get(0)).collect();
    if keys.is_empty() {
        return Ok(0);
    }
    delete(connection, pointer.key, &keys)?;
    connection.execute(COUNT, &[&pointer.key])?;
    connection.execute("UPDATE retrieval_collection SET edition = edition + 1 WHERE key = $1", &[&pointer.key])?;
    Ok(keys.len() as u64)
}

/// Deletes a whole collection.
pub(crate) fn drop_collection(connection: &mut Connection, collection: &str) -> Result<(), Error> {
    let Some(pointer) = collections::locked(connection, collection)? else { return Ok(()) };
    // Before the collection's row, which refers to one of its spaces.
    let spaces = connection.query("SELECT key FROM retrieval_space WHERE collection = $1", &[&pointer.key])?;
    connection.execute("DELETE FROM retrieval_collection WHERE key = $1", &[&pointer.key])?;
    for table in ["posting", "passage", "document", "text", "audience", "space"] {
        connection.execute(&format!("DELETE FROM retrieval_{table} WHERE collection = $1"), &[&pointer.key])?;
    }
    for space in spaces {
        connection.batch(&format!("DROP TABLE IF EXISTS {}", name_of(space.get(0))))?;
    }
    Ok(())
}
