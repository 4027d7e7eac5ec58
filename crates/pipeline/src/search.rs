//! The search of a use case, as its requests do it and as a person at the terminal may try it: the same versions, the same
//! embedders, the same settings.

use crate::error::Error;
use crate::find::filter;
use crate::prepared::Prepared;
use crate::{Engines, Pipeline};
use models::Journal;
use retrieval::{FacetCount, Filter, Found, Query, Rerank, Space, Version};
use std::sync::Arc;
use usecase::declared::Retrieval;
use usecase::{ChatRequest, Passage, Timestamp};

/// A question to the collections alone: no model is asked and nothing is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    pub question: &'a str,
    /// The caller's access groups.
    pub groups: &'a [String],
    pub filter: &'a Filter,
    /// How many passages; as many as the use case declares when absent.
    pub top: Option<usize>,
    /// Whether to tell how it came about.
    pub explain: bool,
    /// Fields whose values are counted over what the caller may see under the filter.
    pub facets: &'a [String],
}

/// A field, and how often each of its values occurs.
pub type Facet = (String, Vec<FacetCount>);

/// What was found, and how often the values of each field occur in all that could have been: for each collection.
#[derive(Clone, Debug)]
pub struct Looked {
    pub found: Found,
    pub facets: Vec<(String, Vec<Facet>)>,
}

/// Values of one field that are counted.
const MOST_VALUES: usize = 50;

impl Pipeline {
    /// Searches the collections of a use case. Blocks: call it from a thread that may wait.
    ///
    /// # Errors
    /// The collections cannot be read, or one is closed.
    pub fn search(&self, prepared: &Prepared, search: &Search<'_>) -> Result<Looked, Error> {
        let engines = self.engines();
        let now = Timestamp::now();
        let versions = prepared.versions(&engines.collections, now)?;
        let vector = engines.embedder.embed_questions(&[search.question])?.into_iter().next().unwrap_or_default();
        let journal = Journal::new();
        let asked = Asked { text: search.question, groups: search.groups, filter: search.filter, journal: &journal };
        let found = run(engines, prepared, &versions, asked, Some(vector), (search.top, search.explain))?;
        let mut facets = Vec::new();
        for version in versions.iter().filter(|_| !search.facets.is_empty()) {
            let scope = Arc::clone(version).scope(search.groups, search.filter)?;
            facets.push((version.collection().to_owned(), scope.facets(search.facets, MOST_VALUES)?));
        }
        Ok(Looked { found, facets })
    }

    /// The share of words in the fused score of a use case's search, 0 to 1; `None` when it searches nothing.
    pub fn words_weight(&self, prepared: &Prepared) -> Option<f32> {
        prepared.retrieval.as_ref().map(|settings| words_weight(self.engines(), settings))
    }

    /// What a request finds under each of these shares of words, without a reranker, which would hide the difference. Blocks.
    ///
    /// # Errors
    /// As [`Pipeline::search`]; or the request's filter is none.
    pub fn search_at(
        &self,
        prepared: &Prepared,
        request: &ChatRequest,
        groups: &[String],
        shares: &[f32],
    ) -> Result<Vec<Vec<Passage>>, Error> {
        let engines = self.engines();
        let Some(settings) = &prepared.retrieval else { return Ok(vec![Vec::new(); shares.len()]) };
        let versions = prepared.versions(&engines.collections, Timestamp::now())?;
        let (text, filter) = (request.question(), filter(request, &settings.facets)?);
        let vector = engines.embedder.embed_questions(&[&text])?.into_iter().next().unwrap_or_default();
        let vectors = in_their_spaces(engines, &versions, &text, vector)?;
        let asked = Asked { text: &text, groups, filter: &filter, journal: &Journal::new() };
        let query = query(engines, prepared, settings, asked, &vectors);
        let found = |share: &f32| retrieval::search(&versions, &Query { words_weight: *share, ..query });
        shares.iter().map(|share| Ok(found(share)?.passages)).collect()
    }
}

/// Who asks what.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) text: &'a str,
    pub(crate) groups: &'a [String],
    pub(crate) filter: &'a Filter,
    /// Where calls of a provider's reranker are noted.
    pub(crate) journal: &'a Journal,
}

/// Searches these versions with the use case's settings. `vector` is the question's, from the configured embedder; without
/// one its words are searched alone.
pub(crate) fn run(
    engines: &Engines,
    prepared: &Prepared,
    versions: &[Arc<dyn Version>],
    asked: Asked<'_>,
    vector: Option<Vec<f32>>,
    (top, explain): (Option<usize>, bool),
) -> Result<Found, Error> {
    let Some(settings) = &prepared.retrieval else { return Ok(Found::default()) };
    let vectors = match vector {
        Some(vector) => in_their_spaces(engines, versions, asked.text, vector)?,
        None => Vec::new(),
    };
    let reranker = prepared.reranker.as_ref().map(|reranker| reranker.noting(asked.journal));
    let rerank = reranker.as_ref().map(|(reranker, candidates)| (reranker as &dyn Rerank, *candidates));
    let top = top.unwrap_or(settings.top);
    let query = Query { top, explain, rerank, ..query(engines, prepared, settings, asked, &vectors) };
    Ok(retrieval::search(versions, &query)?)
}

/// As the use case declares it, without its reranker.
fn query<'a>(
    engines: &Engines,
    prepared: &'a Prepared,
    settings: &Retrieval,
    asked: Asked<'a>,
    vectors: &'a [(Space, Vec<f32>)],
) -> Query<'a> {
    Query {
        text: asked.text,
        vectors,
        top: settings.top,
        groups: asked.groups,
        filter: asked.filter,
        words_weight: words_weight(engines, settings),
        section_within: prepared.section_within,
        rerank: None,
        explain: false,
    }
}

fn words_weight(engines: &Engines, settings: &Retrieval) -> f32 {
    settings.words_weight.unwrap_or_else(|| engines.embedder.fusion_weight())
}

/// The question in the space of every collection: one that was filled under another embedder is asked by that one. A space
/// that nobody here can embed for is left out, and the search then refuses.
fn in_their_spaces(
    engines: &Engines,
    versions: &[Arc<dyn Version>],
    text: &str,
    vector: Vec<f32>,
) -> Result<Vec<(Space, Vec<f32>)>, Error> {
    let mut vectors = vec![(engines.embedder.space(), vector)];
    for space in versions.iter().filter_map(|version| version.space()) {
        if vectors.iter().any(|(known, _)| known == space) {
            continue;
        }
        if let Some(embedder) = engines.collections.embedder_of(space)? {
            let made = embedder.embed_questions(&[text])?;
            vectors.extend(made.into_iter().map(|vector| (space.clone(), vector)));
        }
    }
    Ok(vectors)
}
