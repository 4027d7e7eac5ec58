//! A version as one caller may see it, as conditions on rows, and what is counted and scored under them.
//!
//! Every statement names the version, the audiences that the caller belongs to and the documents that pass the filter. What the
//! filter lets pass is looked up once and named by key while these are few; beyond that the filter stands in each statement.

use super::collections::{Bound, Kept};
use super::filter;
use super::values::{Statement, Vector, large, storable, storable_groups};
use crate::Error;
use crate::backend::{FacetCount, Hit, PassageKey, WordQuery};
use crate::filter::{Filter, Scalar};
use std::collections::HashMap;
use storage::postgres::Connection;

/// Documents that are named by key at most: some 80 KB of a statement's values.
const MOST_NAMED: i64 = 10_000;

/// What a caller may see of a version.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) kept: Kept,
    audiences: Vec<i32>,
    documents: Documents,
    /// Documents of an older version that later rights keep from this caller, by key.
    withheld: Vec<i64>,
}

#[derive(Clone)]
enum Documents {
    All,
    Named(Vec<i64>),
    Passing(Filter),
}

/// Counts over all that is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) documents: u64,
    pub(crate) passages: u64,
    pub(crate) words: u64,
}

impl Seen {
    /// The audiences a caller belongs to, and under a filter its documents with their totals.
    pub(crate) fn look(
        connection: &mut Connection,
        kept: &Kept,
        groups: &[String],
        filter: &Filter,
    ) -> Result<(Self, Option<Totals>), Error> {
        const AUDIENCES: &str = "SELECT key FROM retrieval_audience WHERE collection = $1 AND (groups IS NULL OR groups && $2) ORDER BY key";
        let rows = connection.query(AUDIENCES, &[&kept.collection, &storable_groups(groups)])?;
        let audiences = rows.iter().map(|row| row.get(0)).collect();
        let mut seen = Self { kept: kept.clone(), audiences, documents: Documents::All, withheld: Vec::new() };
        seen.withheld = seen.withheld(connection)?;
        if filter.is_empty() {
            return Ok((seen, None));
        }
        seen.documents = Documents::Passing(filter.clone());
        let mut select = Statement::default();
        let documents = seen.documents_where("d", &mut select);
        let most = select.bind(MOST_NAMED);
        // All in one pass: a filter that no index answers is read from every document.
        select.text = format!(
            "SELECT {TOTALS}, CASE WHEN count(*) <= {most} THEN coalesce(array_agg(d.key), '{{}}') END
             FROM retrieval_document d WHERE {documents}"
        );
        let row = connection.query_one(&select.text, &select.values())?;
        if let Some(keys) = row.get(3) {
            seen.documents = Documents::Named(keys);
        }
        Ok((seen, Some(totals(&row))))
    }

    /// Documents of an older version that are for other groups by now, without this caller's. What counts is the last word up to
    /// the newest version; what neither the newest nor the served version has is for nobody when the version is pinned.
    fn withheld(&self, connection: &mut Connection) -> Result<Vec<i64>, Error> {
        const WITHHELD: &str = "SELECT own.key FROM retrieval_document own CROSS JOIN LATERAL (
                SELECT d.audience, d.valid_to FROM retrieval_document d
                WHERE d.collection = own.collection AND hashtextextended(d.id, 0) = hashtextextended(own.id, 0)
                    AND d.id = own.id AND d.valid_from <= $3 ORDER BY d.valid_to DESC LIMIT 1) AS last
            WHERE own.collection = $1 AND own.valid_from <= $2 AND own.valid_to > $2 AND own.valid_to <= $3
                AND (last.audience <> ALL ($6) OR $5 AND last.valid_to <= $3 AND NOT EXISTS (
                    SELECT FROM retrieval_document d
                    WHERE d.collection = own.collection AND hashtextextended(d.id, 0) = hashtextextended(own.id, 0)
                        AND d.id = own.id AND d.valid_from <= $4 AND d.valid_to > $4))";
        let Kept { collection, number, bound, .. } = &self.kept;
        let Some(Bound { newest, serving, pinned }) = bound else { return Ok(Vec::new()) };
        let rows = connection.query(WITHHELD, &[collection, number, newest, serving, pinned, &self.audiences])?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Whether later rights keep a document from this caller.
    pub(super) fn withholds(&self, document: i64) -> bool {
        self.withheld.contains(&document)
    }

