//! What a word could be: a table of word hashes with one bit per list. 16 bits of each hash are kept, so that a word in no
//! list is taken for one about once in some ten thousand words: a feature among many, never a decision.

/// One bit per list.
pub(crate) mod class {
    pub(crate) const FIRST_TOP: u16 = 1;
    pub(crate) const FIRST: u16 = 1 << 1;
    pub(crate) const LAST_TOP: u16 = 1 << 2;
    pub(crate) const LAST: u16 = 1 << 3;
    pub(crate) const CITY: u16 = 1 << 4;
    pub(crate) const PLACE_PART: u16 = 1 << 5;
    pub(crate) const COUNTRY: u16 = 1 << 6;
    pub(crate) const COMMON_TOP: u16 = 1 << 7;
    pub(crate) const COMMON: u16 = 1 << 8;
    pub(crate) const STREET: u16 = 1 << 9;
    pub(crate) const ORGANISATION: u16 = 1 << 10;
    pub(crate) const TITLE: u16 = 1 << 11;
    pub(crate) const CALENDAR: u16 = 1 << 12;
    pub(crate) const JOB: u16 = 1 << 13;
    pub(crate) const CUE: u16 = 1 << 14;
    pub(crate) const NATION: u16 = 1 << 15;
    /// Whatever a person may be called.
    pub(crate) const PERSON: u16 = FIRST_TOP | FIRST | LAST_TOP | LAST;
    pub(crate) const PLACE: u16 = CITY | PLACE_PART | COUNTRY;
}

/// Open addressing, 4 bytes a slot: 16 bits of the hash (0 is an empty slot), 16 bits of lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gazetteer {
    slots: Vec<u32>,
}

impl Gazetteer {
    /// From word hashes ([`super::tokens::word_hash`]) with their lists; a hash may come several times.
    pub(crate) fn build(words: &[(u64, u16)]) -> Self {
        let mut distinct: std::collections::BTreeMap<u64, u16> = std::collections::BTreeMap::new();
        for (hash, classes) in words {
            *distinct.entry(*hash).or_default() |= classes;
        }
        let size = distinct.len() * 5 / 4 + 2;
        let mut table = Self { slots: vec![0; size] };
        for (hash, classes) in distinct {
            let mut at = table.place(hash);
            while table.slots[at] >> 16 != 0 && table.slots[at] >> 16 != mark(hash) {
                at = (at + 1) % size;
            }
            table.slots[at] = mark(hash) << 16 | table.slots[at] & 0xffff | u32::from(classes);
        }
        table
    }

    fn place(&self, hash: u64) -> usize {
        ((u64::from(hash as u32) * self.slots.len() as u64) >> 32) as usize
    }

    /// The lists that hold the word; 0 for none.
    #[inline]
    pub(crate) fn classes(&self, hash: u64) -> u16 {
        let mut at = self.place(hash);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return 0;
            }
            if slot >> 16 == mark(hash) {
                return slot as u16;
            }
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.slots.iter().flat_map(|slot| slot.to_le_bytes()).collect()
    }

    /// `None` unless the slots are whole and one at least is empty, so that every search ends.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<4>();
        let slots: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        (rest.is_empty() && slots.contains(&0)).then_some(Self { slots })
    }
}

/// 16 bits of the hash that the place does not use, never 0.
fn mark(hash: u64) -> u32 {
    ((hash >> 40) as u32 & 0xffff).max(1)
}
