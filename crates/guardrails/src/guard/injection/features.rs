//! What the model of injection sees in a text: words, pairs and triples of words, pairs with one word between, and stretches
//! of three to five characters, each as a hash. One pass, no allocation, linear in the text.
//!
//! The text is a view: lower case, without marks. Blanks are one blank, digits are all one digit, and a character that
//! repeats counts three times at the most, so that a flood of one character says no more than a line of it. Scripts
//! that write no blanks between words (Chinese, Japanese) have a word per character.

use std::ops::Range;

/// Takes what the pass finds. Hashes are spread over all 32 bits; whoever keeps a table of 2^n takes the upper n.
pub(crate) trait Sink {
    /// A word, or words together.
    fn words(&mut self, hash: u32);
    /// Three to five characters in a row.
    fn characters(&mut self, hash: u32);
    /// A sentence ended: all features since the last one belong to it. Bytes of the text.
    fn sentence(&mut self, range: Range<usize>);
}

/// The longest sentence in bytes: what goes on is cut at the next blank, or at twice the length in any case.
const LONGEST_SENTENCE: usize = 320;
/// Shorter pieces (`1.`, `Hi!`) go together with what follows.
const SHORTEST_SENTENCE: usize = 16;

/// Odd multipliers (from the golden ratio and from Murmur3's finaliser, A. Appleby, public domain) that spread hashes.
const STEP: u32 = 0x9E37_79B1;
const SPREAD: [u32; 3] = [0x85EB_CA6B, 0xC2B2_AE35, 0x27D4_EB2F];

#[inline]
fn spread(hash: u32, kind: usize) -> u32 {
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(SPREAD[kind % 3]);
    mixed ^ (mixed >> 13)
}

/// The last words of the text, as hashes.
struct Words {
    current: u32,
    length: u32,
    before: [u32; 2],
    known: u32,
}

impl Words {
    #[inline]
    fn end(&mut self, sink: &mut impl Sink) {
        if self.length == 0 {
            return;
        }
        let word = self.current;
        let [last, second] = self.before;
        sink.words(spread(word, 0));
        if self.known > 0 {
            let pair = last.wrapping_mul(STEP).wrapping_add(word);
            sink.words(spread(pair ^ 0x5bd1, 1));
            if self.known > 1 {
                let triple = second.wrapping_mul(STEP).wrapping_add(last).wrapping_mul(STEP).wrapping_add(word);
                sink.words(spread(triple ^ 0x1f83, 2));
                let apart = second.wrapping_mul(STEP).wrapping_add(word);
                sink.words(spread(apart ^ 0x9b05, 0));
            }
        }
        self.before = [word, last];
        self.known += 1;
        (self.current, self.length) = (0, 0);
    }
}

/// Hashes of the last one to five characters.
#[derive(Default)]
struct Characters {
    rolling: [u32; 5],
    known: u32,
}

impl Characters {
    #[inline]
    fn push(&mut self, code: u32, sink: &mut impl Sink) {
        let [one, two, three, four, _] = self.rolling;
        let next = |before: u32| before.wrapping_mul(STEP).wrapping_add(code);
        self.rolling = [code.wrapping_add(1), next(one), next(two), next(three), next(four)];
        self.known = (self.known + 1).min(5);
        if self.known > 2 {
            sink.characters(spread(self.rolling[2], 0));
            if self.known > 3 {
                sink.characters(spread(self.rolling[3], 1));
                if self.known > 4 {
                    sink.characters(spread(self.rolling[4], 2));
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    /// A word by itself.
    Ideograph,
    Blank,
    Mark,
}

#[inline]
fn class(character: char) -> Class {
    match character {
        'a'..='z' | '0'..='9' | 'A'..='Z' | '\'' => Class::Word,
        '\0'..=' ' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{2028}' | '\u{2029}' | '\u{3000}' => Class::Blank,
        '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' => Class::Ideograph,
        '!'..='\u{BF}'
        | '\u{2010}'..='\u{2BFF}'
        | '\u{3001}'..='\u{303F}'
        | '\u{FF00}'..='\u{FF0F}'
        | '।'
        | '॥'
        | '؟'
        | '،' => Class::Mark,
        _ => Class::Word,
    }
}

/// What the last character says about the sentence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    No,
    /// It ends if a blank follows: `3.5` does not.
    AtBlank,
    Yes,
}

#[inline]
fn end_after(character: char, class: Class, before: End) -> End {
    match character {
        '.' | '!' | '?' => End::AtBlank,
        '\n' | '。' | '।' | '؟' | '！' | '？' => End::Yes,
        _ if class == Class::Mark || class == Class::Blank => before,
        _ => End::No,
    }
}

/// Walks the text once.
pub(crate) fn scan(text: &str, sink: &mut impl Sink) {
    let mut words = Words { current: 0, length: 0, before: [0; 2], known: 0 };
    let mut characters = Characters::default();
    let (mut start, mut end) = (0, End::No);
    let (mut last, mut repeats) = (' ', 0_u32);
    for (at, character) in text.char_indices() {
        let class = class(character);
        let length = at - start;
        let ended = end == End::Yes && class != Class::Mark || end == End::AtBlank && class == Class::Blank;
        if (ended && length >= SHORTEST_SENTENCE)
            || (length >= LONGEST_SENTENCE && (class != Class::Word || length >= 2 * LONGEST_SENTENCE))
        {
            words.end(sink);
            sink.sentence(start..at);
            start = at;
        }
        end = end_after(character, class, end);
        let seen = match class {
            Class::Blank => ' ',
            _ if character.is_ascii_digit() => '0',
            _ => character,
        };
        repeats = if seen == last { repeats + 1 } else { 0 };
        last = seen;
        if repeats > 2 || (seen == ' ' && repeats > 0) {
            continue;
        }
        match class {
            Class::Word => {
                words.current = words.current.wrapping_mul(STEP).wrapping_add(seen as u32);
                words.length += 1;
            }
            Class::Ideograph => {
                words.end(sink);
                (words.current, words.length) = (seen as u32, 1);
                words.end(sink);
            }
            Class::Blank | Class::Mark => words.end(sink),
        }
        characters.push(seen as u32, sink);
    }
    words.end(sink);
    if start < text.len() {
        sink.sentence(start..text.len());
    }
}
