//! Every stretch of a prompt, hashed: looked up at every place of an answer in constant time (R. Karp, M. Rabin, IBM J. Res.
//! Dev. 31 (1987) 249), whatever the answer's blanks, case and signs are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::collections::{HashMap, VecDeque};

/// Folds a character to what is compared: lower case, compatibility form without marks, letters and digits only.
pub(super) fn folded(character: char) -> impl Iterator<Item = char> {
    let mut parts = ['\0'; 4];
    let mut length = 0;
    let mut keep = |part: char| {
        if length < parts.len() && part.is_alphanumeric() {
            parts[length] = part;
            length += 1;
        }
    };
    if character.is_ascii() {
        keep(character.to_ascii_lowercase());
    } else {
        unicode_normalization::char::decompose_compatible(character, |part| part.to_lowercase().for_each(&mut keep));
    }
    parts.into_iter().take(length)
}

/// A hash over the last `width` characters, moved on one by one. Arithmetic modulo the prime 2^61 - 1.
#[derive(Clone, Debug)]
pub(super) struct Rolling {
    width: usize,
    window: VecDeque<char>,
    hash: u64,
    /// The base to the power of the width: what the character that leaves counted.
    leaving: u64,
}

const PRIME: u64 = (1 << 61) - 1;
const BASE: u64 = 0x0123_4567_89AB_CDE1;

fn times(one: u64, two: u64) -> u64 {
    (u128::from(one) * u128::from(two) % u128::from(PRIME)) as u64
}

impl Rolling {
    pub(super) fn new(width: usize) -> Self {
        let leaving = (0..width).fold(1, |power, _| times(power, BASE));
        Self { width, window: VecDeque::with_capacity(width + 1), hash: 0, leaving }
    }

    /// Takes a folded character; the hash of the window once it is full.
    pub(super) fn push(&mut self, character: char) -> Option<u64> {
        self.window.push_back(character);
        self.hash = (times(self.hash, BASE) + u64::from(u32::from(character)) + 1) % PRIME;
        if self.window.len() > self.width {
            let gone = self.window.pop_front().map_or(0, |gone| u64::from(u32::from(gone)) + 1);
            self.hash = (self.hash + PRIME - times(gone, self.leaving)) % PRIME;
        }
        (self.window.len() == self.width).then_some(self.hash)
    }
}

/// How the prompt would be written. The disguises are made of the prompt, not undone in the answer: that works in a stream,
/// wherever the disguised stretch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    Plain,
    Rot13,
    Reversed,
    Hexadecimal,
    Base64,
}

impl Writing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Rot13 => "rot13",
            Self::Reversed => "reversed",
            Self::Hexadecimal => "hexadecimal",
            Self::Base64 => "base64",
        }
    }

    /// Characters of this writing for one of the plain text's, times twelve.
    pub(super) fn stretch(self) -> usize {
        match self {
            Self::Plain | Self::Rot13 | Self::Reversed => 12,
            Self::Hexadecimal => 24,
            Self::Base64 => 16,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) width: usize,
    known: HashMap<u64, Writing>,
}

/// Of the prompt every so manieth window is kept; an answer is looked up at each place, so a long stretch cannot slip
/// through.
pub(super) const STEP: usize = 4;
/// Characters of a prompt that are indexed. Longer prompts are watched up to here.
const LONGEST: usize = 64 * 1024;

impl Index {
    /// Everything in `prompt`, however written, except what also stands in one of the `public` texts.
    pub(super) fn new(prompt: &str, width: usize, public: &[&str]) -> Self {
        let cut = prompt.char_indices().nth(LONGEST).map_or(prompt.len(), |(at, _)| at);
        let prompt = &prompt[..cut];
        let mut index = Self { width, known: HashMap::new() };
        let rot13 = |character: char| match character {
            'a'..='z' => char::from(b'a' + (character as u8 - b'a' + 13) % 26),
            'A'..='Z' => char::from(b'A' + (character as u8 - b'A' + 13) % 26),
            _ => character,
        };
        index.add(prompt.chars(), Writing::Plain);
        index.forget(public);
        let hexadecimal: String = prompt.bytes().map(|byte| format!("{byte:02x}")).collect();
        index.add(hexadecimal.chars(), Writing::Hexadecimal);
        for skipped in 0..3.min(prompt.len()) {
            index.add(STANDARD_NO_PAD.encode(&prompt.as_bytes()[skipped..]).chars(), Writing::Base64);
        }
        index.add(prompt.chars().map(rot13), Writing::Rot13);
        index.add(prompt.chars().rev(), Writing::Reversed);
        index
    }

    fn add(&mut self, text: impl Iterator<Item = char>, writing: Writing) {
        let mut rolling = Rolling::new(self.width);
        let windows = text.flat_map(folded).filter_map(|character| rolling.push(character));
        for hash in windows.step_by(STEP) {
            // The plain reading comes first and stays.
            self.known.entry(hash).or_insert(writing);
        }
    }

    fn forget(&mut self, public: &[&str]) {
        for text in public {
            let mut rolling = Rolling::new(self.width);
            for character in text.chars().flat_map(folded) {
                if let Some(hash) = rolling.push(character) {
                    self.known.remove(&hash);
                }
            }
        }
    }

    pub(super) fn get(&self, hash: u64) -> Option<Writing> {
        self.known.get(&hash).copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}
