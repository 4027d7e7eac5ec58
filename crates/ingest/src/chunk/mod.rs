//! Cuts a document's text into passages along its structure. A passage is a place, never a copy: its text is the slice
//! of the document's text between two code points, so a citation always opens the very words.
//!
//! The rules, in order: a heading starts a new passage (headings that follow each other stay together); blocks are put
//! together until `limit` code points are reached; tables and fenced code are kept whole up to twice the limit; what is
//! longer is cut where it hurts least: a table between rows, a list between items, code between lines, words at
//! sentence ends, then between words. The rows of a cut table do not repeat its header, because the place of a passage
//! must stay one stretch of the text.
//!
//! What holds for every text (and is tested on random ones): passages are in order, do not overlap, hold every
//! character that is not white space, and none is longer than twice the limit.

mod cut;

use crate::blocks::{Block, Kind, blocks, is_list_item, lines};
use cut::{cut_words, length, trim};
use std::ops::Range;

/// The places of a text's passages, in code points: first, and one past the last.
pub(crate) fn passages(text: &str, limit: usize) -> Vec<(usize, usize)> {
    let limit = limit.max(1);
    let mut packer = Packer { text, limit, current: None, done: Vec::new() };
    for block in blocks(text) {
        let heading = block.kind == Kind::Heading;
        for atom in atoms(text, &block, limit) {
            packer.add(atom, heading);
        }
    }
    packer.flush();
    to_code_points(text, &packer.done)
}

/// The pieces of a block that are never cut again: at most `limit` code points, or twice that for a table or code.
fn atoms(text: &str, block: &Block, limit: usize) -> Vec<Range<usize>> {
    let size = length(text, &block.span);
    let whole_up_to = match block.kind {
        Kind::Table | Kind::Fence => 2 * limit,
        Kind::Heading | Kind::List | Kind::Paragraph => limit,
    };
    if size <= whole_up_to {
        return vec![trim(text, block.span.clone())];
    }
    let parts = match block.kind {
        Kind::Table | Kind::Fence => lines_of(text, block),
        Kind::List => items_of(text, block),
        Kind::Heading | Kind::Paragraph => vec![block.span.clone()],
    };
    parts.into_iter().flat_map(|part| cut_words(text, part, limit)).collect()
}

fn lines_of(text: &str, block: &Block) -> Vec<Range<usize>> {
    let start = block.span.start;
    lines(&text[block.span.clone()]).into_iter().map(|line| start + line.start..start + line.end).collect()
}

/// Each item of a list with the lines that continue it.
fn items_of(text: &str, block: &Block) -> Vec<Range<usize>> {
    let mut items: Vec<Range<usize>> = Vec::new();
    for line in lines_of(text, block) {
        match items.last_mut() {
            Some(item) if !is_list_item(&text[line.clone()]) => item.end = line.end,
            _ => items.push(line),
        }
    }
    items
}

/// The passage that is being filled.
struct Open {
    span: Range<usize>,
    /// Nothing but headings so far: what follows belongs to them, even when it makes the passage longer.
    only_headings: bool,
}

struct Packer<'a> {
    text: &'a str,
    limit: usize,
    current: Option<Open>,
    done: Vec<Range<usize>>,
}

impl Packer<'_> {
    fn add(&mut self, atom: Range<usize>, heading: bool) {
        if atom.is_empty() {
            return;
        }
        if let Some(open) = &mut self.current {
            let joined = length(self.text, &(open.span.start..atom.end));
            let room = if open.only_headings && !heading { 2 * self.limit } else { self.limit };
            if joined <= room && (!heading || open.only_headings) {
                open.span.end = atom.end;
                open.only_headings &= heading;
                return;
            }
        }
        self.flush();
        self.current = Some(Open { span: atom, only_headings: heading });
    }

    fn flush(&mut self) {
        self.done.extend(self.current.take().map(|open| open.span));
    }
}

/// Byte ranges, in order, as code points; one walk over the text.
fn to_code_points(text: &str, spans: &[Range<usize>]) -> Vec<(usize, usize)> {
    let (mut byte, mut point) = (0, 0);
    let mut point_of = |place: usize| {
        point += text[byte..place].chars().count();
        byte = place;
        point
    };
    spans.iter().map(|span| (point_of(span.start), point_of(span.end))).collect()
}

#[cfg(test)]
mod tests;
