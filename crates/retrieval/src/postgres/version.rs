//! One version in Postgres, and what one caller sees of it.

use super::store::collections::Kept;
use super::store::scopes::{Seen, Totals};
use super::store::values::{array_literal, storable_groups};
use super::store::{read, read_moment, reading};
use crate::Error;
use crate::backend::{
    DocumentRow, FacetCount, Hit, Opened, PassageKey, Scope, Space, Statistics, Version, WordQuery, mixed,
};
use crate::filter::Filter;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use storage::postgres::{Connection, Postgres};

/// When the nearest are looked for in the graph, and how far. The figures were measured by the example `postgres_recall`, over
/// 50,000 vectors of MiniLM.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Passages that are always scanned exactly, which costs no more than the graph, and from which on a collection has a graph.
    pub(super) exact_up_to: u64,
    /// pgvector's `hnsw.ef_search`, 1,000 at most: how many of all passages, the nearest, the graph gives.
    pub(super) ef_search: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { exact_up_to: 3_000, ef_search: 500 }
    }
}

/// So many times what is wanted must be among what the graph gives: its far end has gaps.
const AT_LEAST: usize = 2;
/// Totals that are remembered.
const MOST_TOTALS: usize = 1_000;

type TotalsKey = (i32, i32, i64, Vec<i32>);

/// What all versions share.
pub(super) struct Shared {
    postgres: Postgres,
    pub(super) rules: Rules,
    /// By what two callers have in common: versions never change, and an erasure makes a new edition.
    totals: Mutex<HashMap<TotalsKey, Totals>>,
}

impl Shared {
    pub(super) fn new(postgres: Postgres, rules: Rules) -> Self {
        Self { postgres, rules, totals: Mutex::default() }
    }

    /// The database as seen by a caller of these groups: the fence in the database is told of them too.
    fn seen_by(&self, groups: &[String], further: &[(&str, String)]) -> Postgres {
        let mut settings = vec![
            ("shipway.groups".to_owned(), array_literal(&storable_groups(groups))),
            // Plans depend on which terms, audiences and documents are asked for.
            ("plan_cache_mode".to_owned(), "force_custom_plan".to_owned()),
            ("jit".to_owned(), "off".to_owned()),
            // What is searched often lies in memory: the default makes the planner read whole tables where it need not.
            ("random_page_cost".to_owned(), "1.1".to_owned()),
        ];
        settings.extend(further.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        self.postgres.with_settings(settings)
    }

    /// The same, where the graph is the only way that the planner takes: its own estimate of a filter behind a graph is a guess.
    fn by_graph(&self, groups: &[String]) -> Postgres {
        let off = || "off".to_owned();
        self.seen_by(
            groups,
            &[
                ("hnsw.iterative_scan", off()),
                ("hnsw.ef_search", self.rules.ef_search.to_string()),
                ("enable_seqscan", off()),
                ("enable_hashjoin", off()),
                ("enable_mergejoin", off()),
                ("enable_sort", off()),
            ],
        )
    }
}

pub(super) struct PostgresVersion {
    collection: String,
    kept: Kept,
    shared: Arc<Shared>,
}

impl PostgresVersion {
    pub(super) fn new(collection: &str, kept: Kept, shared: Arc<Shared>) -> Self {
        Self { collection: collection.to_owned(), kept, shared }
    }
}

impl Version for PostgresVersion {
    fn collection(&self) -> &str {
        &self.collection
    }

    fn number(&self) -> u64 {
        u64::from(self.kept.number.unsigned_abs())
    }

    fn edition(&self) -> u64 {
        let edition = self.kept.edition.unsigned_abs();
        self.kept.bound.map_or(edition, |bound| mixed((edition, bound)))
    }

    fn space(&self) -> Option<&Space> {
        Some(&self.kept.vectors.space)
    }

    fn scope(self: Arc<Self>, groups: &[String], filter: &Filter) -> Result<Box<dyn Scope>, Error> {
        let postgres = self.shared.seen_by(groups, &[]);
        let (seen, counted) = read(&postgres, |connection| Seen::look(connection, &self.kept, groups, filter))?;
        let totals = counted.map_or_else(OnceLock::new, OnceLock::from);
        Ok(Box::new(PostgresScope { version: self, groups: groups.to_vec(), postgres, seen, totals }))
    }

