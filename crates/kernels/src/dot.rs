//! Dot products: exact over integers, in a fixed order over floats, so that equal input gives equal scores on every
//! machine.

use crate::level::{Level, Path, at_every_level};

/// Lanes of partial sums: enough for the widest registers without reordering a sum.
const LANES: usize = 16;

/// The dot product of two vectors of one length.
pub fn dot_f32(one: &[f32], other: &[f32]) -> f32 {
    sum_of_products(Level::widest(), one, other)
}

/// The dot product of two vectors of one length, exact while they have fewer than 130,000 numbers.
pub fn dot_i8(one: &[i8], other: &[i8]) -> i32 {
    let mut found = [0];
    dots_i8(one, &other[..one.len().min(other.len())], &mut found);
    found[0]
}

/// The dot product of `one` with each row of a matrix whose rows lie end to end; `found` has one place a row.
pub fn dots_i8(one: &[i8], rows: &[i8], found: &mut [i32]) {
    dots_at(Level::widest(), one, rows, found);
}

fn dots_at(level: Level, one: &[i8], rows: &[i8], found: &mut [i32]) {
    match level.path() {
        Path::Plain => plain(one, rows, found),
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "the instructions must be known to be there")]
        // SAFETY: a level exists only where the processor said that it has these instructions.
        Path::Avx2 | Path::AvxVnni => unsafe { x86::dots_avx2(one, rows, found) },
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "the instructions must be known to be there")]
        // SAFETY: as above.
        Path::Avx512 => unsafe { x86::dots_avx512(one, rows, found) },
    }
}

fn plain(one: &[i8], rows: &[i8], found: &mut [i32]) {
    for (row, place) in rows.chunks_exact(one.len().max(1)).zip(found) {
        *place = scalar(one, row);
    }
}

fn scalar(one: &[i8], row: &[i8]) -> i32 {
    one.iter().zip(row).fold(0, |sum, (a, b)| sum.wrapping_add(i32::from(*a) * i32::from(*b)))
}

at_every_level! {
    fn sum_of_products(one: &[f32], other: &[f32]) -> f32 {
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
}

#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests;
