//! Scores of a tiny cross-encoder against the same arithmetic in 64 bits.

use super::CrossEncoder;
use crate::embedder::bert::plain::{Plain, folder, judging};
use crate::embedder::bert::tiny::{Named, tensors};
use crate::search::Rerank;
use kernels::Precision;

const PASSAGES: [&str; 4] = ["refunds, the", "a b c d a b c d", "", "d"];

/// Pieces of the tiny vocabulary, and where the passage begins. Ten fit.
const PAIRS: [(&[u32], usize); 4] = [
    (&[2, 6, 4, 3, 4, 5, 7, 6, 3], 4),
    (&[2, 6, 4, 3, 8, 9, 10, 11, 8, 3], 4),
    (&[2, 6, 4, 3, 3], 4),
    (&[2, 6, 4, 3, 11, 3], 4),
];

fn share(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[test]
fn scores_are_those_of_the_plain_arithmetic() {
    let tensors = judging(1);
    let plain = Plain::new(&tensors);
    let folder = folder(&tensors);
    for (precision, bound) in [(Precision::Fp32, 2e-5), (Precision::Int8, 0.08)] {
        let model = CrossEncoder::open_as(folder.path(), precision).expect("the folder holds a reranker");
        let scores = model.scores("the refund", &PASSAGES).expect("it runs");
        let expected: Vec<f64> = PAIRS.iter().map(|(pieces, second)| share(plain.logits(pieces, *second)[0])).collect();
        let near = scores.iter().zip(&expected).all(|(score, expected)| (f64::from(*score) - expected).abs() < bound);
        assert!(near && scores.len() == PAIRS.len(), "{scores:?} instead of {expected:?}");
        assert!(expected[0] != share(plain.logits(PAIRS[0].0, usize::MAX)[0]), "the second segment counts");
    }
    let model = CrossEncoder::open(folder.path()).expect("the folder holds a reranker");
    assert!(model.identity().contains("-int8/") && model.scores("x", &[]).expect("it runs").is_empty());
}

#[test]
fn a_pair_that_is_too_long_loses_the_end_of_the_longer() {
    let folder = folder(&judging(1));
    let model = CrossEncoder::open(folder.path()).expect("the folder holds a reranker");
    let check = |question: usize, passage: usize, kept: (usize, usize)| {
        let text = |count, piece| [vec![2], vec![piece; count], vec![3]].concat();
        let pair = model.pair(&text(question, 8), &text(passage, 9));
        let count = |piece| pair.pieces.iter().filter(|found| **found == piece).count();
        assert_eq!((count(8), count(9)), kept, "{question} and {passage}");
        assert_eq!((pair.second, count(2), count(3)), (kept.0 + 2, 1, 2));
    };
    // Ten pieces hold seven that are not special.
    check(2, 3, (2, 3));
    check(2, 8, (2, 5));
    check(8, 2, (5, 2));
    check(8, 8, (4, 3));
    check(0, 9, (0, 7));
    check(7, 0, (7, 0));
}

#[test]
fn a_folder_without_a_reranker_says_so() {
    let reason = |tensors: &[Named]| {
        let folder = folder(tensors);
        CrossEncoder::open(folder.path()).err().expect("it cannot be used").to_string()
    };
    assert!(reason(&tensors()).contains("it is no reranker: it has no tensors pooler.dense and classifier"));
    assert!(reason(&judging(3)).contains("it tells 3 labels apart; a reranker has one"));
}
