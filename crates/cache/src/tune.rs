//! A threshold that keeps to a budget of wrong answers, or a refusal to name one.
//!
//! For each threshold of a short list the bound on the share of wrong answers among those served (Clopper and Pearson)
//! is held against the budget; the risk of 5 % is divided by the length of the list (Bonferroni), so that it covers the
//! choice as well. This is Learn then Test (A. Angelopoulos et al., 2021, arXiv 2110.01052) with the simplest correction.

use crate::error::{Error, Result};
use crate::interval::{bounds, upper};
use crate::pairs::Pair;
use crate::verifier::{Question, Verifier};

/// Strictest first. Few, because each further one costs certainty.
const THRESHOLDS: [f32; 10] = [0.98, 0.96, 0.94, 0.92, 0.9, 0.87, 0.84, 0.8, 0.7, 0.5];

/// The probability that the share of wrong answers is above the budget all the same.
const RISK: f64 = 0.05;

/// A pair as the cache would judge it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    pub same: bool,
    /// `None` where a gate holds, or the two are not compared at all. 0 to 1.
    pub score: Option<f32>,
}

/// Judges a pair; `cosine` is that of the two questions' unit vectors.
pub fn compare(verifier: &Verifier, pair: &Pair, cosine: f32) -> Compared {
    let read = || Question::read(&pair.a).zip(Question::read(&pair.b)).filter(|_| cosine >= verifier.least_cosine);
    let score = read().and_then(|(a, b)| verifier.score(&a, &b, cosine).ok());
    Compared { same: pair.same, score }
}

/// A threshold, and what it was seen to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuned {
    /// For `threshold` in `[cache] semantic`, 0 to 1.
    pub threshold: f32,
    /// Pairs that would be served.
    pub served: usize,
    /// Of them, those whose answer belongs to another question.
    pub wrong: usize,
    /// `wrong` over `served`, 0 to 1.
    pub false_hits: f64,
    /// The bounds on it that the choice rests on; the upper one is within the budget.
    pub interval: (f64, f64),
    /// Of the pairs that are the same, the share that would be served, 0 to 1.
    pub hit_rate: f64,
}

/// The loosest threshold at which, with 95 % confidence, no more than `budget` (0 to 1) of the served answers are wrong.
///
/// # Errors
/// [`Error::TooFew`] with the number of pairs that it takes, [`Error::OverBudget`] when the pairs are enough and too many of
/// them are wrong.
pub fn tune(pairs: &[Compared], budget: f64) -> Result<Tuned> {
    let risk = RISK / THRESHOLDS.len() as f64;
    let same = pairs.iter().filter(|pair| pair.same).count();
    let at = |threshold: f32| {
        let served = pairs.iter().filter(|pair| pair.score.is_some_and(|score| score >= threshold));
        let (right, wrong): (Vec<&Compared>, Vec<&Compared>) = served.partition(|pair| pair.same);
        let served = right.len() + wrong.len();
        Tuned {
            threshold,
            served,
            wrong: wrong.len(),
            false_hits: wrong.len() as f64 / served.max(1) as f64,
            interval: bounds(wrong.len(), served, risk),
            hit_rate: right.len() as f64 / same.max(1) as f64,
        }
    };
    let tried: Vec<Tuned> = THRESHOLDS.iter().map(|threshold| at(*threshold)).collect();
    if let Some(loosest) = tried.iter().rev().find(|tuned| tuned.served > 0 && tuned.interval.1 <= budget) {
        // Where nothing was served in between, nothing speaks for the looser one.
        return Ok(*tried.iter().find(|tuned| tuned.served == loosest.served).unwrap_or(loosest));
    }
    let percent = budget * 100.0;
    // Served answers without a wrong one that would be just enough, and the pairs that it takes to see so many.
    let enough = fewest_served(budget, risk);
    let most = tried.iter().map(|tuned| tuned.served).max().unwrap_or_default();
    match tried.iter().find(|tuned| tuned.served >= enough) {
        Some(Tuned { wrong, served, .. }) => Err(Error::OverBudget { percent, wrong: *wrong, served: *served }),
        None => {
            let needed = enough.saturating_mul(pairs.len()).div_ceil(most.max(1)).max(enough);
            Err(Error::TooFew { pairs: pairs.len(), percent, needed })
        }
    }
}

/// How many served answers without a wrong one put the bound within the budget. A budget of nothing is never shown.
fn fewest_served(budget: f64, risk: f64) -> usize {
    let guess = risk.ln() / (-budget.clamp(0.0, 1.0)).ln_1p();
    let Some(guess) = guess.is_finite().then(|| guess.ceil() as usize) else { return usize::MAX };
    (guess.saturating_sub(1)..).find(|served| upper(0, *served, risk) <= budget).unwrap_or(guess)
}
