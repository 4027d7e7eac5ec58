//! The choice on cases whose best share is known, and what must hold for all.

use super::{Advice, Tried, Tuning, conclude, shares, worth};
use crate::report;
use proptest::prelude::*;
use std::collections::BTreeSet;

const NOW: f32 = 0.25;

/// So many cases, whose document stands first at shares from `from` on, and third below.
fn cases(count: usize, from: f32) -> Vec<Tried> {
    let worth = |share: &f32| if *share >= from { (1.0, 1.0) } else { (1.0 / 3.0, 1.0) };
    (0..count).map(|_| Tried { at: shares(NOW).iter().map(worth).collect() }).collect()
}

fn tuned(tried: &[Tried]) -> Tuning {
    conclude("shop", &shares(NOW), tried, 2, vec![("cases.yaml:7".to_owned(), "no such field".to_owned())])
}

fn check(tried: &[Tried], advice: Advice, best: f32, pieces: &[&str]) {
    let tuning = tuned(tried);
    let text = report::words_weight::render(&tuning);
    assert_eq!((tuning.advice, tuning.best.words_weight), (advice, best), "{text}");
    for piece in pieces {
        assert!(text.contains(piece), "{piece} is missing in\n{text}");
    }
}

#[test]
fn the_best_share_is_found_and_said() {
    check(&cases(30, 0.6), Advice::Take, 0.6, &["[retrieval]", "words_weight = 0.6", "cases.yaml:7: no such field"]);
    check(&cases(30, 0.0), Advice::Stay, NOW, &["0.25 is as good as any"]);
    check(&Vec::new(), Advice::Nothing, NOW, &["`cites`"]);
    let mut mixed = cases(4, 0.6);
    mixed.extend(cases(2, 2.0));
    mixed.push(Tried {
        at: shares(NOW).iter().map(|share| if *share > NOW { (0.0, 0.0) } else { (1.0, 1.0) }).collect(),
    });
    check(&mixed, Advice::Inconclusive, 0.6, &["inconclusive"]);
}

#[test]
fn a_case_is_worth_what_its_documents_are() {
    let found = ["b", "a", "a", "c"].map(str::to_owned);
    let of = |wanted: &[&str]| worth(&found, &wanted.iter().copied().collect::<BTreeSet<_>>());
    assert_eq!(of(&["b"]), (1.0, 1.0));
    assert_eq!(of(&["a", "b"]), (0.75, 1.0));
    assert_eq!(of(&["a", "z"]), (0.25, 0.5));
}

#[test]
fn every_step_and_what_is_in_force_is_tried() {
    assert_eq!(shares(0.25).len(), 21);
    assert_eq!(shares(0.33).len(), 22);
    assert_eq!(shares(0.33)[0], 0.33);
}

proptest! {
    #[test]
    fn nothing_is_taken_from_chance(ranks in prop::collection::vec(prop::collection::vec(0.0f64..=1.0, 21), 0..40)) {
        let tried = ranks.into_iter().map(|ranks| Tried { at: ranks.into_iter().map(|rank| (rank, 1.0)).collect() });
        let tuning = tuned(&tried.collect::<Vec<_>>());
        prop_assert!(tuning.best.reciprocal_rank.mean >= tuning.now.reciprocal_rank.mean - 1e-9);
        prop_assert_eq!(tuning.advice == Advice::Take, tuning.gain.low > 0.0 && tuning.best != tuning.now);
        prop_assert_eq!(tuning.points.len(), 21);
        let text = report::words_weight::render(&tuning);
        prop_assert!(text.ends_with('\n'));
    }
}
