//! A change: begun from what is served, staged in batches that nobody sees, committed in one step or given up.

use super::head::{self, Pointer, same_space};
use super::retire::{Texts, delete_rows};
use super::spaces::insert_vectors;
use super::{KEPT, NOT_ENDED, NOWHERE, OPEN, Refusal, signed, unsigned};
use crate::backend::{Batch, Commit, DocumentRow, Space};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::Value;
use std::collections::BTreeMap;
use usecase::Timestamp;

/// The number of the open change, if there is one.
fn open_number(connection: &Connection, key: i64) -> storage::Result<Option<u64>> {
    let mut select =
        connection.prepare_cached("SELECT number FROM retrieval_version WHERE collection = ?1 AND state = ?2")?;
    Ok(select.query_row([key, OPEN], |row| unsigned(row, 0)).optional()?)
}

/// Begins a change or goes on with the open one.
pub(in crate::embedded) fn open_change(
    transaction: &Transaction<'_>,
    collection: &str,
    space: &Space,
) -> storage::Result<u64> {
    transaction
        .prepare_cached(
            "INSERT INTO retrieval_collection (name, newest, serving, edition, embedder, dimensions)
             VALUES (?1, 0, 0, ?4, ?2, ?3) ON CONFLICT (name) DO NOTHING",
        )?
        .execute(params![collection, space.embedder, signed(space.dimensions as u64), Timestamp::now().0])?;
    let Some(pointer) = head::pointer(transaction, collection)? else { return Ok(1) };
    same_space(collection, &pointer.space, space)?;
    if let Some(number) = open_number(transaction, pointer.key)? {
        return Ok(number);
    }
    let number = pointer.newest + 1;
    // It begins with what the served version holds, and so do its counts.
    transaction
        .prepare_cached(
            "INSERT INTO retrieval_version (collection, number, state, committed, documents, passages)
             SELECT ?1, ?2, ?3, 0, coalesce(sum(documents), 0), coalesce(sum(passages), 0)
             FROM retrieval_version WHERE collection = ?1 AND number = ?4",
        )?
        .execute([pointer.key, signed(number), OPEN, signed(pointer.serving)])?;
    if pointer.serving < pointer.newest {
        take_back(transaction, &pointer)?;
    }
    Ok(number)
}