    /// What two callers share who see the same, unless a filter or later rights make them differ.
    pub(crate) fn shared_key(&self) -> Option<(i32, i32, i64, Vec<i32>)> {
        let Kept { collection, number, edition, .. } = self.kept;
        let plain = matches!(self.documents, Documents::All) && self.withheld.is_empty();
        plain.then(|| (collection, number, edition, self.audiences.clone()))
    }

    /// The condition on rows of any table with an interval and an audience, `document` being the place of the document's key.
    fn rows_where(&self, of: &str, document: &str, statement: &mut Statement) -> String {
        let (collection, number) = (statement.bind(self.kept.collection), statement.bind(self.kept.number));
        let audiences = statement.bind(self.audiences.clone());
        let withheld = match self.withheld.as_slice() {
            [] => String::new(),
            withheld => format!(" AND {document} <> ALL ({})", statement.bind(withheld.to_vec())),
        };
        format!(
            "{of}.collection = {collection} AND {of}.valid_from <= {number} AND {of}.valid_to > {number}
             AND {of}.audience = ANY ({audiences}){withheld}"
        )
    }

    /// The condition on documents.
    fn documents_where(&self, of: &str, statement: &mut Statement) -> String {
        let rows = self.rows_where(of, &format!("{of}.key"), statement);
        match &self.documents {
            Documents::All => rows,
            Documents::Named(keys) => format!("{rows} AND {of}.key = ANY ({})", statement.bind(keys.clone())),
            Documents::Passing(filter) => format!("{rows} AND {}", filter::condition(filter, of, statement)),
        }
    }

    /// The condition on passages or postings, `document` being the place of the document's key.
    fn passages_where(&self, of: &str, document: &str, statement: &mut Statement) -> String {
        let rows = self.rows_where(of, document, statement);
        match &self.documents {
            Documents::All => rows,
            Documents::Named(keys) => format!("{rows} AND {document} = ANY ({})", statement.bind(keys.clone())),
            Documents::Passing(_) => {
                let documents = self.documents_where("d", statement);
                format!("{rows} AND {document} IN (SELECT d.key FROM retrieval_document d WHERE {documents})")
            }
        }
    }

    pub(crate) fn totals(&self, connection: &mut Connection) -> Result<Totals, Error> {
        let mut select = Statement::default();
        let documents = self.documents_where("d", &mut select);
        select.text = format!("SELECT {TOTALS} FROM retrieval_document d WHERE {documents}");
        Ok(totals(&connection.query_one(&select.text, &select.values())?))
    }

    /// Passages that hold each of these terms.
    pub(crate) fn holding(&self, connection: &mut Connection, terms: &[String]) -> Result<Vec<u64>, Error> {
        let mut select = Statement::default();
        let postings = self.passages_where("p", POSTING_DOCUMENT, &mut select);
        let asked = select.bind(storable_terms(terms));
        select.text = format!(
            "SELECT p.term, count(*) FROM retrieval_posting p WHERE {postings} AND p.term = ANY ({asked}) GROUP BY p.term"
        );
        let rows = connection.query(&select.text, &select.values())?;
        let counts: HashMap<&str, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        Ok(terms.iter().map(|term| counts.get(term.as_str()).map_or(0, |count| count.unsigned_abs())).collect())
    }

