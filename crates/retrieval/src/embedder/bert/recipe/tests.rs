//! Folders as data: files and what they mean, or why they are refused.

use super::{Pooling, Recipe, tokeniser};
use crate::embedder::bert::tiny::{VOCABULARY, write_settings};
use serde_json::{Value, json};
use std::path::Path;

fn folder(files: &[(&str, Value)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_settings(folder.path());
    for (name, value) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder can be made");
        std::fs::write(path, value.to_string()).expect("the file can be written");
    }
    folder
}

fn read(files: &[(&str, Value)]) -> Recipe {
    Recipe::read(folder(files).path()).expect("the folder can be used")
}

#[test]
fn without_other_files_the_defaults_hold() {
    let expected = Recipe {
        heads: 2,
        layers: Some(2),
        epsilon: 1e-12,
        most_pieces: 10,
        pooling: Pooling::Mean,
        query_prefix: String::new(),
        passage_prefix: String::new(),
    };
    assert_eq!(read(&[]), expected);
    assert_eq!(read(&[("tokenizer_config.json", json!({"model_max_length": 1e30}))]), expected);
}

#[test]
fn the_files_of_sentence_transformers_count() {
    let modules = json!([
        {"path": "", "type": "sentence_transformers.models.Transformer"},
        {"path": "pool", "type": "sentence_transformers.models.Pooling"},
        {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]);
    let found = read(&[
        ("modules.json", modules),
        (
            "pool/config.json",
            json!({"pooling_mode_cls_token": true, "word_embedding_dimension": 8, "include_prompt": true}),
        ),
        ("sentence_bert_config.json", json!({"max_seq_length": 7, "do_lower_case": false})),
        ("tokenizer_config.json", json!({"model_max_length": 5})),
        ("config_sentence_transformers.json", json!({"prompts": {"query": "query: ", "document": "passage: "}})),
    ]);
    assert_eq!((found.pooling, found.most_pieces), (Pooling::First, 7));
    assert_eq!((found.query_prefix.as_str(), found.passage_prefix.as_str()), ("query: ", "passage: "));
    assert_eq!(read(&[("tokenizer_config.json", json!({"model_max_length": 5}))]).most_pieces, 5);
    assert_eq!(read(&[("1_Pooling/config.json", json!({"pooling_mode": "cls"}))]).pooling, Pooling::First);
    let prompts = json!({"prompts": {"all": "x "}, "default_prompt_name": "all"});
    assert_eq!(read(&[("config_sentence_transformers.json", prompts)]).passage_prefix, "x ");
}

#[test]
fn what_is_not_supported_is_named() {
    let check = |name: &str, value: Value, expected: &str| {
        let (path, reason) = Recipe::read(folder(&[(name, value)]).path()).expect_err("it is not supported");
        assert!(path.ends_with(name) && reason.contains(expected), "{}: {reason}", path.display());
    };
    let config = |key: &str, value: &str| {
        let mut config = json!({
            "model_type": "bert", "num_attention_heads": 2, "num_hidden_layers": 2, "max_position_embeddings": 10,
        });
        config[key] = json!(value);
        config
    };
    check(
        "config.json",
        config("model_type", "xlm-roberta"),
        "architecture `xlm-roberta`; supported are BERT encoders",
    );
    check("config.json", config("hidden_act", "relu"), "activation `relu`");
    check("config.json", config("position_embedding_type", "relative_key"), "positions of the kind `relative_key`");
    check("config.json", config("num_attention_heads", "two"), "invalid type");
    check("config.json", json!([]), "architecture `unknown`");
    check("1_Pooling/config.json", json!({"pooling_mode_max_tokens": true}), "pooling max_tokens is not supported");
    let two = json!({"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true});
    check("1_Pooling/config.json", two, "pooling cls_token with mean_tokens");
    let dense = json!([{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]);
    check("modules.json", dense, "the step `sentence_transformers.models.Dense`");
    let (path, _) = Recipe::read(Path::new("/nowhere")).expect_err("there is no folder");
    assert!(path.ends_with("config.json"));
}

#[test]
fn either_tokeniser_file_gives_the_pieces() {
    let text = "refunds, THE Refund";
    let with_list = folder(&[]);
    let expected = tokeniser(with_list.path()).expect("a vocabulary").encode(text, 20);
    let vocab: Value = VOCABULARY.lines().zip(0..).map(|(piece, number)| (piece.to_owned(), json!(number))).collect();
    let model = json!({"type": "WordPiece", "unk_token": "[UNK]", "vocab": vocab});
    let normalizer =
        json!({"type": "BertNormalizer", "lowercase": true, "strip_accents": null, "handle_chinese_chars": true});
    let with_file = folder(&[("tokenizer.json", json!({"normalizer": normalizer, "model": model}))]);
    std::fs::remove_file(with_file.path().join("vocab.txt")).expect("it was written");
    assert_eq!(tokeniser(with_file.path()).expect("a tokeniser").encode(text, 20), expected);
    let cased = folder(&[("tokenizer_config.json", json!({"do_lower_case": false}))]);
    assert_ne!(tokeniser(cased.path()).expect("a vocabulary").encode(text, 20), expected);
    let unigram = folder(&[("tokenizer.json", json!({"model": {"type": "Unigram", "vocab": []}}))]);
    std::fs::remove_file(unigram.path().join("vocab.txt")).expect("it was written");
    let (_, reason) = tokeniser(unigram.path()).err().expect("it is not supported");
    assert!(reason.starts_with("the tokeniser is of the kind `Unigram`; supported are"), "{reason}");
    std::fs::remove_file(unigram.path().join("tokenizer.json")).expect("it was written");
    let (_, reason) = tokeniser(unigram.path()).err().expect("there is none");
    assert!(reason.starts_with("there is neither `vocab.txt` nor `tokenizer.json`"), "{reason}");
}
