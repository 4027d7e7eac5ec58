//! Bytes to code points, without counting from the start again: all work here is in bytes, all sizes and places that
//! others see are in code points.

use std::ops::Range;

/// One count is kept for so many bytes.
const STRIDE: usize = 64;

/// A text and where its code points are.
pub(super) struct Points<'a> {
    pub(super) text: &'a str,
    /// How many code points begin before each multiple of the stride; empty when every byte is one.
    before: Vec<usize>,
}

impl<'a> Points<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut before = Vec::new();
        if !text.is_ascii() {
            let mut count = 0;
            for stride in text.as_bytes().chunks(STRIDE) {
                before.push(count);
                count += starts(stride);
            }
            // The text's end may be a multiple of the stride.
            before.push(count);
        }
        Self { text, before }
    }

    /// How many code points begin before this byte.
    pub(super) fn at(&self, byte: usize) -> usize {
        match self.before.get(byte / STRIDE) {
            None => byte,
            Some(before) => before + starts(&self.text.as_bytes()[byte / STRIDE * STRIDE..byte]),
        }
    }

    pub(super) fn length(&self, span: &Range<usize>) -> usize {
        self.at(span.end) - self.at(span.start)
    }

    /// First code point, and one past the last.
    pub(super) fn place(&self, span: &Range<usize>) -> (usize, usize) {
        (self.at(span.start), self.at(span.end))
    }
}

/// Bytes that begin a code point: all but the continuation bytes of UTF-8, `10xxxxxx`.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}