    /// `SELECT` of passages and their word scores, as [`WordQuery::part`] sums them, of those that pass a further condition.
    fn word_scores_of(&self, query: &WordQuery, passages: Option<&[PassageKey]>, statement: &mut Statement) -> String {
        let postings = self.passages_where("p", POSTING_DOCUMENT, statement);
        let terms: Vec<String> = query.terms.iter().map(|(term, _)| term.clone()).collect();
        let weights: Vec<f64> = query.terms.iter().map(|(_, weight)| f64::from(*weight)).collect();
        let (terms, weights) = (statement.bind(storable_terms(&terms)), statement.bind(weights));
        let (k1, b) = (statement.bind(f64::from(query.k1)), statement.bind(f64::from(query.b)));
        let average = statement.bind(f64::from(query.average_length.max(f32::MIN_POSITIVE)));
        let among = match passages {
            Some(passages) => format!("AND p.passage = ANY ({})", statement.bind(keys(passages))),
            None => String::new(),
        };
        format!(
            "SELECT p.passage, sum(asked.weight * p.count
                 / (p.count + {k1}::float8 * (1 - {b}::float8 + {b}::float8 * p.length / {average}::float8)))::float4 AS score
             FROM unnest({terms}::text[], {weights}::float8[]) AS asked (term, weight)
             JOIN retrieval_posting p ON p.term = asked.term COLLATE \"C\" WHERE {postings} {among} GROUP BY p.passage"
        )
    }

    pub(crate) fn by_words(
        &self,
        connection: &mut Connection,
        query: &WordQuery,
        most: usize,
    ) -> Result<Vec<Hit>, Error> {
        let mut select = Statement::default();
        let scores = self.word_scores_of(query, None, &mut select);
        let most = select.bind(large(most));
        // Ties are kept until they can be put in order by the documents' ids.
        select.text = format!(
            "SELECT s.passage, s.score FROM (
                 SELECT * FROM ({scores}) AS all_scores WHERE score > 0
                 ORDER BY score DESC FETCH FIRST ({most}::bigint) ROWS WITH TIES) AS s
             JOIN retrieval_document d ON d.key = s.passage >> 20
             ORDER BY s.score DESC, d.id, s.passage LIMIT {most}"
        );
        Ok(connection.query(&select.text, &select.values())?.iter().map(hit).collect())
    }

    pub(crate) fn word_scores(
        &self,
        connection: &mut Connection,
        query: &WordQuery,
        passages: &[PassageKey],
    ) -> Result<Vec<f32>, Error> {
        let mut select = Statement::default();
        select.text = self.word_scores_of(query, Some(passages), &mut select);
        let rows = connection.query(&select.text, &select.values())?;
        let scores: HashMap<PassageKey, f32> = rows.iter().map(hit).map(|hit| (hit.passage, hit.score)).collect();
        Ok(passages.iter().map(|passage| scores.get(passage).copied().unwrap_or_default()).collect())
    }

    /// The nearest of all that is seen, one by one.
    pub(crate) fn nearest(&self, connection: &mut Connection, vector: &[f32], most: usize) -> Result<Vec<Hit>, Error> {
        let mut select = Statement::default();
        let passages = self.passages_where("p", "p.document", &mut select);
        let (asked, most) = (select.bind(Vector(vector.to_vec())), select.bind(large(most)));
        select.text = format!(
            "SELECT s.key, s.score FROM (
                 SELECT p.key, p.document, (-(v.vector <#> {asked}::vector))::float4 AS score
                 FROM retrieval_passage p JOIN {table} v ON v.text = p.text WHERE {passages}
                 ORDER BY score DESC FETCH FIRST ({most}::bigint) ROWS WITH TIES) AS s
             JOIN retrieval_document d ON d.key = s.document
             ORDER BY s.score DESC, d.id, s.key LIMIT {most}",
            table = self.kept.vectors.name()
        );
        Ok(connection.query(&select.text, &select.values())?.iter().map(hit).collect())
    }

    /// Those of the graph's nearest that are seen, at most so many. The session must be set up for it.
    pub(crate) fn nearest_by_graph(
        &self,
        connection: &mut Connection,
        vector: &[f32],
        most: usize,
    ) -> Result<Vec<Hit>, Error> {
        let mut select = Statement::default();
        let passages = self.passages_where("p", "p.document", &mut select);
        let (asked, most) = (select.bind(Vector(vector.to_vec())), select.bind(large(most)));
        let dimensions = self.kept.vectors.space.dimensions;
        select.text = format!(
            "WITH near AS MATERIALIZED (
                 SELECT p.key, p.document, (-(v.vector <#> {asked}::vector))::float4 AS score
                 FROM {table} v JOIN retrieval_passage p ON p.text = v.text WHERE {passages}
                 ORDER BY (v.vector::halfvec({dimensions})) <#> {asked}::vector::halfvec({dimensions}) LIMIT {most})
             SELECT s.key, s.score FROM near s JOIN retrieval_document d ON d.key = s.document
             ORDER BY s.score DESC, d.id, s.key",
            table = self.kept.vectors.name()
        );
        Ok(connection.query(&select.text, &select.values())?.iter().map(hit).collect())
    }

    pub(crate) fn vectors(&self, connection: &mut Connection, passages: &[PassageKey]) -> Result<Vec<Vec<f32>>, Error> {
        let mut select = Statement::default();
        let seen = self.passages_where("p", "p.document", &mut select);
        let asked = select.bind(keys(passages));
        select.text = format!(
            "SELECT p.key, v.vector FROM retrieval_passage p JOIN {} v ON v.text = p.text WHERE {seen} AND p.key = ANY ({asked})",
            self.kept.vectors.name()
        );
        let rows = connection.query(&select.text, &select.values())?;
        let found: HashMap<i64, Vector> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let zero = || vec![0.0; self.kept.vectors.space.dimensions];
        let vector =
            |passage: &PassageKey| found.get(&passage.0.cast_signed()).map_or_else(zero, |vector| vector.0.clone());
        Ok(passages.iter().map(vector).collect())
    }

    pub(crate) fn facet(
        &self,
        connection: &mut Connection,
        field: &str,
        most: usize,
    ) -> Result<Vec<FacetCount>, Error> {
        let mut select = Statement::default();
        let documents = self.documents_where("d", &mut select);
        let held = format!("(d.fields -> {}::text)", select.bind(storable(field).into_owned()));
        let most_place = select.bind(large(most.max(1)));
        // Numbers are one value when they are one float of eight bytes.
        select.text = format!(
            "SELECT jsonb_typeof(v), CASE jsonb_typeof(v) WHEN 'number' THEN ((v #>> '{{}}')::float8 + 0)::text ELSE v #>> '{{}}' END,
                 count(DISTINCT d.key)
             FROM retrieval_document d CROSS JOIN LATERAL jsonb_array_elements(
                 CASE WHEN jsonb_typeof({held}) = 'array' THEN {held} ELSE jsonb_build_array({held}) END) AS held (v)
             WHERE {documents} AND jsonb_typeof(v) IN ('string', 'number', 'boolean')
             GROUP BY 1, 2 ORDER BY 3 DESC FETCH FIRST ({most_place}::bigint) ROWS WITH TIES"
        );
        let rows = connection.query(&select.text, &select.values())?;
        let counts =
            rows.iter().filter_map(|row| Some((scalar(row.get(0), row.get(1))?, row.get::<_, i64>(2).unsigned_abs())));
        Ok(FacetCount::ranked(counts, most))
    }

    /// The condition for `reading`, which gives out what is seen.
    pub(super) fn passages_seen(&self, of: &str, document: &str, statement: &mut Statement) -> String {
        self.passages_where(of, document, statement)
    }
}

/// What [`totals`] reads, of documents `d`.
const TOTALS: &str = "count(*), coalesce(sum(d.passages), 0)::bigint, coalesce(sum(d.words), 0)::bigint";

fn totals(row: &::postgres::Row) -> Totals {
    let count = |index| row.get::<_, i64>(index).unsigned_abs();
    Totals { documents: count(0), passages: count(1), words: count(2) }
}

/// A posting's document as it stands in its passage's key: the index holds the one and not the other.
const POSTING_DOCUMENT: &str = "(p.passage >> 20)";

fn scalar(kind: &str, text: &str) -> Option<Scalar> {
    match kind {
        "string" => Some(Scalar::Text(text.to_owned())),
        "boolean" => Some(Scalar::Bool(text == "true")),
        _ => text.parse().ok().map(Scalar::Number),
    }
}

fn hit(row: &::postgres::Row) -> Hit {
    Hit { passage: PassageKey(row.get::<_, i64>(0).cast_unsigned()), score: row.get(1) }
}

pub(super) fn keys(passages: &[PassageKey]) -> Vec<i64> {
    passages.iter().map(|passage| passage.0.cast_signed()).collect()
}

fn storable_terms(terms: &[String]) -> Vec<String> {
    terms.iter().map(|term| storable(term).into_owned()).collect()
}
