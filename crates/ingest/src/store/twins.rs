//! The tables of `twins`: sketches by their bands, and the pairs that were found.

use super::FeedKey;
use crate::twins::{Pairs, Sketch, TwinDocument};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use storage::Result;

pub(super) const STEP: &str = "
CREATE TABLE ingest_sketch (
    use_case TEXT NOT NULL,
    feed     TEXT NOT NULL,
    document TEXT NOT NULL,
    sketch   BLOB NOT NULL,
    PRIMARY KEY (use_case, feed, document)
) STRICT, WITHOUT ROWID;
CREATE TABLE ingest_band (
    use_case TEXT NOT NULL,
    band     INTEGER NOT NULL,
    feed     TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (use_case, band, feed, document)
) STRICT, WITHOUT ROWID;
CREATE TABLE ingest_twins (
    use_case TEXT NOT NULL,
    feed     TEXT NOT NULL,
    document TEXT NOT NULL,
    other_feed     TEXT NOT NULL,
    other_document TEXT NOT NULL,
    similarity     REAL NOT NULL,
    PRIMARY KEY (use_case, feed, document, other_feed, other_document)
) STRICT, WITHOUT ROWID;
";

/// More documents than this in one band are a form letter; the first of them stand for all.
const MOST_OF_A_BAND: i64 = 50;
/// So many documents are looked at as twins of one.
const MOST_ALIKE: usize = 10;

/// Takes over the sketches of documents that were put, and forgets those of documents that are gone, with their pairs.
pub(crate) fn sketched(
    transaction: &Transaction<'_>,
    key: &FeedKey,
    put: &[(String, Option<Sketch>)],
    gone: &[String],
) -> Result<()> {
    for document in put.iter().map(|(document, _)| document).chain(gone) {
        forget(transaction, key, document)?;
    }
    let mut insert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO ingest_sketch (use_case, feed, document, sketch) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let mut band = transaction.prepare_cached(
        "INSERT OR REPLACE INTO ingest_band (use_case, band, feed, document) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (document, sketch) in put {
        let Some(sketch) = sketch else { continue };
        insert.execute(params![key.use_case, key.feed, document, sketch.to_bytes()])?;
        for key_of_band in sketch.bands() {
            band.execute(params![key.use_case, key_of_band, key.feed, document])?;
        }
    }
    Ok(())
}

fn forget(transaction: &Transaction<'_>, key: &FeedKey, document: &str) -> Result<()> {
    let known: Option<Vec<u8>> = transaction
        .prepare_cached(
            "DELETE FROM ingest_sketch WHERE use_case = ?1 AND feed = ?2 AND document = ?3 RETURNING sketch",
        )?
        .query_map(params![key.use_case, key.feed, document], |row| row.get(0))?
        .next()
        .transpose()?;
    let Some(sketch) = known.as_deref().and_then(Sketch::from_bytes) else { return Ok(()) };
    let mut band = transaction
        .prepare_cached("DELETE FROM ingest_band WHERE use_case = ?1 AND band = ?2 AND feed = ?3 AND document = ?4")?;
    for key_of_band in sketch.bands() {
        band.execute(params![key.use_case, key_of_band, key.feed, document])?;
    }
    transaction
        .prepare_cached(
            "DELETE FROM ingest_twins WHERE use_case = ?1
             AND ((feed = ?2 AND document = ?3) OR (other_feed = ?2 AND other_document = ?3))",
        )?
        .execute(params![key.use_case, key.feed, document])?;
    Ok(())
}

/// Documents of the use case, of any feed, that are nearly the same as this one.
pub(crate) fn alike(
    connection: &Connection,
    key: &FeedKey,
    document: &str,
    sketch: &Sketch,
) -> Result<Vec<(TwinDocument, f32)>> {
    let mut of_band = connection
        .prepare_cached("SELECT feed, document FROM ingest_band WHERE use_case = ?1 AND band = ?2 LIMIT ?3")?;
    let mut candidates: BTreeMap<TwinDocument, usize> = BTreeMap::new();
    for band in sketch.bands() {
        let rows = of_band.query_map(params![key.use_case, band, MOST_OF_A_BAND], |row| {
            Ok(TwinDocument { feed: row.get(0)?, document: row.get(1)? })
        })?;
        for candidate in rows {
            *candidates.entry(candidate?).or_default() += 1;
        }
    }
    candidates.remove(&TwinDocument { feed: key.feed.clone(), document: document.to_owned() });
    // Those first that share most bands.
    let mut candidates: Vec<(TwinDocument, usize)> = candidates.into_iter().collect();
    candidates.sort_by_key(|(_, bands)| Reverse(*bands));
    let mut select = connection
        .prepare_cached("SELECT sketch FROM ingest_sketch WHERE use_case = ?1 AND feed = ?2 AND document = ?3")?;
    let mut found = Vec::new();
    for (candidate, _) in candidates.into_iter().take(MOST_ALIKE) {
        let row = select.query_row(params![key.use_case, candidate.feed, candidate.document], |row| row.get(0));
        let bytes: Option<Vec<u8>> = row.optional()?;
        let other = bytes.as_deref().and_then(Sketch::from_bytes);
        if let Some(similarity) = other.and_then(|other| sketch.similarity(&other)) {
            found.push((candidate, similarity));
        }
    }
    Ok(found)
}

/// Keeps pairs, each of them given with the smaller of the two first.
pub(crate) fn keep(transaction: &Transaction<'_>, use_case: &str, pairs: &Pairs) -> Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO ingest_twins (use_case, feed, document, other_feed, other_document, similarity)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for ((one, other), similarity) in pairs {
        insert.execute(params![use_case, one.feed, one.document, other.feed, other.document, similarity])?;
    }
    Ok(())
}

/// The pairs of a use case that are most alike.
pub(crate) fn most_alike(connection: &Connection, use_case: &str, most: usize) -> Result<Pairs> {
    let mut select = connection.prepare_cached(
        "SELECT feed, document, other_feed, other_document, similarity FROM ingest_twins
         WHERE use_case = ?1 ORDER BY similarity DESC LIMIT ?2",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = select.query_map(params![use_case, most], |row| {
        let one = TwinDocument { feed: row.get(0)?, document: row.get(1)? };
        let other = TwinDocument { feed: row.get(2)?, document: row.get(3)? };
        Ok(((one, other), row.get(4)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
