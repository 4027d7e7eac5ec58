//! Words as data: what is written, and the terms it is found by.

use super::{STOP_WORDS, terms};
use proptest::prelude::*;

fn check(text: &str, expected: &[&str]) {
    assert_eq!(terms(text), expected, "{text:?}");
}

#[test]
fn text_becomes_terms() {
    check("", &[]);
    check("the of and", &[]);
    check("Running shoes, REFUNDED twice!", &["run", "shoe", "refund", "twice"]);
    check("The customer's order — the customer’s order", &["custom", "order", "custom", "order"]);
    check("Café crème", &["cafe", "creme"]);
    check("of\u{fb01}ce", &["offic"]);
    check("version 3.14 of ISO-27001", &["version", "3.14", "iso", "27001"]);
    check("漢字 かな", &["漢", "字", "か", "な"]);
}

#[test]
fn a_block_of_data_is_cut() {
    let found = terms(&"x".repeat(10_000));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].len(), 64);
    assert!(terms(&"ж".repeat(100))[0].len() <= 64);
}

#[test]
fn stop_words_are_sorted_for_the_search_in_them() {
    assert!(STOP_WORDS.is_sorted());
}

proptest! {
    #[test]
    fn any_text_gives_terms_without_panic(text in any::<String>()) {
        for term in terms(&text) {
            prop_assert!(term.len() <= 64);
        }
    }
}
