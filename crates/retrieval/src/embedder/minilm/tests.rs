//! The real model against the reference: `golden.json` holds what the original tokeniser and a 64-bit implementation
//! of the encoder make of a few texts. The weights are not in the repository; where `SHIPWAY_MODELS` is set they must be
//! in that folder (`shipway model pull minilm`), and without it only the way a missing model is reported can be tested.

use super::{Embedder, MOST_PIECES, MiniLm};
use crate::Error;
use crate::embedder::cache;
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
    let model = MiniLm::open(&cache::minilm_folder()).expect("the model was pulled into SHIPWAY_MODELS");
    let golden = golden();
    for case in golden["pieces"].as_array().expect("a list of cases") {
        let text = case[0].as_str().expect("a text");
        assert_eq!(serde_json::json!(model.tokeniser.encode(text, MOST_PIECES)), case[1], "{text:?}");
    }
    let sentences = golden["sentences"].as_array().expect("a list of sentences");
    let text =
        |case: &Value| case["text"].as_str().expect("a text").repeat(case["times"].as_u64().unwrap_or(1) as usize);
    let texts: Vec<String> = sentences.iter().map(text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = model.embed(&texts).expect("the model runs");
    for (index, (case, vector)) in sentences.iter().zip(&vectors).enumerate() {
        assert_eq!(Some(model.tokeniser.encode(texts[index], MOST_PIECES).len() as u64), case["pieces"].as_u64());
        for (place, found) in vector.iter().take(8).enumerate() {
            let expected = number(&case["first"][place]);
            assert!((found - expected).abs() < 5e-6, "{}: {found} instead of {expected}", texts[index]);
        }
        for (other, other_vector) in vectors.iter().enumerate() {
            let cosine: f32 = vector.iter().zip(other_vector).map(|(a, b)| a * b).sum();
            assert!((cosine - number(&golden["cosines"][index][other])).abs() < 5e-6, "cosine of {index} and {other}");
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
