//! The best rows by words: window after window of rows, term after term, every part is added into an array of scores.
//!
//! Passing over rows that cannot be among the best any more (MaxScore, WAND and their kin) was tried and left out: over
//! 168,000 passages and questions of whole sentences, looking the other terms up one by one for the rows that are left took
//! five times as long (median) to fourteen times (95th of 100) as unpacking whole blocks. So the sums are complete, and
//! in the question's order.

use super::super::best::{Best, Scored};
use super::packing::BLOCK;
use super::postings::Unpacked;
use super::{Asked, Permitted, Words};
use crate::backend::WordQuery;
use std::ops::Range;

/// Rows in a window: its arrays stay in the second cache.
const WINDOW: usize = 32_768;
/// Under one in so many permitted rows, each of them is looked up.
const FEW: u64 = 64;

impl Words {
    /// The best permitted rows, best first, then by row; none scores 0.
    pub(in super::super) fn top(&self, query: &WordQuery, permitted: &Permitted, most: usize) -> Vec<Scored> {
        let asked = self.asked(query);
        if asked.is_empty() || permitted.rows() == 0 || most == 0 {
            return Vec::new();
        }
        let mut best = Best::new(most);
        match permitted.row_bits() {
            Some(bits) if permitted.rows() * FEW <= self.lengths.len() as u64 => {
                let rows: Vec<u32> = bits.iter().collect();
                let scores = self.scores_in_order(query, &asked, &rows);
                let scored = rows.into_iter().zip(scores).filter(|one| one.1 > 0.0);
                scored.for_each(|(row, score)| best.offer(row, score));
            }
            bits => {
                let may_keep = |row: u32| bits.is_none_or(|bits| bits.contains(row));
                Windows::new(self, query, asked).run(&mut |start, scores| {
                    for (row, score) in (start..).zip(scores) {
                        if *score > 0.0 && *score >= best.floor() && may_keep(row) {
                            best.offer(row, *score);
                        }
                    }
                });
            }
        }
        best.into_sorted()
    }
}

/// One question's way through the windows.
struct Windows<'a> {
    words: &'a Words,
    query: &'a WordQuery,
    /// In the question's order; their blocks begin at the window.
    asked: Vec<Asked>,
    /// Of the rows of the window.
    scores: Vec<f32>,
    norms: Vec<f32>,
    /// Of the rows of a block.
    parts: [f32; BLOCK],
    unpacked: Unpacked,
}

impl<'a> Windows<'a> {
    fn new(words: &'a Words, query: &'a WordQuery, asked: Vec<Asked>) -> Self {
        let (scores, norms) = (Vec::with_capacity(WINDOW), Vec::with_capacity(WINDOW));
        Self { words, query, asked, scores, norms, parts: [0.0; BLOCK], unpacked: Unpacked::new() }
    }

    /// Calls `found` with each window's first row and scores.
    fn run(mut self, found: &mut dyn FnMut(u32, &[f32])) {
        for (index, lengths) in self.words.lengths.chunks(WINDOW).enumerate() {
            let start = (index * WINDOW) as u32;
            self.scores.clear();
            self.scores.resize(lengths.len(), 0.0);
            self.norms.clear();
            self.norms.extend(lengths.iter().map(|length| self.query.norm(*length as f32)));
            for term in 0..self.asked.len() {
                self.add(term, start..start + lengths.len() as u32);
            }
            found(start, &self.scores);
        }
    }

    /// Adds a term's parts to the scores of the window.
    fn add(&mut self, term: usize, window: Range<u32>) {
        let Asked { weight, first, ref mut blocks } = self.asked[term];
        let postings = &self.words.postings;
        while blocks.start < blocks.end {
            postings.unpack_rows(blocks.start, first, &mut self.unpacked);
            postings.unpack_counts(blocks.start, &mut self.unpacked);
            let (rows, counts) = (self.unpacked.rows(), self.unpacked.counts());
            // A block may begin before the window and end after it.
            let (from, to) = (below(rows, window.start), below(rows, window.end));
            let parts = &mut self.parts[from..to];
            // Three short loops instead of one: the divisions then take several numbers at once.
            for (part, row) in parts.iter_mut().zip(&rows[from..to]) {
                *part = self.norms[(row - window.start) as usize];
            }
            for (part, count) in parts.iter_mut().zip(&counts[from..to]) {
                *part = WordQuery::part_of(weight, *count as f32, *part);
            }
            for (part, row) in parts.iter().zip(&rows[from..to]) {
                self.scores[(row - window.start) as usize] += part;
            }
            if postings.last_row(blocks.start) >= window.end {
                return;
            }
            blocks.start += 1;
        }
    }
}

/// How many of these rows, which are in order, are below one.
fn below(rows: &[u32], end: u32) -> usize {
    if rows.last().is_none_or(|last| *last < end) { rows.len() } else { rows.partition_point(|row| *row < end) }
}
