//! What is wrong is told once for each change.

use super::Complaints;

#[test]
fn a_complaint_is_told_once_until_it_changes() {
    let complaints = Complaints::default();
    let turns = [
        ("a", Some("bad cron"), true),
        ("a", Some("bad cron"), false),
        ("b", Some("bad cron"), true),
        ("a", Some("the period is zero"), true),
        ("a", None, false),
        ("a", Some("the period is zero"), true),
    ];
    for (turn, (place, complaint, new)) in turns.into_iter().enumerate() {
        assert_eq!(complaints.is_new(place, complaint), new, "turn {turn}");
    }
}
