//! Documents on their way in: each becomes a row, a content, its passages and their postings, a statement for each kind.

use super::filter;
use super::tables::{ORDINAL_BITS, UNENDED};
use super::values::{small, storable, storable_groups};
use crate::Error;
use crate::backend::{DocumentRow, PassageRow};
use crate::words::each_term;
use ::postgres::types::Json;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use storage::postgres::Connection;

/// Postings in one statement at most: some 100 bytes each.
const POSTINGS: usize = 20_000;

/// Writes these documents as rows of a change. Gives the keys of their texts.
pub(super) fn insert(
    connection: &mut Connection,
    collection: i32,
    number: i32,
    documents: &[&DocumentRow],
) -> Result<Vec<i64>, Error> {
    let texts = insert_texts(connection, collection, documents)?;
    let rows = Rows::prepare(connection, collection, number, documents)?;
    rows.insert_documents(connection)?;
    rows.insert_passages(connection, &texts)?;
    rows.insert_postings(connection)?;
    Ok(texts.into_values().collect())
}

/// Gives the key of each text by its hash.
fn insert_texts(
    connection: &mut Connection,
    collection: i32,
    documents: &[&DocumentRow],
) -> Result<HashMap<Vec<u8>, i64>, Error> {
    const NEW: &str =
        "INSERT INTO retrieval_text (collection, hash) SELECT $1, hash FROM unnest($2::bytea[]) AS new (hash)
        ON CONFLICT (collection, hash) DO NOTHING";
    const KEYS: &str = "SELECT hash, key FROM retrieval_text WHERE collection = $1 AND hash = ANY ($2)";
    let passages = documents.iter().flat_map(|document| &document.passages);
    let hashes: HashSet<&[u8]> = passages.map(|passage| passage.text_hash.as_slice()).collect();
    let hashes: Vec<&[u8]> = hashes.into_iter().collect();
    if hashes.is_empty() {
        return Ok(HashMap::new());
    }
    connection.execute(NEW, &[&collection, &hashes])?;
    Ok(connection.query(KEYS, &[&collection, &hashes])?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// A document on its way in.
struct Row<'a> {
    document: &'a DocumentRow,
    key: i64,
    audience: i32,
    /// Count of each term and of all, passage by passage.
    terms: Vec<(BTreeMap<String, i32>, i32)>,
}

struct Rows<'a> {
    collection: i32,
    number: i32,
    rows: Vec<Row<'a>>,
}

impl<'a> Rows<'a> {
    fn prepare(
        connection: &mut Connection,
        collection: i32,
        number: i32,
        documents: &[&'a DocumentRow],
    ) -> Result<Self, Error> {
        const KEYS: &str =
            "SELECT nextval(pg_get_serial_sequence('retrieval_document', 'key')) FROM generate_series(1, $1)";
        let keys = connection.query(KEYS, &[&small(documents.len())])?;
        let audiences = audiences(connection, collection, documents)?;
        let mut rows = Vec::with_capacity(documents.len());
        for (document, key) in documents.iter().zip(&keys) {
            if let Some(passage) = document.passages.iter().find(|passage| passage.place.ordinal >> ORDINAL_BITS != 0) {
                return Err(too_many(document, passage));
            }
            let audience = audiences.get(&digest(document.groups.as_deref())).copied().unwrap_or_default();
            let terms = document.passages.iter().map(|passage| terms(&passage.indexed)).collect();
            rows.push(Row { document, key: key.get(0), audience, terms });
        }
        Ok(Self { collection, number, rows })
    }

    fn insert_documents(&self, connection: &mut Connection) -> Result<(), Error> {
        const DOCUMENTS: &str = "INSERT INTO retrieval_document
                (collection, valid_from, valid_to, key, id, audience, passages, words, content_hash, fields)
            SELECT $1, $2, $3, new.* FROM unnest($4::bigint[], $5::text[], $6::integer[], $7::integer[], $8::bigint[],
                $9::text[], $10::jsonb[]) AS new";
        const CONTENTS: &str = "INSERT INTO retrieval_content (document, audience, title, url, text, metadata)
            SELECT new.* FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::json[]) AS new";
        let texts = |text: fn(&DocumentRow) -> &str| -> Vec<_> { self.each(|row| storable(text(row.document))) };
        let (keys, audiences) = (self.each(|row| row.key), self.each(|row| row.audience));
        let passages: Vec<i32> = self.each(|row| small(row.document.passages.len()));
        let words: Vec<i64> = self.each(|row| row.terms.iter().map(|(_, length)| i64::from(*length)).sum());
        let fields: Vec<Value> = self.each(|row| filter::filterable(&row.document.metadata));
        let (ids, hashes) = (texts(|document| &document.id), texts(|document| &document.content_hash));
        connection.execute(
            DOCUMENTS,
            &[&self.collection, &self.number, &UNENDED, &keys, &ids, &audiences, &passages, &words, &hashes, &fields],
        )?;
        let (titles, bodies) = (texts(|document| &document.title), texts(|document| &document.text));
        let urls: Vec<_> = self.each(|row| row.document.url.as_deref().map(storable));
        let metadata: Vec<Json<&Map<String, Value>>> = self.each(|row| Json(&row.document.metadata));
        connection.execute(CONTENTS, &[&keys, &audiences, &titles, &urls, &bodies, &metadata])?;
        Ok(())
    }

