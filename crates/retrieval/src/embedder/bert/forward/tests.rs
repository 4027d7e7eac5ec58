//! The arithmetic against a reference: a tiny encoder whose weights follow a formula, and what an independent 64-bit
//! implementation (written with numpy after the paper) makes of them.

use super::{Pass, Pooling};
use crate::embedder::bert::tiny::{HIDDEN, Listed, Named, tensors};
use crate::embedder::bert::weights::Weights;
use kernels::Precision;

fn read(tensors: Vec<Named>, heads: usize, precision: Precision) -> Result<Weights, String> {
    Weights::read(&Listed::new(tensors), heads, 1e-12, precision)
}

fn tiny(precision: Precision) -> Weights {
    read(tensors(), 2, precision).expect("the tensors are an encoder")
}

fn embed(weights: &Weights, sequences: &[Vec<u32>]) -> Vec<Vec<f32>> {
    Pass::default().embed(weights, Pooling::Mean, sequences)
}

const EXPECTED: [(&[u32], [f32; HIDDEN]); 3] = [
    (&[2, 5, 7, 3], [0.4515334, 0.2999818, -0.0276863, -0.1363015, 0.5502936, -0.4259102, -0.3168684, -0.319618]),
    (&[2, 11, 3], [-0.0434027, 0.2747584, 0.7639745, 0.0007566, -0.1042321, -0.504516, -0.2527286, -0.098458]),
    (
        &[2, 4, 6, 8, 10, 1, 9, 0, 5, 3],
        [0.0239344, 0.0977692, -0.1214991, -0.2742195, 0.8565469, -0.3471454, -0.0195404, -0.2129451],
    ),
];

fn check(precision: Precision, bound: f32) {
    let weights = tiny(precision);
    let sequences: Vec<Vec<u32>> = EXPECTED.iter().map(|(pieces, _)| pieces.to_vec()).collect();
    let together = embed(&weights, &sequences);
    for ((sequence, joint), (_, expected)) in sequences.iter().zip(&together).zip(&EXPECTED) {
        let alone = embed(&weights, std::slice::from_ref(sequence)).swap_remove(0);
        for found in [joint, &alone] {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < bound, "{sequence:?}: {found} instead of {expected}");
            }
        }
    }
}

#[test]
fn the_reference_is_met_alone_and_together() {
    check(Precision::Fp32, 3e-6);
    // Eight numbers a row average no rounding out: real models are much closer.
    check(Precision::Int8, 0.03);
}

#[test]
fn the_first_row_can_be_the_vector() {
    let weights = tiny(Precision::Fp32);
    let one = Pass::default().embed(&weights, Pooling::First, &[vec![2, 5, 7, 3]]);
    let other = embed(&weights, &[vec![2, 5, 7, 3]]);
    let length: f32 = one[0].iter().map(|value| value * value).sum();
    assert!(one != other && (length - 1.0).abs() < 1e-5);
}

#[test]
fn a_longer_text_before_leaves_nothing_behind() {
    let weights = tiny(Precision::Int8);
    let mut pass = Pass::default();
    pass.embed(&weights, Pooling::Mean, &[vec![3; 10], vec![4; 9]]);
    let short = [vec![2, 5, 3]];
    assert_eq!(pass.embed(&weights, Pooling::Mean, &short), embed(&weights, &short));
}

#[test]
fn what_does_not_fit_is_refused_or_clamped() {
    let refused = |tensors: Vec<Named>, heads| read(tensors, heads, Precision::Int8).err().expect("it does not fit");
    assert_eq!(refused(tensors(), 3), "8 numbers a piece cannot be shared by 3 attention heads");
    assert!(refused(Vec::new(), 2).starts_with("it is no BERT encoder"));
    for number in 0..tensors().len() {
        let mut less = tensors();
        less.remove(number);
        // Without its last part a layer is none, which only the number of layers shows.
        assert!(read(less, 2, Precision::Int8).map_or(true, |weights| weights.layers.len() < 2), "tensor {number}");
        let mut cut = tensors();
        cut[number].1[0] -= 1;
        let rows_may_be_fewer = number < 3;
        assert!(rows_may_be_fewer || read(cut, 2, Precision::Int8).is_err(), "tensor {number}");
    }
    let vectors = embed(&tiny(Precision::Int8), &[vec![99; 30]]);
    assert!(vectors[0].iter().all(|value| value.is_finite()));
    assert!(embed(&tiny(Precision::Int8), &[]).is_empty());
}
