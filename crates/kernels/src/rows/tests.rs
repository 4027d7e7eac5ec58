//! The functions against the standard library's, and every level against the plain one, to the bit.

use super::{erf, exp_of_negative, gelu_at, layer_norm_at, quantise_signed, quantise_unsigned, softmax};
use crate::level::Level;
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn the_approximations_keep_their_bounds() {
    for (x, expected) in [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3), (9.0, 1.0)] {
        assert!((erf(x) - expected).abs() < 5e-7 && (erf(-x) + expected).abs() < 5e-7, "erf({x})");
    }
    for step in 0..8_000u16 {
        let x = -f32::from(step) / 100.0;
        let expected = f64::from(x).exp();
        assert!((f64::from(exp_of_negative(x)) - expected).abs() <= 2e-7 * expected, "exp({x})");
    }
}

#[test]
fn nothing_to_do_is_done() {
    for level in Level::available() {
        softmax(level, &mut [], 1.0);
        gelu_at(level, &mut []);
        layer_norm_at(level, &mut [], &[], &[], 1e-12);
        let mut bytes = [9; 3];
        let range = quantise_unsigned(level, &[0.5; 3], &mut bytes);
        assert_eq!((bytes, range.least, range.step), ([0; 3], 0.5, 0.0));
        assert_eq!(quantise_signed(level, &[0.0; 2], &mut [1; 2]), 0.0);
        quantise_unsigned(level, &[f32::NAN, f32::INFINITY], &mut [0; 2]);
    }
}

/// The same bits from every level.
fn same<T: PartialEq + std::fmt::Debug>(work: impl Fn(Level) -> T) -> T {
    let plain = work(Level::PLAIN);
    Level::available().into_iter().for_each(|level| assert_eq!(work(level), plain, "{level:?}"));
    plain
}

proptest! {
    #[test]
    fn rows_become_what_they_should(values in vec(-30.0f32..30.0, 1..200)) {
        let shares = same(|level| { let mut row = values.clone(); softmax(level, &mut row, 0.25); row });
        let most = values.iter().copied().fold(f32::MIN, f32::max);
        let all: f64 = values.iter().map(|value| (f64::from(value - most) * 0.25).exp()).sum();
        for (share, value) in shares.iter().zip(&values) {
            let expected = (f64::from(value - most) * 0.25).exp() / all;
            prop_assert!((f64::from(*share) - expected).abs() < 1e-6);
        }
        let units = vec![1.0; values.len()];
        let normal = same(|level| {
            let mut row = values.clone();
            layer_norm_at(level, &mut row, &units, &vec![0.0; values.len()], 1e-3);
            row
        });
        let count = values.len() as f64;
        let mean = normal.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
        prop_assert!(mean.abs() < 1e-3);
        same(|level| { let mut row = values.clone(); gelu_at(level, &mut row); row });
    }

    #[test]
    fn bytes_stand_for_their_numbers(values in vec(-30.0f32..30.0, 1..200)) {
        let (bytes, range) = same(|level| {
            let mut bytes = vec![0; values.len()];
            let range = quantise_unsigned(level, &values, &mut bytes);
            (bytes, range)
        });
        for (byte, value) in bytes.iter().zip(&values) {
            prop_assert!((range.least + range.step * f32::from(*byte) - value).abs() <= range.step * 0.51);
        }
        let (bytes, worth) = same(|level| {
            let mut bytes = vec![0i8; values.len()];
            let worth = quantise_signed(level, &values, &mut bytes);
            (bytes, worth)
        });
        for (byte, value) in bytes.iter().zip(&values) {
            prop_assert!((worth * f32::from(*byte) - value).abs() <= worth * 0.51 && *byte > i8::MIN);
        }
    }
}
