//! How a model's vectors are made, as the files beside its weights say: those of `transformers` (`config.json`,
//! `tokenizer_config.json`, `vocab.txt` or `tokenizer.json`) and of sentence-transformers (`modules.json`,
//! `1_Pooling/config.json`, `sentence_bert_config.json`, `config_sentence_transformers.json`).

use super::wordpiece::{Folding, WordPiece};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Which of a text's rows become its vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// The mean of all.
    Mean,
    /// The first, that of `[CLS]`.
    First,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Recipe {
    /// Attention heads.
    pub(crate) heads: usize,
    /// Layers; `None` for as many as the weights have.
    pub(crate) layers: Option<usize>,
    /// Added to the variance in each layer normalisation.
    pub(crate) epsilon: f32,
    /// Word pieces of a text that count, `[CLS]` and `[SEP]` among them.
    pub(crate) most_pieces: usize,
    pub(crate) pooling: Pooling,
    /// Put before a question.
    pub(crate) query_prefix: String,
    /// Put before a passage.
    pub(crate) passage_prefix: String,
}

/// A file that cannot be used, and why.
pub(crate) type Refusal = (PathBuf, String);

/// What is supported, for the end of a sentence that says what was found.
const SUPPORTED: &str = "supported are BERT encoders (`model_type` `bert`) with a WordPiece vocabulary";

#[derive(Deserialize)]
struct Config {
    num_attention_heads: usize,
    num_hidden_layers: usize,
    max_position_embeddings: usize,
    hidden_act: Option<String>,
    layer_norm_eps: Option<f32>,
    position_embedding_type: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tokeniser {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: Option<bool>,
    model_max_length: Option<f64>,
}

impl Recipe {
    pub(crate) fn read(folder: &Path) -> Result<Self, Refusal> {
        let path = folder.join("config.json");
        let refused = |reason: String| (path.clone(), reason);
        let config: Value = json(&path)?.ok_or_else(|| refused("there is no such file".to_owned()))?;
        let kind = config["model_type"].as_str().unwrap_or("unknown");
        if kind != "bert" {
            return Err(refused(format!("the model is of the architecture `{kind}`; {SUPPORTED}")));
        }
        let config: Config = serde_json::from_value(config).map_err(|error| refused(error.to_string()))?;
        let other = |given: &Option<String>, only: &str| given.clone().filter(|given| given != only);
        if let Some(activation) = other(&config.hidden_act, "gelu") {
            return Err(refused(format!("the activation `{activation}` is not supported, only `gelu`")));
        }
        if let Some(positions) = other(&config.position_embedding_type, "absolute") {
            return Err(refused(format!("positions of the kind `{positions}` are not supported, only `absolute`")));
        }
        let prompts = Prompts::read(folder)?;
        Ok(Self {
            heads: config.num_attention_heads,
            layers: Some(config.num_hidden_layers),
            epsilon: config.layer_norm_eps.unwrap_or(1e-12),
            most_pieces: most_pieces(folder)?.unwrap_or(usize::MAX).clamp(2, config.max_position_embeddings.max(2)),
            pooling: pooling(folder)?,
            query_prefix: prompts.of(&["query"]),
            passage_prefix: prompts.of(&["document", "passage", "corpus"]),
        })
    }
}

/// What a classifier tells apart.
#[derive(Debug, PartialEq)]
pub(crate) struct Labels {
    /// In the order of the head's numbers; empty where the folder names none.
    pub(crate) names: Vec<String>,
    /// Each label is a question for itself, and more than one may hold.
    pub(crate) several: bool,
}

impl Labels {
    pub(crate) fn read(folder: &Path) -> Result<Self, Refusal> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Config {
            id2label: BTreeMap<usize, String>,
            problem_type: Option<String>,
        }
        let config: Config = json(&folder.join("config.json"))?.unwrap_or_default();
        let several = config.problem_type.as_deref() == Some("multi_label_classification");
        Ok(Self { names: config.id2label.into_values().collect(), several })
    }
}

/// A file's JSON; `None` where there is no such file.
fn json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Option<T>, Refusal> {
    match std::fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| (path.to_owned(), error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err((path.to_owned(), error.to_string())),
    }
}

/// What sentence-transformers cuts at, else what the tokeniser does (whose "no limit" is 10^30).
fn most_pieces(folder: &Path) -> Result<Option<usize>, Refusal> {
    let sentence: Option<Value> = json(&folder.join("sentence_bert_config.json"))?;
    if let Some(most) = sentence.as_ref().and_then(|sentence| sentence["max_seq_length"].as_u64()) {
        return Ok(Some(most as usize));
    }
    let tokeniser: Tokeniser = json(&folder.join("tokenizer_config.json"))?.unwrap_or_default();
    Ok(tokeniser.model_max_length.map(|most| most as usize))
}

