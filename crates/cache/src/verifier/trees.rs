//! Boosted trees, evaluated: each asks the same few questions on every path (A. Dorogush et al., "CatBoost", 2018: oblivious
//! trees), so a tree is a handful of thresholds and a table of values. Trained in `examples/train_verifier`.

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
