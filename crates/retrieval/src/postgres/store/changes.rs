//! A change: begun from what is served, staged in batches that nobody sees, committed in one step or given up.

use super::collections::{self, Pointer, locked, unsigned};
use super::tables::UNENDED;
use super::values::{small, storable};
use super::{retire, rows, spaces};
use crate::Error;
use crate::backend::{Batch, Commit, DocumentRow, Space};
use std::collections::HashSet;
use storage::postgres::Connection;
use usecase::Timestamp;

/// Begins a change or goes on with the open one, in the name of `by`. Gives its number.
pub(crate) fn open_change(
    connection: &mut Connection,
    collection: &str,
    space: &Space,
    by: &str,
) -> Result<u64, Error> {
    let pointer = match locked(connection, collection)? {
        Some(pointer) => pointer,
        None => begin_collection(connection, collection, space)?,
    };
    if pointer.space.space != *space {
        let named = |space: &Space| format!("{} ({} dimensions)", space.embedder, space.dimensions);
        let (collection, holds, asked) = (collection.to_owned(), named(&pointer.space.space), named(space));
        return Err(Error::OtherSpace { collection, holds, asked });
    }
    let number = pointer.open.as_ref().map_or(pointer.newest + 1, |(number, _)| *number);
    const OPEN: &str = "UPDATE retrieval_collection SET open = $2, open_by = $3 WHERE key = $1";
    connection.execute(OPEN, &[&pointer.key, &number, &by])?;
    if pointer.open.is_none() && pointer.serving < pointer.newest {
        take_back(connection, &pointer, number)?;
    }
    Ok(unsigned(number))
}

fn begin_collection(connection: &mut Connection, collection: &str, space: &Space) -> Result<Pointer, Error> {
    const BEGIN: &str =
        "INSERT INTO retrieval_collection (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING key";
    // Who waited here for another's insert finds that one's row in the next look.
    if let Some(row) = connection.query_opt(BEGIN, &[&collection])? {
        let key: i32 = row.get(0);
        let table = spaces::table(connection, key, space)?;
        connection.execute("UPDATE retrieval_collection SET space = $2 WHERE key = $1", &[&key, &table.key])?;
    }
    locked(connection, collection)?.ok_or_else(|| storage::postgres::Error::Conflict.into())
}

/// Stages what undoes everything between the served version and the newest: rows that came in between end, rows that ended in
/// between begin again as copies.
fn take_back(connection: &mut Connection, pointer: &Pointer, number: i32) -> Result<(), Error> {
    const CAME: &str = "SELECT key FROM retrieval_document WHERE collection = $1 AND valid_from > $2 AND valid_to = $3";
    const ENDED: &str =
        "SELECT key, nextval(pg_get_serial_sequence('retrieval_document', 'key')) FROM retrieval_document
        WHERE collection = $1 AND valid_from <= $2 AND valid_to > $2 AND valid_to <= $3";
    let came = connection.query(CAME, &[&pointer.key, &pointer.serving, &UNENDED])?;
    end(connection, &came.iter().map(|row| row.get(0)).collect::<Vec<i64>>(), number)?;
    let ended = connection.query(ENDED, &[&pointer.key, &pointer.serving, &pointer.newest])?;
    let (old, new): (Vec<i64>, Vec<i64>) = ended.iter().map(|row| (row.get::<_, i64>(0), row.get::<_, i64>(1))).unzip();
    const COPIES: [&str; 4] = [
        "INSERT INTO retrieval_document (key, collection, id, valid_from, valid_to, audience, passages, words, content_hash, fields)
         SELECT n.new, collection, id, $3::integer, $4::integer, audience, passages, words, content_hash, fields
         FROM unnest($1::bigint[], $2::bigint[]) AS n (old, new) JOIN retrieval_document d ON d.key = n.old",
        "INSERT INTO retrieval_content (document, audience, title, url, text, metadata)
         SELECT n.new, audience, title, url, text, metadata
         FROM unnest($1::bigint[], $2::bigint[]) AS n (old, new) JOIN retrieval_content d ON d.document = n.old
         WHERE $3::integer < $4::integer",
        "INSERT INTO retrieval_passage (key, collection, document, text, valid_from, valid_to, audience, start_at, end_at,
             section_start, section_end, header_start, header_end, heading)
         SELECT (n.new << 20) | (key & 1048575), collection, n.new, text, $3::integer, $4::integer, audience, start_at, end_at,
             section_start, section_end, header_start, header_end, heading
         FROM unnest($1::bigint[], $2::bigint[]) AS n (old, new) JOIN retrieval_passage p ON p.document = n.old",
        "INSERT INTO retrieval_posting (collection, valid_from, valid_to, audience, document, passage, count, length, term)
         SELECT collection, $3::integer, $4::integer, audience, n.new, (n.new << 20) | (passage & 1048575), count, length, term
         FROM unnest($1::bigint[], $2::bigint[]) AS n (old, new) JOIN retrieval_posting p ON p.document = n.old",
    ];
    for copy in COPIES {
        connection.execute(copy, &[&old, &new, &number, &UNENDED])?;
    }
    Ok(())
}

