//! Folders as tools write them: all hold the same tiny encoder and must give the same vectors.

use super::tiny::{Export, Written, onnx, safetensors, tensors, write_settings};
use super::{Bert, Embedder};
use kernels::Precision;
use serde_json::json;
use std::path::Path;

const TEXTS: [&str; 4] = ["refunds, the refund", "a b c d", "", "a b c d a b c d a b c d"];

fn folder(file: &str, bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_settings(folder.path());
    let path = folder.path().join(file);
    std::fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder can be made");
    std::fs::write(path, bytes).expect("the weights can be written");
    folder
}

fn embedded(folder: &Path, precision: Precision) -> Vec<Vec<f32>> {
    let model = Bert::open_as(folder, precision).expect("the folder holds a model");
    assert_eq!(model.dimensions(), 8);
    model.embed(&TEXTS).expect("the model runs")
}

#[test]
fn every_file_of_one_model_gives_the_same_vectors() {
    let tensors = tensors();
    for written in [Written::F32, Written::Bf16] {
        for precision in [Precision::Int8, Precision::Fp32] {
            let first = folder("model.safetensors", &safetensors(&tensors, written, ""));
            let expected = embedded(first.path(), precision);
            assert_eq!(expected.len(), TEXTS.len());
            let prefixed = folder("model.safetensors", &safetensors(&tensors, written, "bert."));
            assert_eq!(embedded(prefixed.path(), precision), expected);
            for export in [Export::Named, Export::Renamed, Export::ByStep, Export::Gemm] {
                for place in ["model.onnx", "onnx/model.onnx"] {
                    let exported = folder(place, &onnx(&tensors, written, export));
                    assert_eq!(embedded(exported.path(), precision), expected);
                }
            }
        }
    }
}

#[test]
fn an_identity_names_what_vectors_depend_on() {
    let file = safetensors(&tensors(), Written::F32, "");
    let folder = folder("model.safetensors", &file);
    let identity = |precision| Bert::open_as(folder.path(), precision).expect("a model").identity().to_owned();
    let name = folder.path().file_name().expect("it has a name").to_string_lossy();
    let (int8, fp32) = (identity(Precision::Int8), identity(Precision::Fp32));
    let (before, hash) = int8.rsplit_once('/').expect("a hash at the end");
    assert_eq!((before, hash.len()), (format!("{name}-int8-mean-10").as_str(), 12));
    assert_eq!(fp32, format!("{name}-fp32-mean-10/{hash}"));
    std::fs::create_dir(folder.path().join("1_Pooling")).expect("a folder can be made");
    let pooling = json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false});
    std::fs::write(folder.path().join("1_Pooling/config.json"), pooling.to_string()).expect("it can be written");
    assert_eq!(identity(Precision::Int8), format!("{name}-int8-cls-10/{hash}"));
}

#[test]
fn a_question_is_put_behind_its_prefix() {
    let folder = folder("model.safetensors", &safetensors(&tensors(), Written::F32, ""));
    let plain = Bert::open(folder.path()).expect("a model");
    let prompts = json!({"prompts": {"query": "the ", "passage": "a "}});
    std::fs::write(folder.path().join("config_sentence_transformers.json"), prompts.to_string()).expect("written");
    let model = Bert::open(folder.path()).expect("a model");
    let questions = |model: &Bert, text| model.embed_questions(&[text]).expect("it runs");
    assert_eq!(questions(&model, "b"), questions(&plain, "the b"));
    assert_eq!(model.embed(&["b"]).expect("it runs"), plain.embed(&["a b"]).expect("it runs"));
}

#[test]
fn many_texts_keep_their_order() {
    let folder = folder("model.safetensors", &safetensors(&tensors(), Written::F32, ""));
    let model = Bert::open(folder.path()).expect("a model");
    let texts: Vec<String> =
        (0..300).map(|number| ["a", "b", "c", "refund"][number % 4].repeat(1 + number % 3)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = model.embed(&texts).expect("it runs");
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(&model.embed(&[text]).expect("it runs")[0], vector, "{text}");
    }
}

#[test]
fn a_folder_that_cannot_be_used_says_why() {
    let file = safetensors(&tensors(), Written::F32, "");
    let reason = |name: &str, bytes: &[u8]| {
        let folder = folder(name, bytes);
        Bert::open(folder.path()).err().expect("it cannot be used").to_string()
    };
    assert!(reason("pytorch_model.bin", b"x").ends_with(
        "cannot be used: it holds no weights: looked for `model.safetensors`, `model.onnx`, `onnx/model.onnx`"
    ));
    assert!(reason("model.safetensors", &file[..file.len() - 1]).contains("it is cut off"));
    assert!(reason("model.safetensors", b"").contains("model.safetensors"));
    assert!(reason("model.safetensors", &[0xff; 64]).contains("it is no safetensors file"));
    assert!(reason("model.onnx", b"\xff\xff").contains("it is no ONNX model"));
    assert!(reason("model.onnx", b"").contains("it is no BERT encoder"));
    let five_layers = json!({
        "model_type": "bert", "num_attention_heads": 2, "num_hidden_layers": 5, "max_position_embeddings": 10,
    });
    let folder = folder("model.safetensors", &file);
    std::fs::write(folder.path().join("config.json"), five_layers.to_string()).expect("it can be written");
    let error = Bert::open(folder.path()).err().expect("the layers are not as many");
    assert!(error.to_string().ends_with("it has 2 layers, unlike config.json"), "{error}");
}
