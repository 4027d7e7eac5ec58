//! The trained model of direct injection: two tables of weights (words, characters) that give a log-odds for the whole
//! text and for every two sentences of it, and a small second model that weighs these against what the rules say.
//!
//! On disk: `SWI2`, the second model's numbers (little-endian `f32`, `NUMBERS` of them), then the two tables, each with
//! its length in bytes before it (4 bytes, little-endian).

use super::features::{Sink, scan};
use statistics::{Hashed, Unreadable};
use std::ops::Range;

/// How many bits number the words and the stretches of characters.
pub(crate) const WORD_BITS: u32 = 17;
pub(crate) const CHARACTER_BITS: u32 = 18;

/// What the second model weighs.
pub(crate) const INPUTS: usize = 8;
/// The second model's weights and bias, then a threshold (log-odds) for English and one for other languages, then how
/// careful to be with short and with long texts of which only the tables think ill.
pub(crate) const NUMBERS: usize = INPUTS + 5;
/// Below so many features (logarithm; about twelve words) a text holds too little evidence to be sure by resemblance.
const SHORT: f32 = 5.4;
/// Above so many (about 250 words) it holds so much that some of it resembles anything.
const LONG: f32 = 8.0;
/// The rules' score from which on they speak for themselves.
const OVERT: f32 = 0.45;
const MAGIC: &[u8; 4] = b"SWI2";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    pub(crate) words: Hashed,
    pub(crate) characters: Hashed,
    pub(crate) numbers: [f32; NUMBERS],
}

/// What the tables say about one text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    /// Log-odds of the whole, each feature counted once.
    pub(crate) whole: f32,
    /// The highest log-odds of two sentences in a row, or of one.
    pub(crate) window: f32,
    /// Where these are, in bytes of the text.
    pub(crate) range: Range<usize>,
    /// How many different features there are.
    pub(crate) features: u32,
}

