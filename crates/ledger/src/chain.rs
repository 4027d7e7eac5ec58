//! The hash chain: `hash = SHA-256(hash before ‖ place ‖ SHA-256(fields of the event))`, one chain a node. The inner hash,
//! over all the text, is made on the caller's thread; only the outer one, of some 80 bytes, needs the event before it
//! and is made by the one writer. Every field is written with its length before it, so that no two different events
//! have the same bytes.

use sha2::{Digest, Sha256};

pub(crate) const HASH_BYTES: usize = 32;
pub(crate) type Hash = [u8; HASH_BYTES];

/// What stands before the first event of a node.
pub(crate) const GENESIS: Hash = [0; HASH_BYTES];

/// What an event says, before it has its place. Texts are bytes here, because what is verified may be text no longer.
pub(crate) struct Content<'a> {
    pub(crate) node: &'a [u8],
    /// µs since 1970.
    pub(crate) at: i64,
    pub(crate) kind: &'a [u8],
    pub(crate) trace: Option<&'a [u8]>,
    pub(crate) use_case: Option<&'a [u8]>,
    pub(crate) body: &'a [u8],
}

impl Content<'_> {
    pub(crate) fn hash(&self) -> Hash {
        let mut hasher = Sha256::new_with_prefix(b"shipway ledger event 2");
        hasher.update(self.at.to_le_bytes());
        for field in [Some(self.node), Some(self.kind), self.trace, self.use_case, Some(self.body)] {
            match field {
                None => hasher.update([0]),
                Some(text) => {
                    hasher.update([1]);
                    hasher.update((text.len() as u64).to_le_bytes());
                    hasher.update(text);
                }
            }
        }
        hasher.finalize().into()
    }
}

/// The event's place: the `seq`-th of its node, from 1 without a gap. `subject_key` is the number of the key that its
/// payload is sealed with, so that a payload cannot be made to look erased.
pub(crate) fn link(before: &Hash, seq: i64, subject_key: Option<i64>, content: &Hash) -> Hash {
    let mut hasher = Sha256::new_with_prefix(before);
    hasher.update(seq.to_le_bytes());
    hasher.update([u8::from(subject_key.is_some())]);
    hasher.update(subject_key.unwrap_or(0).to_le_bytes());
    hasher.update(content);
    hasher.finalize().into()
}