    fn each<'b, T>(&'b self, of: impl Fn(&'b Row<'a>) -> T) -> Vec<T> {
        self.rows.iter().map(of).collect()
    }

    fn insert_passages(&self, connection: &mut Connection, texts: &HashMap<Vec<u8>, i64>) -> Result<(), Error> {
        const PASSAGES: &str =
            "INSERT INTO retrieval_passage (collection, valid_from, valid_to, key, document, text, audience,
                start_at, end_at, section_start, section_end, header_start, header_end, heading)
            SELECT $1, $2, $3, new.* FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::integer[], $8::integer[],
                $9::integer[], $10::integer[], $11::integer[], $12::integer[], $13::integer[], $14::text[]) AS new";
        let all: Vec<(&Row<'_>, &PassageRow)> =
            self.rows.iter().flat_map(|row| row.document.passages.iter().map(move |passage| (row, passage))).collect();
        let numbers = |of: fn(&PassageRow) -> Option<usize>| -> Vec<Option<i32>> {
            all.iter().map(|(_, passage)| of(passage).map(small)).collect()
        };
        let keys: Vec<i64> = all.iter().map(|(row, passage)| passage_key(row.key, passage)).collect();
        let documents: Vec<i64> = all.iter().map(|(row, _)| row.key).collect();
        let text_keys: Vec<Option<i64>> =
            all.iter().map(|(_, passage)| texts.get(passage.text_hash.as_slice()).copied()).collect();
        let audiences: Vec<i32> = all.iter().map(|(row, _)| row.audience).collect();
        let headings: Vec<_> = all.iter().map(|(_, passage)| storable(&passage.place.heading)).collect();
        connection.execute(
            PASSAGES,
            &[
                &self.collection,
                &self.number,
                &UNENDED,
                &keys,
                &documents,
                &text_keys,
                &audiences,
                &numbers(|passage| Some(passage.place.start)),
                &numbers(|passage| Some(passage.place.end)),
                &numbers(|passage| passage.place.section.map(|(start, _)| start)),
                &numbers(|passage| passage.place.section.map(|(_, end)| end)),
                &numbers(|passage| passage.place.header.map(|(start, _)| start)),
                &numbers(|passage| passage.place.header.map(|(_, end)| end)),
                &headings,
            ],
        )?;
        Ok(())
    }

    fn insert_postings(&self, connection: &mut Connection) -> Result<(), Error> {
        let mut postings = Postings::default();
        for row in &self.rows {
            for (passage, (terms, length)) in row.document.passages.iter().zip(&row.terms) {
                for (term, count) in terms {
                    postings.push(row, passage_key(row.key, passage), term, *count, *length);
                }
                if postings.terms.len() >= POSTINGS {
                    postings.insert(connection, self.collection, self.number)?;
                }
            }
        }
        postings.insert(connection, self.collection, self.number)
    }
}

