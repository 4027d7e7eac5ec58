//! Boosted trees that ask the same few questions on every path (A. Dorogush et al., "CatBoost", 2018: oblivious trees), so
//! that a tree is a handful of thresholds and a table of values. Trained under logistic loss by Newton steps on binned
//! features (J. Friedman, Annals of Statistics 29 (2001) 1189). No randomness, no threads: equal data give equal trees to
//! the last bit.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// A feature's place and what its value must exceed.
    pub splits: Vec<(usize, f32)>,
    /// A value for each combination of answers; the first split is the lowest bit.
    pub leaves: Vec<f32>,
}

impl Tree {
    pub fn value(&self, features: &[f32]) -> f32 {
        let answers = self.splits.iter().enumerate();
        let leaf = answers.fold(0, |leaf, (bit, (feature, threshold))| {
            leaf | (usize::from(features.get(*feature).is_some_and(|value| value > threshold)) << bit)
        });
        self.leaves.get(leaf).copied().unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub trees: usize,
    pub depth: usize,
    pub rate: f64,
    /// Added to every leaf's second derivative: small leaves stay near zero.
    pub shrink: f64,
}

/// At most so many thresholds are tried for a feature.
const BINS: usize = 48;

/// Examples side by side: features of equal length, what is true, how much each counts.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub features: &'a [Vec<f32>],
    pub labels: &'a [bool],
    pub weights: &'a [f64],
}

/// The base log-odds and the trees whose values add to it.
pub fn train(rows: &Rows<'_>, settings: Settings) -> (f32, Vec<Tree>) {
    let width = rows.features.first().map_or(0, Vec::len);
    let thresholds: Vec<Vec<f32>> = (0..width).map(|feature| thresholds(rows.features, feature)).collect();
    let bins: Vec<Vec<u8>> = (0..width)
        .map(|feature| {
            let bin = |row: &Vec<f32>| thresholds[feature].partition_point(|threshold| row[feature] > *threshold) as u8;
            rows.features.iter().map(bin).collect()
        })
        .collect();
    let weight: f64 = rows.weights.iter().sum();
    let positive: f64 = rows.weights.iter().zip(rows.labels).filter(|(_, label)| **label).map(|(w, _)| w).sum();
    let base = (positive / (weight - positive).max(1e-9)).ln();
    let mut scores = vec![base; rows.labels.len()];
    let mut trees = Vec::new();
    for _ in 0..settings.trees {
        let steps: Vec<(f64, f64)> = (0..scores.len())
            .map(|at| {
                let p = 1.0 / (1.0 + (-scores[at]).exp());
                let target = f64::from(u8::from(rows.labels[at]));
                (rows.weights[at] * (target - p), rows.weights[at] * p * (1.0 - p))
            })
            .collect();
        let tree = grow(&bins, &thresholds, &steps, settings);
        for (score, features) in scores.iter_mut().zip(rows.features) {
            *score += f64::from(tree.value(features));
        }
        trees.push(tree);
    }
    (base as f32, trees)
}

fn thresholds(rows: &[Vec<f32>], feature: usize) -> Vec<f32> {
    let mut values: Vec<f32> = rows.iter().map(|row| row[feature]).collect();
    values.sort_by(f32::total_cmp);
    let mut chosen: Vec<f32> = Vec::new();
    for cut in 1..=BINS {
        let at = cut * values.len() / (BINS + 1);
        // Between two values, rounded as it will be written.
        let Some(next) = values[at..].iter().find(|value| **value > values[at]) else { continue };
        let threshold = ((values[at] + next) / 2.0 * 1e4).round() / 1e4;
        if chosen.last().is_none_or(|last| threshold > *last) {
            chosen.push(threshold);
        }
    }
    chosen
}

fn grow(bins: &[Vec<u8>], thresholds: &[Vec<f32>], steps: &[(f64, f64)], settings: Settings) -> Tree {
    let mut leaf_of = vec![0_usize; steps.len()];
    let mut splits = Vec::new();
    for depth in 0..settings.depth {
        let leaves = 1 << depth;
        let mut best = (0.0, 0, 0);
        for (feature, bins) in bins.iter().enumerate().filter(|(feature, _)| !thresholds[*feature].is_empty()) {
            let width = thresholds[feature].len() + 1;
            let mut sums = vec![(0.0, 0.0); leaves * width];
            for ((bin, leaf), step) in bins.iter().zip(&leaf_of).zip(steps) {
                let sum = &mut sums[leaf * width + usize::from(*bin)];
                sum.0 += step.0;
                sum.1 += step.1;
            }
            let (gain, bin) = best_split(&sums, width, settings.shrink);
            if gain > best.0 + 1e-9 {
                best = (gain, feature, bin);
            }
        }
        let (_, feature, bin) = best;
        if best.0 <= 0.0 {
            break;
        }
        // A bin counts the thresholds that a value exceeds: exceeding threshold `bin` is being in a later bin.
        splits.push((feature, thresholds[feature][bin]));
        for (leaf, at) in leaf_of.iter_mut().zip(&bins[feature]) {
            *leaf |= usize::from(usize::from(*at) > bin) << depth;
        }
    }
    let mut sums = vec![(0.0, 0.0); 1 << splits.len()];
    for (leaf, step) in leaf_of.iter().zip(steps) {
        sums[*leaf].0 += step.0;
        sums[*leaf].1 += step.1;
    }
    let value = |(g, h): &(f64, f64)| ((settings.rate * g / (h + settings.shrink) * 1e4).round() / 1e4) as f32;
    Tree { splits, leaves: sums.iter().map(value).collect() }
}

/// The threshold that gains most when every leaf is split by it, and the gain.
fn best_split(sums: &[(f64, f64)], width: usize, shrink: f64) -> (f64, usize) {
    let worth = |g: f64, h: f64| g * g / (h + shrink);
    let mut gains = vec![0.0; width - 1];
    for leaf in sums.chunks(width) {
        let (all_g, all_h) = leaf.iter().fold((0.0, 0.0), |sum, bin| (sum.0 + bin.0, sum.1 + bin.1));
        let (mut g, mut h) = (0.0, 0.0);
        for (bin, gain) in gains.iter_mut().enumerate() {
            g += leaf[bin].0;
            h += leaf[bin].1;
            *gain += worth(g, h) + worth(all_g - g, all_h - h) - worth(all_g, all_h);
        }
    }
    let best =
        gains.iter().enumerate().fold((0.0, 0), |best, (bin, gain)| if *gain > best.0 { (*gain, bin) } else { best });
    (best.0, best.1)
}
