//! The forward pass of a BERT encoder (Devlin et al. 2018) with mean pooling, as sentence-transformers runs it.
//!
//! Several texts go through at once, laid end to end: the large products see one tall matrix, only attention looks at
//! each text by itself, and nothing is ever padded.

use super::weights::{Layer, Linear, Norm, Weights};
use crate::embedder::normalise;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice};
use std::ops::Range;

/// Added to the variance in each layer normalisation (the model's `layer_norm_eps`).
const NORM_EPSILON: f32 = 1e-12;

/// The unit vector of each sequence of pieces. Pieces beyond the vocabulary and sequences longer than the model's
/// positions are the caller's to avoid; they are clamped here.
pub(super) fn embed(weights: &Weights, sequences: &[Vec<u32>]) -> Vec<Vec<f32>> {
    let mut spans = Vec::with_capacity(sequences.len());
    let mut rows = 0;
    for sequence in sequences {
        spans.push(rows..rows + sequence.len());
        rows += sequence.len();
    }
    let mut state = looked_up(weights, sequences, rows);
    for layer in &weights.layers {
        state = through(layer, &state, &spans, weights.heads);
    }
    spans.into_iter().map(|span| pooled(&rows_of(state.view(), span))).collect()
}

fn looked_up(weights: &Weights, sequences: &[Vec<u32>], rows: usize) -> Array2<f32> {
    let mut state = Array2::zeros((rows, weights.hidden()));
    let last = |matrix: &Array2<f32>| matrix.nrows().saturating_sub(1);
    let pieces = sequences.iter().flat_map(|sequence| sequence.iter().enumerate());
    for (mut row, (position, piece)) in state.rows_mut().into_iter().zip(pieces) {
        row.assign(&weights.words.row((*piece as usize).min(last(&weights.words))));
        row += &weights.positions.row(position.min(last(&weights.positions)));
    }
    normalise_rows(&mut state, &weights.embedding_norm);
    state
}

fn through(layer: &Layer, state: &Array2<f32>, spans: &[Range<usize>], heads: usize) -> Array2<f32> {
    let query_key_value = linear(&layer.query_key_value, state);
    let attended = attention(&query_key_value, spans, heads);
    let mut middle = linear(&layer.attention_output, &attended);
    middle += state;
    normalise_rows(&mut middle, &layer.attention_norm);
    let mut wide = linear(&layer.up, &middle);
    wide.as_slice_mut().into_iter().flatten().for_each(|value| *value = gelu(*value));
    let mut output = linear(&layer.down, &wide);
    output += &middle;
    normalise_rows(&mut output, &layer.output_norm);
    output
}

fn linear(layer: &Linear, input: &Array2<f32>) -> Array2<f32> {
    let mut output = Array2::zeros((input.nrows(), layer.bias.len()));
    output += &layer.bias;
    general_mat_mul(1.0, input, &layer.weight, 1.0, &mut output);
    output
}

fn rows_of(mut matrix: ArrayView2<'_, f32>, rows: Range<usize>) -> ArrayView2<'_, f32> {
    matrix.slice_axis_inplace(Axis(0), Slice::from(rows));
    matrix
}

fn columns_of(mut matrix: ArrayView2<'_, f32>, columns: Range<usize>) -> ArrayView2<'_, f32> {
    matrix.slice_axis_inplace(Axis(1), Slice::from(columns));
    matrix
}

/// Scaled dot-product attention of each text with itself, head by head.
fn attention(query_key_value: &Array2<f32>, spans: &[Range<usize>], heads: usize) -> Array2<f32> {
    let hidden = query_key_value.ncols() / 3;
    let width = hidden / heads;
    let scale = 1.0 / (width as f32).sqrt();
    let mut output = Array2::zeros((query_key_value.nrows(), hidden));
    for span in spans {
        let mut scores = Array2::zeros((span.len(), span.len()));
        for head in 0..heads {
            let part = |which: usize| {
                let start = which * hidden + head * width;
                columns_of(rows_of(query_key_value.view(), span.clone()), start..start + width)
            };
            general_mat_mul(scale, &part(0), &part(1).t(), 0.0, &mut scores);
            scores.rows_mut().into_iter().for_each(|mut row| row.as_slice_mut().into_iter().for_each(softmax));
            let mut place: ArrayViewMut2<'_, f32> = output.slice_axis_mut(Axis(0), Slice::from(span.clone()));
            place.slice_axis_inplace(Axis(1), Slice::from(head * width..(head + 1) * width));
            general_mat_mul(1.0, &scores, &part(2), 0.0, &mut place);
        }
    }
    output
}

fn softmax(row: &mut [f32]) {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.iter_mut().for_each(|value| *value = exp_of_negative(*value - most));
    let sum: f32 = row.iter().sum();
    row.iter_mut().for_each(|value| *value /= sum);
}

fn normalise_rows(state: &mut Array2<f32>, norm: &Norm) {
    let count = state.ncols() as f32;
    for mut row in state.rows_mut() {
        let mean = row.sum() / count;
        row -= mean;
        let variance = row.iter().map(|value| value * value).sum::<f32>() / count;
        row *= 1.0 / (variance + NORM_EPSILON).sqrt();
        row *= &norm.scale;
        row += &norm.shift;
    }
}

/// The mean over the text's pieces, at length one.
fn pooled(rows: &ArrayView2<'_, f32>) -> Vec<f32> {
    let mut vector = rows.mean_axis(Axis(0)).map(|mean| mean.to_vec()).unwrap_or_default();
    normalise(&mut vector);
    vector
}

/// The Gaussian error linear unit in its exact form, `x · Φ(x)`.
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function as the quotient of two polynomials, within 4e-7 everywhere (the minimax fit that Eigen and XLA
/// use). Unlike a library call the compiler can run it on many values at once, and so are the next ones.
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
fn exp_of_negative(x: f32) -> f32 {
    const ROUNDS: f32 = 12_582_912.0; // 1.5 · 2^23: adding it leaves an integer in the low bits.
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
fn polynomial<const N: usize>(terms: &[f32; N], x: f32) -> f32 {
    terms.iter().fold(0.0, |sum, term| sum * x + term)
}

#[cfg(test)]
mod tests;
