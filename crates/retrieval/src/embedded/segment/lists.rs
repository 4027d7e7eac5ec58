//! Many lists of numbers end to end with where each begins: which documents have which value.

use super::bytes::{Damaged, Reader, Writer};
use std::ops::Range;

/// Lists by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lists {
    items: Vec<u32>,
    /// Where each begins, and at the end the number of all items.
    starts: Vec<u32>,
}

impl Default for Lists {
    fn default() -> Self {
        Self { items: Vec::new(), starts: vec![0] }
    }
}

impl Lists {
    pub(super) fn push(&mut self, list: &[u32]) {
        self.items.extend_from_slice(list);
        self.starts.push(self.items.len() as u32);
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The items of some neighbouring lists.
    pub(super) fn of(&self, numbers: Range<usize>) -> &[u32] {
        &self.items[self.starts[numbers.start] as usize..self.starts[numbers.end] as usize]
    }

    pub(super) fn memory(&self) -> usize {
        (self.items.capacity() + self.starts.capacity()) * 4
    }

    pub(super) fn shrink(&mut self) {
        self.items.shrink_to_fit();
        self.starts.shrink_to_fit();
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u32s(&self.items);
        writer.u32s(&self.starts);
    }

    /// Lists of items below `below`.
    pub(super) fn read(reader: &mut Reader, below: usize) -> Result<Self, Damaged> {
        let items = reader.u32s_below(below)?;
        let starts = reader.starts(items.len())?;
        Ok(Self { items, starts })
    }
}
