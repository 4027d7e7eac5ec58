//! What an encoder does to rows of floats, number by number. All of it is plain arithmetic in a fixed order, compiled
//! for every level: each gives the same bits.

use crate::level::{Level, at_every_level};
use crate::linear::Range;

/// Partial sums, as many as the widest registers hold.
const LANES: usize = 16;

/// 1.5 · 2^23: adding it to a number rounds that to a whole one, which is left in the low bits.
const ROUNDS: f32 = 12_582_912.0;

/// The Gaussian error linear unit in its exact form, `x · Φ(x)` (Hendrycks and Gimpel 2016), in place.
pub fn gelu(values: &mut [f32]) {
    gelu_at(Level::widest(), values);
}

/// Layer normalisation (Ba et al. 2016) of every row in place; rows are as long as `scale` and `shift`.
pub fn layer_norm(values: &mut [f32], scale: &[f32], shift: &[f32], epsilon: f32) {
    layer_norm_at(Level::widest(), values, scale, shift, epsilon);
}

at_every_level! {
    pub(crate) fn gelu_at(values: &mut [f32]) {
        for value in values {
            *value = 0.5 * *value * (1.0 + erf(*value * std::f32::consts::FRAC_1_SQRT_2));
        }
    }
}

at_every_level! {
    pub(crate) fn layer_norm_at(values: &mut [f32], scale: &[f32], shift: &[f32], epsilon: f32) {
        let count = scale.len() as f32;
        for row in values.chunks_exact_mut(scale.len().max(1)) {
            let mean = sum_of(row, |value| value) / count;
            let variance = sum_of(row, |value| (value - mean) * (value - mean)) / count;
            let narrow = 1.0 / (variance + epsilon).sqrt();
            for ((value, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
                *value = (*value - mean) * narrow * scale + shift;
            }
        }
    }
}

at_every_level! {
    /// `e^(scale · x)` of each number over their sum, in place; the scale is positive.
    pub(crate) fn softmax(row: &mut [f32], scale: f32) {
        let most = over(row, f32::NEG_INFINITY, f32::max);
        for value in row.iter_mut() {
            *value = exp_of_negative((*value - most) * scale);
        }
        let share = 1.0 / sum_of(row, |value| value);
        for value in row.iter_mut() {
            *value *= share;
        }
    }
}

at_every_level! {
    /// The row as bytes from 0 to 255 between its least and its greatest number, to the nearest.
    pub(crate) fn quantise_unsigned(row: &[f32], bytes: &mut [u8]) -> Range {
        let (least, most) = (over(row, f32::INFINITY, f32::min), over(row, f32::NEG_INFINITY, f32::max));
        let step = (most - least) / 255.0;
        let steps_in_one = if step > 0.0 { 1.0 / step } else { 0.0 };
        for (byte, value) in bytes.iter_mut().zip(row) {
            *byte = ((value - least) * steps_in_one + ROUNDS).to_bits() as u8;
        }
        Range { least, step }
    }
}

at_every_level! {
    /// The row as bytes from -127 to 127 in proportion, to the nearest; gives what one of them is worth.
    pub(crate) fn quantise_signed(row: &[f32], bytes: &mut [i8]) -> f32 {
        let most = over(row, 0.0, |most, value| most.max(value.abs()));
        let steps_in_one = if most > 0.0 { 127.0 / most } else { 0.0 };
        for (byte, value) in bytes.iter_mut().zip(row) {
            *byte = (value * steps_in_one + ROUNDS).to_bits() as i8;
        }
        most / 127.0
    }
}

/// The sum of something of each number: in lanes, then the lanes, then the rest.
#[inline(always)]
fn sum_of(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0f32; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += of(chunk[lane]);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|value| of(*value)).sum::<f32>()
}

/// The least or greatest number, by lanes.
#[inline(always)]
fn over(row: &[f32], start: f32, pick: impl Fn(f32, f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [start; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = pick(lanes[lane], chunk[lane]);
        }
    }
    lanes.iter().chain(rest).fold(start, |found, value| pick(found, *value))
}

/// The error function as the quotient of two polynomials, within 4e-7 everywhere (the minimax fit that Eigen and XLA
/// use). Unlike a library call it can run on many values at once, and so can the next one.
#[inline(always)]
fn erf(x: f32) -> f32 {
    const ABOVE: [f32; 7] =
        [-2.726_142_3e-10, 2.770_681_4e-8, -2.101_024e-6, -5.692_506_4e-5, -7.349_906e-4, -2.954_6e-3, -1.609_603_3e-2];
    const BELOW: [f32; 5] = [-1.456_607_2e-5, -2.133_740_5e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2];
    let x = x.clamp(-4.0, 4.0);
    let square = x * x;
    x * polynomial(&ABOVE, square) / polynomial(&BELOW, square)
}

/// `e^x` for x ≤ 0, within 8e-8 of itself (the Cephes library's `expf`): split off the power of two, which goes
/// straight into the exponent's bits, and take the rest by a polynomial.
#[inline(always)]
fn exp_of_negative(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const TERMS: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5];
    let x = x.max(-87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUNDS;
    let power = shifted - ROUNDS;
    let rest = x - power * LN_2_HIGH - power * LN_2_LOW;
    let mantissa = polynomial(&TERMS, rest) * rest * rest + rest + 1.0;
    let exponent = shifted.to_bits().wrapping_sub(ROUNDS.to_bits()).wrapping_add(127) << 23;
    mantissa * f32::from_bits(exponent)
}

/// Highest power first.
#[inline(always)]
fn polynomial<const N: usize>(terms: &[f32; N], x: f32) -> f32 {
    terms.iter().fold(0.0, |sum, term| sum * x + term)
}

#[cfg(test)]
mod tests;
