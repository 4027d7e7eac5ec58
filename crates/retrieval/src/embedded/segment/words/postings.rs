//! The postings of all terms: which rows hold a term, and how often. A term's rows are cut into blocks of 128, packed as
//! differences and counts; the last, smaller block is written in bytes of seven bits. Every block knows its last row, so
//! that it can be skipped without being unpacked.

use super::super::bytes::{Damaged, Reader, Writer};
use super::packing::{self, BLOCK, PADDING};
use std::ops::Range;

/// The width that marks a block in bytes of seven bits.
const IN_BYTES: u8 = 255;

/// A block without its last row, which lies apart so that searching for a row touches little memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where its bytes begin.
    place: u32,
    /// Bits of a difference, or [`IN_BYTES`].
    row_width: u8,
    count_width: u8,
    /// Postings, 1 to 128.
    length: u8,
}

/// Blocks of all terms, each term's together and in order of row.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Postings {
    /// By term its first block, and at the end the number of blocks.
    first_blocks: Vec<u32>,
    /// By block.
    last_rows: Vec<u32>,
    blocks: Vec<Block>,
    bytes: Vec<u8>,
}

/// The rows and counts of one block.
pub(super) struct Unpacked {
    rows: [u32; BLOCK],
    counts: [u32; BLOCK],
    length: usize,
}

impl Unpacked {
    pub(super) fn new() -> Self {
        Self { rows: [0; BLOCK], counts: [0; BLOCK], length: 0 }
    }

    pub(super) fn rows(&self) -> &[u32] {
        &self.rows[..self.length]
    }

    pub(super) fn counts(&self) -> &[u32] {
        &self.counts[..self.length]
    }
}

impl Postings {
    /// The blocks of a term.
    pub(super) fn blocks_of(&self, term: usize) -> Range<usize> {
        self.first_blocks[term] as usize..self.first_blocks[term + 1] as usize
    }

    /// How many rows hold the term with these blocks.
    pub(super) fn holding(&self, blocks: &Range<usize>) -> u64 {
        let last = blocks.clone().last().map_or(0, |last| u64::from(self.blocks[last].length));
        (blocks.len().saturating_sub(1) * BLOCK) as u64 + last
    }

    pub(super) fn last_row(&self, block: usize) -> u32 {
        self.last_rows[block]
    }

    /// The first of these blocks whose last row is not before this one.
    pub(super) fn seek(&self, blocks: &Range<usize>, row: u32) -> usize {
        // What is wanted mostly lies close by: look ahead in growing steps before halving.
        let lasts = &self.last_rows[blocks.clone()];
        let mut step = 1;
        while step < lasts.len() && lasts[step - 1] < row {
            step *= 2;
        }
        let from = step / 2;
        let to = step.min(lasts.len());
        blocks.start + from + lasts[from..to].partition_point(|last| *last < row)
    }

    /// Unpacks the rows of a block; `first` is the first block of its term.
    pub(super) fn unpack_rows(&self, block: usize, first: usize, found: &mut Unpacked) {
        let shape = &self.blocks[block];
        found.length = usize::from(shape.length).min(BLOCK);
        let mut next = if block == first { 0 } else { self.last_rows[block - 1].wrapping_add(1) };
        let bytes = &self.bytes[shape.place as usize..];
        if shape.row_width == IN_BYTES {
            return unpack_tail(bytes, next, found);
        }
        packing::unpack(bytes, u32::from(shape.row_width), &mut found.rows);
        for row in &mut found.rows {
            *row = row.wrapping_add(next);
            next = row.wrapping_add(1);
        }
    }

    /// Unpacks the counts of a block whose rows were unpacked.
    pub(super) fn unpack_counts(&self, block: usize, found: &mut Unpacked) {
        let shape = &self.blocks[block];
        if shape.row_width != IN_BYTES {
            packing::unpack(self.counts_of(shape), u32::from(shape.count_width), &mut found.counts);
            found.counts.iter_mut().for_each(|count| *count = count.wrapping_add(1));
        }
    }

    /// One count of a block whose rows were unpacked.
    pub(super) fn count(&self, block: usize, index: usize, found: &Unpacked) -> u32 {
        let shape = &self.blocks[block];
        if shape.row_width == IN_BYTES {
            return found.counts[index];
        }
        packing::unpack_one(self.counts_of(shape), u32::from(shape.count_width), index).wrapping_add(1)
    }

    fn counts_of(&self, shape: &Block) -> &[u8] {
        &self.bytes[shape.place as usize + packing::packed_length(u32::from(shape.row_width))..]
    }

    pub(super) fn terms(&self) -> usize {
        self.first_blocks.len().saturating_sub(1)
    }

    pub(super) fn memory(&self) -> usize {
        (self.first_blocks.capacity() + self.last_rows.capacity()) * 4
            + self.blocks.capacity() * size_of::<Block>()
            + self.bytes.capacity()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u32s(&self.first_blocks);
        writer.u32s(&self.last_rows);
        writer.u64s(self.blocks.iter().map(|block| {
            let shape = [block.row_width, block.count_width, block.length, 0];
            u64::from(block.place) << 32 | u64::from(u32::from_le_bytes(shape))
        }));
        writer.bytes(&self.bytes);
    }

