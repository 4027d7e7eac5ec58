//! Cross-validation, and the curve: precision and recall on Quora's pairs, and how many different questions are served as the
//! same on the two adversarial sets.

use crate::data::{FOLDS, Pair};
use crate::learn;
use cache::bounds;

/// The intervals are two-sided at 95 %.
const RISK: f64 = 0.025;

/// The score of each pair by a verifier that never saw its fold; `None` where a gate holds or nothing is compared.
pub(crate) fn cross_validate(pairs: &[Pair], knows_cosine: bool) -> Vec<Option<f32>> {
    let mut scores = vec![None; pairs.len()];
    for fold in 0..FOLDS {
        let others: Vec<usize> = (0..pairs.len()).filter(|at| pairs[*at].fold != fold).collect();
        let verifier = learn::learn(pairs, &others, knows_cosine);
        for (score, pair) in scores.iter_mut().zip(pairs).filter(|(_, pair)| pair.fold == fold) {
            let asked = pair.questions.as_ref().filter(|_| learn::is_compared(pair, knows_cosine));
            *score = asked.and_then(|(a, b)| verifier.score(a, b, pair.cosine).ok());
        }
    }
    scores
}

/// How many pairs of a set with this label there are, and how many are served at a threshold.
fn served(pairs: &[Pair], scores: &[Option<f32>], set: usize, duplicate: bool, threshold: f32) -> (usize, usize) {
    let these = || pairs.iter().zip(scores).filter(|(pair, _)| pair.set == set && pair.duplicate == duplicate);
    (these().filter(|(_, score)| score.is_some_and(|score| score >= threshold)).count(), these().count())
}

pub(crate) fn print(pairs: &[Pair], scores: &[Option<f32>]) {
    let shown = |(hits, total): (usize, usize)| {
        let (low, high) = bounds(hits, total, RISK);
        format!("{:.4} ({low:.4} to {high:.4})", hits as f64 / total.max(1) as f64)
    };
    println!("| threshold | P | R | A | W |\n| --- | --- | --- | --- | --- |");
    let mut thresholds: Vec<f32> = vec![0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
    thresholds.push(loosest(pairs, scores, 0.90));
    thresholds.sort_by(f32::total_cmp);
    thresholds.dedup();
    for threshold in thresholds {
        let of = |set, duplicate| served(pairs, scores, set, duplicate, threshold);
        let (right, wrong) = (of(0, true), of(0, false));
        let precision = (right.0, right.0 + wrong.0);
        println!(
            "| {threshold} | {} | {} | {} | {} |",
            shown(precision),
            shown(right),
            shown(of(1, false)),
            shown(of(2, false))
        );
    }
}

/// The loosest threshold, in hundredths, at which and above which the precision on Quora's pairs is as asked.
pub(crate) fn loosest(pairs: &[Pair], scores: &[Option<f32>], precision: f64) -> f32 {
    let mut found = 1.0;
    for hundredth in (50..100_u16).rev() {
        let threshold = f32::from(hundredth) / 100.0;
        let right = served(pairs, scores, 0, true, threshold).0;
        let wrong = served(pairs, scores, 0, false, threshold).0;
        if (right as f64) < precision * (right + wrong) as f64 {
            break;
        }
        found = threshold;
    }
    found
}
