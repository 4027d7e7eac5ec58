//! The best passages of a first pass say more of what is asked than the question's own words. Their vectors pull the
//! question's vector towards them (Rocchio 1971), and their weightiest terms are asked for beside its own (in the manner of
//! RM3, Abdul-Jaleel and others 2004). Both score the candidates that are there already: no further search.
//!
//! Passages weigh by a sharp softmax of their scores, so that one clear winner takes nearly all: a question with one right
//! answer is not diluted by nine wrong ones (with equal weights, questions to paragraphs fell from .98 to .90).

use super::fusion::{Shares, cosines, order, over_best};
use super::legs::{Candidate, Spot, score};
use super::question::{Weighed, is_function_term, weigh};
use super::{Searched, open};
use crate::Error;
use crate::backend::{Opened, Space, WordQuery};
use crate::document::indexed_text;
use crate::words::each_term;
use std::collections::BTreeMap;

/// Passages that may be searched from which on the best are trusted: of fewer, ten are a large share, and what they have in
/// common is chance. It costs .002 to .008 MRR@10 on the filtered set, whose filters leave about fifty.
pub(super) const FROM_PASSAGES: u64 = 200;
/// Passages that it is taken from; 3 to 20 give the same within .001.
const PASSAGES: usize = 10;
/// The temperature of their weights, in units of the fused score.
const SHARPNESS: f32 = 0.05;
/// A passage that weighs less would not move any score by a thousandth, and need not be read.
const LEAST_WEIGHT: f32 = 1e-3;
/// How much their vectors weigh beside the question's; 1 to 2 give the same within .003.
const VECTORS: f32 = 1.5;
/// The share of their terms in the words' score, with vectors beside them or without; .3 to .6 give the same within .005.
const TERMS: f32 = 0.5;
/// How many terms; 10 to 80 give the same within .003.
const MOST_TERMS: usize = 20;

/// What the best of the first pass say.
pub(super) struct Feedback {
    /// Which candidates, with the weight of each: together about 1.
    pub(super) passages: Vec<(usize, f32)>,
    /// Their names, in the same order.
    pub(super) opened: Vec<Opened>,
    /// What they have in common, weightiest first.
    pub(super) terms: Weighed,
}

/// Takes the feedback of the best by their first scores.
pub(super) fn take(
    searched: &[Searched<'_>],
    candidates: &[Candidate],
    first: &[f32],
    query: &WordQuery,
) -> Result<Feedback, Error> {
    let best = order(searched, candidates, first, PASSAGES)?;
    let passages = weights(&best[..PASSAGES.min(best.len())], first);
    let spots: Vec<Spot> = passages.iter().map(|(at, _)| candidates[*at].spot).collect();
    let opened = open(searched, &spots, None)?;
    let held = held(&opened, &passages, query);
    let (terms, shares): (Vec<String>, Vec<f32>) = held.into_iter().unzip();
    let terms = common(weigh(searched, terms, |at, rarity| shares[at] * rarity)?, &shares);
    Ok(Feedback { passages, opened, terms })
}

/// Softmax of the scores, best first.
fn weights(best: &[usize], first: &[f32]) -> Vec<(usize, f32)> {
    let Some(top) = best.first().map(|at| first[*at]) else { return Vec::new() };
    let raw: Vec<f32> = best.iter().map(|at| ((first[*at] - top) / SHARPNESS).exp()).collect();
    let sum: f32 = raw.iter().sum();
    let weighed = best.iter().zip(raw).map(|(at, raw)| (*at, raw / sum));
    weighed.filter(|(_, weight)| *weight >= LEAST_WEIGHT).collect()
}

/// The terms that these passages give most weight to, of terms weighed by that. Each is asked for with it, and its rarity
/// counts once more, as any term's does.
fn common(weighed: Weighed, shares: &[f32]) -> Weighed {
    let Weighed { mut query, holding } = weighed;
    let asked = |((term, weight), share): ((String, f32), &f32)| (term, weight, weight / share);
    let mut terms: Vec<_> = query.terms.into_iter().zip(shares).map(asked).zip(holding).collect();
    terms.sort_by(|((a, one, _), _), ((b, other, _), _)| other.total_cmp(one).then_with(|| a.cmp(b)));
    terms.truncate(MOST_TERMS);
    let (terms, holding) =
        terms.into_iter().map(|((term, weight, rarity), held)| ((term, weight * rarity), held)).unzip();
    query.terms = terms;
    Weighed { query, holding }
}

/// How much each term is held by these passages: its saturated frequency in each, as BM25 has it, by the passage's weight.
fn held(opened: &[Opened], passages: &[(usize, f32)], query: &WordQuery) -> BTreeMap<String, f32> {
    let mut held = BTreeMap::new();
    for (opened, (_, weight)) in opened.iter().zip(passages) {
        let (mut counts, mut length) = (BTreeMap::<String, u32>::new(), 0.0);
        let text = indexed_text(&opened.title, &opened.place.heading, &opened.header, &opened.text);
        each_term(&text, &mut |term| {
            length += 1.0;
            if !is_function_term(term) {
                *counts.entry(term.to_owned()).or_default() += 1;
            }
        });
        for (term, count) in counts {
            *held.entry(term).or_insert(0.0) += query.part(*weight, count as f32, length);
        }
    }
    held
}

impl Feedback {
    /// The fused scores once more, now that the best have spoken.
    pub(super) fn scores(
        &self,
        searched: &[Searched<'_>],
        candidates: &[Candidate],
        words: &[f32],
        shares: Shares,
    ) -> Result<Vec<f32>, Error> {
        let spots: Vec<Spot> = candidates.iter().map(|candidate| candidate.spot).collect();
        let expanded = over_best(score(searched, &spots, &self.terms.query)?);
        let words: Vec<f32> =
            words.iter().zip(expanded).map(|(own, further)| (1.0 - TERMS) * own + TERMS * further).collect();
        Ok(shares.fuse(&words, &self.nearness(searched, candidates)))
    }

    /// The cosines to the question, mixed with those to the best. Vectors of two spaces are never compared: a passage whose space
    /// has none of the best keeps its own cosine.
    fn nearness(&self, searched: &[Searched<'_>], candidates: &[Candidate]) -> Vec<f32> {
        let space = |spot: &Spot| searched[spot.0].version.space();
        let mut pulls: Vec<(&Space, Vec<f32>, f32)> = Vec::new();
        for one in searched.iter().filter_map(|one| one.version.space()) {
            if pulls.iter().all(|(known, ..)| *known != one) {
                let (mut sum, mut weights) = (vec![0.0; one.dimensions], 0.0);
                for (at, weight) in self.passages.iter().filter(|(at, _)| space(&candidates[*at].spot) == Some(one)) {
                    let Some(near) = &candidates[*at].near else { continue };
                    sum.iter_mut().zip(&near.vector).for_each(|(sum, value)| *sum += weight * value);
                    weights += weight;
                }
                pulls.push((one, sum, weights));
            }
        }
        let pulled = |(candidate, own): (&Candidate, f32)| {
            let pull = pulls.iter().find(|(known, ..)| space(&candidate.spot) == Some(*known));
            let Some((near, (_, sum, weights))) = candidate.near.as_ref().zip(pull) else { return own };
            (own + VECTORS * kernels::dot_f32(sum, &near.vector)) / (1.0 + VECTORS * weights)
        };
        candidates.iter().zip(cosines(candidates)).map(pulled).collect()
    }
}
