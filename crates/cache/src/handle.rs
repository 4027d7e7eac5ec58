//! The cache itself. A handle is cheap to clone, and every clone works on the same answers, from any thread or runtime.

use crate::asked::{Asked, Partition};
use crate::kept::{Kept, NotKept};
use crate::shelf::{Entry, Near, Shelf};
use crate::verifier::{Question, Verifier};
use quick_cache::Weighter;
use std::sync::Arc;
use usecase::declared::CacheSection;
use usecase::{Period, Timestamp};

/// Partitions in which questions are compared at once; those that were not asked in for longest are forgotten. Each takes
/// 2 KB at most.
const MOST_SHELVES: usize = 1_024;

/// An answer that would take more than this share of the cache is not kept.
const LARGEST_SHARE: u64 = 16;

/// What was declared, with the verifier of the project's embedder.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Serve the very same question again.
    pub exact: bool,
    /// The score from which a question in other words is served; `None` when none is. 0 to 1.
    pub near: Option<f32>,
    pub verifier: &'static Verifier,
    pub ttl: Period,
    /// Memory for all answers, in bytes.
    pub most_bytes: u64,
    /// Keep answers to requests that ask for chance, too.
    pub sampled: bool,
}

impl Settings {
    /// `embedder` is the identity of what makes the vectors.
    pub fn of(declared: &CacheSection, embedder: &str) -> Self {
        let verifier = Verifier::for_embedder(embedder);
        let near = declared.semantic.as_ref().and_then(|semantic| semantic.threshold).map(|threshold| threshold as f32);
        let CacheSection { exact, ttl, most_bytes, sampled, .. } = *declared;
        Self { exact, near, verifier, ttl, most_bytes, sampled }
    }
}

/// How a kept answer was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum How {
    /// The same words.
    Exact,
    /// Other words: the verifier's score (0 to 1), and the cosine (-1 to 1).
    Near { score: f32, cosine: f32 },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub kept: Arc<Kept>,
    pub how: How,
}

#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    settings: Settings,
    entries: quick_cache::sync::Cache<[u8; 32], Arc<Entry>, Bytes>,
    shelves: quick_cache::sync::Cache<Partition, Arc<Shelf>>,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<[u8; 32], Arc<Entry>> for Bytes {
    fn weight(&self, _: &[u8; 32], entry: &Arc<Entry>) -> u64 {
        entry.bytes
    }
}

impl Cache {
    pub fn new(settings: Settings) -> Self {
        // An answer of 4 KB is usual; a wrong guess costs a little memory for the table and nothing else.
        let guess = usize::try_from(settings.most_bytes / 4_096).unwrap_or(usize::MAX).clamp(16, 1 << 20);
        let entries = quick_cache::sync::Cache::with_weighter(guess, settings.most_bytes, Bytes);
        Self(Arc::new(Inner { settings, entries, shelves: quick_cache::sync::Cache::new(MOST_SHELVES) }))
    }

    /// The answer to the very same question, if there is one. Takes one hash and one look-up.
    pub fn exact(&self, asked: &Asked, now: Timestamp) -> Option<Hit> {
        if !self.0.settings.exact || !self.may_serve(asked) {
            return None;
        }
        let entry = self.0.entries.get(&asked.exact)?;
        if entry.is_fresh(self.0.settings.ttl, now) && entry.partition == asked.partition {
            return Some(Hit { kept: Arc::clone(&entry.kept), how: How::Exact });
        }
        self.0.entries.remove_if(&asked.exact, |known| Arc::ptr_eq(known, &entry));
        None
    }

    /// Whether [`Cache::near`] could find anything for this request: whether its question is worth embedding.
    pub fn wants_vector(&self, asked: &Asked) -> bool {
        self.0.settings.near.is_some() && self.may_serve(asked)
    }

    /// The answer to the same question in other words, if the verifier is sure of one. `vector` is a unit vector of
    /// [`Asked::question`] by the embedder that the settings were made for.
    pub fn near(&self, asked: &Asked, vector: &[f32], now: Timestamp) -> Option<Hit> {
        let settings = &self.0.settings;
        let threshold = settings.near.filter(|_| self.may_serve(asked))?;
        let shelf = self.0.shelves.get(&asked.partition)?;
        let asked = Near { question: Question::read(&asked.question)?, vector: vector.into() };
        let fresh = |entry: &Entry| entry.is_fresh(settings.ttl, now);
        let (entry, score, cosine) = shelf.surest(&asked, settings.verifier, threshold, fresh)?;
        Some(Hit { kept: Arc::clone(&entry.kept), how: How::Near { score, cosine } })
    }

    /// Keeps an answer, unless there is a reason not to. Without a vector it is found by the same words only.
    ///
    /// # Errors
    /// The reason.
    pub fn keep(&self, asked: &Asked, vector: Option<&[f32]>, mut kept: Kept) -> Result<(), NotKept> {
        let settings = &self.0.settings;
        if let Some(reason) = kept.why_not(asked, settings.sampled) {
            return Err(reason);
        }
        // The provider's bytes would double the memory, and each answer gets an id and a time of its own anyway.
        kept.completion.raw = None;
        let near = vector
            .filter(|_| settings.near.is_some())
            .and_then(|vector| Some(Near { question: Question::read(&asked.question)?, vector: vector.into() }));
        // Words of a question, read: about as much again as its text, eight times over.
        let compared = near.as_ref().map_or(0, |near| 4 * near.vector.len() + 8 * asked.question.len());
        let bytes = (kept.bytes() + compared + std::mem::size_of::<Entry>()) as u64;
        if bytes > settings.most_bytes / LARGEST_SHARE {
            return Err(NotKept::TooLarge);
        }
        let is_near = near.is_some();
        let entry = Arc::new(Entry { partition: asked.partition, kept: Arc::new(kept), near, bytes });
        self.0.entries.insert(asked.exact, Arc::clone(&entry));
        if is_near {
            let shelf = self.0.shelves.get_or_insert_with(&asked.partition, || Ok::<_, NotKept>(Arc::default()))?;
            shelf.add(&entry);
        }
        Ok(())
    }

    fn may_serve(&self, asked: &Asked) -> bool {
        !asked.personal && (!asked.sampled || self.0.settings.sampled)
    }

    /// Answers held now.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// Memory that the answers take, in bytes.
    pub fn bytes(&self) -> u64 {
        self.0.entries.weight()
    }
}
