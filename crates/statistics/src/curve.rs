//! How well a score tells two kinds apart, and which threshold keeps a promise about false alarms.

use crate::interval::Interval;
use crate::random::Random;

/// A score and what is true: `true` is the kind that a high score should mean.
pub type Scored = (f64, bool);

/// The area under the ROC curve: the chance that a random positive scores above a random negative, ties counting half (J.
/// Hanley, B. McNeil, Radiology 143 (1982) 29). `None` when one of the kinds is missing.
pub fn area(scored: &[Scored]) -> Option<f64> {
    let mut sorted: Vec<&Scored> = scored.iter().collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let positives = sorted.iter().filter(|(_, positive)| *positive).count();
    let negatives = sorted.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    let (mut ranks, mut at) = (0.0, 0);
    while at < sorted.len() {
        let tied = sorted[at..].iter().take_while(|(score, _)| *score == sorted[at].0).count();
        let rank = at as f64 + (tied as f64 + 1.0) / 2.0;
        let of_positives = sorted[at..at + tied].iter().filter(|(_, positive)| *positive).count();
        ranks += rank * of_positives as f64;
        at += tied;
    }
    let (p, n) = (positives as f64, negatives as f64);
    Some((ranks - p * (p + 1.0) / 2.0) / (p * n))
}

/// The least threshold `t` such that at most `share` of the negatives score `t` or more. Scores of the positives play no
/// part. With no negatives it is negative infinity.
pub fn threshold_at(scored: &[Scored], share: f64) -> f64 {
    let mut negatives: Vec<f64> = scored.iter().filter(|(_, positive)| !positive).map(|(score, _)| *score).collect();
    negatives.sort_by(|one, other| other.total_cmp(one));
    let allowed = (share * negatives.len() as f64).floor() as usize;
    // The first negative that must stay below decides; the threshold lies just above it.
    negatives.get(allowed).map_or(f64::NEG_INFINITY, |score| score.next_up())
}

/// The share of the positives that score `threshold` or more; `None` without positives.
pub fn recall_at(scored: &[Scored], threshold: f64) -> Option<f64> {
    let positives = scored.iter().filter(|(_, positive)| *positive).count();
    let found = scored.iter().filter(|(score, positive)| *positive && *score >= threshold).count();
    (positives > 0).then(|| found as f64 / positives as f64)
}

/// The mean of recall and specificity at a threshold; `None` when one of the kinds is missing.
pub fn balanced_accuracy(scored: &[Scored], threshold: f64) -> Option<f64> {
    let recall = recall_at(scored, threshold)?;
    let negatives = scored.iter().filter(|(_, positive)| !positive).count();
    let kept = scored.iter().filter(|(score, positive)| !positive && *score < threshold).count();
    (negatives > 0).then(|| (recall + kept as f64 / negatives as f64) / 2.0)
}

/// The threshold with the best balanced accuracy, the highest of equals. Infinity without data.
pub fn best_balanced_threshold(scored: &[Scored]) -> f64 {
    let positives = scored.iter().filter(|(_, positive)| *positive).count().max(1) as f64;
    let negatives = scored.iter().filter(|(_, positive)| !positive).count().max(1) as f64;
    let mut sorted: Vec<&Scored> = scored.iter().collect();
    sorted.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut best, mut gain, mut at) = ((0.0, f64::INFINITY), 0.0, 0);
    while at < sorted.len() {
        let score = sorted[at].0;
        while at < sorted.len() && sorted[at].0 == score {
            gain += if sorted[at].1 { 1.0 / positives } else { -1.0 / negatives };
            at += 1;
        }
        if gain > best.0 {
            best = (gain, score);
        }
    }
    best.1
}

/// The area with its interval (Hanley and McNeil, as above: the standard error from the exponential model); `z` is the
/// normal quantile, 1.96 for 95 %.
pub fn area_interval(scored: &[Scored], z: f64) -> Option<(f64, Interval)> {
    let area = area(scored)?;
    let positives = scored.iter().filter(|(_, positive)| *positive).count() as f64;
    let negatives = scored.len() as f64 - positives;
    let (one, two) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
    let square =
        area * (1.0 - area) + (positives - 1.0) * (one - area * area) + (negatives - 1.0) * (two - area * area);
    let error = (square / (positives * negatives)).max(0.0).sqrt();
    Some((area, Interval { low: (area - z * error).max(0.0), high: (area + z * error).min(1.0) }))
}

/// The interval of any figure that is computed from rows: the middle 95 % of what it is on 400 draws of the rows with
/// replacement (B. Efron, Annals of Statistics 7 (1979) 1). Seeded, so that equal rows give equal bounds. Draws on which the figure
/// is undefined are left out; `None` when it is on more than half.
pub fn bootstrap<T>(rows: &[T], figure: impl Fn(&[&T]) -> Option<f64>) -> Option<Interval> {
    let mut random = Random::new(rows.len() as u64);
    let mut seen: Vec<f64> = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let drawn: Vec<&T> = (0..rows.len()).filter_map(|_| random.one_of(rows)).collect();
        seen.extend(figure(&drawn));
    }
    if seen.len() * 2 < DRAWS {
        return None;
    }
    seen.sort_by(f64::total_cmp);
    let at = |share: f64| seen[(share * (seen.len() - 1) as f64).round() as usize];
    Some(Interval { low: at(0.025), high: at(0.975) })
}

const DRAWS: usize = 400;
