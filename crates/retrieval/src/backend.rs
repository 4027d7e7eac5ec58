//! Where collections live. A [`Backend`] keeps documents in versions; a [`Version`] is one whole collection at one
//! moment; a [`Scope`] is that version as one caller may see it under one filter. The search (`crate::search`) is
//! written once, over `Scope`; a backend only counts, scores and reads.
//!
//! What every backend promises, and one shared suite of tests holds it to:
//! - a version never changes, and is seen whole or not at all;
//! - whatever a scope gives (hits, scores, statistics, facets, texts) is computed from its permitted documents alone: with
//!   a forbidden document removed from the collection, every answer would be the same;
//! - a change is invisible until it is committed, and a process that dies leaves the last version as it was.

#[cfg(test)]
pub(crate) mod suite;

use crate::Error;
use crate::document::Place;
use crate::filter::{Filter, Scalar};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use usecase::Timestamp;

/// SHA-256 of a text that was embedded.
pub(crate) type TextHash = [u8; 32];

/// The vector space of a collection: vectors of two spaces are never compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// The embedder's identity: model, version and whatever else its numbers depend on.
    pub embedder: String,
    /// Numbers in a vector.
    pub dimensions: usize,
}

/// How a collection stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The last committed version; 0 when there is none yet.
    pub newest: u64,
    /// The version that is served: the newest, unless somebody rolled back.
    pub serving: u64,
    pub space: Space,
    /// What a feed left with its last commit: where to go on (offsets, the last value of a column).
    pub cursor: Option<Value>,
    /// When the access groups were last known to be right; `None` while nobody says so.
    pub rights_as_of: Option<Timestamp>,
    pub documents: u64,
    pub passages: u64,
}

/// One version that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionInfo {
    pub number: u64,
    pub committed: Timestamp,
    pub documents: u64,
    /// Who holds it (bundles that pin it), beside the rule of how many are kept.
    pub pinned_by: Vec<String>,
}

/// A document as a backend stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentRow {
    pub id: String,
    pub content_hash: String,
    pub title: String,
    pub url: Option<String>,
    pub text: String,
    pub metadata: Map<String, Value>,
    /// `None` is everyone, an empty list nobody.
    pub groups: Option<Vec<String>>,
    pub passages: Vec<PassageRow>,
}

/// A passage as a backend stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct PassageRow {
    pub place: Place,
    pub text_hash: TextHash,
    /// The text that is indexed: what `crate::document::indexed_text` made.
    pub indexed: String,
}

/// A part of a change, as much as fits into memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Batch {
    pub upsert: Vec<DocumentRow>,
    pub delete: Vec<String>,
    /// Vectors of texts that have none in this space yet.
    pub vectors: Vec<(TextHash, Vec<f32>)>,
}

/// What makes a staged change the newest version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Commit {
    /// Kept with the version; `None` leaves the one before.
    pub cursor: Option<Value>,
    /// When the groups of these documents were read at their source; `None` leaves the moment before.
    pub rights_as_of: Option<Timestamp>,
}

/// Which version is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The one that is served. After a rollback the rights of what came later bind it still: of a document that the newest
    /// version has for other groups, only who belongs to the groups of both sees it.
    Serving,
    /// This one, while it is kept, for a release that holds it. Later rights bind it likewise, and what neither the newest nor
    /// the served version has any more is for nobody.
    Pinned(u64),
    /// This one, while it is kept, as it was: for whoever keeps house and compares versions, not for answers.
    Number(u64),
}

/// One number for several, by a hash that is the same on every machine of one build.
pub(crate) fn mixed(numbers: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    numbers.hash(&mut hasher);
    hasher.finish()
}

/// A home for collections. Methods block; call them from threads that may wait.
pub(crate) trait Backend: Send + Sync {
    /// The name in the configuration.
    fn kind(&self) -> &'static str;

    /// # Errors
    /// When nothing can be read now.
    fn health(&self) -> Result<(), Error>;

    /// The right to fill a collection, for as long as it is held; `None` while another node has it. All of this process share
    /// it. A home that only the processes of one machine share leaves that to their files.
    ///
    /// # Errors
    /// When the home cannot be asked.
    fn hold(&self, _collection: &str) -> Result<Option<Box<dyn Send>>, Error> {
        Ok(Some(Box::new(())))
    }

    /// All collections by name.
    ///
    /// # Errors
    /// When nothing can be read.
    fn heads(&self) -> Result<BTreeMap<String, Head>, Error>;

    /// `None` for a collection that was never written to. Cheap: asked at every request.
    ///
    /// # Errors
    /// When nothing can be read.
    fn head(&self, collection: &str) -> Result<Option<Head>, Error>;

    /// A version to search in; the empty version 0 for a collection that was never written to.
    ///
    /// # Errors
    /// [`Error::NoSuchVersion`] for one that is not kept; otherwise when nothing can be read.
    fn version(&self, collection: &str, at: At) -> Result<Arc<dyn Version>, Error>;

