//! Vectors: a table for each space of each collection, the graph over it when it has grown, and the way from one space to
//! another.

use super::changes;
use super::collections::{self, Pointer, VectorTable, name_of};
use super::values::{Vector, large, small};
use crate::Error;
use crate::backend::{Space, TextHash};
use crate::document::indexed_text;
use std::collections::HashMap;
use storage::postgres::Connection;

/// pgvector's graph holds vectors of half precision up to this many numbers.
const MOST_INDEXED: usize = 4_000;
/// Vectors up to so many numbers fit into a page and are kept in the row: reading one elsewhere costs as much as ten here.
const MOST_INLINE: usize = 1_900;
/// How long vectors of a space that was left stay for those who are still reading.
const RETIRED_FOR: &str = "1 minute";

/// The table of this space, made when it is missing.
pub(super) fn table(connection: &mut Connection, collection: i32, space: &Space) -> Result<VectorTable, Error> {
    const KNOWN: &str = "UPDATE retrieval_space SET retired = NULL
        WHERE collection = $1 AND embedder = $2 AND dimensions = $3 RETURNING key, indexed";
    const NEW: &str =
        "INSERT INTO retrieval_space (collection, embedder, dimensions) VALUES ($1, $2, $3) RETURNING key";
    let dimensions = small(space.dimensions);
    if let Some(row) = connection.query_opt(KNOWN, &[&collection, &space.embedder, &dimensions])? {
        return Ok(VectorTable { key: row.get(0), space: space.clone(), indexed: row.get(1) });
    }
    let key: i32 = connection.query_one(NEW, &[&collection, &space.embedder, &dimensions])?.get(0);
    let storage = if space.dimensions <= MOST_INLINE { "PLAIN" } else { "EXTERNAL" };
    connection.batch(&format!(
        "CREATE TABLE {name} (text bigint PRIMARY KEY, vector vector({dimensions}) NOT NULL);
         ALTER TABLE {name} ALTER COLUMN vector SET STORAGE {storage}",
        name = name_of(key)
    ))?;
    Ok(VectorTable { key, space: space.clone(), indexed: false })
}

/// Keeps vectors of texts that the collection has; the first that came stays.
pub(super) fn insert(
    connection: &mut Connection,
    collection: i32,
    table: &VectorTable,
    vectors: &[(TextHash, Vec<f32>)],
) -> Result<(), Error> {
    if vectors.is_empty() {
        return Ok(());
    }
    let insert = format!(
        "INSERT INTO {} (text, vector) SELECT t.key, new.vector FROM unnest($2::bytea[], $3::vector[]) AS new (hash, vector)
         JOIN retrieval_text t ON t.collection = $1 AND t.hash = new.hash ON CONFLICT (text) DO NOTHING",
        table.name()
    );
    for piece in vectors.chunks(2_000) {
        let hashes: Vec<&[u8]> = piece.iter().map(|(hash, _)| hash.as_slice()).collect();
        let vectors: Vec<Vector> = piece.iter().map(|(_, vector)| Vector(vector.clone())).collect();
        connection.execute(&insert, &[&collection, &hashes, &vectors])?;
    }
    Ok(())
}

/// Takes vectors that other collections of the same space have, for those of these texts (all, when none are named) that
/// have none.
pub(super) fn borrow(
    connection: &mut Connection,
    collection: i32,
    table: &VectorTable,
    texts: Option<&[i64]>,
) -> Result<(), Error> {
    const OTHERS: &str = "SELECT key, collection FROM retrieval_space
        WHERE embedder = $1 AND dimensions = $2 AND key <> $3 AND retired IS NULL";
    let space = &table.space;
    for other in connection.query(OTHERS, &[&space.embedder, &small(space.dimensions), &table.key])? {
        let (key, lender): (i32, i32) = (other.get(0), other.get(1));
        let take = format!(
            "INSERT INTO {own} (text, vector) SELECT t.key, v.vector FROM retrieval_text t
             JOIN retrieval_text o ON o.collection = $2 AND o.hash = t.hash JOIN {theirs} v ON v.text = o.key
             WHERE t.collection = $1 AND ($3::bigint[] IS NULL OR t.key = ANY ($3))
                 AND NOT EXISTS (SELECT FROM {own} own WHERE own.text = t.key) ON CONFLICT (text) DO NOTHING",
            own = table.name(),
            theirs = name_of(key)
        );
        connection.execute(&take, &[&collection, &lender, &texts])?;
    }
    Ok(())
}

