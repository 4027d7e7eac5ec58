//! Documents as they are read: for the index, and for answers.

use super::{Damaged, Pointer, signed, spaces::Vectors, unsigned};
use crate::backend::{DocumentRow, Opened, PassageRow};
use crate::code_points::CodePoints;
use crate::document::{Place, Span, indexed_text};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Rows that live in exactly one of two versions, and whether it is the second.
pub(in crate::embedded) fn differences(
    connection: &Connection,
    key: i64,
    from: u64,
    to: u64,
) -> storage::Result<Vec<(i64, bool)>> {
    let mut select = connection.prepare_cached(
        "SELECT row, from_version <= ?4 AND to_version > ?4 AS lived, from_version <= ?5 AND to_version > ?5 AS lives
         FROM retrieval_document WHERE collection = ?1 AND from_version > ?2 AND from_version <= ?3
         UNION
         SELECT row, from_version <= ?4 AND to_version > ?4, from_version <= ?5 AND to_version > ?5
         FROM retrieval_document WHERE collection = ?1 AND to_version > ?2 AND to_version <= ?3",
    )?;
    let bounds = [key, signed(from.min(to)), signed(from.max(to)), signed(from), signed(to)];
    let rows = select.query_map(bounds, |row| Ok((row.get(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?)))?;
    let differs = |row: rusqlite::Result<(i64, bool, bool)>| match row {
        Ok((row, lived, lives)) => (lived != lives).then_some(Ok((row, lives))),
        Err(error) => Some(Err(error)),
    };
    Ok(rows.filter_map(differs).collect::<Result<_, _>>()?)
}

/// All rows of a version.
pub(in crate::embedded) fn living(connection: &Connection, key: i64, number: u64) -> storage::Result<Vec<i64>> {
    let mut select = connection.prepare_cached(
        "SELECT row FROM retrieval_document WHERE collection = ?1 AND from_version <= ?2 AND to_version > ?2",
    )?;
    Ok(select.query_map([key, signed(number)], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Reads documents in order of id, each with the vectors of its passages where there are any; rows that went meanwhile
/// are left out.
pub(in crate::embedded) fn for_index(
    connection: &Connection,
    rows: &[i64],
    embedder: &str,
    found: &mut dyn FnMut(i64, DocumentRow, Vec<Option<Vec<f32>>>),
) -> storage::Result<()> {
    let mut id_of = connection.prepare_cached("SELECT id FROM retrieval_document WHERE row = ?1")?;
    let mut in_order: Vec<(String, i64)> = Vec::with_capacity(rows.len());
    for row in rows {
        in_order.extend(id_of.query_row([row], |row| row.get(0)).optional()?.map(|id| (id, *row)));
    }
    in_order.sort_unstable();
    let mut vectors = Vectors::of(connection, embedder)?;
    for (_, row) in in_order {
        let Some(document) = whole(connection, row)? else { continue };
        let own = document.passages.iter().map(|passage| vectors.get(&passage.text_hash));
        let own = own.collect::<storage::Result<_>>()?;
        found(row, document, own);
    }
    Ok(())
}

/// Rows of a version whose documents are for other groups by now, and for which. What counts is the last word up to the newest
/// version, be it that of a version in which the document still was; a document that neither the newest nor the served version
/// has is for nobody when the version is pinned.
pub(in crate::embedded) fn later_groups(
    connection: &Connection,
    pointer: &Pointer,
    number: u64,
    pinned: bool,
) -> storage::Result<Vec<(i64, Option<Vec<String>>)>> {
    let mut select = connection.prepare_cached(
        "SELECT own.row, own.id, last.access_groups, last.access_groups IS NOT own.access_groups,
                ?5 AND last.to_version <= ?3 AND NOT EXISTS (
                    SELECT 1 FROM retrieval_document AS served WHERE served.collection = ?1 AND served.id = own.id
                    AND served.to_version > ?4 AND served.from_version <= ?4)
         FROM retrieval_document AS own JOIN retrieval_document AS last ON last.row = (
             SELECT row FROM retrieval_document WHERE collection = ?1 AND id = own.id AND from_version <= ?3
             ORDER BY to_version DESC LIMIT 1)
         WHERE own.collection = ?1 AND own.from_version <= ?2 AND own.to_version > ?2 AND own.to_version <= ?3",
    )?;
    let bounds = params![pointer.key, signed(number), signed(pointer.newest), signed(pointer.serving), pinned];
    let (mut rows, mut later) = (select.query(bounds)?, Vec::new());
    while let Some(row) = rows.next()? {
        let (regrouped, gone): (bool, bool) = (row.get(3)?, row.get(4)?);
        let groups: Option<String> = row.get(2)?;
        if gone {
            later.push((row.get(0)?, Some(Vec::new())));
        } else if regrouped {
            let id: String = row.get(1)?;
            later.push((row.get(0)?, groups.map(|groups| from_json(&id, &groups)).transpose()?));
        }
    }
    Ok(later)
}

/// One document of a version.
pub(in crate::embedded) fn document(
    connection: &Connection,
    key: i64,
    number: u64,
    id: &str,
) -> storage::Result<Option<DocumentRow>> {
    let mut select = connection.prepare_cached(
        "SELECT row FROM retrieval_document
         WHERE collection = ?1 AND id = ?2 AND to_version > ?3 AND from_version <= ?3",
    )?;
    let row: Option<i64> = select.query_row(params![key, id, signed(number)], |row| row.get(0)).optional()?;
    row.map_or(Ok(None), |row| whole(connection, row))
}

/// A document with its passages in order of their ordinals.
pub(super) fn whole(connection: &Connection, row: i64) -> storage::Result<Option<DocumentRow>> {
    let mut select = connection.prepare_cached(
        "SELECT id, content_hash, title, url, text, metadata, access_groups FROM retrieval_document WHERE row = ?1",
    )?;
    let mut found = select.query([row])?;
    let Some(columns) = found.next()? else { return Ok(None) };
    let id: String = columns.get(0)?;
    let groups: Option<String> = columns.get(6)?;
    let mut document = DocumentRow {
        content_hash: columns.get(1)?,
        title: columns.get(2)?,
        url: columns.get(3)?,
        text: columns.get(4)?,
        metadata: from_json(&id, columns.get_ref(5)?.as_str().unwrap_or_default())?,
        // Groups that cannot be read must not turn into "everyone": the document is not served at all.
        groups: groups.map(|groups| from_json(&id, &groups)).transpose()?,
        passages: Vec::new(),
        id,
    };
    let points = CodePoints::of(&document.text);
    let mut passages = connection.prepare_cached(PASSAGES)?;
    let mut rows = passages.query([row])?;
    while let Some(columns) = rows.next()? {
        let place = place(columns)?;
        let header = place.header.map_or("", |header| stretch(&document.text, &points, header));
        let own = stretch(&document.text, &points, (place.start, place.end));
        let indexed = indexed_text(&document.title, &place.heading, header, own);
        document.passages.push(PassageRow { place, text_hash: columns.get(8)?, indexed });
    }
    Ok(Some(document))
}

const PASSAGES: &str = "
    SELECT ordinal, start_at, end_at, section_start, section_end, header_start, header_end, heading, text_hash
    FROM retrieval_passage WHERE document = ?1 ORDER BY position";

fn place(columns: &Row<'_>) -> rusqlite::Result<Place> {
    let span = |from: usize| -> rusqlite::Result<Option<Span>> {
        let (start, end): (Option<i64>, Option<i64>) = (columns.get(from)?, columns.get(from + 1)?);
        Ok(start.zip(end).map(|(start, end)| (start.unsigned_abs() as usize, end.unsigned_abs() as usize)))
    };
    Ok(Place {
        ordinal: columns.get(0)?,
        start: unsigned(columns, 1)? as usize,
        end: unsigned(columns, 2)? as usize,
        section: span(3)?,
        header: span(5)?,
        heading: columns.get(7)?,
    })
}

fn stretch<'a>(text: &'a str, points: &CodePoints, span: Span) -> &'a str {
    &text[points.bytes(span.0, span.1)]
}

fn from_json<T: DeserializeOwned>(document: &str, json: &str) -> storage::Result<T> {
    serde_json::from_str(json)
        .map_err(|source| storage::Error::refuse(Damaged { document: document.to_owned(), source }))
}

/// Opens passages by row and position; `None` for one whose row is gone.
pub(in crate::embedded) fn open(
    connection: &Connection,
    wanted: &[(i64, usize)],
    section_within: Option<usize>,
) -> storage::Result<Vec<Option<Opened>>> {
    let mut documents = BTreeMap::new();
    for (row, _) in wanted {
        if !documents.contains_key(row) {
            documents.insert(*row, whole(connection, *row)?.map(|document| (CodePoints::of(&document.text), document)));
        }
    }
    let open = |(row, position): &(i64, usize)| {
        let (points, document) = documents.get(row)?.as_ref()?;
        let place = document.passages.get(*position)?.place.clone();
        let text = |span: Span| stretch(&document.text, points, span).to_owned();
        let short = |span: &Span| section_within.is_some_and(|within| span.1.saturating_sub(span.0) <= within);
        Some(Opened {
            document: document.id.clone(),
            title: document.title.clone(),
            url: document.url.clone(),
            text: text((place.start, place.end)),
            header: place.header.map_or_else(String::new, text),
            section: place.section.filter(short).map(text),
            metadata: document.metadata.clone(),
            place,
        })
    };
    Ok(wanted.iter().map(open).collect())
}
