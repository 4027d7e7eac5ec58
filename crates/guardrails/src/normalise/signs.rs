//! The signs of a disguise, collected in one pass over the bytes of the plain view. Nothing else looks at a text that
//! shows none of them, which is nearly every text.

use super::dictionary::{HASH_START, grow, turned};
use std::ops::Range;

/// What the text gives reason to undo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// Letters that stand alone, one after another.
    pub(super) spaced: bool,
    /// Ends of the third or a later piece of words cut by hyphens or dots, in bytes.
    pub(super) syllables: Vec<usize>,
    /// Words that hold digits or signs before letters, in bytes.
    pub(super) leet: Vec<Range<usize>>,
    /// Runs long enough for base64 or hexadecimal, in bytes.
    pub(super) runs: Vec<Range<usize>>,
    /// Groups as of hexadecimal or binary digits.
    pub(super) groups: bool,
    /// Three of `%6`, `&#`, `\u`, `\x`.
    pub(super) escapes: bool,
    pub(super) rotated: bool,
    pub(super) reversed: bool,
    /// Dots and dashes in a row.
    pub(super) morse: bool,
}

const LETTER: u16 = 1;
const DIGIT: u16 = 2;
/// Signs that stand for letters: `@ $ ! +`.
const SIGN: u16 = 4;
/// Stands for a letter within a word; between the cells of a table it is no sign of anything.
const BAR: u16 = 256;
/// What else base64 and its relatives consist of.
const CODE: u16 = 8;
/// Parts of characters beyond ASCII; `LETTER` is set too.
const HIGH: u16 = 32;
/// The first byte of a symbol beyond ASCII: of U+0080 to U+00BF, of U+2000 to U+2FFF, of emoji. What is a letter among
/// them was folded or is rare.
const SYMBOL: u16 = 128;

const CLASSES: [u16; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b'@' | b'$' | b'!' => SIGN,
            b'|' => BAR,
            b'+' => SIGN | CODE,
            b'/' | b'=' | b'_' | b'-' => CODE,
            0xC2 | 0xE2 | 0xF0 => SYMBOL,
            0x80..=0xFF => LETTER | HIGH,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// Letters standing alone in a row that count as spaced writing.
pub(super) const SHORTEST_SPACED: usize = 5;
/// Most bytes between two letters of spaced writing; an emoji with its selector is seven.
pub(super) const WIDEST_GAP: usize = 8;
/// Bytes of the shortest run that is worth decoding: `ignore all` in base64.
pub(super) const SHORTEST_RUN: usize = 16;
/// Pieces of a word written `ig-no-re`.
pub(super) const FEWEST_PIECES: usize = 3;
/// Bytes of such a piece.
const LONGEST_PIECE: usize = 5;
/// Bytes of one letter; characters beyond ASCII are of up to four.
const LONGEST_LETTER: usize = 4;

/// Bytes that no honest word has.
const LONGER_THAN_WORDS: usize = 28;
const LETTER_OR_DIGIT: u16 = LETTER | DIGIT;
/// Blanks in a row that are as far apart as pairs or octets of digits are.
const FEWEST_GROUPS: usize = 5;
const FEWEST_ESCAPES: usize = 3;
/// Dots and dashes in a row: eight letters of Morse code.
const FEWEST_SIGNALS: usize = 24;

/// The pass itself: what was seen lately.
#[derive(Default)]
struct Pass {
    signs: Signs,
    /// Letters that stood alone so far, and where the last ended.
    alone: usize,
    alone_end: usize,
    /// Short pieces with one hyphen between them, and where the last ended.
    pieces: usize,
    pieces_end: usize,
    /// The last words, one bit each: the youngest is bit 0.
    rotated: u32,
    reversed: u32,
    /// The hash of the last word that was turned.
    turned: u32,
    escapes: usize,
    morse: usize,
    /// The last blank, and how many stood two or eight bytes behind one.
    blank: usize,
    groups: usize,
}

impl Signs {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut pass = Pass::default();
        let (mut run, mut run_class) = (0, 0);
        let (mut token, mut token_class, mut turns) = (0, 0, false);
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let mut class = CLASSES[usize::from(*byte)];
            if class & LETTER != 0 {
                let end = pass.word(bytes, at);
                turns |= token_class & (DIGIT | SIGN) != 0;
                (token_class, run_class) = (token_class | class, run_class | class);
                at = end;
                continue;
            }
            if class & (DIGIT | SIGN | BAR) != 0 {
                token_class |= class;
            } else {
                pass.close_token(token..at, token_class, turns);
                (token, token_class, turns) = (at + 1, 0, false);
            }
            if class & (DIGIT | CODE) != 0 {
                run_class |= if *byte == b'=' { DIGIT } else { class };
            } else {
                pass.close_run(run..at, run_class);
                (run, run_class) = (at + 1, 0);
                if class & SYMBOL != 0 {
                    at += bytes[at + 1..].iter().take(3).take_while(|byte| matches!(byte, 0x80..=0xBF)).count();
                    (run, token, class) = (at + 1, at + 1, 0);
                }
            }
            if class & (DIGIT | SIGN | BAR) == 0 {
                pass.other(bytes, at);
            }
            at += 1;
        }
        pass.close_token(token..at, token_class, turns);
        pass.close_run(run..at, run_class);
        pass.signs.escapes = pass.escapes >= FEWEST_ESCAPES;
        pass.signs
    }
}

