//! Places in a changed text, found again in the text before.

use super::OffsetMap;

fn map() -> OffsetMap {
    // Source `ab12345cd678e`, changed `abXcdYYYYYe`: 2..7 became one code point, 9..12 became five.
    let mut map = OffsetMap::default();
    map.push(2, 7, 1);
    map.push(9, 12, 5);
    map
}

#[test]
fn places_outside_replacements_move_with_their_text() {
    let map = map();
    let expected = [(0, 0), (1, 1), (2, 2), (3, 7), (4, 8), (5, 9), (10, 12), (11, 13)];
    for (changed, source) in expected {
        assert_eq!(map.to_source(changed), source, "place {changed}");
    }
}

#[test]
fn a_stretch_that_touches_a_replacement_covers_what_it_replaced() {
    let map = map();
    assert_eq!(map.to_source(7), 9);
    assert_eq!(map.end_to_source(7), 12);
    assert_eq!(map.end_to_source(5), 9);
    assert_eq!(map.end_to_source(10), 12);
}

#[test]
fn the_default_is_the_identity() {
    let map = OffsetMap::default();
    assert_eq!((map.to_source(17), map.end_to_source(17)), (17, 17));
}
