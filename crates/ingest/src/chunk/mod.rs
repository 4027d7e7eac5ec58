//! Cuts a document's text into passages along its structure. A passage is a place, never a copy: its text is the slice
//! of the document's text between two code points, so a citation always opens the very words.
//!
//! The rules, in order: a heading starts a new passage (headings that follow each other stay together); blocks are put
//! together until `limit` code points are reached; tables and fenced code are kept whole up to twice the limit; what is
//! longer is cut where it hurts least: a table between rows, code between lines (a row or a line only when it alone is
//! longer than twice the limit), a list between items, with nested items beside the item above them, words at sentence
//! ends, then between words.
//!
//! The rows of a cut table do not repeat its header, because the place of a passage must stay one stretch of the text;
//! the header's own place stands beside it instead, and so does the section that the passage belongs to, for a reader
//! who wants to see more. Passages do not overlap: what an overlap would give (words that a cut has parted) is found
//! through the section, while an overlap is indexed, embedded and cited twice, and moves every count of words. And
//! passages are rather large: at an equal number of them, larger ones held more of the answers (900 code points by
//! default).
//!
//! What holds for every text (and is tested on random ones): passages are in order, do not overlap, hold every
//! character that is not white space, and none is longer than twice the limit; the time is linear in the text.

mod atoms;
mod cut;
mod outline;
mod points;

use crate::blocks::{Kind, blocks};
use atoms::{Atom, atoms};
use outline::Outline;
use points::Points;
use std::ops::Range;

/// One passage. All places are code points of the document's text: first, and one past the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The section it stands in, whole: from its heading (and those right above it) to the next heading of the same or
    /// a higher rank. It holds the passage. `None` before the first heading.
    pub(crate) section: Option<(usize, usize)>,
    /// The headings it stands under, outermost first: `Returns > Cold chain`; empty before the first heading.
    pub(crate) path: String,
    /// For the rows of a table that was cut: where the table's header is, when the passage does not hold it.
    pub(crate) header: Option<(usize, usize)>,
}

/// The passages of a text, of about `limit` code points each.
pub(crate) fn passages(text: &str, limit: usize) -> Vec<Cut> {
    let points = Points::of(text);
    let mut outline = Outline::default();
    let mut packer = Packer { points: &points, limit: limit.max(1), current: None, done: Vec::new() };
    let mut follows_heading = false;
    for block in blocks(text) {
        let heading = block.kind == Kind::Heading;
        if heading {
            outline.begin(text, &block.span, follows_heading);
        }
        follows_heading = heading;
        for atom in atoms(&points, &block, packer.limit) {
            packer.add(atom, heading, outline.here());
        }
    }
    outline.end(text, text.len(), 0);
    let open = packer.finish();
    open.into_iter().map(|open| open.cut(&points, &outline)).collect()
}

/// A passage that is being filled.
struct Open {
    span: Range<usize>,
    header: Option<Range<usize>>,
    section: Option<usize>,
    /// Nothing but headings so far: what follows belongs to them, even when it makes the passage longer.
    only_headings: bool,
}

impl Open {
    fn cut(self, points: &Points<'_>, outline: &Outline) -> Cut {
        let (start, end) = points.place(&self.span);
        Cut {
            start,
            end,
            section: outline.place(points, self.section),
            path: outline.path(self.section),
            header: self.header.map(|header| points.place(&header)),
        }
    }
}

struct Packer<'a> {
    points: &'a Points<'a>,
    limit: usize,
    current: Option<Open>,
    done: Vec<Open>,
}

impl Packer<'_> {
    fn add(&mut self, atom: Atom, heading: bool, section: Option<usize>) {
        if let Some(open) = &mut self.current {
            let joined = self.points.length(&(open.span.start..atom.span.end));
            let room = if open.only_headings && !heading { 2 * self.limit } else { self.limit };
            if joined <= room && (!heading || open.only_headings) {
                open.span.end = atom.span.end;
                open.section = section;
                open.only_headings &= heading;
                return;
            }
        }
        self.done.extend(self.current.take());
        self.current = Some(Open { span: atom.span, header: atom.header, section, only_headings: heading });
    }

    fn finish(mut self) -> Vec<Open> {
        self.done.extend(self.current.take());
        self.done
    }
}

#[cfg(test)]
mod tests;
