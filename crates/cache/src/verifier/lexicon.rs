//! What a word is worth when only one of two questions has it, and what it is worth that two words stand in each
//! other's place: learned weights.

use super::difference::{Difference, same};
use super::question::Word;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Weights in logits: above zero, the questions are likelier the same than a difference in one word tells on average.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lexicon {
    pub words: BTreeMap<String, f32>,
    /// `one|other`, the two in alphabetical order.
    pub pairs: BTreeMap<String, f32>,
}

impl Lexicon {
    pub(super) fn word(&self, word: &Word) -> Option<f32> {
        self.words.get(&word.text).copied()
    }

    pub(super) fn pair(&self, one: &Word, other: &Word) -> Option<f32> {
        self.pairs.get(&pair_key(one, other)).copied()
    }
}

fn pair_key(one: &Word, other: &Word) -> String {
    let (first, second) = if one.text <= other.text { (one, other) } else { (other, one) };
    format!("{}|{}", first.text, second.text)
}

/// What a difference is looked up by: every word that only one side has, and every pair in each other's place.
pub(super) fn keys(of: &Difference<'_>) -> (Vec<String>, Vec<String>) {
    let words = (0..2).flat_map(|side| of.own(side)).map(|word| word.text.clone()).collect();
    let pairs = of.replaced.iter().filter(|(one, other)| !same(one, other)).map(|(one, other)| pair_key(one, other));
    (words, pairs.collect())
}
