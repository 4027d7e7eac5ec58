//! What a ranking is worth, and how sure that is.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Places of a ranking that count, but for [`Figures::recall_100`].
const COUNTED: usize = 10;
/// Sets of questions that are drawn for an interval (Efron and Tibshirani 1993).
const DRAWN: usize = 2_000;

/// A mean over all questions, with its 95 % interval: how it would vary over other questions of the same kind, by drawing
/// from these again and again. The draws are the same on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figure {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

impl Figure {
    /// Of one value for each question; zeros without any.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len();
        if count == 0 {
            return Self::default();
        }
        let mut state = 0;
        let mut drawn: Vec<f64> = (0..DRAWN)
            .map(|_| {
                let sum: f64 = (0..count).map(|_| values[(next(&mut state) % count as u64) as usize]).sum();
                sum / count as f64
            })
            .collect();
        drawn.sort_unstable_by(f64::total_cmp);
        let mean = values.iter().sum::<f64>() / count as f64;
        Self { mean, low: drawn[DRAWN * 25 / 1_000], high: drawn[DRAWN * 975 / 1_000 - 1] }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What rankings are worth, each the mean over all questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Normalised discounted cumulative gain of the first ten: gain = relevance, discount = log2 (Järvelin and Kekäläinen 2002).
    pub ndcg_10: Figure,
    /// The share of the relevant documents among the first ten, and among the first hundred.
    pub recall_10: Figure,
    pub recall_100: Figure,
    /// One over the place of the first relevant document, 0 when it is not among the first ten.
    pub mrr_10: Figure,
    /// Whether any relevant document is among the first ten.
    pub hit_10: Figure,
}

/// What single rankings were worth.
#[derive(Clone, Debug, Default)]
pub(super) struct Worth {
    ndcg: Vec<f64>,
    recall_10: Vec<f64>,
    recall_100: Vec<f64>,
    reciprocal: Vec<f64>,
    hit: Vec<f64>,
}

impl Worth {
    /// Takes in one ranking of documents, best first; one that stands there twice counts where it stands first.
    pub(super) fn add(&mut self, ranked: &[&str], relevant: &BTreeMap<String, f64>) {
        let mut seen = BTreeSet::new();
        let gains: Vec<f64> = ranked
            .iter()
            .filter(|id| seen.insert(**id))
            .map(|id| relevant.get(*id).copied().unwrap_or_default())
            .collect();
        let found = |most: usize| gains.iter().take(most).filter(|gain| **gain > 0.0).count() as f64;
        let share = |most: usize| found(most) / relevant.len().max(1) as f64;
        let first = gains.iter().take(COUNTED).position(|gain| *gain > 0.0);
        let mut ideal: Vec<f64> = relevant.values().copied().collect();
        ideal.sort_unstable_by(|one, other| other.total_cmp(one));
        let best = discounted(&ideal);
        self.ndcg.push(if best > 0.0 { discounted(&gains) / best } else { 0.0 });
        self.recall_10.push(share(COUNTED));
        self.recall_100.push(share(100));
        self.reciprocal.push(first.map_or(0.0, |place| 1.0 / (place + 1) as f64));
        self.hit.push(f64::from(u8::from(first.is_some())));
    }

    pub(super) fn figures(&self) -> Figures {
        Figures {
            ndcg_10: Figure::of(&self.ndcg),
            recall_10: Figure::of(&self.recall_10),
            recall_100: Figure::of(&self.recall_100),
            mrr_10: Figure::of(&self.reciprocal),
            hit_10: Figure::of(&self.hit),
        }
    }
}

fn discounted(gains: &[f64]) -> f64 {
    gains.iter().take(COUNTED).enumerate().fold(0.0, |sum, (place, gain)| sum + gain / ((place + 2) as f64).log2())
}
