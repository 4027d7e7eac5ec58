//! Where each code point of a text lies. Passages and citations count code points, Rust's strings count bytes; a table
//! made once per document keeps the way from one to the other short.

use std::ops::Range;

pub(crate) struct CodePoints {
    /// First byte of each code point, then the text's length.
    starts: Vec<usize>,
}

impl CodePoints {
    pub(crate) fn of(text: &str) -> Self {
        Self { starts: text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect() }
    }

    /// How many code points.
    pub(crate) fn count(&self) -> usize {
        self.starts.len() - 1
    }

    /// The bytes of these code points, cut to the text.
    pub(crate) fn bytes(&self, start: usize, end: usize) -> Range<usize> {
        let end = end.min(self.count());
        self.starts[start.min(end)]..self.starts[end]
    }
}
