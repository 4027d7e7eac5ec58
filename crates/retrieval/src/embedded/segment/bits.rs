//! A set of small numbers, one bit each: the documents or the rows of a segment that something is true of.

/// A set of numbers below a length that is given when it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits {
    /// The bits from `length` on are 0.
    words: Vec<u64>,
    length: usize,
}

impl Bits {
    pub(super) fn none(length: usize) -> Self {
        Self { words: vec![0; length.div_ceil(64)], length }
    }

    pub(super) fn all(length: usize) -> Self {
        let mut all = Self { words: vec![u64::MAX; length.div_ceil(64)], length };
        all.trim();
        all
    }

    fn trim(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.length % 64) {
            *last &= (1 << rest) - 1;
        }
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(super) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        self.bit(number) == 1
    }

    /// 1 for a number that is in the set, otherwise 0: to be summed without a branch.
    pub(super) fn bit(&self, number: u32) -> u64 {
        self.words.get(number as usize / 64).map_or(0, |word| word >> (number % 64) & 1)
    }

    /// Adds a number; one from the length on is left out.
    pub(super) fn insert(&mut self, number: u32) {
        if (number as usize) < self.length {
            self.words[number as usize / 64] |= 1 << (number % 64);
        }
    }

    /// Adds the numbers of a range that lies below the length.
    pub(super) fn insert_range(&mut self, range: std::ops::Range<u32>) {
        let mut at = range.start;
        while at < range.end {
            let (shift, count) = (at % 64, (64 - at % 64).min(range.end - at));
            self.words[at as usize / 64] |= (u64::MAX >> (64 - count)) << shift;
            at += count;
        }
    }

    pub(super) fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(one, other)| *one &= other);
    }

    pub(super) fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(one, other)| *one |= other);
    }

    pub(super) fn invert(&mut self) {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.trim();
    }

    /// The numbers in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| ones(*word).map(move |bit| index as u32 * 64 + bit))
    }
}

/// The places of the bits that are 1, in order.
pub(super) fn ones(word: u64) -> impl Iterator<Item = u32> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let bit = (rest != 0).then(|| rest.trailing_zeros())?;
        rest &= rest - 1;
        Some(bit)
    })
}