    /// The versions that are kept, newest first.
    ///
    /// # Errors
    /// When nothing can be read.
    fn versions(&self, collection: &str) -> Result<Vec<VersionInfo>, Error>;

    /// Content hash by document id in the serving version.
    ///
    /// # Errors
    /// When nothing can be read.
    fn document_hashes(&self, collection: &str) -> Result<BTreeMap<String, String>, Error>;

    /// The vectors that are there already, in the order of the hashes.
    ///
    /// # Errors
    /// When nothing can be read.
    fn vectors_of(&self, space: &Space, hashes: &[TextHash]) -> Result<Vec<Option<Vec<f32>>>, Error>;

    /// Begins a change, or goes on with the one that was left open, and says which number it will have. The collection's
    /// space is set by its first change; later ones must name the same, but for [`Backend::swap_space`].
    ///
    /// # Errors
    /// [`Error::OtherSpace`], [`Error::ChangeElsewhere`] while another node holds the collection; otherwise when nothing can be
    /// written.
    fn open_change(&self, collection: &str, space: &Space) -> Result<u64, Error>;

    /// Content hash by id of what is staged in the open change: what a resumed change need not do again. Empty when none is
    /// open.
    ///
    /// # Errors
    /// When nothing can be read.
    fn staged(&self, collection: &str) -> Result<BTreeMap<String, String>, Error>;

    /// Adds to the open change, and with `commit` makes it the newest and serving version, in one transaction. A document
    /// staged twice counts as it was staged last.
    ///
    /// # Errors
    /// When nothing can be written; the batch is then not staged.
    fn stage(&self, collection: &str, number: u64, batch: Batch, commit: Option<Commit>) -> Result<(), Error>;

    /// Forgets the open change, if there is one.
    ///
    /// # Errors
    /// When nothing can be written.
    fn abandon(&self, collection: &str) -> Result<(), Error>;

    /// Says without any change of documents that the rights were read again, or where the source stands.
    ///
    /// # Errors
    /// When nothing can be written.
    fn confirm(&self, collection: &str, commit: Commit) -> Result<(), Error>;

    /// Serves another kept version from now on. The next change starts from it: what came after it is taken back.
    ///
    /// # Errors
    /// [`Error::NoSuchVersion`]; otherwise when nothing can be written.
    fn serve(&self, collection: &str, number: u64) -> Result<(), Error>;

    /// Keeps a version until the holder lets go of it (`number` of `None`); a holder holds one version of a collection.
    ///
    /// # Errors
    /// [`Error::NoSuchVersion`]; otherwise when nothing can be written.
    fn pin(&self, collection: &str, holder: &str, number: Option<u64>) -> Result<(), Error>;

    /// Texts of kept versions that have no vector in this space: hash and text, at most `most` of them.
    ///
    /// # Errors
    /// When nothing can be read.
    fn without_vector(&self, collection: &str, space: &Space, most: usize) -> Result<Vec<(TextHash, String)>, Error>;

    /// Keeps vectors of another space beside those that are served.
    ///
    /// # Errors
    /// When nothing can be written.
    fn keep_vectors(&self, space: &Space, vectors: Vec<(TextHash, Vec<f32>)>) -> Result<(), Error>;

    /// Makes this the collection's space, in one step, for every kept version. The vectors of the space before are
    /// forgotten unless another collection has them.
    ///
    /// # Errors
    /// [`Error::VectorsMissing`] while a text has none; otherwise when nothing can be written.
    fn swap_space(&self, collection: &str, space: &Space) -> Result<(), Error>;

    /// Forgets documents in every version, open or kept (erasure). Gives how many rows went.
    ///
    /// # Errors
    /// When nothing can be written.
    fn erase(&self, collection: &str, documents: &[String]) -> Result<u64, Error>;

    /// Forgets a whole collection.
    ///
    /// # Errors
    /// When nothing can be written.
    fn drop_collection(&self, collection: &str) -> Result<(), Error>;
}

/// One whole collection at one moment.
pub trait Version: Send + Sync {
    fn collection(&self) -> &str;

    /// From 1; 0 is a collection that was never written to.
    fn number(&self) -> u64;

    /// Another one after whatever changes what this number stands for: an erasure, a move to another space, a collection that
    /// was dropped and filled anew, and, in a version that later rights bind, every later version. With the number it names
    /// what an answer rests on.
    fn edition(&self) -> u64;

    /// `None` for version 0.
    fn space(&self) -> Option<&Space>;

    /// The version as a caller of these groups sees it under this filter.
    ///
    /// # Errors
    /// When nothing can be read.
    fn scope(self: Arc<Self>, groups: &[String], filter: &Filter) -> Result<Box<dyn Scope>, Error>;

