//! How near in meaning the words that a sentence has anew are to what the passages say.

use super::align::{Aligned, State};
use super::index::{Index, carries_meaning};
use crate::meaning;
use crate::words::{Kind, Placed};

/// A word's vector and its length.
pub(super) struct Vector {
    numbers: &'static [i8],
    length: f32,
}

impl Vector {
    /// `None` for a word that has none.
    pub(super) fn of(raw: &str) -> Option<Self> {
        let numbers = meaning::vector(&raw.to_lowercase())?;
        let square: i32 = numbers.iter().map(|number| i32::from(*number) * i32::from(*number)).sum();
        Some(Self { numbers, length: (square as f32).sqrt().max(1.0) })
    }

    /// The highest cosine to a word of the passages, 0 to 1.
    pub(super) fn nearest(&self, index: &Index) -> f32 {
        index.vectors.iter().map(|other| self.near(other)).fold(0.0_f32, f32::max)
    }

    /// The cosine of the angle between them, -1 to 1.
    fn near(&self, other: &Self) -> f32 {
        let dot: i32 =
            self.numbers.iter().zip(other.numbers).map(|(one, other)| i32::from(*one) * i32::from(*other)).sum();
        dot as f32 / (self.length * other.length)
    }
}

/// A new word below this cosine to every word of the passages is far from what they say.
const FAR: f64 = 0.45;
/// New words of a sentence that are compared.
const MOST_COMPARED: usize = 24;

/// The share of the sentence's weight that is missing when each new word counts as held by its cosine to the nearest word of
/// the passages; one minus the least such cosine; the mean of one minus the cosines; how many new words are far;
/// by how much the farthest is farther than the next.
pub(super) fn missing(index: &Index, text: &str, words: &[Placed], aligned: &[Aligned]) -> [f64; 5] {
    let (mut total, mut held, mut compared) = (0.0, 0.0, 0_usize);
    let (mut worst, mut second, mut sum, mut far) = (0.0_f64, 0.0_f64, 0.0, 0.0);
    for (placed, aligned) in words.iter().zip(aligned) {
        if !carries_meaning(placed.word.kind) || !aligned.first {
            continue;
        }
        total += aligned.weight;
        if aligned.state <= State::Elsewhere {
            held += aligned.weight;
            continue;
        }
        if placed.word.kind == Kind::Number || compared >= MOST_COMPARED {
            continue;
        }
        let Some(vector) = Vector::of(&text[placed.start..placed.end]) else { continue };
        let nearest = f64::from(vector.nearest(index));
        compared += 1;
        held += aligned.weight * nearest;
        let away = 1.0 - nearest;
        second = second.max(away.min(worst));
        worst = worst.max(away);
        sum += 1.0 - nearest;
        far += f64::from(u8::from(nearest < FAR));
    }
    let mean = if compared == 0 { 0.0 } else { sum / compared as f64 };
    [if total > 0.0 { 1.0 - held / total } else { 0.0 }, worst, mean, far, worst - second]
}
