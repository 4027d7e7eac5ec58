//! Bitcoin addresses: the segregated-witness form carries a checksum (BIP 173, BIP 350); the older Base58 form's is a hash, so
//! that a word must name it.

use super::Sink;
use super::context::{CRYPTO, Context};
use super::rules::Run;
use super::surroundings::is_whole;

pub(super) fn find(text: &str, context: &Context<'_>, runs: &[Run], sink: &mut Sink<'_>) {
    for run in runs.iter().filter(|run| (26..=62).contains(&(run.end - run.start))) {
        let word = &text.as_bytes()[run.start..run.end];
        let right = is_segwit(word) || (is_base58(word) && context.names(CRYPTO, run.start, run.end));
        if right && is_whole(text, run.start, run.end) {
            sink.push("crypto_address", run.start, run.end, 3);
        }
    }
}

const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// The checksum of BIP 173 over the human-readable part `bc` and what follows; BIP 350 uses another constant.
fn is_segwit(word: &[u8]) -> bool {
    let lower = word.to_ascii_lowercase();
    let cased = word == lower.as_slice() || word == word.to_ascii_uppercase().as_slice();
    let Some(data) = lower.strip_prefix(b"bc1").filter(|_| cased) else { return false };
    // `bc` expanded: the upper bits of both letters, nought, the lower bits.
    let mut check = [3, 3, 0, 2, 3].into_iter().fold(1, polymod);
    for byte in data {
        let Some(value) = BECH32.iter().position(|known| known == byte) else { return false };
        check = polymod(check, value as u32);
    }
    matches!(check, 1 | 0x2BC8_30A3)
}

fn polymod(check: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3];
    let top = check >> 25;
    let next = (check & 0x01FF_FFFF) << 5 ^ value;
    GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1).fold(next, |next, (_, term)| next ^ term)
}

fn is_base58(word: &[u8]) -> bool {
    matches!(word[0], b'1' | b'3')
        && word.len() <= 35
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() && !b"0OIl".contains(byte))
        && word.iter().any(u8::is_ascii_lowercase)
        && word.iter().any(u8::is_ascii_uppercase)
}
