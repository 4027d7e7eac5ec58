//! The arithmetic against published values, the field's simulated power table, and laws that hold for all inputs.

use super::Z_TWO_SIDED_95;
use super::mcnemar::{binomial, one_sided, tail, two_sided};
use super::power::{PROMISED, of_mcnemar, of_set};
use super::wilson::{Interval, Paired, newcombe, wilson};
use proptest::prelude::*;

#[track_caller]
fn near(found: f64, published: f64, within: f64) {
    assert!((found - published).abs() <= within, "{found} is not {published} ± {within}");
}

#[track_caller]
fn interval(found: Interval, low: f64, high: f64) {
    near(found.low, low, 0.0005);
    near(found.high, high, 0.0005);
}

#[test]
fn wilson_has_the_published_values() {
    interval(wilson(15, 20, Z_TWO_SIDED_95), 0.531, 0.888);
    // Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3.
    interval(wilson(81, 263, Z_TWO_SIDED_95), 0.2553, 0.3662);
    interval(wilson(15, 148, Z_TWO_SIDED_95), 0.0624, 0.1605);
    interval(wilson(0, 20, Z_TWO_SIDED_95), 0.0, 0.1611);
    interval(wilson(1, 29, Z_TWO_SIDED_95), 0.0061, 0.1718);
    interval(wilson(0, 0, Z_TWO_SIDED_95), 0.0, 1.0);
}

#[test]
fn newcombe_has_the_published_values() {
    // Airway hyper-responsiveness before and after transplantation (Bentur et al. 2009), as in Fagerland, Lydersen and
    // Laake, Statistics in Medicine 33 (2014) 2850: -0.507 to -0.026.
    let airways = Paired { both_passed: 1, losses: 1, wins: 7, both_failed: 12 };
    interval(newcombe(&airways, Z_TWO_SIDED_95), -0.507, -0.026);
    // Newcombe's own contrived table 36, 12, 2, 0, where one cell is empty.
    let empty_cell = Paired { both_passed: 36, losses: 12, wins: 2, both_failed: 0 };
    interval(newcombe(&empty_cell, Z_TWO_SIDED_95), 0.0569, 0.3404);
    let unknown = Paired::default();
    interval(newcombe(&unknown, Z_TWO_SIDED_95), -1.0, 1.0);
}

#[test]
fn mcnemar_has_the_values_of_the_binomial_table() {
    near(one_sided(5, 0), 0.031_25, 1e-12);
    near(two_sided(5, 0), 0.062_5, 1e-12);
    near(one_sided(4, 0), 0.062_5, 1e-12);
    near(one_sided(8, 1), 10.0 / 512.0, 1e-12);
    near(two_sided(1, 8), 20.0 / 512.0, 1e-12);
    near(one_sided(0, 0), 1.0, 1e-12);
    near(two_sided(3, 3), 1.0, 1e-12);
    // Far beyond where a power of one half is a floating-point number.
    near(tail(4_000, 2_000), 0.506_3, 0.000_1);
}

#[test]
fn power_agrees_with_the_simulated_table() {
    let table = [
        (50, 0.0, 0.00),
        (50, 0.05, 0.13),
        (100, 0.0, 0.02),
        (100, 0.05, 0.33),
        (100, 0.10, 0.77),
        (200, 0.05, 0.63),
        (200, 0.10, 0.97),
        (500, 0.02, 0.42),
        (500, 0.05, 0.95),
    ];
    for (cases, drop, simulated) in table {
        near(of_mcnemar(cases, drop), simulated, 0.03);
    }
}

#[test]
fn a_set_sees_the_smallest_drop_that_it_promises() {
    for cases in [20, 100, 500] {
        let drop = of_set(cases).visible_drop.expect("twenty cases see something");
        assert!(of_mcnemar(cases, drop) >= PROMISED, "{cases} cases see {drop}");
        assert!(of_mcnemar(cases, drop - 0.001) < PROMISED, "{cases} cases see no less than {drop}");
    }
    assert_eq!(of_set(4).visible_drop, None);
    assert_eq!(of_set(0).visible_drop, None);
}

fn tables() -> impl Strategy<Value = Paired> {
    (0..200_usize, 0..60_usize, 0..60_usize, 0..200_usize).prop_map(|(both_passed, losses, wins, both_failed)| Paired {
        both_passed,
        losses,
        wins,
        both_failed,
    })
}

proptest! {
    #[test]
    fn wilson_contains_the_share(total in 1..2_000_usize, part in 0.0..=1.0_f64) {
        let hits = (part * total as f64) as usize;
        let found = wilson(hits, total, Z_TWO_SIDED_95);
        let share = hits as f64 / total as f64;
        prop_assert!(0.0 <= found.low && found.low <= share && share <= found.high && found.high <= 1.0);
    }

    #[test]
    fn newcombe_contains_the_drop_and_mirrors(pairs in tables()) {
        let found = newcombe(&pairs, Z_TWO_SIDED_95);
        let drop = pairs.drop();
        prop_assert!(-1.0 <= found.low && found.low <= drop + 1e-12 && drop - 1e-12 <= found.high && found.high <= 1.0);
        let mirrored = newcombe(&pairs.swapped(), Z_TWO_SIDED_95);
        prop_assert!((mirrored.low + found.high).abs() < 1e-9 && (mirrored.high + found.low).abs() < 1e-9);
    }

    #[test]
    fn mcnemar_is_symmetric_and_monotone(losses in 0..300_usize, wins in 0..300_usize) {
        prop_assert!((two_sided(losses, wins) - two_sided(wins, losses)).abs() < 1e-12);
        let (here, worse) = (one_sided(losses, wins), one_sided(losses + 1, wins));
        prop_assert!((0.0..=1.0).contains(&here) && worse <= here + 1e-9);
        // Both tails together count the middle twice.
        prop_assert!(here + one_sided(wins, losses) >= 1.0 - 1e-9);
    }

    #[test]
    fn a_distribution_sums_to_one(trials in 0..1_500_usize, chance in 0.0..=1.0_f64) {
        prop_assert!((binomial(trials, chance).iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
