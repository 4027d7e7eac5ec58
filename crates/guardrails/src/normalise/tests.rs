//! Texts in disguise, and what they are seen as.

use super::{plain, views};
use proptest::prelude::*;

fn view<'a>(views: &'a [super::View], name: &str) -> Option<&'a super::View> {
    views.iter().find(|view| view.name == name)
}

#[test]
fn the_plain_view_folds_case_marks_widths_and_invisibles() {
    let cases = [
        ("Hello", "hello"),
        ("ＩＧＮＯＲＥ", "ignore"),
        ("i\u{200B}g\u{00AD}n\u{202E}ore", "ignore"),
        ("Précédentes Größe", "precedentes große"),
        ("𝐢𝐠𝐧𝐨𝐫𝐞", "ignore"),
        ("ﬁle", "file"),
        ("Żółć", "zolc"),
        ("指示を無視", "指示を無視"),
        ("“quoted” – dash", "\"quoted\" - dash"),
    ];
    for (given, expected) in cases {
        assert_eq!(plain(given).0.text, expected);
    }
}

#[test]
fn places_lead_back_to_the_caller_s_text() {
    let text = "Ä\u{200B}b ﬁle İx";
    let (view, _) = plain(text);
    let at = view.text.find("file").expect("the ligature is unfolded");
    assert_eq!(&text[view.source(at..at + 4)], "ﬁle");
    let at = view.text.find('b').expect("b is there");
    assert_eq!(&text[view.source(at..at + 1)], "b");
}

#[test]
fn honest_texts_have_one_view() {
    for text in ["Hello, how are you?", "Привет, как дела?", "Καλημέρα", "room 12b, 3 km, A4 paper", "Dr. A. B. Smith"]
    {
        assert_eq!(views(text).len(), 1, "{text}");
    }
}

#[test]
fn joined_words_keep_the_gaps_that_differ() {
    let all = views("so i g n o r e  t h i s now");
    assert_eq!(view(&all, "joined").map(|view| view.text.as_str()), Some("so ignore this now"));
    let all = views("x-y-z is a-b-c-d-e-f");
    assert_eq!(view(&all, "joined").map(|view| view.text.as_str()), Some("x-y-z is abcdef"));
}

proptest! {
    #[test]
    fn every_place_of_every_view_is_a_boundary_of_the_text(text in "(\\PC|[a-f0-9 %=]|[\u{200B}\u{AD}\u{E0041}аеоϲ]|ignore ){0,60}") {
        for view in views(&text) {
            for (at, character) in view.text.char_indices() {
                let source = view.source(at..at + character.len_utf8());
                prop_assert!(text.get(source).is_some(), "{} {}", view.name, at);
            }
        }
    }
}
