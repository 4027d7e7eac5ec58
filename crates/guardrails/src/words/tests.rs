//! Texts cut into words of each kind.

use super::{Kind, Lexicon, Word};

fn words(text: &str) -> Vec<Word> {
    Lexicon::default().words(text)
}

#[test]
fn words_are_compared_in_one_form() {
    let stems = |text: &str| words(text).into_iter().map(|word| word.stem.to_string()).collect::<Vec<_>>();
    assert_eq!(stems("opening opened opens"), ["open", "open", "open"]);
    assert_eq!(stems("1,234.50 and 1234.5"), ["1234.5", "and", "1234.5"]);
    assert_eq!(stems("on the 3rd [1] of May [^2]"), ["on", "the", "3", "of", "may", "2"]);
    assert_eq!(stems("twelve 12 12.0"), ["12", "12", "12"]);
    assert_eq!(stems("John's"), ["john"]);
    assert_eq!(stems("無視"), ["無", "視"]);
    assert_eq!(stems("[EMAIL_1_k3f9]"), ["email_1_k3f9"]);
}

#[test]
fn kinds_are_told_apart() {
    let kinds = |text: &str| words(text).into_iter().map(|word| word.kind).collect::<Vec<_>>();
    assert_eq!(
        kinds("Boxes of Oslo cost 12"),
        [Kind::Content, Kind::Function, Kind::Name, Kind::Content, Kind::Number]
    );
    assert_eq!(kinds("It isn't AB12 not"), [Kind::Function, Kind::Negation, Kind::Name, Kind::Negation]);
}
