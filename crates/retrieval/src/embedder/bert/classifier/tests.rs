//! What a tiny classifier says against the same arithmetic in 64 bits; long texts; which labels mean harm.

use super::{Classifier, is_harmless};
use crate::embedder::bert::plain::{Plain, folder, judging};
use crate::embedder::bert::tiny::{Export, Written, onnx};
use kernels::Precision;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The tiny model with so many labels and these fields in its `config.json`.
fn named(count: usize, fields: &Value) -> TempDir {
    let folder = folder(&judging(count));
    let path = folder.path().join("config.json");
    let mut config: Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("it was written")).expect("it is JSON");
    config.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    std::fs::write(path, config.to_string()).expect("it can be written");
    folder
}

fn opened(folder: &TempDir, precision: Precision) -> Classifier {
    Classifier::open_as(folder.path(), precision).expect("the folder holds a classifier")
}

/// Softmax over the labels, or each for itself.
fn plain_shares(logits: &[f64], several: bool) -> Vec<f64> {
    let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
    let share = |logit: &f64| if several { 1.0 / (1.0 + (-logit).exp()) } else { logit.exp() / sum };
    logits.iter().map(share).collect()
}

const THREE: &str = r#"{"id2label": {"0": "SAFE", "1": "INJECTION", "2": "JAILBREAK"}}"#;
const TOXIC: &str =
    r#"{"id2label": {"0": "toxic", "1": "threat", "2": "insult"}, "problem_type": "multi_label_classification"}"#;

/// (labels, config.json, each for itself, the harm in the shares)
type Case = (usize, &'static str, bool, fn(&[f64]) -> f64);

#[test]
fn shares_are_those_of_the_plain_arithmetic() {
    let cases: [Case; 5] = [
        (3, THREE, false, |shares| 1.0 - shares[0]),
        (3, TOXIC, true, |shares| shares.iter().copied().fold(0.0, f64::max)),
        (2, "{}", false, |shares| shares[1]),
        (2, r#"{"id2label": {"0": "jailbreak", "1": "benign"}}"#, false, |shares| shares[0]),
        (1, r#"{"id2label": {"0": "LABEL_0"}}"#, true, |shares| shares[0]),
    ];
    // "the refund": [CLS] the refund [SEP]
    let pieces = [2, 6, 4, 3];
    for (count, config, several, harm) in cases {
        let plain = Plain::new(&judging(count));
        let expected = plain_shares(&plain.logits(&pieces, usize::MAX), several);
        let folder = named(count, &serde_json::from_str(config).expect("JSON"));
        for (precision, bound) in [(Precision::Fp32, 2e-5), (Precision::Int8, 0.08)] {
            let model = opened(&folder, precision);
            let scores = model.scores("the refund");
            let near = scores.iter().zip(&expected).all(|(score, share)| (f64::from(*score) - share).abs() < bound);
            assert!(near && scores.len() == count, "{config}: {scores:?} instead of {expected:?}");
            let score = f64::from(model.score("the refund"));
            assert!((score - harm(&expected)).abs() < bound, "{config}: {score} instead of {}", harm(&expected));
        }
    }
}

#[test]
fn an_onnx_file_says_the_same() {
    let folder = named(3, &serde_json::from_str(THREE).expect("JSON"));
    let before = opened(&folder, Precision::Fp32).scores("a refund, b");
    std::fs::remove_file(folder.path().join("model.safetensors")).expect("it was there");
    let file = onnx(&judging(3), Written::F32, Export::Named);
    std::fs::write(folder.path().join("model.onnx"), file).expect("it can be written");
    assert_eq!(opened(&folder, Precision::Fp32).scores("a refund, b"), before);
}

#[test]
fn a_long_text_is_read_in_windows_and_the_worst_one_counts() {
    let folder = named(3, &serde_json::from_str(THREE).expect("JSON"));
    let model = opened(&folder, Precision::Fp32);
    assert_eq!(model.labels(), ["SAFE", "INJECTION", "JAILBREAK"]);
    // Ten pieces hold eight that are not special; each window begins six further on.
    let letters =
        |count: usize| "a b c d ".repeat(count.div_ceil(4)).split(' ').take(count).collect::<Vec<_>>().join(" ");
    let widths = |count: usize| -> Vec<usize> { model.windows(&letters(count)).iter().map(Vec::len).collect() };
    assert_eq!(widths(0), [2]);
    assert_eq!(widths(3), [5]);
    assert_eq!(widths(8), [10]);
    assert_eq!(widths(9), [10, 10]);
    assert_eq!(widths(20), [10, 10, 10]);
    let windows = model.windows(&letters(20));
    assert_eq!((&windows[1][1..3], windows[2].last()), (&[10, 11][..], Some(&3)), "the seventh letter is c");
    let text = letters(8) + " refunds refunds, the the a d";
    let plain = Plain::new(&judging(3));
    let harm = |pieces: &Vec<u32>| 1.0 - plain_shares(&plain.logits(pieces, usize::MAX), false)[0];
    let worst = model.windows(&text).iter().map(harm).fold(0.0, f64::max);
    assert!((f64::from(model.score(&text)) - worst).abs() < 2e-5, "{} instead of {worst}", model.score(&text));
    let megabyte = model.score(&"a".repeat(1 << 20));
    assert!((0.0..=1.0).contains(&megabyte), "one word, and unknown: {megabyte}");
}

#[test]
fn labels_that_mean_no_harm_are_known_by_their_names() {
    for label in ["SAFE", "benign", "LEGIT", "negative", "LABEL_0", "No", "not_toxic", "non-hate", "no injection", "OK"]
    {
        assert!(is_harmless(label, false), "{label}");
    }
    for label in ["INJECTION", "LABEL_1", "LABEL_10", "unsafe", "toxic", "noise", "nonsense", "hate", "notable", "1"] {
        assert!(!is_harmless(label, false), "{label}");
    }
    assert!(!is_harmless("LABEL_0", true) && is_harmless("neutral", true), "each label for itself");
}

#[test]
fn a_folder_without_a_classifier_says_so() {
    let reason = |folder: &TempDir| Classifier::open(folder.path()).err().expect("it cannot be used").to_string();
    let few = named(3, &json!({ "id2label": { "0": "SAFE", "1": "INJECTION" } }));
    assert!(reason(&few).contains("it names 2 labels, and the weights tell 3 apart"), "{}", reason(&few));
    let tame = named(2, &json!({ "id2label": { "0": "safe", "1": "benign" } }));
    assert!(
        reason(&tame).contains("none of its labels (safe, benign) says that anything is wrong"),
        "{}",
        reason(&tame)
    );
    let other = named(2, &json!({ "model_type": "deberta-v2" }));
    assert!(reason(&other).contains("the model is of the architecture `deberta-v2`"), "{}", reason(&other));
    let encoder = folder(&crate::embedder::bert::tiny::tensors());
    assert!(reason(&encoder).contains("it is no classifier: it has no tensors pooler.dense"), "{}", reason(&encoder));
}
