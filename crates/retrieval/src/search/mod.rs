//! The search: written once, over whatever home the collections have. Several collections are searched as if they were
//! one: word statistics, score maxima and feedback are taken over all of them, so that the best passage of a collection that has
//! nothing to say does not stand beside the best of one that has.
//!
//! In reading order: `question` (which words are asked for, and what each weighs), `legs` (each leg names its candidates, and
//! every candidate is scored by both), `fusion` (two scores into one), `feedback` (what the best of that say), `rerank` (a
//! model's opinion of the best), `explain` (how it came about).

mod explain;
mod feedback;
mod fusion;
mod legs;
mod question;
mod rerank;

pub use explain::{Explained, Explanation, Leg, SearchedCollection, Speaker, Spoken, Term};
pub use rerank::Rerank;

use crate::Error;
use crate::backend::{Opened, Scope, Space, Statistics, Version};
use crate::filter::Filter;
use feedback::Feedback;
use fusion::{Fused, Shares};
use legs::{Candidate, Spot};
use question::Weighed;
use serde_json::Value;
use std::sync::Arc;
use usecase::{DocumentRef, Passage};

/// One question to one or more collections.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    pub text: &'a str,
    /// The question's vector in each of the collections' spaces; none at all to search by words alone.
    pub vectors: &'a [(Space, Vec<f32>)],
    /// The most passages that are wanted.
    pub top: usize,
    /// The caller's access groups. What is open to everyone is always seen.
    pub groups: &'a [String],
    pub filter: &'a Filter,
    /// The share of words in the fused score, 0 to 1; 0 lets the vectors alone decide among what both legs found.
    pub words_weight: f32,
    /// Gives a passage with its whole section, where that has at most so many code points.
    pub section_within: Option<usize>,
    /// A model that orders the best once more, and how many of them it sees.
    pub rerank: Option<(&'a dyn Rerank, usize)>,
    /// Whether to tell how it came about.
    pub explain: bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Best first. Scores lie between 0 and 1 and mean something within this list only.
    pub passages: Vec<Passage>,
    pub explanation: Option<Explanation>,
    /// Why the reranker did not order them, when it failed: they stand in the order of the search.
    pub not_reranked: Option<String>,
}

/// One collection of a search as the caller may see it.
pub(crate) struct Searched<'a> {
    pub(crate) version: &'a Arc<dyn Version>,
    /// What may be found.
    pub(crate) scope: Box<dyn Scope>,
    /// What the caller may see without the filter, where there is one.
    without_filter: Option<Box<dyn Scope>>,
    /// Counts over what may be found.
    pub(crate) seen: Statistics,
    /// The question in this collection's space; `None` to search it by words alone.
    pub(crate) vector: Option<&'a [f32]>,
}

impl Searched<'_> {
    /// What the caller has the right to see, whatever the filter.
    fn by_rights(&self) -> &dyn Scope {
        self.without_filter.as_deref().unwrap_or(self.scope.as_ref())
    }
}

/// Everything that was scored.
pub(crate) struct Ranked {
    candidates: Vec<Candidate>,
    /// Their scores before feedback.
    first: Vec<f32>,
    feedback: Option<Feedback>,
    /// Best first.
    fused: Vec<Fused>,
}

/// The best passages for a question among those that the caller may see and that pass the filter, best first; equal scores
/// by collection, document and ordinal.
///
/// # Errors
/// [`Error::OtherSpace`] when the question's vectors are of other spaces than a collection's; a home that cannot be read. A
/// reranker that fails is no error.
pub fn search(versions: &[Arc<dyn Version>], query: &Query<'_>) -> Result<Found, Error> {
    let searched = versions.iter().map(|version| enter(version, query)).collect::<Result<Vec<_>, _>>()?;
    let seen = query.rerank.map_or(0, |(_, candidates)| candidates);
    let wanted = query.top.max(seen).max(if query.explain { 2 * query.top } else { 0 });
    let (terms, asked): (Vec<String>, Vec<f32>) = question::terms(query.text).into_iter().unzip();
    let question = question::weigh(&searched, terms, |at, rarity| asked[at] * rarity)?;
    let ranked = rank(&searched, &question, query.words_weight, wanted)?;
    let mut explanation = query.explain.then(|| Explanation::begin(&searched, &question, &ranked));
    let mut fused: Vec<Fused> = ranked.fused.iter().copied().take(wanted).collect();
    let spots: Vec<Spot> = fused.iter().map(|fused| ranked.candidates[fused.at].spot).collect();
    let mut opened = open(&searched, &spots, query.section_within)?;
    let reranked = query
        .rerank
        .map(|(reranker, candidates)| rerank::rerank(reranker, candidates, query.text, &mut fused, &mut opened));
    let not_reranked = reranked.and_then(Result::err).map(|error| error.to_string());
    let mut passages = Vec::with_capacity(query.top);
    for (fused, opened) in fused.iter().zip(opened) {
        let collection = searched[ranked.candidates[fused.at].spot.0].version.collection();
        if let Some(explanation) = &mut explanation {
            explanation.opened(&ranked, fused, collection, &opened);
        }
        let passage = passage(collection, fused.score, opened);
        // Two passages of one section are given as that section, once.
        let again =
            |held: &Passage| held.source == passage.source && (held.start, held.end) == (passage.start, passage.end);
        if passages.len() < query.top && !passages.iter().any(again) {
            if let Some(explanation) = &mut explanation {
                explanation.kept();
            }
            passages.push(passage);
        }
    }
    Ok(Found { passages, explanation, not_reranked })
}

