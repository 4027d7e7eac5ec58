//! Fits the words' weights and the two sets of trees on some of the examples.

use super::cues;
use super::examples::{Example, cue_place};
use crate::guard::grounding::{Cues, Judge, answer_features};
use statistics::Scored;
use statistics::trees::{self, Rows, Settings};
use std::collections::HashMap;

/// Parts of the cross-validation, by document.
pub(super) const FOLDS: usize = 5;

const ANSWERS: Settings = Settings { trees: 320, depth: 6, rate: 0.08, shrink: 4.0 };
const SENTENCES: Settings = Settings { trees: 160, depth: 5, rate: 0.08, shrink: 6.0 };

pub(super) struct Fitted {
    pub(super) cues: Cues,
    pub(super) sentence: Judge,
    pub(super) answer: Judge,
}

impl Fitted {
    pub(super) fn answer_risk(&self, example: &Example) -> f64 {
        self.answer.risk(&answer_features(&with_cues(example, &self.cues)))
    }

    /// Of the sentences that state something and whose label is known.
    pub(super) fn sentence_risks(&self, example: &Example) -> Vec<Scored> {
        let features = with_cues(example, &self.cues);
        let judged = features.iter().zip(&example.sentences).filter(|(_, sentence)| sentence.states);
        judged.filter_map(|((features, _), sentence)| Some((self.sentence.risk(features), sentence.label?))).collect()
    }
}

/// The features of the example's sentences, that of the words' weights filled in.
fn with_cues(example: &Example, cues: &Cues) -> Vec<(Vec<f32>, bool)> {
    let place = cue_place();
    let sentence = |sentence: &super::examples::Seen| {
        let mut features = sentence.features.clone();
        features[place] = cues.log_odds(sentence.words.iter().map(|(stem, state)| (&**stem, *state))) as f32;
        (features, sentence.states)
    };
    example.sentences.iter().map(sentence).collect()
}

pub(super) fn fit(examples: &[Example], which: impl Fn(&Example) -> bool) -> Fitted {
    let used: Vec<&Example> = examples.iter().filter(|example| which(example)).collect();
    let weights =
        balanced(&used.iter().map(|example| (&*example.family, example.label, example.weight)).collect::<Vec<_>>());
    // Each row is told what words mean by weights that never saw its document.
    let apart: Vec<Cues> = (0..FOLDS)
        .map(|fold| {
            let others = used.iter().zip(&weights).filter(|(example, _)| example.fold != fold);
            let (others, weights): (Vec<&Example>, Vec<f64>) =
                others.map(|(example, weight)| (*example, *weight)).unzip();
            cues::train(&others, &weights)
        })
        .collect();
    let (mut answers, mut labels) = (Vec::new(), Vec::new());
    let (mut sentences, mut keys) = (Vec::new(), Vec::new());
    for example in &used {
        let features = with_cues(example, &apart[example.fold]);
        answers.push(answer_features(&features));
        labels.push(example.label);
        for ((features, states), sentence) in features.into_iter().zip(&example.sentences) {
            if let Some(label) = sentence.label.filter(|_| states) {
                sentences.push(features);
                keys.push((&*example.family, label, example.weight));
            }
        }
    }
    let sentence_labels: Vec<bool> = keys.iter().map(|(_, label, _)| *label).collect();
    Fitted {
        cues: cues::train(&used, &weights),
        sentence: trained(&sentences, &sentence_labels, &balanced(&keys), SENTENCES),
        answer: trained(&answers, &labels, &weights, ANSWERS),
    }
}

pub(super) fn trained(features: &[Vec<f32>], labels: &[bool], weights: &[f64], settings: Settings) -> Judge {
    let (base, trees) = trees::train(&Rows { features, labels, weights }, settings);
    Judge { base, trees, threshold: 0.5 }
}

/// Weights that give each family the same sum, half of it to each label; small families somewhat less, since their few
/// rows would otherwise decide alone. Their mean is about 1.
pub(super) fn balanced(keys: &[(&str, bool, f64)]) -> Vec<f64> {
    let mut sums: HashMap<(&str, bool), f64> = HashMap::new();
    keys.iter().for_each(|(family, label, weight)| *sums.entry((family, *label)).or_default() += weight);
    let mut shares: HashMap<&str, f64> = HashMap::new();
    for ((family, _), sum) in &sums {
        *shares.entry(family).or_default() += sum;
    }
    let worth = |family: &str| shares[family].sqrt();
    let all: f64 = shares.keys().map(|family| worth(family)).sum();
    let scale = keys.len() as f64 / 2.0 / all;
    keys.iter().map(|(family, label, weight)| weight * worth(family) * scale / sums[&(*family, *label)]).collect()
}
