//! What a question is judged by: its vector of meaning, and its words and pieces of words as hashed features.

use crate::meaning;

/// What a text gives.
#[derive(Clone, Debug)]
pub(super) struct Features {
    /// Unit length, or zeros where no word is known.
    pub(super) meaning: [f32; meaning::DIMS],
    /// Hashed words, pairs of words and pieces of words with their values; what a text says
    /// twice stands twice.
    pub(super) words: Vec<(u32, f32)>,
    /// Whether any of its words is in the table of meanings.
    pub(super) is_known: bool,
}

/// Bytes of a text that are read: from its beginning and from its end, where a long message asks.
const FROM_BEGINNING: usize = 300;
const FROM_END: usize = 300;
/// Letters of a piece of a word.
const PIECES: std::ops::RangeInclusive<usize> = 3..=4;
/// What an unknown word counts for: names and other languages are mostly telling.
const UNKNOWN: f32 = 0.8;
/// What a pair of words counts for beside a word, and a piece of a word.
const PAIR: f32 = 0.5;
const PIECE: f32 = 0.25;
/// The longest word whose pieces are taken, in characters: what is longer is no word.
const LONGEST: usize = 32;

pub(super) fn features(text: &str) -> Features {
    let mut found = Gathered::default();
    let (beginning, end) = ends(text);
    found.read(beginning);
    found.read(end);
    found.finish()
}

/// The parts of a text that are read; the second is empty when the first is all.
fn ends(text: &str) -> (&str, &str) {
    if text.len() <= FROM_BEGINNING + FROM_END {
        return (text, "");
    }
    let until = text.floor_char_boundary(FROM_BEGINNING);
    let from = text.ceil_char_boundary(text.len() - FROM_END);
    (&text[..until], &text[from..])
}

#[derive(Default)]
struct Gathered {
    meaning: meaning::Sum,
    words: Vec<(u32, f32)>,
    is_known: bool,
}

impl Gathered {
    fn read(&mut self, text: &str) {
        let mut before: Option<(u32, f32)> = None;
        let mut lower = String::new();
        let mut letters: Vec<usize> = Vec::new();
        for word in text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
            lower.clear();
            lower.push(' ');
            lower.extend(word.chars().take(LONGEST).flat_map(char::to_lowercase));
            let plain = &lower[1..];
            let known = self.meaning.add(plain);
            self.is_known |= known;
            let weight = if known { meaning::weight(plain) } else { UNKNOWN };
            let own = hash(plain.as_bytes());
            self.words.push((own, weight));
            if let Some((other, its)) = before {
                self.words.push((other.rotate_left(7) ^ own, PAIR * weight.max(its)));
            }
            before = Some((own, weight));
            lower.push(' ');
            letters.clear();
            letters.extend(lower.char_indices().map(|(at, _)| at).chain([lower.len()]));
            for length in PIECES {
                for window in letters.windows(length + 1) {
                    let piece = &lower.as_bytes()[window[0]..window[length]];
                    self.words.push((hash(piece) ^ length as u32, PIECE * weight));
                }
            }
        }
    }

    fn finish(mut self) -> Features {
        let length = self.words.iter().map(|(_, value)| value * value).sum::<f32>().sqrt().max(1e-6);
        self.words.iter_mut().for_each(|(_, value)| *value /= length);
        Features { meaning: self.meaning.unit(), words: self.words, is_known: self.is_known }
    }
}

/// FNV-1a, 32 bits.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
