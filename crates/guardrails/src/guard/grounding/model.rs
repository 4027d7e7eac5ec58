//! The trained part: how much each word speaks for or against a sentence by where it stands, and the trees that judge a
//! sentence and a whole answer. `training/grounding.rs` writes the file.

use super::align::{STATES, State};
use super::asked::QUESTION_NAMES;
use super::features::NAMES;
use serde::{Deserialize, Serialize};
use statistics::trees::Tree;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const FILE: &[u8] = include_bytes!("../../../weights/grounding.json");

/// Trees over features, and from which risk on they call something unsupported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Judge {
    pub(crate) base: f32,
    pub(crate) trees: Vec<Tree>,
    /// A risk, 0 to 1.
    pub(crate) threshold: f64,
}

impl Judge {
    /// The chance that it is unsupported, as far as the training rows tell.
    pub(crate) fn risk(&self, features: &[f32]) -> f64 {
        let odds = f64::from(self.base) + self.trees.iter().map(|tree| f64::from(tree.value(features))).sum::<f64>();
        1.0 / (1.0 + (-odds).exp())
    }
}

/// What a word at each [`State`] adds to the log-odds, in hundredths.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cues {
    pub(crate) base: f32,
    pub(crate) words: BTreeMap<String, [i16; STATES]>,
}

impl Cues {
    /// The log-odds of a sentence by its words: their sum over the root of their number.
    pub(crate) fn log_odds<'a>(&self, words: impl Iterator<Item = (&'a str, State)>) -> f64 {
        let (mut sum, mut count) = (0.0, 0_u32);
        for (stem, state) in words {
            sum += self.words.get(stem).map_or(0.0, |weights| f64::from(weights[state as usize]));
            count += 1;
        }
        f64::from(self.base) + sum / 100.0 / f64::from(count.max(1)).sqrt()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Model {
    /// [`NAMES`] and [`QUESTION_NAMES`] of the time of training.
    pub(crate) features: Vec<String>,
    pub(crate) cues: Cues,
    /// Judges one sentence.
    pub(crate) sentence: Judge,
    /// Judges an answer, by [`answer_features`].
    pub(crate) answer: Judge,
    /// Judges whether a question can be answered; its risk is that it cannot.
    pub(crate) question: Judge,
}

/// The model that ships. One of other features says nothing: everything has the risk of its base.
pub(crate) static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let model: Model = serde_json::from_slice(FILE).unwrap_or_default();
    let names = NAMES.iter().chain(QUESTION_NAMES).copied();
    if model.features.iter().map(String::as_str).eq(names) { model } else { Model::default() }
});

/// Features whose sum and whose highest over the mean say more than the two apart.
const STANDING_OUT: &[&str] = &[
    "missing_here",
    "missing_anywhere",
    "missing_soft",
    "missing_rule",
    "names_missing",
    "numbers_missing",
    "longest_run",
    "opposites",
    "sisters",
    "absent",
    "absent_rare",
    "negation_added",
    "apart",
    "swapped",
    "inserted",
    "vector_missing",
    "vector_worst",
    "cues",
    "content_words",
    "extents_new",
    "standing_out",
    "pairs_missing",
];

/// The features of an answer from those of its sentences: for each the mean and the highest, then how many there are and
/// how many of them state something.
pub(crate) fn answer_features(sentences: &[(Vec<f32>, bool)]) -> Vec<f32> {
    let count = sentences.len().max(1) as f32;
    let column = |at: usize| sentences.iter().map(move |(features, _)| features.get(at).copied().unwrap_or_default());
    let mut found: Vec<f32> = (0..NAMES.len()).map(|at| column(at).sum::<f32>() / count).collect();
    found.extend((0..NAMES.len()).map(|at| column(at).fold(f32::MIN, f32::max).max(-99.0)));
    // How far the worst sentence stands out of the answer's others, and what the answer has in all.
    for name in STANDING_OUT {
        let at = NAMES.iter().position(|known| known == name).unwrap_or_default();
        let (mean, most) = (found[at], found[NAMES.len() + at]);
        found.push(most - mean);
        found.push(mean * count);
    }
    found.push(sentences.len() as f32);
    found.push(sentences.iter().filter(|(_, states)| *states).count() as f32 / count);
    found
}
