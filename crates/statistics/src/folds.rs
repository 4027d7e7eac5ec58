//! Cross-validation: which part a row belongs to follows from its group's name, so that rows that belong together (a
//! source, a template, a document, near copies) are never on both sides, whatever order they come in.

/// A digest of a text, the same on every machine: FNV-1a, 64 bits (G. Fowler, L. Noll, K.-P. Vo), finished with
/// SplitMix64's mixer, since FNV's low bits alone are weak.
pub fn digest(text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    crate::Random::new(hash).number()
}

/// The fold, from 0 to `folds` - 1, of everything that belongs to `group`.
pub fn fold_of(group: &str, folds: usize) -> usize {
    ((u128::from(digest(group)) * folds as u128) >> 64) as usize
}
