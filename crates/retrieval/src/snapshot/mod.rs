//! One collection as it was after one change, in memory and immutable: readers hold it as long as they like, and a
//! change makes a new one. Documents that did not change are shared between the two.
//!
//! Passages are numbered in order of document id and position in the document, so that ties between equal scores fall
//! the same way everywhere.

mod bm25;
mod filter;
mod fusion;
mod vectors;

pub use filter::{Condition, Filter, Scalar};

use crate::code_points::CodePoints;
use crate::store::StoredDocument;
use bm25::{Dictionary, QuestionTerms, Statistics, WordIndex};
use filter::Rights;
use fusion::Candidate;
use roaring::RoaringBitmap;
use serde_json::{Map, Value};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;
use usecase::{DocumentRef, Passage};

/// One question to one or more collections.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    pub text: &'a str,
    /// The question's vector from the embedder of the collections; empty to search by words alone.
    pub vector: &'a [f32],
    /// The most passages that are wanted.
    pub top: usize,
    /// The caller's access groups. What is open to everyone is always seen.
    pub groups: &'a [String],
    pub filter: &'a Filter,
}

/// What a snapshot must know of the embedder whose vectors it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Space {
    pub(crate) dimensions: usize,
    /// The share of BM25 in the fused score, 0 to 1.
    pub(crate) words_weight: f32,
}

/// One collection at one moment.
pub struct Snapshot {
    collection: String,
    number: u64,
    documents: Vec<Arc<Document>>,
    /// By passage number: which document, and which of its passages.
    places: Vec<(u32, u32)>,
    words: WordIndex,
    rights: Rights,
    /// `None` when some passage has no vector of the running embedder.
    space: Option<Space>,
    words_weight: f32,
}

struct Document {
    id: String,
    title: String,
    url: Option<String>,
    text: String,
    metadata: Map<String, Value>,
    groups: Option<Vec<String>>,
    passages: Vec<IndexedPassage>,
    /// The passages' vectors end to end; `None` when one of them is missing.
    vectors: Option<Vec<f32>>,
}

struct IndexedPassage {
    ordinal: u32,
    /// In code points.
    start: usize,
    end: usize,
    /// The same place in bytes.
    bytes: std::ops::Range<usize>,
    terms: Box<[(u32, u32)]>,
    length: u32,
}

/// What is indexed of a passage: its document's title stands before its own text, in both legs, so that a passage
/// that never names its subject is still found by it.
pub(crate) fn indexed_text(title: &str, passage: &str) -> String {
    format!("{title}\n{passage}")
}

impl Snapshot {
    /// The snapshot of a collection that has never been written to.
    pub(crate) fn empty(collection: &str, space: Space) -> Self {
        Self::build(collection, 0, space, None, Vec::new(), &[])
    }

    /// Makes the snapshot `number` out of an older one of the same embedder, the documents that changed since, and the
    /// ids of all documents that there are now, in order.
    pub(crate) fn build(
        collection: &str,
        number: u64,
        space: Space,
        older: Option<&Self>,
        changed: Vec<StoredDocument>,
        present: &[String],
    ) -> Self {
        let mut dictionary = older.map(|older| older.words.dictionary().clone()).unwrap_or_default();
        let mut known: BTreeMap<&str, Arc<Document>> = BTreeMap::new();
        for document in older.map_or(&[][..], |older| &older.documents) {
            known.insert(&document.id, Arc::clone(document));
        }
        let changed: Vec<Arc<Document>> =
            changed.into_iter().map(|stored| Arc::new(Document::index(stored, &mut dictionary, space))).collect();
        for document in &changed {
            known.insert(&document.id, Arc::clone(document));
        }
        let documents = present.iter().filter_map(|id| known.get(id.as_str()).cloned()).collect();
        Self::assemble(collection, number, space, dictionary, documents)
    }

    fn assemble(
        collection: &str,
        number: u64,
        space: Space,
        dictionary: Dictionary,
        documents: Vec<Arc<Document>>,
    ) -> Self {
        let (mut words, mut rights) = (WordIndex::new(dictionary), Rights::default());
        let mut places = Vec::new();
        for (document_index, document) in documents.iter().enumerate() {
            for (passage_index, passage) in document.passages.iter().enumerate() {
                rights.insert(places.len() as u32, document.groups.as_deref(), &document.metadata);
                words.push(&passage.terms, passage.length);
                places.push((document_index as u32, passage_index as u32));
            }
        }
        let complete = documents.iter().all(|document| document.vectors.is_some());
        let words_weight = space.words_weight;
        let collection = collection.to_owned();
        Self { collection, number, documents, places, words, rights, space: complete.then_some(space), words_weight }
    }

    /// Counts the changes of the collection, from 0 for one that was never written to.
    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// How many documents.
    pub fn documents(&self) -> usize {
        self.documents.len()
    }

    /// How many passages.
    pub fn passages(&self) -> usize {
        self.places.len()
    }

    /// Whether every passage has a vector of the running embedder. If not (the embedder was changed and nothing was
    /// applied since), searches go by words alone: vectors of two spaces are never compared.
    pub fn embedder_matches(&self) -> bool {
        self.space.is_some()
    }

