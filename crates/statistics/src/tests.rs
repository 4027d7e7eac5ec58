//! The figures against values computed by hand or by brute force, the models against data whose answer is known.

use crate::{
    Hashed, Random, Row, Settings, area, balanced_accuracy, best_balanced_threshold, fold_of, recall_at, threshold_at,
    train, trees, wilson,
};
use proptest::prelude::*;

#[test]
fn the_area_counts_pairs() {
    let check = |scored: &[(f64, bool)], wanted: Option<f64>| assert_eq!(area(scored), wanted, "{scored:?}");
    check(&[(0.9, true), (0.1, false)], Some(1.0));
    check(&[(0.1, true), (0.9, false)], Some(0.0));
    check(&[(0.5, true), (0.5, false)], Some(0.5));
    check(&[(0.5, true), (0.4, true)], None);
}

#[test]
fn an_interval_is_wilsons() {
    let interval = wilson(8, 10, 1.959_963_984_540_054);
    assert!((interval.low - 0.4902).abs() < 1e-4 && (interval.high - 0.9433).abs() < 1e-4, "{interval:?}");
    assert_eq!(wilson(0, 0, 1.96).high, 1.0);
}

proptest! {
    #[test]
    fn a_threshold_keeps_its_promise(
        scored in prop::collection::vec((0_u8..40, any::<bool>()), 0..200), share in 0.0_f64..1.0,
    ) {
        let scored: Vec<(f64, bool)> = scored.into_iter().map(|(score, kind)| (f64::from(score), kind)).collect();
        let threshold = threshold_at(&scored, share);
        let negatives = scored.iter().filter(|(_, positive)| !positive).count();
        let alarms = scored.iter().filter(|(score, positive)| !positive && *score >= threshold).count();
        prop_assert!(alarms as f64 <= share * negatives as f64);
        // One step lower and the promise would break, unless nothing is left to flag.
        let lower = scored.iter().filter(|(score, positive)| !positive && *score >= threshold.next_down()).count();
        prop_assert!(negatives == 0 || lower as f64 > share * negatives as f64 || lower == negatives || alarms < lower);
    }

    #[test]
    fn the_area_is_the_share_of_ordered_pairs(
        scored in prop::collection::vec((0_u8..9, any::<bool>()), 0..60),
    ) {
        let scored: Vec<(f64, bool)> = scored.into_iter().map(|(score, kind)| (f64::from(score), kind)).collect();
        let (mut won, mut pairs) = (0.0, 0.0);
        for (one, _) in scored.iter().filter(|(_, kind)| *kind) {
            for (other, _) in scored.iter().filter(|(_, kind)| !*kind) {
                pairs += 1.0;
                won += if one > other { 1.0 } else if one == other { 0.5 } else { 0.0 };
            }
        }
        match area(&scored) {
            Some(area) => prop_assert!((area - won / pairs).abs() < 1e-9),
            None => prop_assert_eq!(pairs, 0.0),
        }
    }

    #[test]
    fn no_threshold_is_better_balanced(scored in prop::collection::vec((0_u8..9, any::<bool>()), 2..60)) {
        let scored: Vec<(f64, bool)> = scored.into_iter().map(|(score, kind)| (f64::from(score), kind)).collect();
        if let Some(best) = balanced_accuracy(&scored, best_balanced_threshold(&scored)) {
            for threshold in 0..10 {
                prop_assert!(balanced_accuracy(&scored, f64::from(threshold)).unwrap_or_default() <= best + 1e-12);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_model_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(model) = Hashed::from_bytes(&bytes) {
            prop_assert_eq!(model.to_bytes(), bytes);
        }
    }
}

#[test]
fn a_separable_problem_is_learnt_and_survives_rounding() {
    let mut random = Random::new(7);
    let rows: Vec<Row> = (0..400)
        .map(|_| {
            let positive = random.share() < 0.5;
            let noise = 2 + random.below(30) as u32;
            Row {
                features: vec![(u32::from(positive), 1.0), (noise, 1.0)],
                target: f32::from(u8::from(positive)),
                weight: 1.0,
            }
        })
        .collect();
    let settings = Settings { width: 64, epochs: 5, rate: 0.5, l2: 1e-5, seed: 1 };
    let model = train(&rows, settings);
    let scored: Vec<(f64, bool)> =
        rows.iter().map(|row| (f64::from(model.log_odds(&row.features)), row.target > 0.5)).collect();
    assert_eq!(area(&scored), Some(1.0));
    assert_eq!(recall_at(&scored, 0.0), Some(1.0));
    assert_eq!(model.weights, train(&rows, settings).weights, "equal data and seed give equal weights");
    let rounded = Hashed::quantised(&model.weights, model.bias, None);
    assert_eq!(Hashed::from_bytes(&rounded.to_bytes()), Ok(rounded.clone()));
    let odds =
        |row: &Row| rounded.log_odds(row.features.iter().map(|(at, _)| i64::from(rounded.weight(*at))).sum(), 1.0);
    assert!(rows.iter().all(|row| (odds(row) > 0.0) == (row.target > 0.5)));
}

#[test]
fn trees_learn_what_no_line_can() {
    let features: Vec<Vec<f32>> = (0..64_u8).map(|at| vec![f32::from(at % 8), f32::from(at / 8)]).collect();
    let labels: Vec<bool> = features.iter().map(|row| (2.5..5.5).contains(&row[0]) && row[1] > 1.5).collect();
    let rows = trees::Rows { features: &features, labels: &labels, weights: &[1.0; 64] };
    let (base, grown) = trees::train(&rows, trees::Settings { trees: 40, depth: 3, rate: 0.3, shrink: 0.1 });
    let odds = |row: &Vec<f32>| base + grown.iter().map(|tree| tree.value(row)).sum::<f32>();
    assert!(features.iter().zip(&labels).all(|(row, label)| (odds(row) > 0.0) == *label));
}

#[test]
fn folds_follow_from_names_and_are_about_equal() {
    let mut counts = [0; 5];
    (0..5_000).for_each(|at| counts[fold_of(&format!("group {at}"), 5)] += 1);
    assert!(counts.iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
}
