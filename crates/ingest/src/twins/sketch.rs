//! MinHash (Broder 1997): the smallest hash of a document's word sequences, under several hashes; two documents agree in
//! each of them with the probability that is their Jaccard similarity. Bands of several hashes are looked up as one key
//! (Leskovec, Rajaraman and Ullman, *Mining of Massive Datasets*, 3.4), so that nobody compares every two documents: with 8
//! bands of 4, a pair of similarity .8 is met with probability .985, one of .3 with .063.

/// Words in one sequence.
const SHINGLE: usize = 4;
const BANDS: usize = 8;
const ROWS: usize = 4;
/// Below this, documents are alike and not the same.
const NEARLY_THE_SAME: f32 = 0.7;
/// Shorter documents are phrases: many are alike by chance.
const FEWEST_WORDS: usize = 20;

/// The smallest hashes of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sketch([u32; BANDS * ROWS]);

impl Sketch {
    /// `None` for a text that is too short to tell.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let words: Vec<u64> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| hash(word.to_lowercase().as_bytes()))
            .collect();
        if words.len() < FEWEST_WORDS {
            return None;
        }
        let mut least = [u32::MAX; BANDS * ROWS];
        for shingle in words.windows(SHINGLE) {
            let whole = shingle.iter().fold(0u64, |whole, word| mixed(whole.rotate_left(17) ^ word));
            for (which, least) in least.iter_mut().enumerate() {
                // One good hash and a different odd factor for each make as many as are needed.
                let one = mixed(whole.wrapping_mul(2 * which as u64 + 0x9e37_79b9_7f4a_7c15));
                *least = (*least).min((one >> 32) as u32);
            }
        }
        Some(Self(least))
    }

    /// One key per band: documents that share one may be the same.
    pub(crate) fn bands(&self) -> impl Iterator<Item = i64> + '_ {
        self.0.chunks_exact(ROWS).enumerate().map(|(band, rows)| {
            let key = rows.iter().fold(band as u64 + 1, |key, row| mixed(key.rotate_left(13) ^ u64::from(*row)));
            key.cast_signed()
        })
    }

    /// The estimated Jaccard similarity, when it is high enough to tell a person.
    pub(crate) fn similarity(&self, other: &Self) -> Option<f32> {
        let equal = self.0.iter().zip(&other.0).filter(|(one, other)| one == other).count();
        let share = equal as f32 / self.0.len() as f32;
        (share >= NEARLY_THE_SAME).then_some(share)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (values, rest) = bytes.as_chunks::<4>();
        let values: Vec<u32> = values.iter().map(|value| u32::from_le_bytes(*value)).collect();
        if rest.is_empty() { values.try_into().ok().map(Self) } else { None }
    }
}

/// FNV-1a in 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The finaliser of MurmurHash3.
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}
