//! What a text is judged by, window by window: its words and pairs of words as hashed features, and what they mean.
//! Scripts without blanks between words are read character by character.

use crate::meaning;

/// Hashed features: a number below this, a power of two.
pub(crate) const WIDTH: usize = 1 << 14;
/// Words of a window. A long text is as sensitive as its worst window.
const WINDOW: usize = 96;
/// Bytes of the longest word that is read.
const LONGEST: usize = 48;

/// A part of a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// Hashed words and pairs of words, each as often as it stands there.
    pub(crate) words: Vec<u32>,
    meaning: meaning::Sum,
}

impl Window {
    /// The value of each of its words: the longer, the less.
    pub(crate) fn value(&self) -> f32 {
        1.0 / (self.words.len().max(4) as f32).sqrt()
    }

    pub(crate) fn meaning(&self) -> [f32; meaning::DIMS] {
        self.meaning.unit()
    }
}

/// Gives each window of a text to `see`. A text without words has none.
pub(crate) fn windows(text: &str, mut see: impl FnMut(&Window)) {
    let mut window = Window::default();
    let (mut words, mut before) = (0, 0_u32);
    let mut lower = String::with_capacity(LONGEST);
    for run in text.split(|character: char| !character.is_alphanumeric()).filter(|run| !run.is_empty()) {
        for word in Words(run) {
            if word.len() > LONGEST {
                continue;
            }
            lower.clear();
            if word.is_ascii() {
                lower.push_str(word);
                lower.make_ascii_lowercase();
            } else {
                lower.extend(word.chars().flat_map(char::to_lowercase));
            }
            let own = hash(&lower);
            window.words.push(own & (WIDTH as u32 - 1));
            window.words.push((before.rotate_left(9) ^ own).wrapping_mul(0x9E37_79B1) >> 18);
            window.meaning.add(&lower);
            before = own;
            words += 1;
            if words == WINDOW {
                see(&window);
                window.words.clear();
                window.meaning = meaning::Sum::default();
                words = 0;
            }
        }
    }
    if words > 0 {
        see(&window);
    }
}

/// The words of a run of letters: the run, or its characters one by one where they are written without blanks.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let first = self.0.chars().next()?;
        let alone = |character: char| matches!(character, '\u{0E00}'..='\u{0EFF}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}');
        let end = if self.0.is_ascii() {
            self.0.len()
        } else if alone(first) {
            first.len_utf8()
        } else {
            self.0.find(alone).unwrap_or(self.0.len())
        };
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(word)
    }
}

/// FNV-1a, 32 bits, with its high bits mixed into the low ones.
fn hash(word: &str) -> u32 {
    let hash = word.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash ^ (hash >> 15)
}
