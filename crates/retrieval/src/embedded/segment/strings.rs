//! Many strings end to end with where each begins: no allocation and no pointer for each.

use super::bytes::{Damaged, Reader, Writer};

/// Strings by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strings {
    text: String,
    /// Where each begins, and at the end the length of all.
    starts: Vec<u32>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { text: String::new(), starts: vec![0] }
    }
}

impl Strings {
    /// Adds a string. All together must stay below 4 GiB, which the builder sees to.
    pub(super) fn push(&mut self, string: &str) {
        self.text.push_str(string);
        self.starts.push(self.text.len() as u32);
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn get(&self, number: usize) -> &str {
        &self.text[self.starts[number] as usize..self.starts[number + 1] as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|number| self.get(number))
    }

    /// The number of the first string for which this is false, where it is true for those before and false for those after.
    pub(super) fn partition_point(&self, is_before: impl Fn(&str) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if is_before(self.get(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The number of a string, when they were added in order.
    pub(super) fn find(&self, string: &str) -> Option<usize> {
        let number = self.partition_point(|other| other < string);
        (number < self.len() && self.get(number) == string).then_some(number)
    }

    pub(super) fn memory(&self) -> usize {
        self.text.capacity() + self.starts.capacity() * 4
    }

    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.starts.shrink_to_fit();
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.bytes(self.text.as_bytes());
        writer.u32s(&self.starts);
    }

    pub(super) fn read(reader: &mut Reader) -> Result<Self, Damaged> {
        let text = String::from_utf8(reader.bytes()?.to_vec()).map_err(|_| Damaged("strings"))?;
        let starts = reader.starts(text.len())?;
        if starts.iter().all(|start| text.is_char_boundary(*start as usize)) {
            Ok(Self { text, starts })
        } else {
            Err(Damaged("strings"))
        }
    }
}
