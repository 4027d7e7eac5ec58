//! Trains the weights of words by where they stand: a logistic regression over (word, state), on whole answers.

use super::examples::Example;
use crate::guard::grounding::{Cues, STATES};
use statistics::{Row, Settings};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Answers of different rows that a word must stand in, in one state, to get a weight there.
const LEAST_ROWS: u32 = 8;

/// The words' weights from the examples, which count `weights`.
pub(super) fn train(examples: &[&Example], weights: &[f64]) -> Cues {
    let mut counts: BTreeMap<(&str, u8), u32> = BTreeMap::new();
    for example in examples.iter().filter(|example| example.shape.is_empty()) {
        let words = example.sentences.iter().flat_map(|sentence| &sentence.words);
        let different: HashSet<(&str, u8)> = words.map(|(stem, state)| (&**stem, *state as u8)).collect();
        different.into_iter().for_each(|key| *counts.entry(key).or_default() += 1);
    }
    let kept: Vec<(&str, u8)> =
        counts.into_iter().filter(|(_, count)| *count >= LEAST_ROWS).map(|(key, _)| key).collect();
    let places: HashMap<(&str, u8), u32> = kept.iter().enumerate().map(|(at, key)| (*key, at as u32)).collect();
    let total: f64 = weights.iter().sum::<f64>().max(1e-9);
    let row = |(example, weight): (&&Example, &f64)| {
        let words: Vec<&(String, _)> = example.sentences.iter().flat_map(|sentence| &sentence.words).collect();
        let norm = 1.0 / (words.len().max(1) as f32).sqrt();
        let features = words.iter().filter_map(|(stem, state)| Some((*places.get(&(&**stem, *state as u8))?, norm)));
        Row {
            features: features.collect(),
            target: f32::from(u8::from(example.label)),
            weight: (weight / total * weights.len() as f64) as f32,
        }
    };
    let mut rows: Vec<Row> = examples.iter().zip(weights).map(row).collect();
    rows.extend(centred(examples, &rows));
    let settings = Settings { width: kept.len().max(1), epochs: 8, rate: 0.15, l2: 0.003, seed: 5 };
    let model = statistics::train(&rows, settings);
    let mut words: BTreeMap<String, [i16; STATES]> = BTreeMap::new();
    for ((stem, state), weight) in kept.iter().zip(&model.weights) {
        words.entry((*stem).to_owned()).or_default()[usize::from(*state)] = (weight * 100.0).round() as i16;
    }
    Cues { base: model.bias, words }
}

/// The rows of documents that have both labels, each less the mean of its document's: what tells answers about one document
/// apart, without what tells documents apart.
fn centred(examples: &[&Example], rows: &[Row]) -> Vec<Row> {
    let mut documents: BTreeMap<(u64, &str), Vec<usize>> = BTreeMap::new();
    for (at, example) in examples.iter().enumerate() {
        documents.entry((example.document, &example.family)).or_default().push(at);
    }
    let mut found = Vec::new();
    for members in documents.into_values() {
        let bad = members.iter().filter(|at| examples[**at].label).count();
        if bad == 0 || bad == members.len() {
            continue;
        }
        let mut mean: BTreeMap<u32, f32> = BTreeMap::new();
        for at in &members {
            for (feature, value) in &rows[*at].features {
                *mean.entry(*feature).or_default() -= value / members.len() as f32;
            }
        }
        for at in &members {
            let mut features = mean.clone();
            for (feature, value) in &rows[*at].features {
                *features.entry(*feature).or_default() += value;
            }
            features.retain(|_, value| value.abs() > 1e-6);
            found.push(Row { features: features.into_iter().collect(), ..rows[*at].clone() });
        }
    }
    found
}
