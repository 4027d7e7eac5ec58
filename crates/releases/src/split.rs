//! Which arm a conversation falls to: a hash of the release's salt and the conversation, so that one conversation
//! always meets the same bundle, and the next release splits anew.

use crate::decision::Pointer;
use sha2::{Digest, Sha256};
use usecase::TraceId;

pub(crate) fn falls_to_canary(pointer: &Pointer, sticky: Option<&str>) -> bool {
    let drawn;
    let key = match sticky {
        Some(key) => key,
        None => {
            drawn = TraceId::random().to_string();
            &drawn
        }
    };
    position(&pointer.salt, key) < pointer.share.fraction()
}

/// Where a key lies between 0 and 1, evenly spread: the first 52 bits of SHA-256, which a double holds exactly.
#[expect(clippy::cast_precision_loss, reason = "52 bits fit a double")]
fn position(salt: &str, key: &str) -> f64 {
    let digest = Sha256::new().chain_update(salt).chain_update([0]).chain_update(key).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    (u64::from_be_bytes(first) >> 12) as f64 / (1_u64 << 52) as f64
}
