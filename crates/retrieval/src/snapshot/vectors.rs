//! The vector leg: an exact scan. Unit vectors make the dot product the cosine. At the sizes of one process (tens of
//! thousands of passages) a scan takes a millisecond or two, and unlike a graph it loses nothing under a filter.

/// Lanes of partial sums: enough for the compiler to use vector registers without reordering a sum by itself.
const LANES: usize = 16;

/// The dot product of two vectors of one length.
pub(super) fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (chunks, rest) = one.as_chunks::<LANES>();
    let (other_chunks, other_rest) = other.as_chunks::<LANES>();
    for (a, b) in chunks.iter().zip(other_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let tail: f32 = rest.iter().zip(other_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + tail
}

/// Whether a question's vector can be compared with those of an index of this many dimensions.
pub(super) fn comparable(vector: &[f32], dimensions: usize) -> bool {
    // A text without a word that the embedder knows gives the zero vector: it is near to nothing.
    dimensions > 0 && vector.len() == dimensions && vector.iter().any(|value| *value != 0.0)
}