pub(crate) fn vectors_of(
    connection: &mut Connection,
    space: &Space,
    hashes: &[TextHash],
) -> Result<Vec<Option<Vec<f32>>>, Error> {
    const TABLES: &str =
        "SELECT key, collection FROM retrieval_space WHERE embedder = $1 AND dimensions = $2 AND retired IS NULL";
    let mut found: HashMap<Vec<u8>, Vec<f32>> = HashMap::new();
    for table in connection.query(TABLES, &[&space.embedder, &small(space.dimensions)])? {
        let missing: Vec<&[u8]> =
            hashes.iter().map(|hash| hash.as_slice()).filter(|hash| !found.contains_key(*hash)).collect();
        if missing.is_empty() {
            break;
        }
        let name = name_of(table.get(0));
        let select = format!(
            "SELECT t.hash, v.vector FROM retrieval_text t JOIN {name} v ON v.text = t.key
             WHERE t.collection = $1 AND t.hash = ANY ($2)"
        );
        let rows = connection.query(&select, &[&table.get::<_, i32>(1), &missing])?;
        found.extend(rows.iter().map(|row| (row.get(0), row.get::<_, Vector>(1).0)));
    }
    Ok(hashes.iter().map(|hash| found.get(hash.as_slice()).cloned()).collect())
}

/// The key of the collection and of its table for this space, where there is one.
fn place_of(connection: &mut Connection, collection: &str, space: &Space) -> Result<Option<(i32, Option<i32>)>, Error> {
    const PLACE: &str = "SELECT c.key, s.key FROM retrieval_collection c LEFT JOIN retrieval_space s
        ON s.collection = c.key AND s.embedder = $2 AND s.dimensions = $3 AND s.retired IS NULL WHERE c.name = $1";
    let row = connection.query_opt(PLACE, &[&collection, &space.embedder, &small(space.dimensions)])?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}

/// Passages of committed versions whose text has no vector in the table: `FROM` and `WHERE` of a statement, `$1` being the
/// collection's key.
fn unembedded(table: Option<i32>) -> String {
    let without = table.map_or(String::new(), |table| {
        format!("AND NOT EXISTS (SELECT FROM {} v WHERE v.text = p.text)", name_of(table))
    });
    format!(
        "FROM retrieval_passage p JOIN retrieval_collection c ON c.key = p.collection AND p.valid_from <= c.newest
         WHERE p.collection = $1 {without}"
    )
}

pub(crate) fn without_vector(
    connection: &mut Connection,
    collection: &str,
    space: &Space,
    most: usize,
) -> Result<Vec<(TextHash, String)>, Error> {
    let Some((key, table)) = place_of(connection, collection, space)? else { return Ok(Vec::new()) };
    let select = format!(
        "SELECT t.hash, d.title, p.heading, coalesce(substr(d.text, p.header_start + 1, p.header_end - p.header_start), ''),
             substr(d.text, p.start_at + 1, p.end_at - p.start_at)
         FROM (SELECT min(p.key) AS key {} GROUP BY p.text LIMIT $2) AS one
         JOIN retrieval_passage p ON p.key = one.key JOIN retrieval_text t ON t.key = p.text
         JOIN retrieval_content d ON d.document = p.document",
        unembedded(table)
    );
    let rows = connection.query(&select, &[&key, &large(most)])?;
    let text = |row: &::postgres::Row| {
        let hash = TextHash::try_from(row.get::<_, &[u8]>(0)).ok()?;
        Some((hash, indexed_text(row.get(1), row.get(2), row.get(3), row.get(4))))
    };
    Ok(rows.iter().filter_map(text).collect())
}

