//! Asks every question of a set: each leg's own ranking, the search without vectors, and both together as it is used.

use super::figures::{Figure, Figures, Worth};
use super::set::{LabelledSet, Question};
use crate::Error;
use crate::backend::{At, Space, Version};
use crate::collections::Collections;
use crate::document::DocumentPut;
use crate::search::{Explained, Query, search};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Passages that are looked at for recall.
const DEEP: usize = 100;
/// Passages that are asked for where time is taken.
const TOP: usize = 10;

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    pub questions: usize,
    /// What turned text into vectors.
    pub embedder: String,
    /// The share of words in the fused score.
    pub words_weight: f32,
    /// BM25 alone: what the words' leg names.
    pub bm25: Figures,
    /// The cosine alone: what the vectors' leg names.
    pub vectors: Figures,
    /// The share of the relevant documents that one of the two names.
    pub either: Figure,
    /// The search of a collection without vectors.
    pub words_only: Figures,
    /// The search.
    pub fused: Figures,
    /// Embedding one question.
    pub embedding: Times,
    /// Searching for ten passages with a vector that is there, the first time that a question is asked.
    pub search: Times,
    pub search_words_only: Times,
    /// Results that the filter or the list of who may see them forbids. Anything but 0 is a grave error.
    pub violations: usize,
}

/// In microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Times {
    pub p50: u64,
    pub p95: u64,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let place = (times.len().saturating_sub(1) * percent).div_ceil(100);
            times.get(place).map_or(0, |time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
        };
        Self { p50: at(50), p95: at(95) }
    }
}

#[derive(Default)]
struct Tally {
    bm25: Worth,
    vectors: Worth,
    either: Vec<f64>,
    words_only: Worth,
    fused: Worth,
    embedding: Vec<Duration>,
    search: Vec<Duration>,
    search_words_only: Vec<Duration>,
    violations: usize,
}

/// Asks all questions of the collection that holds the set's documents. Tells after each how many are done.
///
/// # Errors
/// When the collection cannot be searched, or a question cannot be embedded.
pub fn measure(
    collections: &Collections,
    name: &str,
    set: &LabelledSet,
    words_weight: Option<f32>,
    told: &dyn Fn(usize),
) -> Result<Measured, Error> {
    let embedder = collections.embedder();
    let words_weight = words_weight.unwrap_or_else(|| embedder.fusion_weight());
    let version = collections.version(name, At::Serving)?;
    let documents = set.documents.iter().map(|document| (document.id.as_str(), document)).collect();
    let mut tally = Tally::default();
    for (done, question) in set.questions.iter().enumerate() {
        let begun = Instant::now();
        let vector = embedder.embed_questions(&[&question.text])?.into_iter().next().unwrap_or_default();
        tally.embedding.push(begun.elapsed());
        tally.ask(&version, question, &[(embedder.space(), vector)], words_weight, &documents)?;
        told(done + 1);
    }
    Ok(tally.measured(embedder.identity(), words_weight))
}

impl Tally {
    fn ask(
        &mut self,
        version: &Arc<dyn Version>,
        question: &Question,
        vectors: &[(Space, Vec<f32>)],
        words_weight: f32,
        documents: &BTreeMap<&str, &DocumentPut>,
    ) -> Result<(), Error> {
        let query = |vectors, top, explain| Query {
            text: &question.text,
            vectors,
            top,
            groups: &question.groups,
            filter: &question.filter,
            words_weight,
            section_within: None,
            rerank: None,
            explain,
        };
        let versions = std::slice::from_ref(version);
        let ask = |vectors, top| -> Result<(Vec<String>, Duration), Error> {
            let begun = Instant::now();
            let found = search(versions, &query(vectors, top, false))?;
            let took = begun.elapsed();
            Ok((found.passages.into_iter().map(|passage| passage.source.document).collect(), took))
        };
        let (first, took) = ask(vectors, TOP)?;
        self.search.push(took);
        let (words_first, took) = ask(&[], TOP)?;
        self.search_words_only.push(took);
        let (words_only, _) = ask(&[], DEEP)?;
        let explanation = search(versions, &query(vectors, DEEP, true))?.explanation.unwrap_or_default();
        let scored = &explanation.candidates;
        let relevant = &question.relevant;

        let fused: Vec<&str> = scored.iter().map(|one| one.document.as_str()).collect();
        let bm25 = leg(scored, |one| (one.leg.words > 0.0).then_some(one.leg.words_rank));
        let nearest = leg(scored, |one| one.leg.cosine_rank);
        let named: BTreeSet<&str> = bm25.iter().chain(&nearest).copied().collect();
        let found = relevant.keys().filter(|id| named.contains(id.as_str())).count();
        self.either.push(found as f64 / relevant.len().max(1) as f64);
        self.bm25.add(&bm25, relevant);
        self.vectors.add(&nearest, relevant);
        self.words_only.add(&texts(&words_only), relevant);
        self.fused.add(&fused, relevant);

        let given =
            first.iter().chain(&words_first).chain(&words_only).map(String::as_str).chain(fused.iter().copied());
        let forbidden = |id: &&str| documents.get(id).is_none_or(|document| !may_be_found(document, question));
        self.violations += given.filter(forbidden).count();
        Ok(())
    }

    fn measured(self, embedder: &str, words_weight: f32) -> Measured {
        Measured {
            questions: self.either.len(),
            embedder: embedder.to_owned(),
            words_weight,
            bm25: self.bm25.figures(),
            vectors: self.vectors.figures(),
            either: Figure::of(&self.either),
            words_only: self.words_only.figures(),
            fused: self.fused.figures(),
            embedding: Times::of(self.embedding),
            search: Times::of(self.search),
            search_words_only: Times::of(self.search_words_only),
            violations: self.violations,
        }
    }
}

/// The documents that one leg names, best first.
fn leg(scored: &[Explained], rank: impl Fn(&Explained) -> Option<usize>) -> Vec<&str> {
    let mut named: Vec<(usize, &str)> =
        scored.iter().filter_map(|one| Some((rank(one)?, one.document.as_str()))).collect();
    named.sort_unstable_by_key(|(rank, document)| (*rank, *document));
    named.into_iter().map(|(_, document)| document).take(DEEP).collect()
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

/// The rule in its plainest form, apart from the search.
fn may_be_found(document: &DocumentPut, question: &Question) -> bool {
    let allowed =
        document.groups.as_ref().is_none_or(|groups| groups.iter().any(|group| question.groups.contains(group)));
    allowed && question.filter.admits(&document.metadata)
}
