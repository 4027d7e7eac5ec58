//! The pieces of a block that are put together to passages and never cut again.

use super::cut::{cut_words, trim};
use super::points::Points;
use crate::blocks::{Block, Kind, indent, is_list_item, lines};
use std::ops::Range;

/// How much further an item must be indented to belong to the one above it; less is a matter of tidiness.
const NESTED: usize = 2;

pub(super) struct Atom {
    /// Bytes; neither empty nor with white space at its ends.
    pub(super) span: Range<usize>,
    /// For the rows of a cut table below its header: the header.
    pub(super) header: Option<Range<usize>>,
}

/// At most `limit` code points each, or twice that for a table, code, or a row or line of them.
pub(super) fn atoms(points: &Points<'_>, block: &Block, limit: usize) -> Vec<Atom> {
    let plain = |span| Atom { span, header: None };
    let whole_up_to = match block.kind {
        Kind::Table | Kind::Fence => 2 * limit,
        Kind::Heading | Kind::List | Kind::Paragraph => limit,
    };
    let span = trim(points.text, block.span.clone());
    if points.length(&span) <= whole_up_to {
        return if span.is_empty() { Vec::new() } else { vec![plain(span)] };
    }
    let cut = |part: Range<usize>, whole_up_to| match trim(points.text, part) {
        part if points.length(&part) <= whole_up_to => vec![part],
        part => cut_words(points, part, limit),
    };
    let parts = match block.kind {
        Kind::Table => return rows(points, block, limit, cut),
        Kind::Fence => lines_of(points.text, block).into_iter().flat_map(|line| cut(line, 2 * limit)).collect(),
        Kind::List => items(points, block, limit).into_iter().flat_map(|item| cut(item, limit)).collect(),
        Kind::Heading | Kind::Paragraph => cut(span, limit),
    };
    parts.into_iter().filter(|part| !part.is_empty()).map(plain).collect()
}

fn lines_of(text: &str, block: &Block) -> Vec<Range<usize>> {
    let start = block.span.start;
    lines(&text[block.span.clone()]).into_iter().map(|line| start + line.start..start + line.end).collect()
}

/// The rows of a table, each with its header, which is the first two lines. A header that would fill a passage by itself
/// is no help to a reader, and is left out.
fn rows(
    points: &Points<'_>,
    block: &Block,
    limit: usize,
    cut: impl Fn(Range<usize>, usize) -> Vec<Range<usize>>,
) -> Vec<Atom> {
    let lines = lines_of(points.text, block);
    let header = trim(points.text, lines[0].start..lines[1].end);
    let shown = (points.length(&header) <= limit).then(|| header.clone());
    let whole = cut(header, 2 * limit).into_iter().map(|span| Atom { span, header: None });
    let rows = lines[2..].iter().flat_map(|line| cut(line.clone(), 2 * limit));
    whole.chain(rows.map(|span| Atom { span, header: shown.clone() })).filter(|atom| !atom.span.is_empty()).collect()
}

/// An item of a list, from its mark to the next one's.
struct Item {
    own: Range<usize>,
    indent: usize,
    /// One past the last of the items below it.
    next: usize,
}

/// The items of a list: whole with all that is nested in them where that fits, else the item's own lines together with
/// the first of those below it, and then the others.
fn items(points: &Points<'_>, block: &Block, limit: usize) -> Vec<Range<usize>> {
    let items = tree(points.text, block);
    let whole = |at: usize| items[at].own.start..items[items[at].next - 1].own.end;
    let fits = |span: &Range<usize>| points.length(span) <= limit;
    let mut found = Vec::new();
    let mut at = 0;
    while at < items.len() {
        let first_below = at + 1;
        let with_first = (first_below < items[at].next).then(|| items[at].own.start..whole(first_below).end);
        if fits(&whole(at)) {
            found.push(whole(at));
            at = items[at].next;
        } else if let Some(span) = with_first.filter(fits) {
            found.push(span);
            at = items[first_below].next;
        } else {
            found.push(items[at].own.clone());
            at += 1;
        }
    }
    found
}

/// The items in the order of the text, each knowing where those below it end.
fn tree(text: &str, block: &Block) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for line in lines_of(text, block) {
        let words = &text[line.clone()];
        match items.last_mut() {
            Some(item) if !is_list_item(words) => item.own.end = line.end,
            _ => {
                let (indent, here) = (indent(words), items.len());
                while let Some(closed) = open.pop_if(|open| indent < items[*open].indent + NESTED) {
                    items[closed].next = here;
                }
                open.push(here);
                items.push(Item { own: line, indent, next: here + 1 });
            }
        }
    }
    let end = items.len();
    for closed in open {
        items[closed].next = end;
    }
    items
}
