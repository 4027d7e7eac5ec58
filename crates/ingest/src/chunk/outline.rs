//! The headings that a text stands under: for each passage, the section it is in and the way down to it.

use super::points::Points;
use crate::blocks::heading;
use crate::parse::line;
use std::ops::Range;

/// A longer heading is cut in the path (code points): it is a paragraph that somebody marked as a heading.
const MAX_WORDS: usize = 120;

pub(super) struct Section {
    level: usize,
    /// Bytes: from the first of the headings that lead straight to it, to the next heading of its own or a higher rank.
    pub(super) span: Range<usize>,
    /// Its heading and those above it: `Returns > Cold chain`.
    pub(super) path: String,
}

#[derive(Default)]
pub(super) struct Outline {
    pub(super) sections: Vec<Section>,
    /// The sections that are open, outermost first. Their levels rise, so there are six at most.
    open: Vec<usize>,
}

impl Outline {
    /// A heading begins. `follows_heading`: nothing but white space stands between it and the heading before.
    pub(super) fn begin(&mut self, text: &str, block: &Range<usize>, follows_heading: bool) {
        let (level, words) = heading(&text[block.clone()]);
        let start = match self.sections.last() {
            Some(before) if follows_heading => before.span.start,
            _ => block.start,
        };
        self.end(text, block.start, level);
        let above = self.open.last().map_or("", |open| &self.sections[*open].path);
        let words: String = line::plain(words).chars().take(MAX_WORDS).collect();
        let path =
            if above.is_empty() || words.is_empty() { format!("{above}{words}") } else { format!("{above} > {words}") };
        self.open.push(self.sections.len());
        self.sections.push(Section { level, span: start..start, path });
    }

    /// Ends the open sections of this level and below it.
    pub(super) fn end(&mut self, text: &str, at: usize, level: usize) {
        while let Some(section) = self.open.pop_if(|open| self.sections[*open].level >= level) {
            self.sections[section].span.end = text[..at].trim_end().len();
        }
    }

    /// The innermost open section.
    pub(super) fn here(&self) -> Option<usize> {
        self.open.last().copied()
    }

    pub(super) fn path(&self, section: Option<usize>) -> String {
        section.map_or(String::new(), |section| self.sections[section].path.clone())
    }

    pub(super) fn place(&self, points: &Points<'_>, section: Option<usize>) -> Option<(usize, usize)> {
        section.map(|section| points.place(&self.sections[section].span))
    }
}
