//! Which documents count as nearly the same, and what they disagree on.

use super::contradiction::disagreements;
use super::{Disagreement, Sketch};
use proptest::prelude::*;

const POLICY: &str = "Customers may return an unopened item within 30 days of delivery. The refund goes to the card that \
    paid, usually within five working days. Opened food cannot be returned. Shipping of returns is free inside the union, \
    and costs 9 euros elsewhere. Ask the service desk for a label before you send anything.";

fn similarity(one: &str, other: &str) -> Option<f32> {
    Sketch::of(one)?.similarity(&Sketch::of(other)?)
}

#[test]
fn versions_of_one_policy_are_twins_and_other_texts_are_not() {
    let newer = POLICY.replace("30 days", "45 days");
    assert!(similarity(POLICY, &newer).is_some_and(|share| share > 0.7));
    assert_eq!(similarity(POLICY, &POLICY.to_uppercase()), Some(1.0));
    let other = "Our shops open at nine and close at six from Monday to Saturday, except on public holidays, when \
        only the shop at the main station is open. Parking is free for two hours for everyone who buys something.";
    assert_eq!(similarity(POLICY, other), None);
    assert_eq!(similarity("too short", "too short"), None);
}

#[test]
fn twins_meet_in_a_band_and_survive_being_stored() {
    let (one, other) = (Sketch::of(POLICY).expect("long"), Sketch::of(&POLICY.replace("30", "45")).expect("long"));
    let bands: Vec<i64> = one.bands().collect();
    assert!(other.bands().any(|band| bands.contains(&band)));
    assert_eq!(Sketch::from_bytes(&one.to_bytes()), Some(one));
    assert_eq!(Sketch::from_bytes(b"damaged"), None);
}

#[test]
fn what_they_disagree_on_is_told_and_nothing_else() {
    let newer =
        POLICY.replace("30 days", "45 days").replace("Opened food cannot be returned", "Opened food can be returned");
    let expected = [(
        "Customers may return an unopened item within 30 days of delivery.",
        "Customers may return an unopened item within 45 days of delivery.",
    )];
    let expected = expected.map(|(one, other)| Disagreement { one: one.to_owned(), other: other.to_owned() });
    assert_eq!(disagreements(POLICY, &newer)[..1], expected);
    assert!(disagreements(POLICY, POLICY).is_empty());
    // Added sentences contradict nothing.
    assert!(disagreements(POLICY, &format!("{POLICY} Gift cards are valid for 3 years.")).is_empty());
}

proptest! {
    #[test]
    fn any_two_texts_can_be_compared(one in "\\PC{0,300}", other in "\\PC{0,300}") {
        similarity(&one, &other);
        disagreements(&one, &other);
        prop_assert!(disagreements(&one, &one).is_empty());
    }
}
