//! What the thresholds promise, on simulated logs whose answers are exchangeable, and on logs that are too small.

use super::{Guarantee, Outcome, conformal};
use proptest::prelude::*;
use statistics::Random;

/// A log of answers: unsupported ones score higher, but overlap with the rest.
fn log(random: &mut Random, rows: usize, unsupported: f64) -> Vec<(f64, bool)> {
    let row = |random: &mut Random| {
        let bad = random.share() < unsupported;
        let risk = (random.share() + random.share()) / 2.0 + if bad { 0.25 } else { 0.0 };
        // Rounded, so that there are ties.
        ((risk * 200.0).round() / 200.0, bad)
    };
    (0..rows).map(|_| row(random)).collect()
}

/// Over many logs and one new answer each, the three promises hold within what chance leaves (four standard errors).
#[test]
fn what_is_promised_holds_on_average() {
    const LOGS: usize = 4000;
    let mut random = Random::new(7);
    for (rows, unsupported, error) in [(60, 0.4, 0.1), (200, 0.2, 0.05), (35, 0.5, 0.2)] {
        let (mut passed, mut bad, mut given_bad, mut abstained, mut good) = (0, 0, 0, 0, 0);
        for _ in 0..LOGS {
            let calibrated = conformal(&log(&mut random, rows, unsupported), error);
            for (risk, is_bad) in log(&mut random, 1, unsupported) {
                let outcome = calibrated.outcome(risk);
                bad += usize::from(is_bad);
                good += usize::from(!is_bad);
                passed += usize::from(is_bad && outcome == Outcome::Answer);
                given_bad += usize::from(is_bad && matches!(outcome, Outcome::Answer | Outcome::Caveat));
                abstained += usize::from(!is_bad && outcome == Outcome::Abstain);
            }
        }
        let check = |what: &str, hits: usize, of: usize| {
            let (share, slack) = (hits as f64 / of as f64, 4.0 * (error * (1.0 - error) / of as f64).sqrt());
            assert!(share <= error + slack, "{what}: {share} of {of} at {error}");
        };
        check("an unsupported answer passes", passed, bad);
        check("an answer is given and unsupported", given_bad, LOGS);
        check("a supported answer is held back", abstained, good);
        assert!(passed * 4 > (error * bad as f64) as usize, "the thresholds use what is allowed: {passed} of {bad}");
    }
}

#[test]
fn a_log_that_is_too_small_is_said_to_be_so() {
    let few: Vec<(f64, bool)> = (0..12).map(|row| (f64::from(row) / 12.0, row >= 6)).collect();
    let calibrated = conformal(&few, 0.05);
    assert!(
        matches!(calibrated.guarantee, Guarantee::Inconclusive { more } if (20..40).contains(&more)),
        "{calibrated:?}"
    );
    assert_ne!(calibrated.outcome(0.0), Outcome::Answer);
    assert_eq!(conformal(&few, 0.2).guarantee, Guarantee::Holds);
    assert_eq!(conformal(&few, 0.2).outcome(0.0), Outcome::Answer);
    assert_eq!(conformal(&[], 0.1).outcome(0.5), Outcome::Review);
    assert!(matches!(conformal(&[], 0.1).guarantee, Guarantee::Inconclusive { .. }));
}

#[test]
fn a_score_that_tells_nothing_lets_little_through() {
    let same = vec![(0.5, true); 50].into_iter().chain(vec![(0.5, false); 50]).collect::<Vec<_>>();
    let calibrated = conformal(&same, 0.1);
    assert_eq!(calibrated.outcome(0.5), Outcome::Review);
    assert_eq!(calibrated.outcome(0.4), Outcome::Answer);
    assert_eq!(calibrated.outcome(0.6), Outcome::Abstain);
}

proptest! {
    #[test]
    fn thresholds_ascend_whatever_the_log(
        scores in proptest::collection::vec((prop_oneof![Just(f64::NAN), Just(f64::INFINITY), -2.0..2.0_f64], any::<bool>()), 0..80),
        error in prop_oneof![Just(f64::NAN), -1.0..2.0_f64],
    ) {
        let calibrated = conformal(&scores, error);
        prop_assert!(calibrated.answer_at <= calibrated.caveat_at && calibrated.caveat_at <= calibrated.abstain_at);
        // On the log itself no more than is allowed passes.
        let passed = scores.iter().filter(|(risk, bad)| *bad && *risk < calibrated.answer_at).count() as f64;
        prop_assert!(passed <= calibrated.error * (calibrated.unsupported as f64 + 1.0) + 1e-6);
    }
}