fn enter<'a>(version: &'a Arc<dyn Version>, query: &Query<'a>) -> Result<Searched<'a>, Error> {
    let scope = Arc::clone(version).scope(query.groups, query.filter)?;
    let seen = scope.statistics(&[])?;
    let without_filter = match query.filter.is_empty() {
        true => None,
        false => Some(Arc::clone(version).scope(query.groups, &Filter::default())?),
    };
    let vector = match (version.space(), query.vectors) {
        (None, _) | (_, []) => None,
        (Some(space), vectors) => {
            let found = vectors.iter().find(|(asked, _)| asked == space);
            let (_, vector) = found.ok_or_else(|| Error::OtherSpace {
                collection: version.collection().to_owned(),
                holds: space.embedder.clone(),
                asked: vectors.iter().map(|(space, _)| space.embedder.as_str()).collect::<Vec<_>>().join(", "),
            })?;
            // A text without a word that the embedder knows gives the zero vector: it is near to nothing.
            vector.iter().any(|value| *value != 0.0).then_some(vector.as_slice())
        }
    };
    Ok(Searched { version, scope, without_filter, seen, vector })
}

/// Scores what either leg found, by both and by what the best of them say. The first `wanted` stand in their final order.
fn rank(searched: &[Searched<'_>], question: &Weighed, words_weight: f32, wanted: usize) -> Result<Ranked, Error> {
    let candidates = legs::run(searched, &question.query)?;
    let shares = Shares::of(&candidates, words_weight);
    let trusted = searched.iter().map(|one| one.seen.passages).sum::<u64>() >= feedback::FROM_PASSAGES;
    let words = fusion::words(&candidates, shares, trusted);
    let first = shares.fuse(&words, &fusion::cosines(&candidates));
    let feedback = match trusted {
        true => Some(feedback::take(searched, &candidates, &first, &question.query)?),
        false => None,
    };
    let scores = match &feedback {
        Some(feedback) => feedback.scores(searched, &candidates, &words, shares)?,
        None => first.clone(),
    };
    let order = fusion::order(searched, &candidates, &scores, wanted)?;
    let fused = order.into_iter().map(|at| Fused { at, score: scores[at].clamp(0.0, 1.0) }).collect();
    Ok(Ranked { candidates, first, feedback, fused })
}

/// The passages in the order given; each home is asked once.
fn open(searched: &[Searched<'_>], spots: &[Spot], section_within: Option<usize>) -> Result<Vec<Opened>, Error> {
    let mut opened: Vec<Option<Opened>> = spots.iter().map(|_| None).collect();
    for (which, one) in searched.iter().enumerate() {
        let of_it = spots.iter().enumerate().filter(|(_, spot)| spot.0 == which);
        let (places, keys): (Vec<usize>, Vec<_>) = of_it.map(|(place, spot)| (place, spot.1)).unzip();
        if keys.is_empty() {
            continue;
        }
        for (place, found) in places.into_iter().zip(one.scope.open(&keys, section_within)?) {
            opened[place] = Some(found);
        }
    }
    Ok(opened.into_iter().flatten().collect())
}

fn passage(collection: &str, score: f32, opened: Opened) -> Passage {
    let Opened { document, title, url, place, text, section, header, metadata } = opened;
    let (start, end, text) = match (section, place.section) {
        (Some(section), Some((start, end))) => (start, end, section),
        _ => (place.start, place.end, text),
    };
    let url = url.map(|url| at_page(url, metadata.get(PAGE_STARTS), start));
    let source = DocumentRef { collection: collection.to_owned(), document, title, url };
    Passage { source, ordinal: place.ordinal, start, end, text, header, score }
}

/// The field in which a document of pages says where each begins: its first code point, ascending.
const PAGE_STARTS: &str = "page_starts";

/// The address that opens a document at the page of this code point, as readers of PDF understand it (RFC 8118).
fn at_page(url: String, starts: Option<&Value>, point: usize) -> String {
    let starts = starts.and_then(Value::as_array).filter(|_| !url.contains('#'));
    let page =
        starts.map(|starts| starts.iter().filter_map(Value::as_u64).take_while(|start| *start <= point as u64).count());
    match page {
        Some(page) if page > 0 => format!("{url}#page={page}"),
        _ => url,
    }
}

#[cfg(test)]
mod tests;