/// Lets these documents be valid up to a version.
fn end(connection: &mut Connection, documents: &[i64], number: i32) -> Result<(), Error> {
    if documents.is_empty() {
        return Ok(());
    }
    for (table, key) in [("document", "key"), ("passage", "document"), ("posting", "document")] {
        let update = format!("UPDATE retrieval_{table} SET valid_to = $2 WHERE {key} = ANY ($1)");
        connection.execute(&update, &[&documents, &number])?;
    }
    Ok(())
}

/// The collection of an open change, as long as it is this one's.
fn demand_open(connection: &mut Connection, collection: &str, number: u64, by: &str) -> Result<Pointer, Error> {
    match locked(connection, collection)? {
        Some(pointer)
            if pointer.open.as_ref().is_some_and(|(open, owner)| unsigned(*open) == number && owner == by) =>
        {
            Ok(pointer)
        }
        _ => Err(Error::NotOpen { collection: collection.to_owned(), number }),
    }
}

pub(crate) fn stage(
    connection: &mut Connection,
    collection: &str,
    (number, by): (u64, &str),
    batch: &Batch,
    commit: Option<&Commit>,
) -> Result<(), Error> {
    let pointer = demand_open(connection, collection, number, by)?;
    let number = small(number);
    // The last of those that come twice.
    let mut seen = HashSet::new();
    let mut documents: Vec<&DocumentRow> =
        batch.upsert.iter().rev().filter(|document| seen.insert(document.id.as_str())).collect();
    documents.reverse();
    let mut touched: Vec<String> = batch.delete.iter().map(|id| storable(id).into_owned()).collect();
    touched.extend(seen.iter().map(|id| storable(id).into_owned()));
    touched.sort();
    touched.dedup();
    replace(connection, &pointer, number, &touched)?;
    let texts = rows::insert(connection, pointer.key, number, &documents)?;
    spaces::insert(connection, pointer.key, &pointer.space, &batch.vectors)?;
    if !texts.is_empty() {
        spaces::borrow(connection, pointer.key, &pointer.space, Some(&texts))?;
    }
    match commit {
        Some(commit) => finish(connection, collection, &pointer, number, commit),
        None => Ok(()),
    }
}

/// Takes away what was staged of these documents before, and ends what they were in the version before.
fn replace(connection: &mut Connection, pointer: &Pointer, number: i32, ids: &[String]) -> Result<(), Error> {
    const CURRENT: &str = "SELECT d.key, d.valid_from FROM unnest($2::text[]) AS one (id) JOIN retrieval_document d
        ON d.collection = $1 AND hashtextextended(d.id, 0) = hashtextextended(one.id, 0) AND d.id = one.id COLLATE \"C\"
        WHERE d.valid_to = $3";
    if ids.is_empty() {
        return Ok(());
    }
    let (mut staged, mut older) = (Vec::new(), Vec::new());
    for row in connection.query(CURRENT, &[&pointer.key, &ids, &UNENDED])? {
        let list = if row.get::<_, i32>(1) == number { &mut staged } else { &mut older };
        list.push(row.get::<_, i64>(0));
    }
    retire::delete(connection, pointer.key, &staged)?;
    end(connection, &older, number)
}

fn finish(
    connection: &mut Connection,
    collection: &str,
    pointer: &Pointer,
    number: i32,
    commit: &Commit,
) -> Result<(), Error> {
    const VERSION: &str = "INSERT INTO retrieval_version (collection, number, committed, documents, passages)
        SELECT $1, $2, $3, count(*), coalesce(sum(passages), 0) FROM retrieval_document
        WHERE collection = $1 AND valid_from <= $2 AND valid_to > $2";
    const POINT: &str =
        "UPDATE retrieval_collection SET newest = $2, serving = $2, open = NULL, open_by = NULL WHERE key = $1";
    connection.execute(VERSION, &[&pointer.key, &number, &Timestamp::now().0])?;
    connection.execute(POINT, &[&pointer.key, &number])?;
    collections::confirm(connection, collection, commit)
}

pub(crate) fn abandon(connection: &mut Connection, collection: &str) -> Result<(), Error> {
    match locked(connection, collection)? {
        Some(pointer) => give_up(connection, &pointer),
        None => Ok(()),
    }
}

/// Undoes all that was staged.
pub(super) fn give_up(connection: &mut Connection, pointer: &Pointer) -> Result<(), Error> {
    const STAGED: &str = "SELECT key FROM retrieval_document WHERE collection = $1 AND valid_from = $2";
    const ENDED: &str = "SELECT key FROM retrieval_document WHERE collection = $1 AND valid_to = $2";
    let Some((number, _)) = &pointer.open else { return Ok(()) };
    let staged = connection.query(STAGED, &[&pointer.key, number])?;
    retire::delete(connection, pointer.key, &staged.iter().map(|row| row.get(0)).collect::<Vec<i64>>())?;
    let ended = connection.query(ENDED, &[&pointer.key, number])?;
    end(connection, &ended.iter().map(|row| row.get(0)).collect::<Vec<i64>>(), UNENDED)?;
    connection
        .execute("UPDATE retrieval_collection SET open = NULL, open_by = NULL WHERE key = $1", &[&pointer.key])?;
    Ok(())
}
