//! The arithmetic against a reference: a tiny encoder whose weights follow a formula, and what an independent 64-bit
//! implementation (written with numpy after the paper) makes of them.

use super::{embed, erf, exp_of_negative};
use crate::embedder::minilm::weights::Weights;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

const HIDDEN: usize = 8;
const WIDE: usize = 16;

/// Tensors in the order in which the formula runs through them: name, shape, middle and half width of their values.
fn tensors() -> Vec<(String, Vec<usize>, f64, f64)> {
    let mut all = Vec::new();
    let mut put = |name: &str, shape: &[usize], middle, width| {
        all.push((name.to_owned(), shape.to_vec(), middle, width));
    };
    put("embeddings.word_embeddings.weight", &[12, HIDDEN], 0.0, 1.0);
    put("embeddings.position_embeddings.weight", &[10, HIDDEN], 0.0, 0.5);
    put("embeddings.token_type_embeddings.weight", &[2, HIDDEN], 0.0, 0.3);
    put("embeddings.LayerNorm.weight", &[HIDDEN], 1.0, 0.2);
    put("embeddings.LayerNorm.bias", &[HIDDEN], 0.0, 0.1);
    for layer in 0..2 {
        let mut linear = |part: &str, rows: usize, columns: usize| {
            put(&format!("encoder.layer.{layer}.{part}.weight"), &[rows, columns], 0.0, 0.7);
            put(&format!("encoder.layer.{layer}.{part}.bias"), &[rows], 0.0, 0.2);
        };
        for part in ["self.query", "self.key", "self.value", "output.dense"] {
            linear(&format!("attention.{part}"), HIDDEN, HIDDEN);
        }
        put(&format!("encoder.layer.{layer}.attention.output.LayerNorm.weight"), &[HIDDEN], 1.0, 0.2);
        put(&format!("encoder.layer.{layer}.attention.output.LayerNorm.bias"), &[HIDDEN], 0.0, 0.1);
        let mut linear = |part: &str, rows: usize, columns: usize| {
            put(&format!("encoder.layer.{layer}.{part}.weight"), &[rows, columns], 0.0, 0.7);
            put(&format!("encoder.layer.{layer}.{part}.bias"), &[rows], 0.0, 0.2);
        };
        linear("intermediate.dense", WIDE, HIDDEN);
        linear("output.dense", HIDDEN, WIDE);
        put(&format!("encoder.layer.{layer}.output.LayerNorm.weight"), &[HIDDEN], 1.0, 0.2);
        put(&format!("encoder.layer.{layer}.output.LayerNorm.bias"), &[HIDDEN], 0.0, 0.1);
    }
    all
}

fn file() -> Vec<u8> {
    let mut counter = 0u32;
    let mut data = Vec::new();
    for (name, shape, middle, width) in tensors() {
        let count = shape.iter().product::<usize>();
        let values = (0..count).flat_map(|_| {
            let value = middle + width * (f64::from(counter * 37 % 101) / 50.5 - 1.0);
            counter += 1;
            (value as f32).to_le_bytes()
        });
        data.push((name, shape, values.collect::<Vec<u8>>()));
    }
    let views = data
        .iter()
        .map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).expect("the shape fits")));
    safetensors::serialize(views, None).expect("the tensors can be written")
}

fn tiny() -> Weights {
    Weights::read(&file(), 2).expect("the file is an encoder")
}

const EXPECTED: [(&[u32], [f32; 8]); 3] = [
    (&[2, 5, 7, 3], [0.4515334, 0.2999818, -0.0276863, -0.1363015, 0.5502936, -0.4259102, -0.3168684, -0.319618]),
    (&[2, 11, 3], [-0.0434027, 0.2747584, 0.7639745, 0.0007566, -0.1042321, -0.504516, -0.2527286, -0.098458]),
    (
        &[2, 4, 6, 8, 10, 1, 9, 0, 5, 3],
        [0.0239344, 0.0977692, -0.1214991, -0.2742195, 0.8565469, -0.3471454, -0.0195404, -0.2129451],
    ),
];

#[test]
fn the_reference_is_met_alone_and_together() {
    let weights = tiny();
    let sequences: Vec<Vec<u32>> = EXPECTED.iter().map(|(pieces, _)| pieces.to_vec()).collect();
    let together = embed(&weights, &sequences);
    for ((sequence, joint), (_, expected)) in sequences.iter().zip(&together).zip(&EXPECTED) {
        let alone = embed(&weights, std::slice::from_ref(sequence)).swap_remove(0);
        for found in [joint, &alone] {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 3e-6, "{sequence:?}: {found} instead of {expected}");
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_or_clamped() {
    assert!(Weights::read(&file(), 3).is_err());
    assert!(Weights::read(b"no safetensors", 2).is_err());
    assert!(Weights::read(&[], 2).is_err());
    let vectors = embed(&tiny(), &[vec![99; 30]]);
    assert!(vectors[0].iter().all(|value| value.is_finite()));
    assert!(embed(&tiny(), &[]).is_empty());
}

#[test]
fn the_approximations_keep_their_bounds() {
    for (x, expected) in [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3), (9.0, 1.0)] {
        assert!((erf(x) - expected).abs() < 5e-7 && (erf(-x) + expected).abs() < 5e-7, "erf({x})");
    }
    for step in 0..8_000u16 {
        let x = -f32::from(step) / 100.0;
        let expected = f64::from(x).exp();
        assert!((f64::from(exp_of_negative(x)) - expected).abs() <= 2e-7 * expected, "exp({x})");
    }
}
