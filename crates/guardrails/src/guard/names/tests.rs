//! What is found in everyday sentences, what is not, and that no text breaks it.

use super::agreement::{Row, Span, agreement};
use super::gazetteer::{Gazetteer, class};
use super::tokens::{Kind, cut, word_hash};
use super::{SHIPPED, find};
use proptest::prelude::*;

fn names(text: &str) -> Vec<(&'static str, &str)> {
    let mut findings = Vec::new();
    find(text, &mut findings);
    findings.iter().map(|found| (found.kind, &text[found.start..found.end])).collect()
}

#[test]
fn people_are_found_by_what_stands_around_them() {
    let cases: &[(&str, &[&str])] = &[
        ("my name is anna schmidt", &["anna schmidt"]),
        ("Dear Mr. Smith,\nthank you for your letter.", &["Smith"]),
        ("Best regards,\nPriya Natarajan", &["Priya Natarajan"]),
        ("From: Lars Ulrich <lars@example.org>", &["Lars Ulrich"]),
        ("Me llamo María José García y vivo en Madrid.", &["María José García"]),
        ("Je m'appelle Jean-Luc Moreau.", &["Jean-Luc Moreau"]),
        ("They had three: Rasmus, Tanya and Jeremy.", &["Rasmus", "Tanya", "Jeremy"]),
    ];
    for (text, expected) in cases {
        let people: Vec<&str> =
            names(text).into_iter().filter(|(kind, _)| *kind == "PERSON").map(|(_, name)| name).collect();
        assert_eq!(people, *expected, "{text}");
    }
}

#[test]
fn ordinary_prose_names_nobody() {
    let texts = [
        "Will you grant me access to the folder? May I change it later?",
        "The Terms And Conditions Of Sale Apply",
        "In May, April and June the shop is closed.",
        "why was my transfer declined",
        "class OrderService extends BaseService { private String customerName; }",
        "Rose bushes need sun and water. Mark the box if you agree.",
        "3... 2... 1... liftoff!",
    ];
    for text in texts {
        assert!(names(text).iter().all(|(kind, _)| *kind != "PERSON"), "{text}: {:?}", names(text));
    }
}

#[test]
fn an_address_is_found_whole() {
    let found = names("I live at 12 Oak Road, Springfield, IL 62704.");
    assert_eq!(found, [("ADDRESS", "12 Oak Road, Springfield, IL 62704")]);
}

#[test]
fn words_are_cut_with_their_accents_and_without_their_genitive() {
    let text = "Szöllösy's O'Brien—e\u{301}toile, 12b";
    let words: Vec<&str> =
        cut(text).iter().filter(|token| token.kind != Kind::Mark).map(|token| &text[token.start..token.end]).collect();
    assert_eq!(words, ["Szöllösy", "s", "O'Brien", "e\u{301}toile", "12b"]);
    assert_eq!(word_hash("SZÖLLÖSY"), word_hash("szollosy"));
}

#[test]
fn a_gazetteer_keeps_its_lists_through_its_bytes() {
    let words: Vec<(u64, u16)> = ["anna", "paris", "anna"]
        .iter()
        .zip([class::FIRST, class::CITY, class::LAST])
        .map(|(word, list)| (word_hash(word), list))
        .collect();
    let table = Gazetteer::build(&words);
    assert_eq!(table.classes(word_hash("Anna")), class::FIRST | class::LAST);
    assert_eq!(table.classes(word_hash("unknown")), 0);
    assert_eq!(Gazetteer::from_bytes(&table.to_bytes()), Some(table));
    assert_eq!(Gazetteer::from_bytes(&[1; 8]), None, "a full table would be searched for ever");
}

#[test]
fn a_finding_agrees_when_it_shares_half() {
    let span = |start, end| Span { start, end, label: "PERSON".to_owned() };
    let row = Row {
        text: "Dr. Änna Smith and Bob".to_owned(),
        spans: vec![span(4, 14), span(19, 22)],
        source: String::new(),
    };
    let labelled = row.names();
    let found = [super::tagger::Tagged { start: 0, end: 15, kind: 0 }];
    let counts = agreement(&labelled, &found)[0];
    assert_eq!((counts.right, counts.found, counts.labelled), (1, 1, 2));
}

#[test]
fn floods_are_read_in_one_go() {
    for part in ["A", "Anna ", "anna ", "(", "\u{202e}א", "e\u{301}", "12 ", "\n", "'s"] {
        let text = part.repeat((1 << 20) / part.len());
        let found = SHIPPED.tag(&text);
        assert!(found.iter().all(|name| text.is_char_boundary(name.start) && text.is_char_boundary(name.end)));
    }
}

proptest! {
    #[test]
    fn findings_lie_in_the_text_in_order(text in "(?s)([A-Z][a-zäöé'-]{0,6}|[0-9]{1,4}|[ ,.:\n]|Mr\\.|\\PC){0,60}") {
        let mut end = 0;
        for name in SHIPPED.tag(&text) {
            prop_assert!(name.start >= end && name.start < name.end && text.get(name.start..name.end).is_some());
            end = name.end;
        }
    }
}