impl Pass {
    /// The word that begins at `start`; returns its end.
    #[inline]
    fn word(&mut self, bytes: &[u8], start: usize) -> usize {
        let (mut hash, mut end) = (HASH_START, start);
        while let Some(byte) = bytes.get(end).filter(|byte| CLASSES[usize::from(**byte)] & LETTER != 0) {
            hash = grow(hash, *byte);
            end += 1;
        }
        let length = end - start;
        if length <= LONGEST_PIECE {
            self.short_word(start, end, !bytes[start].is_ascii());
        } else {
            (self.alone, self.pieces) = (0, 0);
        }
        if length >= 3 {
            let (rotated, reversed) = turned(hash);
            let is_new = hash != self.turned;
            self.rotated = self.rotated << 1 | u32::from(rotated && is_new);
            self.reversed = self.reversed << 1 | u32::from(reversed && is_new);
            // One word again and again is a name of something.
            if (rotated || reversed) && is_new {
                self.turned = hash;
                self.signs.rotated |= is_dense(self.rotated, length);
                self.signs.reversed |= is_dense(self.reversed, length);
            }
        }
        end
    }

    fn short_word(&mut self, start: usize, end: usize, is_high: bool) {
        if end - start == 1 || (is_high && end - start <= LONGEST_LETTER) {
            let near = self.alone > 0 && start - self.alone_end <= WIDEST_GAP;
            self.alone = if near { self.alone + 1 } else { 1 };
            self.alone_end = end;
            self.signs.spaced |= self.alone >= SHORTEST_SPACED;
        } else {
            self.alone = 0;
        }
        let joined = self.pieces > 0 && start == self.pieces_end;
        self.pieces = if joined { self.pieces + 1 } else { 1 };
        // A hyphen moves the end on; anything else leaves it behind.
        self.pieces_end = end;
        if self.pieces >= FEWEST_PIECES {
            self.signs.syllables.push(end);
        }
    }

    #[inline]
    fn close_token(&mut self, token: Range<usize>, class: u16, turns: bool) {
        if turns && token.len() >= 3 && class & HIGH == 0 {
            self.signs.leet.push(token);
        }
    }

    /// A run with digits in it, or one as long as no word is.
    #[inline]
    fn close_run(&mut self, run: Range<usize>, class: u16) {
        let length = run.len();
        if length >= SHORTEST_RUN && class & LETTER_OR_DIGIT != 0 && (class & DIGIT != 0 || length >= LONGER_THAN_WORDS)
        {
            self.signs.runs.push(run);
        }
    }

    #[inline]
    fn other(&mut self, bytes: &[u8], at: usize) {
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        match bytes[at] {
            b' ' => {
                let grouped = matches!(at - self.blank, 3 | 9);
                self.groups = if grouped { self.groups + 1 } else { 0 };
                self.signs.groups |= self.groups >= FEWEST_GROUPS;
                self.blank = at;
                return;
            }
            b'%' => self.escapes += usize::from(next.is_ascii_hexdigit()),
            b'&' => self.escapes += usize::from(next == b'#'),
            b'\\' => self.escapes += usize::from(matches!(next, b'u' | b'x')),
            b'-' | b'.' | b'_' | b'*' | b'~' => {
                self.pieces_end += usize::from(self.pieces_end == at);
                self.morse += 1;
                self.signs.morse |= self.morse >= FEWEST_SIGNALS;
                return;
            }
            b'/' => return,
            _ => {}
        }
        self.morse = 0;
    }
}

/// Three hits among six words, or two among four with a long one.
fn is_dense(hits: u32, length: usize) -> bool {
    (hits & 0x3F).count_ones() >= 3 || (length >= 6 && (hits & 0xF).count_ones() >= 2)
}