    /// The best passages for a question among those that the caller may see and that pass the filter, best first.
    /// Scores lie between 0 and 1 and mean something within this list only.
    pub fn search(&self, query: &Query<'_>) -> Vec<Passage> {
        search_across(&[self], query)
    }

    fn permitted(&self, query: &Query<'_>) -> Permitted {
        Permitted::new(&self.rights.permitted(query.groups, query.filter), self.places.len())
    }

    /// The permitted passages with the scores of both legs.
    fn candidates(&self, which: usize, query: &Query<'_>, words: &[f32], permitted: &Permitted) -> Vec<Candidate> {
        let with_vectors = self.space.is_some_and(|space| vectors::comparable(query.vector, space.dimensions));
        let score = |passage: u32| {
            let cosine = with_vectors.then(|| vectors::dot(query.vector, self.vector(passage)));
            Candidate { place: (which, passage), words: words[passage as usize], cosine }
        };
        permitted.passages().map(score).collect()
    }

    fn vector(&self, passage: u32) -> &[f32] {
        let (document, index) = self.places[passage as usize];
        let document = &self.documents[document as usize];
        let dimensions = self.space.map_or(0, |space| space.dimensions);
        let start = index as usize * dimensions;
        document.vectors.as_deref().map_or(&[], |vectors| &vectors[start..start + dimensions])
    }

    fn passage(&self, passage: u32, score: f32) -> Passage {
        let (document, index) = self.places[passage as usize];
        let document = &self.documents[document as usize];
        let place = &document.passages[index as usize];
        Passage {
            source: DocumentRef {
                collection: self.collection.clone(),
                document: document.id.clone(),
                title: document.title.clone(),
                url: document.url.clone(),
            },
            ordinal: place.ordinal,
            start: place.start,
            end: place.end,
            text: document.text[place.bytes.clone()].to_owned(),
            score,
        }
    }
}

/// Searches several collections as if they were one: word statistics and score maxima are taken over all of them, so
/// that the best passage of a collection that has nothing to say does not stand beside the best of one that has.
pub fn search_across<S: Borrow<Snapshot>>(snapshots: &[S], query: &Query<'_>) -> Vec<Passage> {
    let terms = QuestionTerms::of(query.text);
    let mut statistics = Statistics::none(&terms);
    let mut searched = Vec::with_capacity(snapshots.len());
    for snapshot in snapshots.iter().map(Borrow::borrow) {
        let permitted = snapshot.permitted(query);
        snapshot.words.add_to(&mut statistics, &terms, &permitted);
        searched.push((snapshot, permitted));
    }
    let mut candidates = Vec::new();
    for (which, (snapshot, permitted)) in searched.iter().enumerate() {
        let words = snapshot.words.scores(&terms, &statistics, permitted);
        candidates.extend(snapshot.candidates(which, query, &words, permitted));
    }
    let words_weight = searched.first().map_or(1.0, |(snapshot, _)| snapshot.words_weight);
    let mut fused = fusion::fuse(&fusion::shortlist(candidates), words_weight);
    fused.truncate(query.top);
    fused.into_iter().map(|((which, passage), score)| searched[which].0.passage(passage, score)).collect()
}

impl Document {
    fn index(stored: StoredDocument, dictionary: &mut Dictionary, space: Space) -> Self {
        let StoredDocument { id, title, url, text, metadata, groups, passages } = stored;
        let code_points = CodePoints::of(&text);
        let mut vectors = Some(Vec::with_capacity(passages.len() * space.dimensions));
        let mut indexed = Vec::with_capacity(passages.len());
        for passage in passages {
            let (start, end) = (passage.start, passage.end);
            let bytes = code_points.bytes(start, end);
            let (terms, length) = dictionary.count(&indexed_text(&title, &text[bytes.clone()]));
            let vector = passage.vector.filter(|vector| vector.len() == space.dimensions);
            vectors = vectors.zip(vector).map(|(mut all, one)| {
                all.extend(one);
                all
            });
            indexed.push(IndexedPassage { ordinal: passage.ordinal, start, end, bytes, terms, length });
        }
        Self { id, title, url, text, metadata, groups, passages: indexed, vectors }
    }
}

/// The passages that a question may be answered from, in a form that is quick to ask.
struct Permitted {
    /// One bit per passage.
    bits: Vec<u64>,
    count: usize,
    all: bool,
}

impl Permitted {
    fn new(rows: &RoaringBitmap, passages: usize) -> Self {
        let mut bits = vec![0u64; passages.div_ceil(64)];
        for row in rows {
            bits[row as usize / 64] |= 1 << (row % 64);
        }
        let count = rows.len() as usize;
        Self { bits, count, all: count == passages }
    }

    fn contains(&self, passage: u32) -> bool {
        self.bits[passage as usize / 64] & (1 << (passage % 64)) != 0
    }

    fn count(&self) -> usize {
        self.count
    }

    fn is_all(&self) -> bool {
        self.all
    }

    /// In order.
    fn passages(&self) -> impl Iterator<Item = u32> + '_ {
        self.bits.iter().enumerate().flat_map(|(index, word)| {
            let mut word = *word;
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros())?;
                word &= word - 1;
                Some(index as u32 * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests;
