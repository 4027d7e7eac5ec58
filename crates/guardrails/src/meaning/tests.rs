//! Words and texts that mean alike, and bytes that are no table.

use super::{DIMS, FILE, LONGEST, Sum, Table, file, vector, weight};
use proptest::prelude::*;

/// A text's vector: the weighted mean of its words', unit length; all zeros when none of them is known.
fn text(text: &str) -> [f32; DIMS] {
    let mut sum = Sum::default();
    let mut lower = String::with_capacity(LONGEST);
    for word in text.split(|character: char| !character.is_alphanumeric()) {
        if word.is_empty() || word.len() > 2 * LONGEST {
            continue;
        }
        lower.clear();
        if word.is_ascii() {
            lower.push_str(word);
            lower.make_ascii_lowercase();
        } else {
            lower.extend(word.chars().flat_map(char::to_lowercase));
        }
        sum.add(&lower);
    }
    sum.unit()
}

/// Cosine of two words' vectors, -1 to 1.
fn likeness(one: &[i8], other: &[i8]) -> f32 {
    let product = |one: &[i8], other: &[i8]| -> i32 {
        one.iter().zip(other).map(|(one, other)| i32::from(*one) * i32::from(*other)).sum()
    };
    let lengths = (product(one, one) as f32).sqrt() * (product(other, other) as f32).sqrt();
    if lengths > 0.0 { product(one, other) as f32 / lengths } else { 0.0 }
}

fn alike(one: &str, other: &str) -> f32 {
    match (vector(one), vector(other)) {
        (Some(one), Some(other)) => likeness(one, other),
        _ => panic!("{one} or {other} is not in the table"),
    }
}

#[test]
fn words_are_nearest_to_what_they_mean() {
    for (word, near, far) in [
        ("doctor", "physician", "guitar"),
        ("refund", "reimbursement", "volcano"),
        ("car", "vehicle", "poem"),
        ("lawyer", "attorney", "banana"),
        ("stock", "shares", "recipe"),
        ("happy", "glad", "engine"),
    ] {
        assert!(alike(word, near) > alike(word, far) + 0.2, "{word}: {} {}", alike(word, near), alike(word, far));
    }
}

#[test]
fn forms_of_a_word_are_found_by_their_stem() {
    for word in ["parcels", "unplugged", "reimbursing", "café", "zucchinis", "skillets"] {
        assert!(vector(word).is_some(), "{word}");
    }
    for word in ["", "qzxvkw", "\u{5929}\u{6c14}", &"a".repeat(100_000), &"\u{301}".repeat(40)] {
        assert!(vector(word).is_none(), "{word}");
    }
}

#[test]
fn texts_lie_where_their_subject_is() {
    let near = |one: &str, other: &str| -> f32 { text(one).iter().zip(text(other)).map(|(a, b)| a * b).sum() };
    let question = "How do I get my money back?";
    assert!(near(question, "I want a refund, please") > near(question, "Which mushrooms can I eat?") + 0.2);
    assert_eq!(text("\u{1F600} ..."), [0.0; DIMS]);
    assert!(weight("refund") > 2.0 * weight("the"), "{} {}", weight("refund"), weight("the"));
}

#[test]
fn what_is_written_is_read_and_what_is_cut_off_is_not() {
    let mut up = vec![0.0; DIMS];
    up[3] = 2.0;
    let mut down = vec![0.0; DIMS];
    down[5] = -1.0;
    let bytes = file(&[("up", up), ("down", down)]);
    let table = Table::read(&bytes).expect("what was just written");
    let down = table.find(b"down").expect("a word of the table");
    assert_eq!((table.vector(down)[5], table.find(b"left")), (-127, None));
    assert!((table.weights[down] - 1.0).abs() < 0.01);
    assert!(Table::read(&bytes[..bytes.len() - 1]).is_none() && Table::read(&FILE[..11]).is_none());
}

proptest! {
    #[test]
    fn any_text_has_a_vector_of_length_one_or_none(any in "\\PC{0,80}") {
        let length: f32 = text(&any).iter().map(|value| value * value).sum();
        prop_assert!(length.abs() < 1e-6 || (length - 1.0).abs() < 1e-3);
    }
}
