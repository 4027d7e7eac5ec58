//! What counts as live traffic beside the lines of batches.

use super::*;

#[test]
fn lines_that_wait_at_the_gate_hide_no_live_request() {
    let metrics = Arc::new(Metrics::default());
    let check = |in_flight, waiting, expected| {
        let gate = GateStanding { places: 40, in_flight, waiting, turned_away: 0 };
        assert_eq!(metrics.live(gate), expected, "{gate:?}");
    };
    check(20, 0, 20);
    let lines = [(); 3].map(|()| CountedLine::begin(&metrics));
    check(23, 0, 20);
    check(20, 3, 20);
    check(21, 12, 30);
    check(0, 0, 0);
    drop(lines);
    check(20, 3, 23);
}
