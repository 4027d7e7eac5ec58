//! A linear classifier over a text's meaning and words: softmax regression trained by AdaGrad (J. Duchi, E. Hazan, Y.
//! Singer, JMLR 12 (2011) 2121), small enough to be trained when a use case is loaded.

use super::features::Features;
use crate::meaning::DIMS;
use statistics::Random;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// How much the vector of meaning counts beside the words. Found on CLINC150's domains, flat between 0.5 and 3.
const MEANING: f32 = 1.5;
const EPOCHS: usize = 20;
/// The first step's length.
const RATE: f32 = 0.3;
/// How hard weights are pulled to zero at each step.
const SHRINK: f32 = 1e-4;
const SEED: u64 = 7;

/// One text to learn from: its class, and how much it counts.
pub(super) struct Example<'a> {
    pub(super) class: usize,
    pub(super) features: &'a Features,
    pub(super) weight: f32,
}

#[derive(Clone, Debug)]
pub(super) struct Classifier {
    classes: usize,
    /// Where a hashed feature's weights begin; one after the other, a weight for each class.
    places: HashMap<u32, u32, BuildHasherDefault<Spread>>,
    /// First those of the vector's numbers, then those of the hashed features.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// The features are hashes already: one multiplication spreads them over a map.
#[derive(Clone, Copy, Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Classifier {
    pub(super) fn train(examples: &[Example<'_>], classes: usize) -> Self {
        let mut places: HashMap<u32, u32, BuildHasherDefault<Spread>> = HashMap::default();
        for (feature, _) in examples.iter().flat_map(|example| &example.features.words) {
            let next = ((DIMS + places.len()) * classes) as u32;
            places.entry(*feature).or_insert(next);
        }
        let width = (DIMS + places.len()) * classes;
        let mut model = Self { classes, places, weights: vec![0.0; width], bias: vec![0.0; classes] };
        let inputs: Vec<Vec<(usize, f32)>> = examples.iter().map(|example| model.inputs(example.features)).collect();
        let mut slopes = vec![1e-3_f32; width + classes];
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut random = Random::new(SEED);
        let mut odds = vec![0.0; classes];
        for _ in 0..EPOCHS {
            random.shuffle(&mut order);
            for place in &order {
                model.step(&examples[*place], &inputs[*place], &mut odds, &mut slopes);
            }
        }
        model
    }

    /// Where a text's weights begin, and its values.
    fn inputs(&self, features: &Features) -> Vec<(usize, f32)> {
        let dense = features.meaning.iter().enumerate().map(|(place, value)| (place * self.classes, value * MEANING));
        let known = |(feature, value): &(u32, f32)| Some((*self.places.get(feature)? as usize, *value));
        dense.chain(features.words.iter().filter_map(known)).collect()
    }

    fn step(&mut self, example: &Example<'_>, inputs: &[(usize, f32)], odds: &mut [f32], slopes: &mut [f32]) {
        self.add_up(inputs.iter().copied(), odds);
        let most = odds.iter().copied().fold(f32::MIN, f32::max);
        odds.iter_mut().for_each(|value| *value = (*value - most).exp());
        let sum: f32 = odds.iter().sum();
        odds.iter_mut().for_each(|value| *value *= example.weight / sum);
        odds[example.class] -= example.weight;
        let (of_bias, of_weights) = slopes.split_at_mut(self.classes);
        for ((bias, seen), error) in self.bias.iter_mut().zip(of_bias).zip(&*odds) {
            *seen += error * error;
            *bias -= RATE * error / seen.sqrt();
        }
        for (at, value) in inputs {
            let weights = &mut self.weights[*at..at + self.classes];
            for ((weight, seen), error) in weights.iter_mut().zip(&mut of_weights[*at..]).zip(&*odds) {
                let slope = error * value + SHRINK * *weight;
                *seen += slope * slope;
                *weight -= RATE * slope / seen.sqrt();
            }
        }
    }

    fn add_up(&self, inputs: impl Iterator<Item = (usize, f32)>, odds: &mut [f32]) {
        odds.copy_from_slice(&self.bias);
        for (at, value) in inputs {
            let weights = &self.weights[at..at + self.classes];
            odds.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight * value);
        }
    }

    /// Each class's log-odds, up to a constant that they share.
    pub(super) fn odds(&self, features: &Features) -> Vec<f32> {
        let mut odds = vec![0.0; self.classes];
        self.add_up(self.inputs(features).into_iter(), &mut odds);
        odds
    }
}
