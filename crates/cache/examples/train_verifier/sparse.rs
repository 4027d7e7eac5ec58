//! Trains the lexicon: logistic regression on which words are left over and which stand in each other's place, beside
//! the cosine and the count of what is left over, with a penalty on the square of each weight. Newton steps along one
//! coordinate after the other: no randomness, no step size.

use std::collections::BTreeMap;

/// One pair of questions: dense features (standardised roughly by hand), and the keys that are present in it.
pub(crate) struct Row {
    pub(crate) dense: Vec<f64>,
    pub(crate) keys: Vec<String>,
    pub(crate) label: bool,
}

pub(crate) struct Settings {
    /// Keys that fewer rows have are left out.
    pub(crate) fewest: usize,
    pub(crate) penalty: f64,
    pub(crate) rounds: usize,
}

pub(crate) fn train(rows: &[Row], settings: &Settings) -> BTreeMap<String, f64> {
    let mut places = BTreeMap::<&str, Vec<usize>>::new();
    for (at, row) in rows.iter().enumerate() {
        let mut keys: Vec<&str> = row.keys.iter().map(String::as_str).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter().for_each(|key| places.entry(key).or_default().push(at));
    }
    places.retain(|_, rows| rows.len() >= settings.fewest);
    let width = rows.first().map_or(0, |row| row.dense.len());
    let mut scores = vec![0.0; rows.len()];
    let mut dense = vec![0.0; width];
    let mut weights = BTreeMap::<&str, f64>::new();
    for _ in 0..settings.rounds {
        for (feature, weight) in dense.iter_mut().enumerate() {
            let step = newton(rows, &scores, (0..rows.len()).map(|at| (at, rows[at].dense[feature])), *weight, 1e-3);
            *weight += step;
            for (score, row) in scores.iter_mut().zip(rows) {
                *score += step * row.dense[feature];
            }
        }
        for (key, present) in &places {
            let weight = weights.entry(key).or_default();
            let step = newton(rows, &scores, present.iter().map(|at| (*at, 1.0)), *weight, settings.penalty);
            *weight += step;
            present.iter().for_each(|at| scores[*at] += step);
        }
    }
    weights.into_iter().map(|(key, weight)| (key.to_owned(), weight)).collect()
}

/// The Newton step of one weight, at most 1 either way.
fn newton(rows: &[Row], scores: &[f64], values: impl Iterator<Item = (usize, f64)>, weight: f64, penalty: f64) -> f64 {
    let (mut g, mut h) = (-penalty * weight, penalty);
    for (at, value) in values {
        let p = 1.0 / (1.0 + (-scores[at]).exp());
        g += value * (f64::from(u8::from(rows[at].label)) - p);
        h += value * value * p * (1.0 - p);
    }
    (g / h).clamp(-1.0, 1.0)
}
