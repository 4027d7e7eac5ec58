//! Two scores into one, and the order that follows.

use super::legs::{Candidate, Near, Spot};
use super::{Searched, open};
use crate::Error;

/// What each question term that a passage holds adds to BM25, in units of its rarity. It lifts claims against abstracts (.738
/// to .750 nDCG@10) and questions to paragraphs (.978 to .981). Among few passages it would cost .009 MRR@10.
const PRESENCE: f32 = 1.0;

/// How much the words count beside the vectors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shares {
    /// The share of words in the fused score; all of it where nothing has a vector.
    pub(super) words: f32,
    pub(super) with_vectors: bool,
}

impl Shares {
    pub(super) fn of(candidates: &[Candidate], words_weight: f32) -> Self {
        let with_vectors = candidates.iter().any(|candidate| candidate.near.is_some());
        let words = if with_vectors { words_weight.clamp(0.0, 1.0) } else { 1.0 };
        Self { words, with_vectors }
    }

    /// The fused score.
    pub(super) fn fuse(&self, words: &[f32], cosines: &[f32]) -> Vec<f32> {
        words.iter().zip(cosines).map(|(words, cosine)| self.words * words + (1.0 - self.words) * cosine).collect()
    }
}

/// Each candidate's words over the best of them. Without vectors, or among few passages, BM25 stands alone.
pub(super) fn words(candidates: &[Candidate], shares: Shares, among_many: bool) -> Vec<f32> {
    let presence = if shares.with_vectors && among_many { PRESENCE } else { 0.0 };
    over_best(candidates.iter().map(|candidate| candidate.words + presence * candidate.presence).collect())
}

/// Each candidate's cosine; 0 where there is none.
pub(super) fn cosines(candidates: &[Candidate]) -> Vec<f32> {
    candidates.iter().map(|candidate| candidate.near.as_ref().map_or(0.0, |Near { cosine, .. }| *cosine)).collect()
}

/// Shares of the largest.
pub(super) fn over_best(mut scores: Vec<f32>) -> Vec<f32> {
    let best = scores.iter().copied().fold(0.0, f32::max);
    scores.iter_mut().for_each(|score| *score = if best > 0.0 { *score / best } else { 0.0 });
    scores
}

/// A candidate with its fused score, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fused {
    /// Which candidate.
    pub(super) at: usize,
    pub(super) score: f32,
}

/// The candidates, best first; of the first `most` those with equal scores stand by collection, document and ordinal. For
/// that they are read: a home's own numbers tell nothing that another home would agree with.
pub(super) fn order(
    searched: &[Searched<'_>],
    candidates: &[Candidate],
    scores: &[f32],
    most: usize,
) -> Result<Vec<usize>, Error> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|one, other| scores[*other].total_cmp(&scores[*one]));
    let mut begin = 0;
    while begin < most.min(order.len()) {
        let score = scores[order[begin]];
        let end = begin + order[begin..].iter().take_while(|at| scores[**at] == score).count().max(1);
        if end - begin > 1 {
            by_name(searched, candidates, &mut order[begin..end])?;
        }
        begin = end;
    }
    Ok(order)
}

fn by_name(searched: &[Searched<'_>], candidates: &[Candidate], tied: &mut [usize]) -> Result<(), Error> {
    let spots: Vec<Spot> = tied.iter().map(|at| candidates[*at].spot).collect();
    let opened = open(searched, &spots, None)?;
    let name = |((at, spot), opened): ((usize, &Spot), crate::backend::Opened)| {
        ((spot.0, opened.document, opened.place.ordinal), at)
    };
    let mut named: Vec<_> = tied.iter().copied().zip(&spots).zip(opened).map(name).collect();
    named.sort_unstable();
    tied.iter_mut().zip(named).for_each(|(place, (_, at))| *place = at);
    Ok(())
}
