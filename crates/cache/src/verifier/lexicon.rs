//! What single words are worth when only one of two questions has them, and which words stand for one another: learned.

use super::difference::{Difference, same};
use super::question::Word;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Weights in logits: above zero, the questions are likelier the same than a word of its own tells on average.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lexicon {
    pub words: BTreeMap<String, f32>,
    /// `one|other`, the two in alphabetical order.
    pub pairs: BTreeMap<String, f32>,
    /// Pairs whose words may stand in each other's place.
    pub interchangeable: Vec<String>,
}

impl Lexicon {
    pub(crate) fn word(&self, word: &Word) -> Option<f32> {
        self.words.get(&word.text).copied()
    }

    pub(crate) fn pair(&self, one: &Word, other: &Word) -> Option<f32> {
        self.pairs.get(&pair_key(one, other)).copied()
    }

    pub(crate) fn interchangeable(&self, one: &Word, other: &Word) -> bool {
        same(one, other) || self.interchangeable.binary_search(&pair_key(one, other)).is_ok()
    }
}

pub(crate) fn pair_key(one: &Word, other: &Word) -> String {
    let (first, second) = if one.text <= other.text { (one, other) } else { (other, one) };
    format!("{}|{}", first.text, second.text)
}

/// The names under which a difference asks the lexicon: every word of its own, and every pair that is replaced.
pub(crate) fn keys(of: &Difference<'_>) -> (Vec<String>, Vec<String>) {
    let words = (0..2).flat_map(|side| of.own(side)).map(|word| word.text.clone()).collect();
    let pairs = of.replaced.iter().filter(|(one, other)| !same(one, other)).map(|(one, other)| pair_key(one, other));
    (words, pairs.collect())
}
