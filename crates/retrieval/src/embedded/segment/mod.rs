//! A segment: the immutable index of some documents' passages, in memory. Which of them a version holds is not its
//! affair: a caller brings the *live* documents, and everything (results, scores, counts, facets) is computed over those
//! of them that the groups and the filter permit, and over nothing else.
//!
//! Documents are numbered from 0 in the order in which they were added, and passages (*rows*) likewise. Documents are
//! added in order of id, and passages in order of ordinal, so that a tie between equal scores falls to the lower row.
//!
//! In reading order: `bits`, `strings` and `lists` (the three shapes that everything is made of), `best` (keeping the
//! best of many), `rights` (groups, fields, facets), `permitted` (who sees what), `words` (postings and BM25), `vectors`
//! (quantised rows, the scan, the graph), `builder`, `bytes` and `file` (a segment as bytes and back).

mod best;
mod bits;
mod builder;
mod bytes;
mod file;
mod lists;
mod permitted;
mod rights;
mod strings;
mod vectors;
mod words;

pub(crate) use builder::Builder;
pub(crate) use bytes::Damaged;
pub(crate) use permitted::Permitted;
pub(crate) use rights::facets;

use crate::backend::{Statistics, WordQuery};
use crate::filter::Filter;
use rights::Rights;
use roaring::RoaringBitmap;
use std::ops::Range;
use strings::Strings;
use vectors::Vectors;
use words::Words;

/// See the module. Cheap to search from many threads; held in an `Arc`.
pub(crate) struct Segment {
    documents: Documents,
    rights: Rights,
    words: Words,
    vectors: Vectors,
}

/// Which documents and passages there are.
#[derive(Default)]
struct Documents {
    /// By document: the number under which the store keeps it.
    row_ids: Vec<i64>,
    ids: Strings,
    /// By document the first of its rows, and at the end the number of rows.
    first_rows: Vec<u32>,
    /// By row.
    ordinals: Vec<u32>,
}

/// Bytes in memory by part.
struct Memory {
    documents: usize,
    rights: usize,
    words: usize,
    vectors: usize,
    graph: usize,
}

impl Segment {
    /// For vectors of this many dimensions; 0 for none.
    pub(crate) fn builder(dimensions: usize) -> Builder {
        Builder::new(dimensions)
    }

    /// How many documents.
    pub(crate) fn documents(&self) -> u32 {
        self.documents.row_ids.len() as u32
    }

    /// How many passages.
    pub(crate) fn rows(&self) -> u32 {
        self.documents.ordinals.len() as u32
    }

    /// The store's number of a document. Panics, as all that follow, for a document or row that is not there.
    pub(crate) fn row_id(&self, document: u32) -> i64 {
        self.documents.row_ids[document as usize]
    }

    pub(crate) fn id(&self, document: u32) -> &str {
        self.documents.ids.get(document as usize)
    }

    /// The rows of a document, in order of ordinal.
    pub(crate) fn rows_of(&self, document: u32) -> Range<u32> {
        self.documents.first_rows[document as usize]..self.documents.first_rows[document as usize + 1]
    }

    /// The document that a row belongs to.
    pub(crate) fn document_of(&self, row: u32) -> u32 {
        self.documents.first_rows.partition_point(|first| *first <= row) as u32 - 1
    }

    /// What a caller of these groups may see under this filter of the live documents (`None`: all of them). A scope
    /// makes it once and asks everything of it.
    pub(crate) fn permitted(&self, groups: &[String], filter: &Filter, live: Option<&RoaringBitmap>) -> Permitted {
        Permitted::of(self, groups, filter, live)
    }

    /// Counts for these terms over what is permitted; to be summed over segments.
    pub(crate) fn statistics(&self, terms: &[String], permitted: &Permitted) -> Statistics {
        Statistics {
            documents: permitted.documents(),
            passages: permitted.rows(),
            words: permitted.words(),
            holding: terms.iter().map(|term| self.words.holding(term, permitted)).collect(),
        }
    }

    /// The best permitted rows by words with their scores, best first, then by row. None scores 0.
    pub(crate) fn by_words(&self, query: &WordQuery, permitted: &Permitted, most: usize) -> Vec<(u32, f32)> {
        self.words.top(query, permitted, most)
    }

    /// The word scores of these rows, in their order: the sum of [`WordQuery::part`] in the order of the query's terms.
    pub(crate) fn word_scores(&self, query: &WordQuery, rows: &[u32]) -> Vec<f32> {
        self.words.scores(query, rows)
    }

    /// The nearest permitted rows by cosine, best first, then by row. Nothing is near to a zero vector, to one of
    /// another length, or to a passage without a vector.
    pub(crate) fn by_vector(&self, vector: &[f32], permitted: &Permitted, most: usize) -> Vec<(u32, f32)> {
        self.vectors.top(vector, permitted, most)
    }

    /// The vector of a row within 1/64,000 of its largest number; zeros where it has none.
    pub(crate) fn vector(&self, row: u32) -> Vec<f32> {
        self.vectors.row(row)
    }

    /// Whether a graph would make some searches quicker, and there is none yet.
    pub(crate) fn wants_graph(&self) -> bool {
        self.vectors.wants_graph()
    }

    /// Builds the graph; searches use it from the moment it is whole. Takes seconds to minutes: call it from a thread of its
    /// own. Given up, and nothing changed, as soon as `go_on` says no.
    pub(crate) fn build_graph(&self, go_on: &dyn Fn() -> bool) {
        self.vectors.build_graph(go_on);
        self.tell();
    }

    /// Appends the whole segment, the graph with it when there is one.
    pub(crate) fn write_to(&self, bytes: &mut Vec<u8>) {
        file::write(self, bytes);
    }

    /// # Errors
    /// [`Damaged`] for anything that [`Segment::write_to`] of this version has not written.
    pub(crate) fn read_from(bytes: &[u8]) -> Result<Self, Damaged> {
        file::read(bytes)
    }

    /// Leaves a line for whoever wonders where the memory went.
    fn tell(&self) {
        let Memory { documents, rights, words, vectors, graph } = self.memory();
        let rows = self.rows();
        tracing::debug!(rows, documents, rights, words, vectors, graph, "bytes of a segment by part");
    }

    fn memory(&self) -> Memory {
        let documents = &self.documents;
        Memory {
            documents: documents.row_ids.len() * 8
                + documents.ids.memory()
                + (documents.first_rows.len() + documents.ordinals.len()) * 4,
            rights: self.rights.memory(),
            words: self.words.memory(),
            vectors: self.vectors.memory(),
            graph: self.vectors.graph_memory(),
        }
    }
}

#[cfg(test)]
mod tests;
