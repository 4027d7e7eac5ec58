//! Attention against the formula in 64 bits, at every level.

use super::attention_at;
use crate::level::Level;
use crate::linear::Workspace;

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|number| (number * 7919 % 2003) as f32 / 500.0 - 2.0).collect()
}

/// Row by row and head by head, as it is defined.
fn exact(heads: usize, hidden: usize, input: &[f32]) -> Vec<f64> {
    let (rows, width) = (input.len() / (3 * hidden), hidden / heads);
    let at = |row: usize, which: usize, head: usize, place: usize| {
        f64::from(input[row * 3 * hidden + which * hidden + head * width + place])
    };
    let mut output = vec![0.0; rows * hidden];
    for (row, head) in (0..rows).flat_map(|row| (0..heads).map(move |head| (row, head))) {
        let score = |other| (0..width).map(|place| at(row, 0, head, place) * at(other, 1, head, place)).sum::<f64>();
        let weights: Vec<f64> = (0..rows).map(|other| (score(other) / (width as f64).sqrt()).exp()).collect();
        let all: f64 = weights.iter().sum();
        for place in 0..width {
            let sum: f64 = (0..rows).map(|other| weights[other] * at(other, 2, head, place)).sum();
            output[row * hidden + head * width + place] = sum / all;
        }
    }
    output
}

#[test]
fn every_size_meets_the_formula() {
    for (heads, hidden, rows) in [(1, 1, 1), (2, 8, 3), (12, 384, 15), (3, 120, 33), (1, 64, 97), (2, 2, 0)] {
        let input = numbers(rows * 3 * hidden);
        let expected = exact(heads, hidden, &input);
        for level in Level::available() {
            let mut output = vec![f32::NAN; rows * hidden];
            // A buffer that another text used before.
            let mut workspace = Workspace::default();
            attention_at(level, 1, 4, &numbers(12 * 5), &mut [0.0; 20], &mut workspace);
            attention_at(level, heads, hidden, &input, &mut output, &mut workspace);
            for (found, expected) in output.iter().zip(&expected) {
                assert!((f64::from(*found) - expected).abs() < 1e-5, "{level:?} {heads} {hidden} {rows}");
            }
        }
    }
}
