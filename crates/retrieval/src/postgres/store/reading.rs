//! What is given out: passages to be read, and whole documents.

use super::scopes::{Seen, keys};
use super::values::{Statement, large, storable, storable_groups};
use crate::Error;
use crate::backend::{DocumentRow, Opened, PassageKey, PassageRow, TextHash};
use crate::code_points::CodePoints;
use crate::document::{Place, Span, indexed_text};
use ::postgres::Row;
use ::postgres::types::Json;
use serde_json::{Map, Value};
use storage::postgres::Connection;

/// The place of a passage, from column `first` on.
const PLACE: &str =
    "p.key, p.start_at, p.end_at, p.section_start, p.section_end, p.header_start, p.header_end, p.heading";

fn place(row: &Row, first: usize) -> Place {
    let number = |index: usize| row.get::<_, i32>(first + index).unsigned_abs() as usize;
    let span = |index: usize| -> Option<Span> {
        let ends = (row.get::<_, Option<i32>>(first + index), row.get::<_, Option<i32>>(first + index + 1));
        Some((ends.0?.unsigned_abs() as usize, ends.1?.unsigned_abs() as usize))
    };
    Place {
        ordinal: (row.get::<_, i64>(first) & 0xf_ffff) as u32,
        start: number(1),
        end: number(2),
        section: span(3),
        header: span(5),
        heading: row.get(first + 7),
    }
}

/// These passages in their order. Texts are cut out of their documents here, so that a long one does not travel.
pub(crate) fn open(
    connection: &mut Connection,
    seen: &Seen,
    passages: &[PassageKey],
    section_within: Option<usize>,
) -> Result<Vec<Opened>, Error> {
    let mut select = Statement::default();
    let asked = select.bind(keys(passages));
    let within = select.bind(section_within.map(large));
    let condition = seen.passages_seen("p", "p.document", &mut select);
    select.text = format!(
        "SELECT d.id, c.title, c.url, c.metadata, substr(c.text, p.start_at + 1, p.end_at - p.start_at),
             coalesce(substr(c.text, p.header_start + 1, p.header_end - p.header_start), ''),
             CASE WHEN p.section_end - p.section_start <= {within}::bigint
                 THEN substr(c.text, p.section_start + 1, p.section_end - p.section_start) END, {PLACE}
         FROM unnest({asked}::bigint[]) WITH ORDINALITY AS asked (key, turn)
         JOIN retrieval_passage p ON p.key = asked.key JOIN retrieval_document d ON d.key = p.document
         JOIN retrieval_content c ON c.document = p.document WHERE {condition} ORDER BY asked.turn"
    );
    let opened = |row: &Row| Opened {
        document: row.get(0),
        title: row.get(1),
        url: row.get(2),
        metadata: row.get::<_, Json<Map<String, Value>>>(3).0,
        text: row.get(4),
        header: row.get(5),
        section: row.get(6),
        place: place(row, 7),
    };
    Ok(connection.query(&select.text, &select.values())?.iter().map(opened).collect())
}

/// One document of a version with all its passages, when the caller may see it.
pub(crate) fn document(
    connection: &mut Connection,
    seen: &Seen,
    id: &str,
    groups: &[String],
) -> Result<Option<DocumentRow>, Error> {
    const DOCUMENT: &str = "SELECT d.key, d.id, d.content_hash, c.title, c.url, c.text, c.metadata, a.groups
        FROM retrieval_document d JOIN retrieval_content c ON c.document = d.key JOIN retrieval_audience a ON a.key = d.audience
        WHERE d.collection = $1 AND hashtextextended(d.id, 0) = hashtextextended($2::text, 0) AND d.id = $2
            AND d.valid_from <= $3 AND d.valid_to > $3 AND (a.groups IS NULL OR a.groups && $4)";
    let passages = format!(
        "SELECT t.hash, {PLACE} FROM retrieval_passage p JOIN retrieval_text t ON t.key = p.text
         WHERE p.document = $1 ORDER BY p.key"
    );
    let groups = storable_groups(groups);
    let found = connection.query_opt(DOCUMENT, &[&seen.kept.collection, &storable(id), &seen.kept.number, &groups])?;
    let Some(row) = found.filter(|row| !seen.withholds(row.get(0))) else { return Ok(None) };
    let (title, text): (String, String) = (row.get(3), row.get(5));
    let points = CodePoints::of(&text);
    let passage = |row: &Row| -> Option<PassageRow> {
        let (text_hash, place) = (TextHash::try_from(row.get::<_, &[u8]>(0)).ok()?, place(row, 1));
        let header = place.header.map_or("", |(start, end)| &text[points.bytes(start, end)]);
        let indexed = indexed_text(&title, &place.heading, header, &text[points.bytes(place.start, place.end)]);
        Some(PassageRow { place, text_hash, indexed })
    };
    let passages = connection.query(&passages, &[&row.get::<_, i64>(0)])?.iter().filter_map(passage).collect();
    Ok(Some(DocumentRow {
        id: row.get(1),
        content_hash: row.get(2),
        url: row.get(4),
        metadata: row.get::<_, Json<Map<String, Value>>>(6).0,
        groups: row.get(7),
        passages,
        title,
        text,
    }))
}
