//! What words mean, as short vectors that lie in the binary: words that people use alike have vectors that point alike.
//! They are distilled from a small sentence encoder (all-MiniLM-L6-v2, Apache-2.0) by `training::meaning`, in the manner
//! of Model2Vec: each word encoded alone, the mean taken off, 64 principal components kept, then tuned so that a
//! sentence's weighted mean lies where the encoder puts the whole sentence. No encoder is needed to use them.
//!
//! They know what a text is about. They do not know who does what to whom: order and negation are lost in a mean.
//! English only; words of other languages are found where English has borrowed them or shares a name.

use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

#[cfg(test)]
mod tests;

/// Numbers in a vector.
pub(crate) const DIMS: usize = 64;
/// At the head of the file.
pub(crate) const MAGIC: &[u8; 4] = b"SWM1";
/// Slots of the table in which words are looked up, a power of two and more than there are words.
pub(crate) const SLOTS: usize = 1 << 15;
/// Bytes of a slot: 16 bits of the word's digest, and its number counted from 1 (0: the slot is free).
const SLOT: usize = 4;
/// Magic, number of words, largest weight.
const HEADER: usize = 12;
/// Bytes of the longest word in the table.
pub(crate) const LONGEST: usize = 24;

static FILE: &[u8] = include_bytes!("../weights/meaning.bin");

/// The table, read once: 1.9 MB copied, under a millisecond.
static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(FILE).expect("the table that ships is whole"));

#[derive(Debug)]
pub(crate) struct Table {
    slots: Vec<u32>,
    vectors: Vec<i8>,
    /// What a word counts for in a text: `the` little, `refund` much.
    weights: Vec<f32>,
    /// What brings a word's numbers to that length.
    factors: Vec<f32>,
}

impl Table {
    /// `None` for bytes that [`file`] did not write.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let count = u32::from_le_bytes(header[4..8].try_into().ok()?) as usize;
        let largest = f32::from_le_bytes(header[8..12].try_into().ok()?);
        if &header[..4] != MAGIC || rest.len() != SLOTS * SLOT + count * (DIMS + 1) || count >= SLOTS {
            return None;
        }
        let (slots, rest) = rest.split_at(SLOTS * SLOT);
        let (vectors, weights) = rest.split_at(count * DIMS);
        let slots = slots.chunks_exact(SLOT).map(|slot| u32::from_le_bytes([slot[0], slot[1], slot[2], slot[3]]));
        let vectors: Vec<i8> = vectors.iter().map(|byte| byte.cast_signed()).collect();
        let weights: Vec<f32> = weights.iter().map(|byte| f32::from(*byte) / 255.0 * largest).collect();
        let length = |vector: &[i8]| -> i32 { vector.iter().map(|value| i32::from(*value) * i32::from(*value)).sum() };
        let lengths = vectors.chunks_exact(DIMS).map(|vector| (length(vector).max(1) as f32).sqrt());
        let factors = weights.iter().zip(lengths).map(|(weight, length)| weight / length).collect();
        Some(Self { slots: slots.collect(), vectors, weights, factors })
    }

    fn find(&self, word: &[u8]) -> Option<usize> {
        let digest = digest(word);
        let mut slot = digest as usize & (SLOTS - 1);
        // A table that has a free slot ends every search.
        for _ in 0..SLOTS {
            let held = self.slots[slot];
            if held == 0 {
                return None;
            }
            if held >> 16 == (digest >> 48) as u32 {
                return Some((held & 0xFFFF) as usize - 1);
            }
            slot = (slot + 1) & (SLOTS - 1);
        }
        None
    }

    fn vector(&self, number: usize) -> &[i8] {
        &self.vectors[number * DIMS..(number + 1) * DIMS]
    }
}