    /// Every block is unpacked once, so that later nothing can lie outside.
    pub(super) fn read(reader: &mut Reader, rows: usize) -> Result<Self, Damaged> {
        const DAMAGED: Damaged = Damaged("postings");
        let first_blocks = reader.u32s()?;
        let last_rows = reader.u32s_below(rows)?;
        let shapes = reader.u64s()?;
        let bytes = reader.bytes()?.to_vec();
        let whole = first_blocks.first() == Some(&0)
            && first_blocks.last().is_some_and(|last| *last as usize == last_rows.len())
            && first_blocks.is_sorted()
            && shapes.len() == last_rows.len();
        if !whole {
            return Err(DAMAGED);
        }
        let block = |shape: u64| {
            let [row_width, count_width, length, _] = (shape as u32).to_le_bytes();
            Block { place: (shape >> 32) as u32, row_width, count_width, length }
        };
        let blocks = shapes.map(block).collect();
        let postings = Self { first_blocks, last_rows, blocks, bytes };
        let mut found = Unpacked::new();
        for term in 0..postings.terms() {
            let blocks = postings.blocks_of(term);
            if !blocks.clone().all(|block| postings.is_whole(block, &blocks, &mut found)) {
                return Err(DAMAGED);
            }
        }
        Ok(postings)
    }

    fn is_whole(&self, block: usize, blocks: &Range<usize>, found: &mut Unpacked) -> bool {
        let shape = &self.blocks[block];
        let (place, length) = (shape.place as usize, usize::from(shape.length));
        let sized = if shape.row_width == IN_BYTES {
            (1..BLOCK).contains(&length) && block + 1 == blocks.end && place <= self.bytes.len()
        } else {
            let packed = packing::packed_length(u32::from(shape.row_width) + u32::from(shape.count_width));
            length == BLOCK
                && shape.row_width <= 32
                && shape.count_width <= 32
                && place + packed + PADDING.len() <= self.bytes.len()
        };
        if !sized {
            return false;
        }
        self.unpack_rows(block, blocks.start, found);
        let after = block == blocks.start || found.rows()[0] > self.last_rows[block - 1];
        after
            && found.rows().is_sorted_by(|one, next| one < next)
            && found.rows().last() == Some(&self.last_rows[block])
    }
}

/// Each posting: the difference doubled, plus one where the term occurs once; else the count follows.
fn unpack_tail(mut bytes: &[u8], mut next: u32, found: &mut Unpacked) {
    for index in 0..found.length {
        let head = packing::take_varint(&mut bytes);
        found.rows[index] = next.wrapping_add((head >> 1) as u32);
        found.counts[index] = if head & 1 == 1 { 1 } else { packing::take_varint(&mut bytes) as u32 };
        next = found.rows[index].wrapping_add(1);
    }
}

/// The postings of one term while they are collected.
#[derive(Default)]
pub(super) struct TermBuilder {
    rows: Vec<u32>,
    counts: Vec<u32>,
    last_rows: Vec<u32>,
    blocks: Vec<Block>,
    bytes: Vec<u8>,
}

impl TermBuilder {
    /// Adds a row, after those before it, that holds the term so often.
    pub(super) fn push(&mut self, row: u32, count: u32) {
        self.rows.push(row);
        self.counts.push(count);
        if self.rows.len() == BLOCK {
            self.close();
        }
    }

    fn close(&mut self) {
        let mut next = self.last_rows.last().map_or(0, |last| last + 1);
        let (last, place) = (self.rows[self.rows.len() - 1], self.bytes.len() as u32);
        let (mut rows, mut counts) = ([0; BLOCK], [0; BLOCK]);
        for (index, (row, count)) in self.rows.iter().zip(&self.counts).enumerate() {
            (rows[index], counts[index]) = (row - next, count - 1);
            next = row + 1;
        }
        let length = self.rows.len() as u8;
        let (row_width, count_width) = if self.rows.len() == BLOCK {
            let (row_width, count_width) = (packing::width(&rows), packing::width(&counts));
            packing::pack(&rows, row_width, &mut self.bytes);
            packing::pack(&counts, count_width, &mut self.bytes);
            (row_width as u8, count_width as u8)
        } else {
            for (row, count) in rows.iter().zip(&self.counts) {
                packing::put_varint(u64::from(*row) << 1 | u64::from(*count == 1), &mut self.bytes);
                if *count != 1 {
                    packing::put_varint(u64::from(*count), &mut self.bytes);
                }
            }
            (IN_BYTES, 0)
        };
        self.blocks.push(Block { place, row_width, count_width, length });
        self.last_rows.push(last);
        self.rows.clear();
        self.counts.clear();
    }
}

impl Postings {
    /// Puts the postings of all terms together, in the order of the terms.
    pub(super) fn of(terms: impl Iterator<Item = TermBuilder>) -> Self {
        let mut all = Self { first_blocks: vec![0], ..Self::default() };
        for mut term in terms {
            if !term.rows.is_empty() {
                term.close();
            }
            let offset = all.bytes.len() as u32;
            all.blocks.extend(term.blocks.iter().map(|block| Block { place: block.place + offset, ..*block }));
            all.last_rows.extend_from_slice(&term.last_rows);
            all.bytes.extend_from_slice(&term.bytes);
            all.first_blocks.push(all.blocks.len() as u32);
        }
        all.bytes.extend(PADDING);
        all.first_blocks.shrink_to_fit();
        all.last_rows.shrink_to_fit();
        all.blocks.shrink_to_fit();
        all.bytes.shrink_to_fit();
        all
    }
}
