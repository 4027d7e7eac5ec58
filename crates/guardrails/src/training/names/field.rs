//! Trains the conditional random field: the log-likelihood of what is known of each stretch of tokens, by AdaGrad (J. Duchi,
//! E. Hazan, Y. Singer, JMLR 12 (2011) 2121). A token may be known only in part ("no person, but maybe a place"): then the
//! likelihood is that of all labellings that agree with it.

use crate::guard::names::features::ROWS;
use crate::guard::names::tagger::{COLUMNS, LABELS, may_follow};
use statistics::Random;

/// A stretch of tokens to learn from.
pub(super) struct Stretch {
    /// Rows of each token's features, one after the other.
    pub(super) rows: Vec<u32>,
    /// Where each token's rows end.
    pub(super) ends: Vec<usize>,
    /// Per token, one bit per label that it may have.
    pub(super) allowed: Vec<u16>,
    pub(super) weight: f32,
}

impl Stretch {
    fn rows_of(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.rows[start..self.ends[at]]
    }
}

#[derive(Clone, Copy)]
pub(super) struct Settings {
    pub(super) epochs: usize,
    pub(super) rate: f32,
    pub(super) l2: f32,
    pub(super) seed: u64,
}

pub(super) struct Field {
    pub(super) weights: Vec<[f32; COLUMNS]>,
    seen: Vec<[f32; COLUMNS]>,
    pub(super) transitions: [[f32; LABELS]; LABELS],
    transitions_seen: [[f32; LABELS]; LABELS],
}

/// Probabilities of labels and of neighbouring labels.
struct Marginals {
    labels: Vec<[f32; LABELS]>,
    pairs: [[f32; LABELS]; LABELS],
}

pub(super) fn train(stretches: &[Stretch], settings: Settings) -> Field {
    let mut field = Field {
        weights: vec![[0.0; COLUMNS]; ROWS],
        seen: vec![[1e-3; COLUMNS]; ROWS],
        transitions: [[0.0; LABELS]; LABELS],
        transitions_seen: [[1e-3; LABELS]; LABELS],
    };
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    let mut random = Random::new(settings.seed);
    for _ in 0..settings.epochs {
        random.shuffle(&mut order);
        for at in &order {
            field.learn(&stretches[*at], settings);
        }
    }
    field
}

impl Field {
    fn learn(&mut self, stretch: &Stretch, settings: Settings) {
        let scores: Vec<[f32; LABELS]> = (0..stretch.ends.len()).map(|at| self.score(stretch.rows_of(at))).collect();
        let free = self.marginals(&scores, &vec![(1 << LABELS) - 1; scores.len()]);
        let known = self.marginals(&scores, &stretch.allowed);
        for at in 0..scores.len() {
            let mut slopes = [0.0; COLUMNS];
            for (column, slope) in slopes.iter_mut().enumerate() {
                *slope = (free.labels[at][column + 1] - known.labels[at][column + 1]) * stretch.weight;
            }
            if slopes.iter().all(|slope| slope.abs() < 1e-4) {
                continue;
            }
            for row in stretch.rows_of(at) {
                let (weights, seen) = (&mut self.weights[*row as usize], &mut self.seen[*row as usize]);
                for column in 0..COLUMNS {
                    let slope = slopes[column] + settings.l2 * weights[column];
                    seen[column] += slope * slope;
                    weights[column] -= settings.rate * slope / seen[column].sqrt();
                }
            }
        }
        for before in 0..LABELS {
            for label in (0..LABELS).filter(|label| may_follow(before, *label)) {
                let slope = (free.pairs[before][label] - known.pairs[before][label]) * stretch.weight;
                self.transitions_seen[before][label] += slope * slope;
                self.transitions[before][label] -= settings.rate * slope / self.transitions_seen[before][label].sqrt();
            }
        }
    }

    fn score(&self, rows: &[u32]) -> [f32; LABELS] {
        let mut scores = [0.0; LABELS];
        for row in rows {
            for (score, weight) in scores[1..].iter_mut().zip(&self.weights[*row as usize]) {
                *score += weight;
            }
        }
        scores
    }

    /// Forwards and backwards over one stretch; label 0 stands before it and after it.
    fn marginals(&self, scores: &[[f32; LABELS]], allowed: &[u16]) -> Marginals {
        let mut steps = [[0.0_f32; LABELS]; LABELS];
        for (before, step) in steps.iter_mut().enumerate() {
            for label in (0..LABELS).filter(|label| may_follow(before, *label)) {
                step[label] = self.transitions[before][label].exp();
            }
        }
        let odds: Vec<[f32; LABELS]> =
            scores.iter().zip(allowed).map(|(scores, allowed)| odds(scores, *allowed)).collect();
        let count = odds.len();
        let mut forward = vec![[0.0_f32; LABELS]; count + 1];
        forward[0][0] = 1.0;
        for at in 0..count {
            let mut now = [0.0; LABELS];
            for (before, reached) in forward[at].iter().enumerate().filter(|(_, reached)| **reached > 0.0) {
                (0..LABELS).for_each(|label| now[label] += reached * steps[before][label]);
            }
            (0..LABELS).for_each(|label| now[label] *= odds[at][label]);
            forward[at + 1] = scaled(now);
        }
        let mut marginals = Marginals { labels: vec![[0.0; LABELS]; count], pairs: [[0.0; LABELS]; LABELS] };
        let mut after: [f32; LABELS] = std::array::from_fn(|label| steps[label][0]);
        let ends = scaled(std::array::from_fn(|label| forward[count][label] * after[label]));
        (0..LABELS).for_each(|label| marginals.pairs[label][0] += ends[label]);
        for at in (0..count).rev() {
            marginals.labels[at] = scaled(std::array::from_fn(|label| forward[at + 1][label] * after[label]));
            let onward: [f32; LABELS] = std::array::from_fn(|label| after[label] * odds[at][label]);
            let mut total = 0.0;
            let mut pairs = [[0.0; LABELS]; LABELS];
            for (before, pair) in pairs.iter_mut().enumerate() {
                for (label, both) in pair.iter_mut().enumerate() {
                    *both = forward[at][before] * steps[before][label] * onward[label];
                    total += *both;
                }
            }
            for (sums, pair) in marginals.pairs.iter_mut().zip(&pairs) {
                sums.iter_mut().zip(pair).for_each(|(sum, both)| *sum += both / total.max(1e-30));
            }
            after = scaled(std::array::from_fn(|before| {
                (0..LABELS).map(|label| steps[before][label] * onward[label]).sum()
            }));
        }
        marginals
    }
}

/// Odds of the allowed labels, the largest 1.
fn odds(scores: &[f32; LABELS], allowed: u16) -> [f32; LABELS] {
    let may = |label: usize| allowed >> label & 1 == 1;
    let most = (0..LABELS).filter(|label| may(*label)).map(|label| scores[label]).fold(f32::NEG_INFINITY, f32::max);
    std::array::from_fn(|label| if may(label) { (scores[label] - most).max(-60.0).exp() } else { 0.0 })
}

fn scaled(values: [f32; LABELS]) -> [f32; LABELS] {
    let total = values.iter().sum::<f32>().max(1e-30);
    values.map(|value| value / total)
}