/// Writes the file: words with their vectors (any length), whose lengths are the words' weights.
pub(crate) fn file(words: &[(&str, Vec<f32>)]) -> Vec<u8> {
    let length = |vector: &[f32]| vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    let largest = words.iter().map(|(_, vector)| length(vector)).fold(f32::MIN_POSITIVE, f32::max);
    let mut slots = vec![0_u32; SLOTS];
    for (number, (word, _)) in words.iter().enumerate() {
        let digest = digest(word.as_bytes());
        let mut slot = digest as usize & (SLOTS - 1);
        while slots[slot] != 0 {
            slot = (slot + 1) & (SLOTS - 1);
        }
        slots[slot] = (((digest >> 48) as u32) << 16) | (number as u32 + 1);
    }
    let mut bytes = Vec::with_capacity(HEADER + SLOTS * SLOT + words.len() * (DIMS + 1));
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&(words.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&largest.to_le_bytes());
    slots.iter().for_each(|slot| bytes.extend_from_slice(&slot.to_le_bytes()));
    for (_, vector) in words {
        let most = vector.iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
        bytes.extend(vector.iter().map(|value| (value / most * 127.0).round() as i8).map(i8::cast_unsigned));
    }
    bytes.extend(words.iter().map(|(_, vector)| (length(vector) / largest * 255.0).round() as u8));
    bytes
}

/// FNV-1a, 64 bits, with its high bits mixed into the low ones.
fn digest(word: &[u8]) -> u64 {
    let hash = word
        .iter()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3));
    (hash ^ (hash >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// A word's vector, as 8-bit numbers of any length; the word in lower case. Where the word itself is not in the table, its
/// stem or singular is looked for: `parcels` by `parcel`.
pub(crate) fn vector(word: &str) -> Option<&'static [i8]> {
    number(word).map(|number| TABLE.vector(number))
}

/// What a word counts for in a text, 0 to about 1.5; 0 when it is not in the table.
pub(crate) fn weight(word: &str) -> f32 {
    number(word).map_or(0.0, |number| TABLE.weights[number])
}

fn number(word: &str) -> Option<usize> {
    if word.len() > 2 * LONGEST {
        return None;
    }
    if !word.is_ascii() {
        // `café` and `naïve` stand in the table without their marks.
        let plain: String = word.nfd().filter(|character| !is_combining_mark(*character)).collect();
        return if plain.is_ascii() { number_of_plain(plain.as_bytes()) } else { None };
    }
    number_of_plain(word.as_bytes())
}

/// Endings that are taken off, and what stands in their place.
const ENDINGS: &[(&[u8], &[u8])] = &[
    (b"'s", b""),
    (b"ies", b"y"),
    (b"es", b"e"),
    (b"es", b""),
    (b"s", b""),
    (b"ied", b"y"),
    (b"ed", b"e"),
    (b"ed", b""),
    (b"ing", b"e"),
    (b"ing", b""),
    (b"ly", b""),
    (b"er", b"e"),
    (b"er", b""),
    (b"est", b"e"),
    (b"est", b""),
    (b"ness", b""),
];

/// Letters that must be left when an ending is off.
const LEAST_STEM: usize = 3;

fn number_of_plain(word: &[u8]) -> Option<usize> {
    if let Some(known) = TABLE.find(word) {
        return Some(known);
    }
    let mut buffer = [0_u8; 2 * LONGEST + 1];
    for (ending, instead) in ENDINGS {
        let Some(stem) = word.strip_suffix(*ending).filter(|stem| stem.len() >= LEAST_STEM) else { continue };
        let length = stem.len() + instead.len();
        buffer[..stem.len()].copy_from_slice(stem);
        buffer[stem.len()..length].copy_from_slice(instead);
        if let Some(known) = TABLE.find(&buffer[..length]) {
            return Some(known);
        }
        // `stopped`: the doubled letter goes too.
        let doubled = instead.is_empty() && stem.len() > LEAST_STEM && stem[stem.len() - 1] == stem[stem.len() - 2];
        if doubled && let Some(known) = TABLE.find(&stem[..stem.len() - 1]) {
            return Some(known);
        }
    }
    None
}

/// A text's vector in the making, for those who go through the words anyway.
#[derive(Clone, Debug)]
pub(crate) struct Sum([f32; DIMS]);

impl Default for Sum {
    fn default() -> Self {
        Self([0.0; DIMS])
    }
}

impl Sum {
    /// Adds a word in lower case; says whether it is known.
    pub(crate) fn add(&mut self, word: &str) -> bool {
        let Some(number) = number(word) else { return false };
        let vector = TABLE.vector(number);
        let weight = TABLE.factors[number];
        self.0.iter_mut().zip(vector).for_each(|(total, value)| *total += f32::from(*value) * weight);
        true
    }

    pub(crate) fn unit(&self) -> [f32; DIMS] {
        let length = self.0.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length < 1e-6 { [0.0; DIMS] } else { self.0.map(|value| value / length) }
    }
}
