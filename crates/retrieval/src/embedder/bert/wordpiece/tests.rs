//! Pieces as data, over a vocabulary small enough to read. The real vocabulary is checked with the real weights.

use super::{Folding, WordPiece};
use proptest::prelude::*;

const VOCABULARY: &str =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\nre\n##fund\n##s\nrefund\ncafe\n,\n!\n漢\n字\nthe\n##ff\n##un\n-\n\u{2014}";

fn tokeniser() -> WordPiece {
    WordPiece::read(VOCABULARY, Folding::UNCASED).expect("the vocabulary has the special pieces")
}

fn check(text: &str, expected: &[&str]) {
    let pieces: Vec<&str> = VOCABULARY.lines().collect();
    let numbers = tokeniser().encode(text, 256);
    let found: Vec<&str> = numbers.iter().map(|number| pieces[*number as usize]).collect();
    let inner = &found[1..found.len() - 1];
    assert_eq!((found[0], inner, found[found.len() - 1]), ("[CLS]", expected, "[SEP]"), "{text:?}");
}

#[test]
fn text_becomes_pieces() {
    check("", &[]);
    check("   \n\t ", &[]);
    check("Refunds", &["refund", "##s"]);
    check("refund,the!", &["refund", ",", "the", "!"]);
    check("Café", &["cafe"]);
    check("Cafe\u{301}", &["cafe"]);
    check("漢字the", &["漢", "字", "the"]);
    check("the\u{200b}\u{0}re", &["[UNK]"]);
    check("re\u{ad}fund", &["refund"]);
    check("the \u{2014} the", &["the", "\u{2014}", "the"]);
    check("re-fund", &["re", "-", "[UNK]"]);
    check("refunk", &["[UNK]"]);
    check("zebra the", &["[UNK]", "the"]);
    check("reffun", &["re", "##ff", "##un"]);
    check("\u{3000}the", &["the"]);
}

#[test]
fn a_special_piece_in_the_text_is_only_text() {
    check("[SEP]", &["[UNK]", "[UNK]", "[UNK]"]);
}

#[test]
fn a_word_that_is_too_long_is_unknown() {
    check(&format!("re{}", "s".repeat(98)), &[&["re"][..], &["##s"; 98]].concat());
    check(&format!("re{}", "s".repeat(99)), &["[UNK]"]);
}

#[test]
fn long_texts_are_cut() {
    let numbers = tokeniser().encode(&"the ".repeat(1000), 256);
    assert_eq!((numbers.len(), numbers[0], numbers[255]), (256, 2, 3));
    assert_eq!(tokeniser().encode(&"refunds ".repeat(1000), 8).len(), 8);
}

#[test]
fn a_vocabulary_without_special_pieces_is_refused() {
    assert_eq!(WordPiece::read("the\nre", Folding::UNCASED).err(), Some("the vocabulary has no [UNK]".to_owned()));
}

#[test]
fn a_model_may_tell_case_and_accents_apart() {
    let vocabulary = "[UNK]\n[CLS]\n[SEP]\nCafé\nCafe\ncafé\n漢字";
    let pieces = |text: &str, lower_case, strip_accents| {
        let folding = Folding { lower_case, strip_accents, split_ideographs: false };
        WordPiece::read(vocabulary, folding).expect("the special pieces are there").encode(text, 9)
    };
    assert_eq!(pieces("Café", false, false), [1, 3, 2]);
    assert_eq!(pieces("Café Cafe", false, true), [1, 4, 4, 2]);
    assert_eq!(pieces("CAFÉ 漢字", true, false), [1, 5, 6, 2]);
}

proptest! {
    #[test]
    fn any_text_is_bounded_and_framed(text in any::<String>(), most in 2usize..40) {
        let numbers = tokeniser().encode(&text, most);
        prop_assert!(numbers.len() <= most);
        prop_assert_eq!((numbers[0], numbers[numbers.len() - 1]), (2, 3));
    }
}