/// The pooling that the model's modules name. A model without any is pooled by the mean, as sentence-transformers does.
fn pooling(folder: &Path) -> Result<Pooling, Refusal> {
    let path = folder.join("modules.json");
    let modules: Vec<Value> = json(&path)?.unwrap_or_default();
    let mut place = "1_Pooling";
    for module in &modules {
        let kind = module["type"].as_str().unwrap_or("unknown");
        match kind.rsplit('.').next() {
            Some("Transformer" | "Normalize") => {}
            Some("Pooling") => place = module["path"].as_str().unwrap_or(place),
            _ => return Err((path, format!("the step `{kind}` after the encoder is not supported"))),
        }
    }
    let path = folder.join(place).join("config.json");
    let Some(config) = json::<HashMap<String, Value>>(&path)? else { return Ok(Pooling::Mean) };
    let mut modes: Vec<&str> = config.get("pooling_mode").and_then(Value::as_str).into_iter().collect();
    let set = config.iter().filter(|(_, value)| value.as_bool() == Some(true));
    modes.extend(set.filter_map(|(name, _)| name.strip_prefix("pooling_mode_")));
    match modes[..] {
        ["mean" | "mean_tokens"] | [] => Ok(Pooling::Mean),
        ["cls" | "cls_token"] => Ok(Pooling::First),
        _ => {
            modes.sort_unstable();
            Err((path, format!("the pooling {} is not supported, only mean or cls", modes.join(" with "))))
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Prompts {
    prompts: HashMap<String, String>,
    default_prompt_name: Option<String>,
}

impl Prompts {
    fn read(folder: &Path) -> Result<Self, Refusal> {
        Ok(json(&folder.join("config_sentence_transformers.json"))?.unwrap_or_default())
    }

    /// The first prompt by one of these names, else the default one, else none.
    fn of(&self, names: &[&str]) -> String {
        let named = names.iter().copied().chain(self.default_prompt_name.as_deref());
        named.filter_map(|name| self.prompts.get(name)).next().cloned().unwrap_or_default()
    }
}

/// The folder's tokeniser.
pub(crate) fn tokeniser(folder: &Path) -> Result<WordPiece, Refusal> {
    let config: Tokeniser = json(&folder.join("tokenizer_config.json"))?.unwrap_or_default();
    let lower_case = config.do_lower_case.unwrap_or(true);
    let folding = Folding {
        lower_case,
        strip_accents: config.strip_accents.unwrap_or(lower_case),
        split_ideographs: config.tokenize_chinese_chars.unwrap_or(true),
    };
    let path = folder.join("vocab.txt");
    if path.exists() {
        let text = std::fs::read_to_string(&path).map_err(|error| (path.clone(), error.to_string()))?;
        return WordPiece::read(&text, folding).map_err(|reason| (path, reason));
    }
    let path = folder.join("tokenizer.json");
    let Some(file) = json::<TokeniserFile>(&path)? else {
        return Err((folder.to_owned(), format!("there is neither `vocab.txt` nor `tokenizer.json`; {SUPPORTED}")));
    };
    if file.model.kind.as_deref() != Some("WordPiece") {
        let kind = file.model.kind.as_deref().unwrap_or("unknown");
        return Err((path, format!("the tokeniser is of the kind `{kind}`; {SUPPORTED}")));
    }
    let pieces = serde_json::from_value(file.model.vocab).map_err(|error| (path.clone(), error.to_string()))?;
    let folding = file.normalizer.map_or(folding, |normalizer| normalizer.folding(folding));
    WordPiece::new(pieces, folding).map_err(|reason| (path, reason))
}

/// The parts of a `tokenizer.json` that matter here.
#[derive(Deserialize)]
struct TokeniserFile {
    normalizer: Option<Normaliser>,
    model: TokeniserModel,
}

#[derive(Deserialize)]
struct TokeniserModel {
    #[serde(rename = "type")]
    kind: Option<String>,
    vocab: Value,
}

#[derive(Deserialize)]
struct Normaliser {
    lowercase: Option<bool>,
    strip_accents: Option<bool>,
    handle_chinese_chars: Option<bool>,
}

impl Normaliser {
    fn folding(&self, otherwise: Folding) -> Folding {
        let lower_case = self.lowercase.unwrap_or(otherwise.lower_case);
        Folding {
            lower_case,
            strip_accents: self.strip_accents.unwrap_or(lower_case),
            split_ideographs: self.handle_chinese_chars.unwrap_or(otherwise.split_ideographs),
        }
    }
}

#[cfg(test)]
mod tests;