/// Postings side by side, as a statement takes them.
#[derive(Default)]
struct Postings<'a> {
    documents: Vec<i64>,
    passages: Vec<i64>,
    audiences: Vec<i32>,
    counts: Vec<i32>,
    lengths: Vec<i32>,
    terms: Vec<&'a str>,
}

impl<'a> Postings<'a> {
    fn push(&mut self, row: &Row<'_>, passage: i64, term: &'a str, count: i32, length: i32) {
        self.documents.push(row.key);
        self.passages.push(passage);
        self.audiences.push(row.audience);
        self.counts.push(count);
        self.lengths.push(length);
        self.terms.push(term);
    }

    /// Writes them and begins anew.
    fn insert(&mut self, connection: &mut Connection, collection: i32, number: i32) -> Result<(), Error> {
        const INSERT: &str = "INSERT INTO retrieval_posting
                (collection, valid_from, valid_to, document, passage, audience, count, length, term)
            SELECT $1, $2, $3, new.* FROM unnest($4::bigint[], $5::bigint[], $6::integer[], $7::integer[], $8::integer[],
                $9::text[]) AS new";
        let Self { documents, passages, audiences, counts, lengths, terms } = std::mem::take(self);
        if !terms.is_empty() {
            connection.execute(
                INSERT,
                &[&collection, &number, &UNENDED, &documents, &passages, &audiences, &counts, &lengths, &terms],
            )?;
        }
        Ok(())
    }
}

fn passage_key(document: i64, passage: &PassageRow) -> i64 {
    document << ORDINAL_BITS | i64::from(passage.place.ordinal)
}

fn terms(indexed: &str) -> (BTreeMap<String, i32>, i32) {
    let (mut counts, mut length) = (BTreeMap::new(), 0);
    each_term(indexed, &mut |term| {
        length += 1;
        match counts.get_mut(term) {
            Some(count) => *count += 1,
            None => {
                counts.insert(term.to_owned(), 1);
            }
        }
    });
    (counts, length)
}

fn too_many(document: &DocumentRow, passage: &PassageRow) -> Error {
    let place = &passage.place;
    let (start, end, length) = (place.start, place.end, document.text.chars().count());
    Error::BadPassage { document: document.id.clone(), ordinal: place.ordinal, start, end, length }
}

/// The key of each list of groups that these documents have, by its digest.
fn audiences(
    connection: &mut Connection,
    collection: i32,
    documents: &[&DocumentRow],
) -> Result<HashMap<Vec<u8>, i32>, Error> {
    const NEW: &str =
        "INSERT INTO retrieval_audience (collection, digest, groups) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    const KEYS: &str = "SELECT digest, key FROM retrieval_audience WHERE collection = $1 AND digest = ANY ($2)";
    let lists: HashMap<Vec<u8>, Option<&[String]>> =
        documents.iter().map(|document| (digest(document.groups.as_deref()), document.groups.as_deref())).collect();
    let digests: Vec<&Vec<u8>> = lists.keys().collect();
    let known = |connection: &mut Connection| -> Result<HashMap<Vec<u8>, i32>, Error> {
        let rows = connection.query(KEYS, &[&collection, &digests])?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    };
    let there = known(connection)?;
    if there.len() == lists.len() {
        return Ok(there);
    }
    for (digest, groups) in lists.iter().filter(|(digest, _)| !there.contains_key(*digest)) {
        connection.execute(NEW, &[&collection, digest, &groups.map(storable_groups)])?;
    }
    known(connection)
}

fn digest(groups: Option<&[String]>) -> Vec<u8> {
    Sha256::digest(Value::from(groups.map(<[String]>::to_vec)).to_string()).to_vec()
}