/// Stages what undoes everything between the served version and the newest: rows that came in between end, rows that
/// ended in between begin again as copies.
fn take_back(transaction: &Transaction<'_>, pointer: &Pointer) -> storage::Result<()> {
    let (key, number) = (pointer.key, signed(pointer.newest + 1));
    let (serving, newest) = (signed(pointer.serving), signed(pointer.newest));
    transaction
        .prepare_cached(
            "UPDATE retrieval_document SET to_version = ?2
             WHERE collection = ?1 AND from_version > ?3 AND to_version = ?4",
        )?
        .execute([key, number, serving, NOT_ENDED])?;
    let mut ended = transaction.prepare_cached(
        "SELECT row FROM retrieval_document
         WHERE collection = ?1 AND from_version <= ?2 AND to_version > ?2 AND to_version <= ?3",
    )?;
    let ended: Vec<i64> =
        ended.query_map([key, serving, newest], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for (next, row) in (next_row(transaction)?..).zip(ended) {
        transaction
            .prepare_cached(
                "INSERT INTO retrieval_document
                     (row, collection, from_version, to_version, passages, id, content_hash, title, url, access_groups,
                      metadata, text)
                 SELECT ?1, collection, ?2, ?3, passages, id, content_hash, title, url, access_groups, metadata, text
                 FROM retrieval_document WHERE row = ?4",
            )?
            .execute([next, number, NOT_ENDED, row])?;
        transaction
            .prepare_cached(
                "INSERT INTO retrieval_passage
                     (document, position, ordinal, start_at, end_at, section_start, section_end, header_start,
                      header_end, heading, text_hash)
                 SELECT ?1, position, ordinal, start_at, end_at, section_start, section_end, header_start, header_end,
                        heading, text_hash
                 FROM retrieval_passage WHERE document = ?2",
            )?
            .execute([next, row])?;
    }
    Ok(())
}

/// A number for a new row, above all there are and above the clock in µs: see the module's head.
fn next_row(connection: &Connection) -> storage::Result<i64> {
    let mut select = connection.prepare_cached("SELECT coalesce(max(row), 0) + 1 FROM retrieval_document")?;
    let after: i64 = select.query_row([], |row| row.get(0))?;
    Ok(after.max(Timestamp::now().0))
}

/// Content hash by id of the documents that are staged.
pub(in crate::embedded) fn staged(
    connection: &Connection,
    collection: &str,
) -> storage::Result<BTreeMap<String, String>> {
    let Some(pointer) = head::pointer(connection, collection)? else { return Ok(BTreeMap::new()) };
    let mut select = connection.prepare_cached(
        "SELECT id, content_hash FROM retrieval_document WHERE collection = ?1 AND from_version > ?2",
    )?;
    let rows = select.query_map([pointer.key, signed(pointer.newest)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a batch to the open change, and commits it when that is asked for.
pub(in crate::embedded) fn stage(
    transaction: &Transaction<'_>,
    collection: &str,
    number: u64,
    batch: &Batch,
    commit: Option<&Commit>,
) -> storage::Result<()> {
    let not_open = || storage::Error::refuse(Refusal::NotOpen { collection: collection.to_owned(), number });
    let pointer = head::pointer(transaction, collection)?.ok_or_else(not_open)?;
    if open_number(transaction, pointer.key)? != Some(number) {
        return Err(not_open());
    }
    let mut change = Staging {
        transaction,
        key: pointer.key,
        number: signed(number),
        gone: Texts::default(),
        documents: 0,
        passages: 0,
    };
    for id in &batch.delete {
        change.end(id)?;
    }
    for (row, document) in (next_row(transaction)?..).zip(&batch.upsert) {
        change.end(&document.id)?;
        change.insert(row, document)?;
    }
    insert_vectors(transaction, &pointer.space, &batch.vectors)?;
    change.finish()?;
    if let Some(commit) = commit {
        publish(transaction, &pointer, number)?;
        head::confirm(transaction, collection, commit)?;
    }
    Ok(())
}

fn publish(transaction: &Transaction<'_>, pointer: &Pointer, number: u64) -> storage::Result<()> {
    transaction
        .prepare_cached(
            "UPDATE retrieval_version SET state = ?3, committed = ?4 WHERE collection = ?1 AND number = ?2",
        )?
        .execute([pointer.key, signed(number), KEPT, Timestamp::now().0])?;
    transaction
        .prepare_cached("UPDATE retrieval_collection SET newest = ?2, serving = ?2 WHERE key = ?1")?
        .execute([pointer.key, signed(number)])?;
    Ok(())
}

/// One batch on its way into the tables.
struct Staging<'a> {
    transaction: &'a Transaction<'a>,
    key: i64,
    number: i64,
    /// Texts of rows that went.
    gone: Texts,
    /// How the counts of the change move.
    documents: i64,
    passages: i64,
}

impl Staging<'_> {
    /// Ends a document's row, or takes it away when it was staged by this very change.
    fn end(&mut self, id: &str) -> storage::Result<()> {
        let mut select = self.transaction.prepare_cached(
            "SELECT row, from_version, passages FROM retrieval_document
             WHERE collection = ?1 AND id = ?2 AND to_version = ?3",
        )?;
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let found: Option<(i64, i64, i64)> = select.query_row(params![self.key, id, NOT_ENDED], read).optional()?;
        let Some((row, from, passages)) = found else { return Ok(()) };
        if from == self.number {
            delete_rows(self.transaction, &[row], &mut self.gone)?;
        } else {
            self.transaction
                .prepare_cached("UPDATE retrieval_document SET to_version = ?2 WHERE row = ?1")?
                .execute([row, self.number])?;
        }
        self.documents -= 1;
        self.passages -= passages;
        Ok(())
    }

    fn insert(&mut self, row: i64, document: &DocumentRow) -> storage::Result<()> {
        let groups = document.groups.as_ref().map(|groups| Value::from(groups.clone()).to_string());
        // A map of texts to JSON values is always JSON.
        let metadata = serde_json::to_string(&document.metadata).unwrap_or_default();
        let passages = signed(document.passages.len() as u64);
        self.transaction
            .prepare_cached(
                "INSERT INTO retrieval_document
                     (row, collection, from_version, to_version, passages, id, content_hash, title, url, access_groups,
                      metadata, text)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                row,
                self.key,
                self.number,
                NOT_ENDED,
                passages,
                document.id,
                document.content_hash,
                document.title,
                document.url,
                groups,
                metadata,
                document.text
            ])?;
        let mut in_order: Vec<_> = document.passages.iter().collect();
        in_order.sort_by_key(|passage| passage.place.ordinal);
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO retrieval_passage
                 (document, position, ordinal, start_at, end_at, section_start, section_end, header_start, header_end,
                  heading, text_hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        for (position, passage) in in_order.into_iter().enumerate() {
            let place = &passage.place;
            let point = |point: usize| signed(point as u64);
            let (section, header) = (place.section, place.header);
            insert.execute(params![
                row,
                point(position),
                place.ordinal,
                point(place.start),
                point(place.end),
                section.map(|section| point(section.0)),
                section.map(|section| point(section.1)),
                header.map(|header| point(header.0)),
                header.map(|header| point(header.1)),
                place.heading,
                passage.text_hash
            ])?;
        }
        self.documents += 1;
        self.passages += passages;
        Ok(())
    }

    fn finish(self) -> storage::Result<()> {
        self.gone.forget(self.transaction)?;
        self.transaction
            .prepare_cached(
                "UPDATE retrieval_version SET documents = documents + ?3, passages = passages + ?4
                 WHERE collection = ?1 AND number = ?2",
            )?
            .execute([self.key, self.number, self.documents, self.passages])?;
        Ok(())
    }
}

/// Forgets the open change; a collection that has nothing else is forgotten with it. What was staged goes by
/// [`super::clear_some`].
pub(in crate::embedded) fn abandon(transaction: &Transaction<'_>, collection: &str) -> storage::Result<()> {
    let Some(pointer) = head::pointer(transaction, collection)? else { return Ok(()) };
    let Some(number) = open_number(transaction, pointer.key)? else { return Ok(()) };
    let (key, number) = (pointer.key, signed(number));
    transaction
        .prepare_cached("UPDATE retrieval_document SET collection = ?3 WHERE collection = ?1 AND from_version = ?2")?
        .execute([key, number, NOWHERE])?;
    transaction
        .prepare_cached("UPDATE retrieval_document SET to_version = ?3 WHERE collection = ?1 AND to_version = ?2")?
        .execute([key, number, NOT_ENDED])?;
    transaction
        .prepare_cached("DELETE FROM retrieval_version WHERE collection = ?1 AND number = ?2")?
        .execute([key, number])?;
    transaction.prepare_cached("DELETE FROM retrieval_collection WHERE key = ?1 AND newest = 0")?.execute([key])?;
    Ok(())
}
