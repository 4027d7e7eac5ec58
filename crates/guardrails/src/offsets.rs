//! Where a place in a changed text lay in the text as it was. Masking replaces a value by a placeholder of another
//! length; a citation computed over the masked text must still open the right words of the document.

/// One replaced stretch, in code points on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Replaced {
    source_start: usize,
    source_end: usize,
    changed_start: usize,
    changed_end: usize,
}

/// Maps code points of a changed text to code points of its source. The default is the identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    /// In ascending order, never overlapping.
    replaced: Vec<Replaced>,
}

impl OffsetMap {
    /// Notes that source code points `source_start..source_end` became `changed_length` code points. Stretches are
    /// noted from left to right.
    pub(crate) fn push(&mut self, source_start: usize, source_end: usize, changed_length: usize) {
        let changed_start = match self.replaced.last() {
            Some(last) => last.changed_end + (source_start - last.source_end),
            None => source_start,
        };
        let changed_end = changed_start + changed_length;
        self.replaced.push(Replaced { source_start, source_end, changed_start, changed_end });
    }

    /// The source code point of a code point of the changed text. Places inside a replacement map to the beginning of
    /// what it replaced, so that an empty stretch stays empty.
    pub fn to_source(&self, changed: usize) -> usize {
        let before = self.replaced.partition_point(|stretch| stretch.changed_end <= changed);
        if let Some(inside) = self.replaced.get(before)
            && inside.changed_start < changed
        {
            return inside.source_start;
        }
        match before.checked_sub(1).and_then(|index| self.replaced.get(index)) {
            Some(last) => last.source_end + (changed - last.changed_end),
            None => changed,
        }
    }

    /// As `to_source`, for the end of a stretch: a place inside a replacement maps to the end of what it replaced, so
    /// that a stretch which touches a masked value covers the whole value.
    pub fn end_to_source(&self, changed: usize) -> usize {
        let before = self.replaced.partition_point(|stretch| stretch.changed_end <= changed);
        match self.replaced.get(before) {
            Some(inside) if inside.changed_start < changed => inside.source_end,
            _ => self.to_source(changed),
        }
    }
}

#[cfg(test)]
mod tests;