/// Keeps vectors in every collection that has their texts.
pub(crate) fn keep_vectors(
    connection: &mut Connection,
    space: &Space,
    vectors: &[(TextHash, Vec<f32>)],
) -> Result<(), Error> {
    const HAVING: &str = "SELECT c.name FROM retrieval_collection c WHERE EXISTS (
        SELECT FROM retrieval_text t WHERE t.collection = c.key AND t.hash = ANY ($1)) ORDER BY c.name";
    let hashes: Vec<&[u8]> = vectors.iter().map(|(hash, _)| hash.as_slice()).collect();
    for row in connection.query(HAVING, &[&hashes])? {
        let Some(pointer) = collections::locked(connection, row.get(0))? else { continue };
        let table = table(connection, pointer.key, space)?;
        insert(connection, pointer.key, &table, vectors)?;
    }
    Ok(())
}

pub(crate) fn swap_space(connection: &mut Connection, collection: &str, space: &Space) -> Result<(), Error> {
    let Some(pointer) = collections::locked(connection, collection)? else { return Ok(()) };
    if pointer.space.space == *space {
        return Ok(());
    }
    changes::give_up(connection, &pointer)?;
    let table = table(connection, pointer.key, space)?;
    borrow(connection, pointer.key, &table, None)?;
    let count = format!("SELECT count(DISTINCT p.text) {}", unembedded(Some(table.key)));
    let missing: i64 = connection.query_one(&count, &[&pointer.key])?.get(0);
    if missing > 0 {
        let (collection, embedder) = (collection.to_owned(), space.embedder.clone());
        return Err(Error::VectorsMissing { collection, embedder, missing: missing.unsigned_abs() });
    }
    const MOVE: &str = "UPDATE retrieval_collection SET space = $2, edition = edition + 1 WHERE key = $1";
    connection.execute(MOVE, &[&pointer.key, &table.key])?;
    connection.execute("UPDATE retrieval_space SET retired = now() WHERE key = $1", &[&pointer.space.key])?;
    Ok(())
}

/// Forgets vectors of spaces that were left a while ago.
pub(crate) fn drop_retired(connection: &mut Connection, pointer: &Pointer) -> Result<(), Error> {
    let passed = format!(
        "DELETE FROM retrieval_space WHERE collection = $1 AND retired < now() - interval '{RETIRED_FOR}' RETURNING key"
    );
    for row in connection.query(&passed, &[&pointer.key])? {
        connection.batch(&format!("DROP TABLE IF EXISTS {}", name_of(row.get(0))))?;
    }
    Ok(())
}

/// Builds the graph over a space of a collection once it has more than so many vectors. Readers scan exactly until it is there;
/// later changes keep it up to date.
pub(crate) fn index(connection: &mut Connection, collection: &str, space: &Space, more_than: u64) -> Result<(), Error> {
    let Some(pointer) = collections::locked(connection, collection)? else { return Ok(()) };
    drop_retired(connection, &pointer)?;
    let table = table(connection, pointer.key, space)?;
    if table.indexed || table.space.dimensions > MOST_INDEXED {
        return Ok(());
    }
    let name = table.name();
    let many: i64 = connection.query_one(&format!("SELECT count(*) FROM {name}"), &[])?.get(0);
    if many.unsigned_abs() <= more_than {
        return Ok(());
    }
    // A graph that does not fit into this memory is built many times slower; more than the default, never less than declared.
    connection.query(
        "SELECT set_config('maintenance_work_mem',
             (greatest(pg_size_bytes(current_setting('maintenance_work_mem')), 268435456) / 1024) || 'kB', true)",
        &[],
    )?;
    connection.batch(&format!(
        "SET LOCAL statement_timeout = 0;
         CREATE INDEX {name}_near ON {name} USING hnsw ((vector::halfvec({})) halfvec_ip_ops) WITH (m = 16, ef_construction = 128)",
        table.space.dimensions
    ))?;
    connection.execute("UPDATE retrieval_space SET indexed = true WHERE key = $1", &[&table.key])?;
    Ok(())
}
