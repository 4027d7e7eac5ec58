//! The floor: deterministic, of length one, and near to what is spelt alike.

use super::{Embedder, Lexical};
use proptest::prelude::*;

fn cosine(one: &str, other: &str) -> f32 {
    let vectors = Lexical::default().embed(&[one, other]).expect("the lexical embedder cannot fail");
    vectors[0].iter().zip(&vectors[1]).map(|(a, b)| a * b).sum()
}

#[test]
fn equal_words_are_equal_and_near_spellings_near() {
    assert!((cosine("Refund the order", "refunds, orders") - 1.0).abs() < 1e-5);
    assert!(cosine("cancellation", "cancelation") > 0.3);
    assert!(cosine("cancellation", "zebra").abs() < 0.1);
    assert!(cosine("refund for a broken kettle", "refund") > cosine("refund for a broken kettle", "invoice"));
}

#[test]
fn nothing_to_know_gives_the_zero_vector() {
    for text in ["", "the of and", "  \n", "?!"] {
        let vectors = Lexical::default().embed(&[text]).expect("the lexical embedder cannot fail");
        assert!(vectors[0].iter().all(|value| *value == 0.0), "{text:?}");
    }
}

#[test]
fn the_space_stays_the_same() {
    // Stored vectors are compared with fresh ones: a change here needs a new identity.
    let embedder = Lexical::default();
    assert_eq!((embedder.identity(), embedder.dimensions()), ("lexical-v1/1024", 1024));
    let vector = embedder.embed(&["refund"]).expect("the lexical embedder cannot fail").swap_remove(0);
    let mut heaviest: Vec<(usize, f32)> = vector.into_iter().enumerate().collect();
    heaviest.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    assert_eq!((heaviest[0].0, heaviest[0].1 > 0.0), (65, true));
}

proptest! {
    #[test]
    fn any_text_gives_a_unit_or_zero_vector(text in any::<String>(), dimensions in 1usize..300) {
        let vector = Lexical::with_dimensions(dimensions).vector(&text);
        prop_assert_eq!(vector.len(), dimensions);
        let length: f32 = vector.iter().map(|value| value * value).sum();
        prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-4);
    }
}
