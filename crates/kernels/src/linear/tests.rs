//! Layers against sums in 64 bits, at every level. Integers are compared through the layer's output: it is computed
//! from exact sums by the same plain arithmetic, so it is the same to the bit.

use super::{Linear, Precision, Workspace, blocks};
use crate::level::Level;
use proptest::collection::vec;
use proptest::prelude::*;

fn applied(level: Level, precision: Precision, weight: &[f32], bias: &[f32], input: &[f32]) -> Vec<f32> {
    let linear = Linear::at(level, precision, weight, bias).expect("the shape fits");
    let rows = input.len() / linear.inputs();
    let mut output = vec![f32::NAN; rows * linear.outputs()];
    linear.apply(input, &mut output, &mut Workspace::default());
    output
}

/// The sum, and the sum of absolute products, for each output of each row.
fn exact(weight: &[f32], bias: &[f32], input: &[f32]) -> Vec<(f64, f64)> {
    let inputs = weight.len() / bias.len();
    let outputs = || weight.chunks_exact(inputs).zip(bias);
    let one = |row: &[f32], (weight, bias): (&[f32], &f32)| {
        let products = || row.iter().zip(weight).map(|(a, b)| f64::from(*a) * f64::from(*b));
        (products().sum::<f64>() + f64::from(*bias), products().map(f64::abs).sum::<f64>() + f64::from(bias.abs()))
    };
    input.chunks_exact(inputs).flat_map(|row| outputs().map(move |output| one(row, output))).collect()
}

fn check(weight: &[f32], bias: &[f32], input: &[f32]) {
    let expected = exact(weight, bias, input);
    let plain = applied(Level::PLAIN, Precision::Int8, weight, bias, input);
    for level in Level::available() {
        let bytes = applied(level, Precision::Int8, weight, bias, input);
        assert_eq!(bytes, plain, "{level:?}");
        let floats = applied(level, Precision::Fp32, weight, bias, input);
        for (found, (sum, size)) in floats.iter().zip(&expected) {
            assert!((f64::from(*found) - sum).abs() <= 1e-5 * size + 1e-9, "{level:?}: {found} instead of {sum}");
        }
    }
    // Half a step of 255 for an input in a range of up to 2, half a step of 127 for a weight of up to 1.
    let inputs = (weight.len() / bias.len()) as f64;
    for (found, (sum, _)) in plain.iter().zip(&expected) {
        assert!((f64::from(*found) - sum).abs() <= inputs * 0.009 + 1e-5, "{found} instead of {sum}");
    }
}

fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|number| ((number + seed) * 7919 % 2003) as f32 / 1001.0 - 1.0).collect()
}

#[test]
fn every_height_and_width_is_met() {
    for rows in 0..26 {
        check(&numbers(33 * 7, rows), &numbers(33, 1), &numbers(rows * 7, 2));
    }
    for (inputs, outputs) in [(1, 1), (4, 32), (5, 31), (384, 96), (130, 65)] {
        check(&numbers(inputs * outputs, 3), &numbers(outputs, 4), &numbers(inputs * 5, 5));
    }
}

#[test]
fn extremes_are_exact() {
    let (weight, bias) = (vec![1.0; 2 * 4096], [0.0, 0.5]);
    let mut input = vec![1.0; 4096];
    input[0] = 0.0;
    check(&weight, &bias, &input);
    check(&[0.0; 6], &[0.0, -1.0], &[0.0; 9]);
    check(&[-1.0; 6], &[0.0, -1.0], &[0.25; 9]);
}

#[test]
fn integers_agree_where_floats_lose_them() {
    let layer = |level| {
        let weight: Vec<f32> = (0..65_536).map(|number| if number % 3 == 0 { -1.0 } else { 1.0 }).collect();
        let input: Vec<f32> = (0..65_536).map(|number| (number % 2) as f32).collect();
        applied(level, Precision::Int8, &weight, &[0.0], &input)
    };
    let plain = layer(Level::PLAIN);
    Level::available().into_iter().for_each(|level| assert_eq!(layer(level), plain, "{level:?}"));
}

#[test]
fn what_is_no_layer_is_refused() {
    for (weight, bias) in [(&[1.0, 2.0, 3.0][..], &[0.0, 0.0][..]), (&[], &[0.0]), (&[1.0], &[])] {
        assert!(Linear::new(Precision::Int8, weight, bias).is_none());
    }
    assert!(Linear::new(Precision::Int8, &vec![0.0; 65_537], &[0.0]).is_none());
}

proptest! {
    #[test]
    fn blocks_cover_every_row_once(rows in 0usize..1000, most in 1usize..13) {
        let mut next = 0;
        for (start, height) in blocks(rows, most) {
            prop_assert_eq!(start, next);
            prop_assert!(height >= 1 && height <= most);
            next += height;
        }
        prop_assert_eq!(next, rows);
    }

    #[test]
    fn any_layer_is_within_its_bounds((weight, bias, input) in (1usize..70, 1usize..70, 0usize..14).prop_flat_map(
        |(inputs, outputs, rows)| {
            let number = -1.0f32..1.0;
            (vec(number.clone(), inputs * outputs), vec(number.clone(), outputs), vec(number, rows * inputs))
        },
    )) {
        check(&weight, &bias, &input);
    }
}