    fn document(&self, id: &str, groups: &[String]) -> Result<Option<DocumentRow>, Error> {
        let postgres = self.shared.seen_by(groups, &[]);
        read_moment(&postgres, |connection| {
            let (seen, _) = Seen::look(connection, &self.kept, groups, &Filter::default())?;
            reading::document(connection, &seen, id, groups)
        })
    }
}

struct PostgresScope {
    version: Arc<PostgresVersion>,
    groups: Vec<String>,
    postgres: Postgres,
    seen: Seen,
    totals: OnceLock<Totals>,
}

impl PostgresScope {
    fn read<T>(&self, job: impl FnMut(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        read(&self.postgres, job)
    }

    fn totals(&self) -> Result<Totals, Error> {
        if let Some(totals) = self.totals.get() {
            return Ok(*totals);
        }
        let remembered = || self.version.shared.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let key = self.seen.shared_key();
        let known = key.as_ref().and_then(|key| remembered().get(key).copied());
        let totals = match known {
            Some(totals) => totals,
            None => self.read(|connection| self.seen.totals(connection))?,
        };
        if let (None, Some(key)) = (known, key) {
            let mut all = remembered();
            if all.len() >= MOST_TOTALS {
                all.clear();
            }
            all.insert(key, totals);
        }
        Ok(*self.totals.get_or_init(|| totals))
    }

    /// The nearest by the graph, or nothing when only a scan can tell. The graph gives the nearest of all passages, and those
    /// that are not seen fall out. When enough of them are left, these are the nearest that are seen; when not, what is seen lies
    /// elsewhere. Iterative scans would go on in such a case, through parts of the graph that they never saw whole.
    fn nearest_by_graph(&self, vector: &[f32], most: usize, passages: u64) -> Result<Option<Vec<Hit>>, Error> {
        let rules = &self.version.shared.rules;
        let candidates = most.saturating_mul(AT_LEAST);
        if !self.seen.kept.vectors.indexed || passages <= rules.exact_up_to || candidates > rules.ef_search {
            return Ok(None);
        }
        let postgres = self.version.shared.by_graph(&self.groups);
        let mut hits = read(&postgres, |connection| self.seen.nearest_by_graph(connection, vector, candidates))?;
        let enough = hits.len() == candidates;
        hits.truncate(most);
        Ok(enough.then_some(hits))
    }
}

impl Scope for PostgresScope {
    fn statistics(&self, terms: &[String]) -> Result<Statistics, Error> {
        let Totals { documents, passages, words } = self.totals()?;
        let holding = match (terms, passages) {
            ([], _) | (_, 0) => vec![0; terms.len()],
            _ => self.read(|connection| self.seen.holding(connection, terms))?,
        };
        Ok(Statistics { documents, passages, words, holding })
    }

    fn by_words(&self, query: &WordQuery, most: usize) -> Result<Vec<Hit>, Error> {
        if most == 0 || query.terms.is_empty() {
            return Ok(Vec::new());
        }
        self.read(|connection| self.seen.by_words(connection, query, most))
    }

    fn by_vector(&self, vector: &[f32], most: usize) -> Result<Vec<Hit>, Error> {
        let space = &self.seen.kept.vectors.space;
        if vector.len() != space.dimensions {
            return Err(Error::OtherSpace {
                collection: self.version.collection.clone(),
                holds: format!("{} ({} dimensions)", space.embedder, space.dimensions),
                asked: format!("{} dimensions", vector.len()),
            });
        }
        let passages = self.totals()?.passages;
        // Nothing is near to a question without a direction.
        if most == 0 || passages == 0 || vector.iter().all(|number| *number == 0.0) {
            return Ok(Vec::new());
        }
        match self.nearest_by_graph(vector, most, passages)? {
            Some(hits) => Ok(hits),
            None => self.read(|connection| self.seen.nearest(connection, vector, most)),
        }
    }

    fn word_scores(&self, query: &WordQuery, passages: &[PassageKey]) -> Result<Vec<f32>, Error> {
        if passages.is_empty() || query.terms.is_empty() {
            return Ok(vec![0.0; passages.len()]);
        }
        self.read(|connection| self.seen.word_scores(connection, query, passages))
    }

    fn vectors(&self, passages: &[PassageKey]) -> Result<Vec<Vec<f32>>, Error> {
        if passages.is_empty() {
            return Ok(Vec::new());
        }
        self.read(|connection| self.seen.vectors(connection, passages))
    }

    fn open(&self, passages: &[PassageKey], section_within: Option<usize>) -> Result<Vec<Opened>, Error> {
        if passages.is_empty() {
            return Ok(Vec::new());
        }
        self.read(|connection| reading::open(connection, &self.seen, passages, section_within))
    }

    fn facets(&self, fields: &[String], most: usize) -> Result<Vec<(String, Vec<FacetCount>)>, Error> {
        self.read(|connection| {
            let counts = fields.iter().map(|field| Ok((field.clone(), self.seen.facet(connection, field, most)?)));
            counts.collect()
        })
    }
}

/// A collection that was never written to.
pub(super) struct Empty {
    collection: String,
}

impl Empty {
    pub(super) fn new(collection: &str) -> Self {
        Self { collection: collection.to_owned() }
    }
}

impl Version for Empty {
    fn collection(&self) -> &str {
        &self.collection
    }

    fn number(&self) -> u64 {
        0
    }

    fn edition(&self) -> u64 {
        0
    }

    fn space(&self) -> Option<&Space> {
        None
    }

    fn scope(self: Arc<Self>, _: &[String], _: &Filter) -> Result<Box<dyn Scope>, Error> {
        Ok(Box::new(Nothing))
    }

    fn document(&self, _: &str, _: &[String]) -> Result<Option<DocumentRow>, Error> {
        Ok(None)
    }
}

struct Nothing;

impl Scope for Nothing {
    fn statistics(&self, terms: &[String]) -> Result<Statistics, Error> {
        Ok(Statistics { holding: vec![0; terms.len()], ..Statistics::default() })
    }

    fn by_words(&self, _: &WordQuery, _: usize) -> Result<Vec<Hit>, Error> {
        Ok(Vec::new())
    }

    fn by_vector(&self, _: &[f32], _: usize) -> Result<Vec<Hit>, Error> {
        Ok(Vec::new())
    }

    fn word_scores(&self, _: &WordQuery, passages: &[PassageKey]) -> Result<Vec<f32>, Error> {
        Ok(vec![0.0; passages.len()])
    }

    fn vectors(&self, _: &[PassageKey]) -> Result<Vec<Vec<f32>>, Error> {
        Ok(Vec::new())
    }

    fn open(&self, _: &[PassageKey], _: Option<usize>) -> Result<Vec<Opened>, Error> {
        Ok(Vec::new())
    }

    fn facets(&self, fields: &[String], _: usize) -> Result<Vec<(String, Vec<FacetCount>)>, Error> {
        Ok(fields.iter().map(|field| (field.clone(), Vec::new())).collect())
    }
}
