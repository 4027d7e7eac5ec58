//! A small list of English words by how common they are. It tells a disguised text from an honest identifier (what was
//! undone must *read*), and it finds the blanks again in letters that were written without them.
//!
//! `words.txt` holds words in falling order of frequency. They were counted over the English texts of the labelled folder
//! (questions, answers, documents, intents, attacks; without NotInject), those kept that occur eight times and in five of
//! its sources; the vocabulary of attacks was put in by hand at the 700th place.

use std::sync::LazyLock;

/// Letters of the longest word in the list.
const LONGEST: usize = 20;

/// Bits of what is known of a hash.
const WORD: u8 = 1;
const ROTATED: u8 = 2;
const REVERSED: u8 = 4;

/// FNV-1a, 32 bits (Fowler, Noll, Vo): grows letter by letter, so that all beginnings of a run are looked up in one go.
pub(super) const HASH_START: u32 = 0x811C_9DC5;

#[inline]
pub(super) fn grow(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

fn hash(word: impl Iterator<Item = u8>) -> u32 {
    word.fold(HASH_START, grow)
}

#[derive(Clone, Copy, Default)]
struct Slot {
    hash: u32,
    rank: u16,
    bits: u8,
}

/// Open addressing, a third full.
struct Table {
    slots: Vec<Slot>,
    words: usize,
    /// A bit for each turned word's hash: nearly every word of an honest text ends here, in 16 KB that stay in cache.
    filter: Vec<u64>,
}

const SLOTS: usize = 1 << 15;
const FILTER_BITS: usize = 1 << 17;
/// Words that are known backwards and rotated: the most common.
const TURNED: usize = 2000;

impl Table {
    fn slot(&self, hash: u32) -> usize {
        let mut at = (hash ^ hash >> 15) as usize % SLOTS;
        while self.slots[at].bits != 0 && self.slots[at].hash != hash {
            at = (at + 1) % SLOTS;
        }
        at
    }

    fn add(&mut self, hash: u32, rank: usize, bits: u8) {
        let at = self.slot(hash);
        let slot = &mut self.slots[at];
        if slot.bits == 0 {
            *slot = Slot { hash, rank: u16::try_from(rank).unwrap_or(u16::MAX), bits };
        } else if slot.bits & WORD == 0 {
            slot.bits |= bits;
        }
    }

    fn load() -> Self {
        let list: Vec<&str> = include_str!("words.txt").split_ascii_whitespace().collect();
        let mut table =
            Self { slots: vec![Slot::default(); SLOTS], words: list.len(), filter: vec![0; FILTER_BITS / 64] };
        for (rank, word) in list.iter().enumerate() {
            table.add(hash(word.bytes()), rank, WORD);
        }
        // Names and rare words that happen to be a common word turned round or rotated.
        for word in "dna nap tap pat tar rat reviled emit saw spat snap loot ward peels sleep edoc inala".split(' ') {
            table.add(hash(word.bytes()), usize::from(u16::MAX), WORD);
        }
        for (rank, word) in list.iter().enumerate().take(TURNED).filter(|(_, word)| word.len() >= 3) {
            for (hash, bits) in [(hash(word.bytes().rev()), REVERSED), (hash(word.bytes().map(rotated)), ROTATED)] {
                table.add(hash, rank, bits);
                table.filter[hash as usize % FILTER_BITS / 64] |= 1 << (hash % 64);
            }
        }
        table
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::load);

/// ROT13 of a lower-case letter.
pub(super) fn rotated(byte: u8) -> u8 {
    match byte {
        b'a'..=b'm' => byte + 13,
        b'n'..=b'z' => byte - 13,
        _ => byte,
    }
}

/// What a word in lower case is: (a common word turned by ROT13, a common word backwards). Words that are words as they
/// stand are neither.
#[inline]
pub(super) fn turned(hash: u32) -> (bool, bool) {
    let table = &*TABLE;
    if table.filter[hash as usize % FILTER_BITS / 64] >> (hash % 64) & 1 == 0 {
        return (false, false);
    }
    let bits = table.slots[table.slot(hash)].bits;
    (bits & ROTATED != 0, bits & REVERSED != 0)
}

/// The place of a lower-case word in the list, the most common first.
pub(super) fn rank(word: &[u8]) -> Option<usize> {
    ranked(hash(word.iter().copied()))
}

fn ranked(hash: u32) -> Option<usize> {
    let slot = TABLE.slots[TABLE.slot(hash)];
    (slot.bits & WORD != 0 && slot.rank != u16::MAX).then_some(usize::from(slot.rank))
}

/// In the list, also without an ending that the list may not have: `-s`, `-ed`, `-ing`, `-ly`.
pub(super) fn is_listed(word: &[u8]) -> bool {
    let mut hash = HASH_START;
    for (at, byte) in word.iter().enumerate() {
        if at >= 3 && matches!(&word[at..], b"s" | b"ed" | b"ing" | b"ly" | b"'s") && ranked(hash).is_some() {
            return true;
        }
        hash = grow(hash, *byte);
    }
    word.len() >= 3 && ranked(hash).is_some()
}

/// Places of a word that are tried both ways.
const MOST_DOUBTFUL: usize = 5;

/// Reads the doubtful places of a word as `i` or `l`, whichever makes it a listed word. Without one the word is left
/// with `i`s, and the answer is no.
pub(super) fn settle(word: &mut [u8], doubtful: &[usize]) -> bool {
    let tried = doubtful.len().min(MOST_DOUBTFUL);
    for choice in 0..1_usize << tried {
        for (bit, place) in doubtful.iter().enumerate() {
            word[*place] = if bit < tried && choice >> bit & 1 == 1 { b'l' } else { b'i' };
        }
        if is_listed(word) {
            return true;
        }
    }
    doubtful.iter().for_each(|place| word[*place] = b'i');
    false
}

/// Whether letters without blanks, cut into words, read as English.
pub(super) struct Segmented {
    /// The end of each word, in letters.
    pub(super) ends: Vec<usize>,
    /// Share of the letters in listed words of at least three letters, 0 to 1.
    pub(super) known: f64,
    /// Letters of the longest listed word.
    pub(super) longest: usize,
}

impl Segmented {
    pub(super) fn reads(&self) -> bool {
        self.known >= 0.6 && self.longest >= 4
    }
}

/// The cheapest cut of lower-case letters into words: the cost of the word of rank `r` is `ln((r + 1) ln N)` (Zipf's law,
/// as in Norvig's word segmentation), that of an unknown one grows with its length. At most `20 * letters` look-ups.
pub(super) fn segment(letters: &[u8]) -> Segmented {
    let zipf = (TABLE.words as f32).ln();
    let mut best: Vec<(f32, u8, bool)> = vec![(f32::INFINITY, 0, false); letters.len() + 1];
    best[0].0 = 0.0;
    for start in 0..letters.len() {
        let (before, mut running) = (best[start].0, HASH_START);
        for length in 1..=LONGEST.min(letters.len() - start) {
            running = grow(running, letters[start + length - 1]);
            let (cost, known) = match ranked(running) {
                Some(rank) if length > 1 || matches!(letters[start], b'a' | b'i') => {
                    (((rank + 1) as f32 * zipf).ln(), true)
                }
                _ => (10.0 + 2.5 * length as f32, false),
            };
            if before + cost < best[start + length].0 {
                best[start + length] = (before + cost, length as u8, known);
            }
        }
    }
    walked_back(&best)
}

fn walked_back(best: &[(f32, u8, bool)]) -> Segmented {
    let (mut ends, mut known, mut longest) = (Vec::new(), 0, 0);
    let mut at = best.len() - 1;
    while at > 0 {
        let (_, length, listed) = best[at];
        let length = usize::from(length).max(1);
        ends.push(at);
        if listed && length >= 3 {
            known += length;
            longest = longest.max(length);
        }
        at -= length;
    }
    ends.reverse();
    Segmented { ends, known: known as f64 / (best.len() - 1).max(1) as f64, longest }
}