    /// One document, when a caller of these groups may see it.
    ///
    /// # Errors
    /// When nothing can be read.
    fn document(&self, id: &str, groups: &[String]) -> Result<Option<DocumentRow>, Error>;
}

/// A passage within its version. The number means nothing outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PassageKey(pub u64);

/// A passage and what one leg makes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub passage: PassageKey,
    pub score: f32,
}

/// Counts over the permitted, filtered passages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    pub documents: u64,
    pub passages: u64,
    /// Terms in all of them.
    pub words: u64,
    /// Passages that hold each of the terms that were asked about, in their order.
    pub holding: Vec<u64>,
}

/// A question in words, ready to be summed: BM25 with everything known that does not depend on the passage.
#[derive(Clone, Debug, PartialEq)]
pub struct WordQuery {
    /// Each distinct term with its weight (rarity times how often it is asked).
    pub terms: Vec<(String, f32)>,
    /// Mean number of terms in a passage, over everything that is searched.
    pub average_length: f32,
    /// Saturation of a term's frequency.
    pub k1: f32,
    /// How much a passage's length counts, 0 to 1.
    pub b: f32,
}

impl WordQuery {
    /// One term's part in the score of a passage that holds it `count` times among `length` terms: BM25 as in Lucene since
    /// version 8 (Robertson and Zaragoza 2009, without the constant factor k1 + 1).
    pub fn part(&self, weight: f32, count: f32, length: f32) -> f32 {
        Self::part_of(weight, count, self.norm(length))
    }

    /// What a passage's length does to each of its terms: the part of the sum that does not depend on the term.
    pub fn norm(&self, length: f32) -> f32 {
        self.k1 * (1.0 - self.b + self.b * length / self.average_length)
    }

    /// [`WordQuery::part`] for a passage whose [`WordQuery::norm`] is known.
    pub fn part_of(weight: f32, count: f32, norm: f32) -> f32 {
        weight * count / (count + norm)
    }
}

/// A passage as it is read for an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    pub document: String,
    pub title: String,
    pub url: Option<String>,
    pub place: Place,
    pub text: String,
    /// The table's header, where the place has one.
    pub header: String,
    /// The section's text, when it was asked for and is not longer than that.
    pub section: Option<String>,
    pub metadata: Map<String, Value>,
}

/// One value of a field and how many permitted documents have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacetCount {
    pub value: Value,
    pub documents: u64,
}

impl FacetCount {
    /// Counts of distinct values as they are shown: the most frequent first, then by value (texts by code point,
    /// numbers, false, true); at most so many.
    pub(crate) fn ranked(counts: impl IntoIterator<Item = (Scalar, u64)>, most: usize) -> Vec<Self> {
        let mut counts: Vec<(Scalar, u64)> = counts.into_iter().filter(|(_, documents)| *documents > 0).collect();
        counts.sort_by(|(one, fewer), (other, more)| more.cmp(fewer).then_with(|| one.total_order(other)));
        counts.truncate(most);
        counts.into_iter().map(|(value, documents)| Self { value: value.into_value(), documents }).collect()
    }
}

/// One version as one caller may see it.
pub trait Scope: Send + Sync {
    /// Counts for these terms.
    ///
    /// # Errors
    /// When nothing can be read; so for all that follow.
    fn statistics(&self, terms: &[String]) -> Result<Statistics, Error>;

    /// The best passages by words, best first; at equal scores by document id and ordinal. None scores 0.
    ///
    /// # Errors
    /// When nothing can be read.
    fn by_words(&self, query: &WordQuery, most: usize) -> Result<Vec<Hit>, Error>;

    /// The nearest passages by cosine, best first; at equal scores by document id and ordinal. At least 99 in 100 of
    /// those that an exact search finds.
    ///
    /// # Errors
    /// When nothing can be read.
    fn by_vector(&self, vector: &[f32], most: usize) -> Result<Vec<Hit>, Error>;

    /// The word scores of these passages, in their order.
    ///
    /// # Errors
    /// When nothing can be read.
    fn word_scores(&self, query: &WordQuery, passages: &[PassageKey]) -> Result<Vec<f32>, Error>;

    /// The vectors of these passages, in their order, within 1 % of each number's scale.
    ///
    /// # Errors
    /// When nothing can be read.
    fn vectors(&self, passages: &[PassageKey]) -> Result<Vec<Vec<f32>>, Error>;

    /// These passages, to be read, in their order. Sections are read when they have at most so many code points.
    ///
    /// # Errors
    /// When nothing can be read.
    fn open(&self, passages: &[PassageKey], section_within: Option<usize>) -> Result<Vec<Opened>, Error>;

    /// For each field the values that permitted documents have, as [`FacetCount::ranked`] orders them; at most `most` each.
    ///
    /// # Errors
    /// When nothing can be read.
    fn facets(&self, fields: &[String], most: usize) -> Result<Vec<(String, Vec<FacetCount>)>, Error>;
}
