//! The word leg of a segment: terms, their postings, and how long each passage is.
//!
//! In reading order: `packing` (numbers in few bits), `postings` (the lists), `top` (the best rows for a question),
//! and here the dictionary, the counts and the scores of given rows.

mod packing;
mod postings;
mod top;

use super::Permitted;
use super::bytes::{Damaged, Reader, Writer};
use super::strings::Strings;
use crate::backend::WordQuery;
use postings::{Postings, TermBuilder, Unpacked};
use std::collections::HashMap;
use std::ops::Range;

/// The inverted index of the rows of one segment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Words {
    /// In order.
    terms: Strings,
    postings: Postings,
    /// Terms in each row, repeated ones too.
    lengths: Vec<u32>,
    /// Sum of `lengths`.
    total: u64,
}

/// One term of a question that some row holds.
struct Asked {
    weight: f32,
    /// The first of the term's blocks.
    first: usize,
    /// Those of its blocks that are still to be gone through.
    blocks: Range<usize>,
}

impl Words {
    pub(super) fn length(&self, row: u32) -> u32 {
        self.lengths[row as usize]
    }

    /// Terms in all rows.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How many permitted rows hold a term.
    pub(super) fn holding(&self, term: &str, permitted: &Permitted) -> u64 {
        let Some(blocks) = self.terms.find(term).map(|term| self.postings.blocks_of(term)) else { return 0 };
        let Some(bits) = permitted.row_bits() else { return self.postings.holding(&blocks) };
        if permitted.rows() < blocks.len() as u64 {
            let mut holding = 0;
            self.postings.meet(blocks.start, blocks, bits.iter().enumerate(), &mut |_, _| holding += 1);
            return holding;
        }
        let mut found = Unpacked::new();
        let mut in_block = |block: usize| -> u64 {
            self.postings.unpack_rows(block, blocks.start, &mut found);
            found.rows().iter().map(|row| bits.bit(*row)).sum()
        };
        blocks.clone().map(&mut in_block).sum()
    }

    /// The terms of a question that can add to a score, in its order.
    fn asked(&self, query: &WordQuery) -> Vec<Asked> {
        let known = query.terms.iter().filter(|(_, weight)| *weight > 0.0);
        let found = known.filter_map(|(term, weight)| {
            let blocks = self.postings.blocks_of(self.terms.find(term)?);
            Some(Asked { weight: *weight, first: blocks.start, blocks })
        });
        found.collect()
    }

    /// The scores of rows in any order; 0 for a row that holds none of the terms.
    pub(super) fn scores(&self, query: &WordQuery, rows: &[u32]) -> Vec<f32> {
        let asked = self.asked(query);
        if rows.is_sorted() {
            return self.scores_in_order(query, &asked, rows);
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_unstable_by_key(|index| rows[*index]);
        let sorted: Vec<u32> = order.iter().map(|index| rows[*index]).collect();
        let mut scores = vec![0.0; rows.len()];
        for (index, score) in order.into_iter().zip(self.scores_in_order(query, &asked, &sorted)) {
            scores[index] = score;
        }
        scores
    }

    fn scores_in_order(&self, query: &WordQuery, asked: &[Asked], rows: &[u32]) -> Vec<f32> {
        let mut scores = vec![0.0; rows.len()];
        let norms: Vec<f32> = rows.iter().map(|row| query.norm(self.length(*row) as f32)).collect();
        for term in asked {
            self.postings.meet(
                term.first,
                term.blocks.clone(),
                rows.iter().copied().enumerate(),
                &mut |index, count| {
                    scores[index] += WordQuery::part_of(term.weight, count as f32, norms[index]);
                },
            );
        }
        scores
    }

    pub(super) fn memory(&self) -> usize {
        self.terms.memory() + self.postings.memory() + self.lengths.capacity() * 4
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u32s(&self.lengths);
        self.terms.write(writer);
        self.postings.write(writer);
    }

    pub(super) fn read(reader: &mut Reader, rows: usize) -> Result<Self, Damaged> {
        let lengths = reader.u32s()?;
        let terms = Strings::read(reader)?;
        let postings = Postings::read(reader, rows)?;
        if lengths.len() != rows || postings.terms() != terms.len() {
            return Err(Damaged("words"));
        }
        let total = lengths.iter().map(|length| u64::from(*length)).sum();
        Ok(Self { terms, postings, lengths, total })
    }
}

impl Postings {
    /// Calls `met` for each of these rows (in order) that is in the blocks of a term whose first block is `first`, with
    /// what came with the row and the count.
    fn meet(
        &self,
        first: usize,
        mut rest: Range<usize>,
        rows: impl Iterator<Item = (usize, u32)>,
        met: &mut dyn FnMut(usize, u32),
    ) {
        let mut unpacked = None;
        let (mut found, mut within) = (Unpacked::new(), 0);
        for (index, row) in rows {
            if rest.start >= rest.end || self.last_row(rest.end - 1) < row {
                return;
            }
            rest.start = self.seek(&rest, row);
            if unpacked != Some(rest.start) {
                self.unpack_rows(rest.start, first, &mut found);
                (unpacked, within) = (Some(rest.start), 0);
            }
            within += found.rows()[within..].partition_point(|other| *other < row);
            if found.rows().get(within) == Some(&row) {
                met(index, self.count(rest.start, within, &found));
            }
        }
    }
}

/// Collects the terms of rows, one after the other.
#[derive(Default)]
pub(super) struct WordsBuilder {
    numbers: HashMap<Box<str>, u32>,
    terms: Vec<TermBuilder>,
    lengths: Vec<u32>,
    /// The terms of the row at hand; kept for its memory.
    row: Vec<u32>,
}

impl WordsBuilder {
    /// Adds the next row.
    pub(super) fn push(&mut self, text: &str) {
        self.row.clear();
        crate::words::each_term(text, &mut |term| {
            let number = if let Some(number) = self.numbers.get(term) {
                *number
            } else {
                let number = self.terms.len() as u32;
                self.numbers.insert(term.into(), number);
                self.terms.push(TermBuilder::default());
                number
            };
            self.row.push(number);
        });
        self.row.sort_unstable();
        let row = self.lengths.len() as u32;
        for same in self.row.chunk_by(|one, next| one == next) {
            self.terms[same[0] as usize].push(row, same.len() as u32);
        }
        self.lengths.push(self.row.len() as u32);
    }

    pub(super) fn finish(self) -> Words {
        let Self { numbers, terms: mut builders, mut lengths, row: _ } = self;
        let mut order: Vec<(Box<str>, u32)> = numbers.into_iter().collect();
        order.sort_unstable();
        let mut terms = Strings::default();
        order.iter().for_each(|(term, _)| terms.push(term));
        terms.shrink();
        lengths.shrink_to_fit();
        let postings = Postings::of(order.iter().map(|(_, number)| std::mem::take(&mut builders[*number as usize])));
        let total = lengths.iter().map(|length| u64::from(*length)).sum();
        Words { terms, postings, lengths, total }
    }
}

#[cfg(test)]
mod tests;