impl Model {
    /// # Errors
    /// Bytes that [`Model::to_bytes`] did not write.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        let rest = bytes.strip_prefix(MAGIC.as_slice()).ok_or(Unreadable)?;
        let (header, mut rest) = rest.split_at_checked(NUMBERS * 4).ok_or(Unreadable)?;
        let mut numbers = [0.0; NUMBERS];
        for (number, four) in numbers.iter_mut().zip(header.as_chunks::<4>().0) {
            *number = f32::from_le_bytes(*four);
        }
        let mut table = |bits: u32| {
            let (length, after) = rest.split_first_chunk::<4>().ok_or(Unreadable)?;
            let (table, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(Unreadable)?;
            rest = after;
            Hashed::from_bytes(table)
                .and_then(|table| if table.len() == 1 << bits { Ok(table) } else { Err(Unreadable) })
        };
        let (words, characters) = (table(WORD_BITS)?, table(CHARACTER_BITS)?);
        if rest.is_empty() { Ok(Self { words, characters, numbers }) } else { Err(Unreadable) }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        self.numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        for table in [&self.words, &self.characters] {
            let table = table.to_bytes();
            bytes.extend_from_slice(&(table.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&table);
        }
        bytes
    }

    /// Reads a view. Linear; a text without any feature has the log-odds of the bias.
    pub(crate) fn read(&self, text: &str) -> Reading {
        let mut sums = Sums {
            model: self,
            seen_words: [0; 1 << (WORD_BITS - 6)],
            seen_characters: [0; 1 << (CHARACTER_BITS - 6)],
            whole: Sum::default(),
            sentence: Sum::default(),
            before: None,
            best: f32::NEG_INFINITY,
            range: 0..text.len(),
        };
        scan(text, &mut sums);
        let whole = self.log_odds(sums.whole);
        Reading { whole, window: sums.best.max(whole), range: sums.range, features: sums.whole.count }
    }

    /// The weighted features over the root of their number: a long text must say more to count as much.
    fn log_odds(&self, sum: Sum) -> f32 {
        let weighted = sum.words as f32 * self.words.scale() + sum.characters as f32 * self.characters.scale();
        weighted / (sum.count.max(1) as f32).sqrt() + self.words.bias()
    }

    /// The log-odds of the second model, after caution.
    pub(crate) fn weigh(&self, inputs: &[f32; INPUTS]) -> f32 {
        weigh(&self.numbers, inputs)
    }

    /// The log-odds from which on a text is an attack.
    pub(crate) fn threshold(&self, english: bool) -> f32 {
        self.numbers[INPUTS + if english { 1 } else { 2 }]
    }
}

/// The log-odds of the second model with these numbers. Where no overt rule fired, a short and a long text must resemble
/// attacks more than one of middling length.
pub(crate) fn weigh(numbers: &[f32; NUMBERS], inputs: &[f32; INPUTS]) -> f32 {
    let odds = inputs.iter().zip(numbers).map(|(input, weight)| input * weight).sum::<f32>() + numbers[INPUTS];
    let [.., rules, _, above_five, below_five] = *inputs;
    let length = 5.0 + above_five - below_five;
    let careful = numbers[INPUTS + 3] * (SHORT - length).max(0.0) + numbers[INPUTS + 4] * (length - LONG).max(0.0);
    odds - careful * (1.0 - rules / OVERT).max(0.0)
}

/// What the second model weighs, from the tables' reading of a view and the rules' score (0 to 1) on it.
pub(crate) fn inputs(reading: &Reading, rules: f32) -> [f32; INPUTS] {
    let length = (reading.features.max(1) as f32).ln();
    let strong = if rules >= 0.6 { 1.0 } else { 0.0 };
    let above = |mark: f32| (reading.window - mark).max(0.0);
    [
        reading.whole,
        reading.window - reading.whole,
        above(1.0),
        above(3.0),
        rules,
        strong,
        (length - 5.0).max(0.0),
        (5.0 - length).max(0.0),
    ]
}

#[derive(Clone, Copy, Default)]
struct Sum {
    words: i64,
    characters: i64,
    count: u32,
}

impl Sum {
    fn plus(self, other: Self) -> Self {
        Self {
            words: self.words + other.words,
            characters: self.characters + other.characters,
            count: self.count.saturating_add(other.count),
        }
    }
}

/// One pass's sums. A bit per weight says what was seen, so that the whole counts every feature once.
struct Sums<'a> {
    model: &'a Model,
    seen_words: [u64; 1 << (WORD_BITS - 6)],
    seen_characters: [u64; 1 << (CHARACTER_BITS - 6)],
    whole: Sum,
    sentence: Sum,
    before: Option<(Sum, usize)>,
    best: f32,
    range: Range<usize>,
}

/// 1 when the feature was not seen before.
#[inline]
fn first_time(seen: &mut [u64], feature: u32) -> u32 {
    let (word, bit) = (&mut seen[(feature >> 6) as usize], feature & 63);
    let new = 1 - (*word >> bit & 1) as u32;
    *word |= 1 << bit;
    new
}

impl Sink for Sums<'_> {
    #[inline]
    fn words(&mut self, hash: u32) {
        let feature = hash >> (32 - WORD_BITS);
        let weight = i64::from(self.model.words.weight(feature));
        let new = first_time(&mut self.seen_words, feature);
        self.sentence.words += weight;
        self.sentence.count += 1;
        self.whole.words += weight * i64::from(new);
        self.whole.count += new;
    }

    #[inline]
    fn characters(&mut self, hash: u32) {
        let feature = hash >> (32 - CHARACTER_BITS);
        let weight = i64::from(self.model.characters.weight(feature));
        let new = first_time(&mut self.seen_characters, feature);
        self.sentence.characters += weight;
        self.sentence.count += 1;
        self.whole.characters += weight * i64::from(new);
        self.whole.count += new;
    }

    fn sentence(&mut self, range: Range<usize>) {
        let sentence = std::mem::take(&mut self.sentence);
        let both = self.before.map(|(before, start)| (sentence.plus(before), start));
        for (sum, start) in [Some((sentence, range.start)), both].into_iter().flatten() {
            let odds = self.model.log_odds(sum);
            if odds > self.best {
                (self.best, self.range) = (odds, start..range.end);
            }
        }
        self.before = Some((sentence, range.start));
    }
}
