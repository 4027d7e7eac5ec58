//! The exact test for paired yes/no results: only cases whose result changed say anything, and without a real change
//! each of them is as likely a win as a loss. Source: Q. McNemar, Psychometrika 12 (1947) 153, in its exact form, the
//! sign test over the changed cases.

use super::float;

/// P(at least `losses` losses among the changed cases | no real change): small when the candidate is worse.
/// 5 losses and no win, the smallest significant result, give 1/32 = 0.03125.
pub fn one_sided(losses: usize, wins: usize) -> f64 {
    tail(losses + wins, losses)
}

/// The probability of a split at least this uneven in either direction.
pub fn two_sided(losses: usize, wins: usize) -> f64 {
    (2.0 * tail(losses + wins, losses.max(wins))).min(1.0)
}

/// P(X ≥ `from`) for X binomial with `trials` fair coins.
pub(crate) fn tail(trials: usize, from: usize) -> f64 {
    if from == 0 {
        return 1.0;
    }
    let terms = binomial(trials, 0.5);
    // Smallest terms first, so that none is lost in rounding.
    terms[from.min(trials + 1)..].iter().rev().sum::<f64>().min(1.0)
}

/// The whole distribution: element k is P(X = k) for X binomial(`trials`, `chance`).
pub(crate) fn binomial(trials: usize, chance: f64) -> Vec<f64> {
    if chance <= 0.0 || chance >= 1.0 {
        let sure = if chance <= 0.0 { 0 } else { trials };
        return (0..=trials).map(|k| if k == sure { 1.0 } else { 0.0 }).collect();
    }
    // In logarithms: 0.5^2000 is no floating-point number.
    let (hit, miss) = (chance.ln(), (1.0 - chance).ln());
    let mut log_ways = 0.0;
    let mut terms = Vec::with_capacity(trials + 1);
    for k in 0..=trials {
        terms.push((log_ways + float(k) * hit + float(trials - k) * miss).exp());
        log_ways += float(trials - k).ln() - float(k + 1).ln();
    }
    terms
}
