//! A linear model for each category over the same features, in one table.
//!
//! On disk: `SWS1`, the number of categories (1 byte); for each of them bias, threshold and scale and 64 weights of the
//! meaning (little-endian `f32`); then for each hashed feature one 8-bit weight per category.

use super::features::{WIDTH, Window};
use crate::meaning::DIMS;

const MAGIC: &[u8; 4] = b"SWS1";

/// One category's part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) bias: f32,
    /// The least log-odds that count.
    pub(crate) threshold: f32,
    scale: f32,
    meaning: Vec<f32>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    pub(crate) parts: Vec<Part>,
    /// By feature, then by category.
    words: Vec<i8>,
}

impl Model {
    /// From weights as they were trained: for each category bias, threshold, and `WIDTH` + `DIMS` weights.
    pub(crate) fn quantised(trained: &[(f32, f32, Vec<f32>)]) -> Self {
        let mut words = vec![0_i8; WIDTH * trained.len()];
        let mut parts = Vec::with_capacity(trained.len());
        for (category, (bias, threshold, weights)) in trained.iter().enumerate() {
            let (of_words, of_meaning) = weights.split_at(WIDTH);
            let largest = of_words.iter().fold(f32::MIN_POSITIVE, |most, weight| most.max(weight.abs()));
            let scale = largest / 127.0;
            for (feature, weight) in of_words.iter().enumerate() {
                words[feature * trained.len() + category] = (weight / scale).round() as i8;
            }
            parts.push(Part { bias: *bias, threshold: *threshold, scale, meaning: of_meaning.to_vec() });
        }
        Self { parts, words }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(self.parts.len() as u8);
        for part in &self.parts {
            let numbers = [part.bias, part.threshold, part.scale];
            numbers.iter().chain(&part.meaning).for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        }
        bytes.extend(self.words.iter().map(|weight| weight.cast_unsigned()));
        bytes
    }

    /// `None` for bytes that [`Model::to_bytes`] did not write.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(MAGIC.len() + 1)?;
        let categories = usize::from(header[MAGIC.len()]);
        let (parts, words) = rest.split_at_checked(categories * (3 + DIMS) * 4)?;
        if &header[..MAGIC.len()] != MAGIC || words.len() != WIDTH * categories {
            return None;
        }
        let numbers: Vec<f32> =
            parts.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect();
        let part = |numbers: &[f32]| Part {
            bias: numbers[0],
            threshold: numbers[1],
            scale: numbers[2],
            meaning: numbers[3..].to_vec(),
        };
        let parts = numbers.chunks_exact(3 + DIMS).map(part).collect();
        Some(Self { parts, words: words.iter().map(|byte| byte.cast_signed()).collect() })
    }

    /// Raises each category's log-odds to what a window gives.
    pub(crate) fn raise(&self, window: &Window, odds: &mut [f32]) {
        let count = self.parts.len();
        let mut sums = vec![0_i32; count];
        for feature in &window.words {
            let at = *feature as usize * count;
            sums.iter_mut().zip(&self.words[at..at + count]).for_each(|(sum, weight)| *sum += i32::from(*weight));
        }
        let (value, meaning) = (window.value(), window.meaning());
        for ((part, sum), most) in self.parts.iter().zip(sums).zip(odds) {
            let meant: f32 = part.meaning.iter().zip(&meaning).map(|(weight, value)| weight * value).sum();
            *most = most.max(part.bias + sum as f32 * part.scale * value + meant);
        }
    }
}
