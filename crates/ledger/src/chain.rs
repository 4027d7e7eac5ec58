//! The hash chain: `hash = SHA-256(hash before ‖ fields of the event)`, one chain a node. Every field is written with
//! its length before it, so that no two different events have the same bytes.

use sha2::{Digest, Sha256};

pub(crate) const HASH_BYTES: usize = 32;
pub(crate) type Hash = [u8; HASH_BYTES];

/// What stands before the first event of a node.
pub(crate) const GENESIS: Hash = [0; HASH_BYTES];

/// Everything of an event that its hash covers. Texts are bytes here, because what is verified may be text no longer.
pub(crate) struct Link<'a> {
    pub(crate) node: &'a [u8],
    /// From 1, without a gap.
    pub(crate) seq: i64,
    /// µs since 1970.
    pub(crate) at: i64,
    pub(crate) kind: &'a [u8],
    pub(crate) trace: Option<&'a [u8]>,
    pub(crate) use_case: Option<&'a [u8]>,
    /// The number of the key that the payload is sealed with, so that a payload cannot be made to look erased.
    pub(crate) subject_key: Option<i64>,
    pub(crate) body: &'a [u8],
}

impl Link<'_> {
    pub(crate) fn hash(&self, before: &Hash) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(before);
        hasher.update(b"shipway ledger event 1");
        hasher.update(self.seq.to_le_bytes());
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
        match self.subject_key {
            None => hasher.update([0]),
            Some(key) => {
                hasher.update([1]);
                hasher.update(key.to_le_bytes());
            }
        }
        hasher.finalize().into()
    }
}
