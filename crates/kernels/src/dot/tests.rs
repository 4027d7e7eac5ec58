//! Every level against sums in 64 bits.

use super::{LANES, dot_f32, dot_i8, dots_at, dots_i8, sum_of_products};
use crate::level::Level;
use proptest::collection::vec;
use proptest::prelude::*;

fn exact(one: &[i8], row: &[i8]) -> i64 {
    one.iter().zip(row).map(|(a, b)| i64::from(*a) * i64::from(*b)).sum()
}

fn check(one: &[i8], rows: &[i8]) {
    let expected: Vec<i64> = rows.chunks_exact(one.len().max(1)).map(|row| exact(one, row)).collect();
    for level in Level::available() {
        let mut found = vec![0; expected.len()];
        dots_at(level, one, rows, &mut found);
        let found: Vec<i64> = found.into_iter().map(i64::from).collect();
        assert_eq!(found, expected, "{level:?}, {} numbers", one.len());
    }
}

#[test]
fn extremes_are_exact() {
    for length in [1, 15, 31, 32, 63, 64, 65, 128, 384, 1000, 100_000] {
        for (a, b) in [(i8::MIN, i8::MIN), (i8::MIN, i8::MAX), (i8::MAX, i8::MAX), (0, i8::MIN), (-1, 1)] {
            check(&vec![a; length], &vec![b; 2 * length]);
        }
    }
}

#[test]
fn odd_sizes_are_met() {
    check(&[], &[]);
    dots_i8(&[1, 2], &[3, 4, 5], &mut [0]);
    let mut untouched = [7, 7];
    dots_i8(&[1, 2], &[3, 4], &mut untouched);
    assert_eq!(untouched, [11, 7]);
    assert_eq!((dot_i8(&[], &[]), dot_i8(&[2], &[3]), dot_f32(&[], &[])), (0, 6, 0.0));
}

proptest! {
    #[test]
    fn any_rows_are_exact((one, rows) in (1usize..200, 0usize..6).prop_flat_map(|(length, rows)| {
        (vec(any::<i8>(), length), vec(any::<i8>(), length * rows))
    })) {
        check(&one, &rows);
    }

    #[test]
    fn floats_are_the_same_at_every_level(pairs in vec((-1.0f32..1.0, -1.0f32..1.0), 0..600)) {
        let (one, other): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
        let found = dot_f32(&one, &other);
        for level in Level::available() {
            prop_assert_eq!(sum_of_products(level, &one, &other).to_bits(), found.to_bits());
        }
        let exact: f64 = one.iter().zip(&other).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        prop_assert!((f64::from(found) - exact).abs() <= 1e-6 * (one.len() + LANES) as f64);
    }
}
