//! The real model against the reference: `golden.json` holds what the original tokeniser and a 64-bit implementation
//! of the encoder make of a few texts. The weights are not in the repository; where `SHIPWAY_MODELS` is set they must be
//! in that folder (`shipway model pull minilm`), and without it only the way a missing model is reported can be tested.

use super::{Embedder, MiniLm};
use crate::Error;
use crate::embedder::cache;
use kernels::Precision;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden.json")).expect("the fixture is JSON")
}

fn number(value: &Value) -> f32 {
    value.as_f64().expect("the fixture holds a number here") as f32
}

#[test]
fn the_pulled_model_meets_the_reference() {
    if std::env::var_os("SHIPWAY_MODELS").is_none() {
        eprintln!("not tested: SHIPWAY_MODELS is not set, so there are no weights to test");
        return;
    }
    // Floats are the reference's numbers; bytes are near them, and say so in their space's name.
    let identities = [
        (Precision::Fp32, 5e-6, "minilm-l6-v2-fp32/53aa51172d14"),
        (Precision::Int8, 0.02, "minilm-l6-v2-int8/53aa51172d14"),
    ];
    for (precision, bound, identity) in identities {
        let model = MiniLm::open_as(&cache::minilm_folder(), precision);
        let model = model.expect("the model was pulled into SHIPWAY_MODELS");
        assert_eq!((model.identity(), model.dimensions()), (identity, 384));
        check(&model, bound);
    }
}

fn check(model: &MiniLm, bound: f32) {
    let golden = golden();
    for case in golden["pieces"].as_array().expect("a list of cases") {
        let text = case[0].as_str().expect("a text");
        assert_eq!(serde_json::json!(model.0.pieces(text)), case[1], "{text:?}");
    }
    let sentences = golden["sentences"].as_array().expect("a list of sentences");
    let text =
        |case: &Value| case["text"].as_str().expect("a text").repeat(case["times"].as_u64().unwrap_or(1) as usize);
    let texts: Vec<String> = sentences.iter().map(text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = model.embed(&texts).expect("the model runs");
    for (index, (case, vector)) in sentences.iter().zip(&vectors).enumerate() {
        assert_eq!(Some(model.0.pieces(texts[index]).len() as u64), case["pieces"].as_u64());
        for (place, found) in vector.iter().take(8).enumerate() {
            let expected = number(&case["first"][place]);
            assert!((found - expected).abs() < bound, "{}: {found} instead of {expected}", texts[index]);
        }
        for (other, other_vector) in vectors.iter().enumerate() {
            let cosine: f32 = vector.iter().zip(other_vector).map(|(a, b)| a * b).sum();
            assert!((cosine - number(&golden["cosines"][index][other])).abs() < bound, "cosine of {index} and {other}");
        }
    }
}

#[test]
fn a_model_that_was_never_pulled_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = MiniLm::open(folder.path()).err().expect("there is no model");
    assert!(matches!(error, Error::ModelMissing { .. }));
    assert!(error.to_string().ends_with("fetch it with `shipway model pull minilm`"), "{error}");
}
