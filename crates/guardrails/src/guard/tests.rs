//! Overlapping findings.

use super::{Finding, resolve_overlaps};

fn finding(start: usize, end: usize, rank: u8) -> Finding {
    Finding { start, end, guard: "pii", rule: "r", kind: "K", rank }
}

fn check(found: &[(usize, usize, u8)], kept: &[(usize, usize, u8)]) {
    let resolved = resolve_overlaps(found.iter().map(|(start, end, rank)| finding(*start, *end, *rank)).collect());
    let resolved: Vec<_> = resolved.iter().map(|found| (found.start, found.end, found.rank)).collect();
    assert_eq!(resolved, kept, "of {found:?}");
}

#[test]
fn the_longest_wins_and_among_equals_the_surer() {
    check(&[(0, 4, 1), (2, 9, 1)], &[(2, 9, 1)]);
    check(&[(0, 4, 1), (0, 4, 3)], &[(0, 4, 3)]);
    check(&[(5, 9, 1), (0, 5, 1)], &[(0, 5, 1), (5, 9, 1)]);
    check(&[(0, 20, 1), (3, 5, 9), (19, 24, 9), (24, 25, 1)], &[(0, 20, 1), (24, 25, 1)]);
    check(&[(0, 3, 1), (2, 8, 1), (7, 10, 1)], &[(2, 8, 1)]);
}

#[test]
fn many_findings_are_settled_as_few_are() {
    let many = (0..200_000).map(|number| finding(number * 3, number * 3 + 4 - number % 2, 1)).collect();
    let kept = resolve_overlaps(many);
    assert!(kept.windows(2).all(|pair| pair[0].end <= pair[1].start));
    assert_eq!(kept.len(), 100_000, "every long one stays, and each takes a short one away");
}
