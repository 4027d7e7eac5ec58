//! The two legs. Each names its best candidates; then every candidate is scored by both, which costs next to nothing and is
//! where most of the gain over reciprocal ranks lies (mean nDCG@10 over six sets .642 against .628).

use super::{Searched, question};
use crate::Error;
use crate::backend::{Hit, PassageKey, WordQuery};

/// How many candidates each leg names: both together hold .97 of the relevant abstracts, and all of the relevant paragraphs.
pub(super) const CANDIDATES: usize = 100;

/// Which of the searched collections, then which passage of it.
pub(crate) type Spot = (usize, PassageKey);

/// One passage with what both legs make of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) spot: Spot,
    /// BM25.
    pub(crate) words: f32,
    /// The rarity of the question's terms that it holds, summed.
    pub(crate) presence: f32,
    /// `None` where the collection is searched by words alone.
    pub(crate) near: Option<Near>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Near {
    pub(crate) cosine: f32,
    pub(crate) vector: Vec<f32>,
}

/// The best of either leg over all collections, scored by both, in order of their spots.
pub(super) fn run(searched: &[Searched<'_>], query: &WordQuery) -> Result<Vec<Candidate>, Error> {
    let mut spots = best(searched, |one| one.scope.by_words(query, CANDIDATES))?;
    spots.extend(best(searched, |one| {
        one.vector.map_or(Ok(Vec::new()), |vector| one.scope.by_vector(vector, CANDIDATES))
    })?);
    spots.sort_unstable();
    spots.dedup();
    let words = score(searched, &spots, query)?;
    let presence = score(searched, &spots, &question::presence(query))?;
    let near = near(searched, &spots)?;
    let scored = spots.into_iter().zip(words).zip(presence).zip(near);
    Ok(scored.map(|(((spot, words), presence), near)| Candidate { spot, words, presence, near }).collect())
}

/// What one leg finds best in all collections. Equal scores keep the order of the collections, and within one that of document
/// and ordinal, as each home gives them.
fn best(searched: &[Searched<'_>], leg: impl Fn(&Searched<'_>) -> Result<Vec<Hit>, Error>) -> Result<Vec<Spot>, Error> {
    let mut hits = Vec::new();
    for (which, one) in searched.iter().enumerate() {
        hits.extend(leg(one)?.into_iter().map(|hit| ((which, hit.passage), hit.score)));
    }
    if searched.len() > 1 {
        hits.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        hits.truncate(CANDIDATES);
    }
    Ok(hits.into_iter().map(|(spot, _)| spot).collect())
}

/// The word scores of candidates, which come in order of their spots.
pub(super) fn score(searched: &[Searched<'_>], spots: &[Spot], query: &WordQuery) -> Result<Vec<f32>, Error> {
    each(searched, spots, |one, keys| one.scope.word_scores(query, keys))
}

fn near(searched: &[Searched<'_>], spots: &[Spot]) -> Result<Vec<Option<Near>>, Error> {
    each(searched, spots, |one, keys| {
        let Some(asked) = one.vector else { return Ok(vec![None; keys.len()]) };
        let vectors = one.scope.vectors(keys)?.into_iter();
        Ok(vectors.map(|vector| Some(Near { cosine: kernels::dot_f32(asked, &vector), vector })).collect())
    })
}

/// Asks each collection once for something of each of its passages.
fn each<T>(
    searched: &[Searched<'_>],
    spots: &[Spot],
    of: impl Fn(&Searched<'_>, &[PassageKey]) -> Result<Vec<T>, Error>,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::with_capacity(spots.len());
    for spots in spots.chunk_by(|one, next| one.0 == next.0) {
        let keys: Vec<PassageKey> = spots.iter().map(|(_, key)| *key).collect();
        all.extend(of(&searched[spots[0].0], &keys)?);
    }
    Ok(all)
}
