//! Encoders of the BERT class in this process, from any folder that holds one: MiniLM, BGE, E5, GTE and their
//! like, as `transformers` and sentence-transformers save them, over bytes or floats; and those that judge texts.
//!
//! In reading order: `recipe` (what the folder says), `wordpiece` (text to numbers), `tensors` and `onnx` (the weights'
//! file), `weights` (its parameters, packed), `forward` (the arithmetic), `cross` (a question and a passage together), `classifier` (one text, by labels).

mod classifier;
mod cross;
mod forward;
mod onnx;
#[cfg(test)]
mod plain;
mod recipe;
mod tensors;
#[cfg(test)]
mod tiny;
mod weights;
mod wordpiece;

pub use classifier::Classifier;
pub use cross::CrossEncoder;
pub(crate) use recipe::{Pooling, Recipe};
pub(crate) use tensors::{Safetensors, Tensors};
pub(crate) use weights::Weights;
pub(crate) use wordpiece::{Folding, WordPiece};

use super::Embedder;
use crate::Error;
use forward::Pass;
use kernels::Precision;
use onnx::Onnx;
use recipe::Refusal;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What words weigh beside these vectors: measured with MiniLM over six labelled sets; .2 and .3 lose .001 to .003 each on one of
/// them.
const FUSION_WEIGHT: f32 = 0.25;

/// Word pieces that go through the model together. More would fall out of the processor's cache.
const PIECES_AT_ONCE: usize = 256;

/// Where a folder may hold its weights, the best first.
const WEIGHTS: [&str; 3] = ["model.safetensors", "model.onnx", "onnx/model.onnx"];

/// Hexadecimal digits of the weights' SHA-256 that are part of an identity.
pub(crate) const DIGITS: usize = 12;

pub struct Bert {
    identity: String,
    tokeniser: WordPiece,
    recipe: Recipe,
    weights: Weights,
}

impl Bert {
    /// Reads a model from its folder, its weights rounded to bytes. Measured with MiniLM that is a third to half of
    /// the time and a third of the memory, for vectors whose cosine with those of floats is at least .998 (270 texts).
    ///
    /// # Errors
    /// [`Error::ModelUnsupported`] with the file and what about it is not supported or missing.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Self::open_as(folder, Precision::Int8)
    }

    /// Reads a model from its folder at a precision. The identity names the folder, the precision, how vectors are
    /// pooled from how many pieces, and the weights' hash: what is another space has another name.
    ///
    /// # Errors
    /// As [`Bert::open`].
    pub fn open_as(folder: &Path, precision: Precision) -> Result<Self, Error> {
        let unsupported = |(path, reason): Refusal| Error::ModelUnsupported { path, reason };
        let recipe = Recipe::read(folder).map_err(unsupported)?;
        let tokeniser = recipe::tokeniser(folder).map_err(unsupported)?;
        let path = weights_of(folder).map_err(unsupported)?;
        let of = |tensors: &dyn Tensors| encoder(tensors, &recipe, precision);
        let (weights, hash) = read(&path, of).map_err(|reason| unsupported((path, reason)))?;
        let pooling = match recipe.pooling {
            Pooling::Mean => "mean",
            Pooling::First => "cls",
        };
        let (name, precision) = (name_of(folder), precision.name());
        let identity = format!("{name}-{precision}-{pooling}-{}/{}", recipe.most_pieces, &hash[..DIGITS]);
        Ok(Self::assembled(identity, tokeniser, recipe, weights))
    }

    pub(crate) fn assembled(identity: String, tokeniser: WordPiece, recipe: Recipe, weights: Weights) -> Self {
        Self { identity, tokeniser, recipe, weights }
    }

    /// The numbers of a text's pieces, as many as count.
    pub(crate) fn pieces(&self, text: &str) -> Vec<u32> {
        self.tokeniser.encode(text, self.recipe.most_pieces)
    }

    fn embed_behind(&self, prefix: &str, texts: &[&str]) -> Vec<Vec<f32>> {
        let pieces = |text: &&str| match prefix {
            "" => self.pieces(text),
            prefix => self.pieces(&format!("{prefix}{text}")),
        };
        let batches = batches(texts.iter().map(pieces), Vec::len);
        on_all_cores(&batches, |pass, batch| pass.embed(&self.weights, self.recipe.pooling, batch))
    }
}

/// Sequences that go through the model together, in their order.
fn batches<S>(sequences: impl Iterator<Item = S>, length: impl Fn(&S) -> usize) -> Vec<Vec<S>> {
    let mut batches: Vec<Vec<S>> = Vec::new();
    let mut pieces = usize::MAX;
    for sequence in sequences {
        if pieces.saturating_add(length(&sequence)) > PIECES_AT_ONCE {
            batches.push(Vec::new());
            pieces = 0;
        }
        pieces += length(&sequence);
        if let Some(batch) = batches.last_mut() {
            batch.push(sequence);
        }
    }
    batches
}

/// What the batches give, in their order; each core takes the next one as soon as it is done.
fn on_all_cores<S: Sync, T: Clone + Send>(
    batches: &[Vec<S>],
    through: impl Fn(&mut Pass, &[S]) -> Vec<T> + Sync,
) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(batches.len());
    if threads <= 1 {
        let mut pass = Pass::default();
        return batches.iter().flat_map(|batch| through(&mut pass, batch)).collect();
    }
    let results = Mutex::new(vec![Vec::new(); batches.len()]);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut pass = Pass::default();
                while let Some((index, batch)) = take(&next, batches) {
                    let made = through(&mut pass, batch);
                    if let Ok(mut results) = results.lock() {
                        results[index] = made;
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_default().into_iter().flatten().collect()
}

impl Embedder for Bert {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        self.weights.hidden
    }

    fn fusion_weight(&self) -> f32 {
        FUSION_WEIGHT
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        Ok(self.embed_behind(&self.recipe.passage_prefix, texts))
    }

    fn embed_questions(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        Ok(self.embed_behind(&self.recipe.query_prefix, texts))
    }
}

fn take<'a, T>(next: &AtomicUsize, all: &'a [T]) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    all.get(index).map(|one| (index, one))
}

/// The weights' file.
fn weights_of(folder: &Path) -> Result<PathBuf, Refusal> {
    let found = WEIGHTS.iter().map(|name| folder.join(name)).find(|path| path.exists());
    found.ok_or_else(|| {
        let names = WEIGHTS.map(|name| format!("`{name}`")).join(", ");
        (folder.to_owned(), format!("it holds no weights: looked for {names}"))
    })
}

/// A model is named for its folder.
fn name_of(folder: &Path) -> String {
    let name = folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    name.unwrap_or_else(|| "model".to_owned())
}

fn encoder(tensors: &dyn Tensors, recipe: &Recipe, precision: Precision) -> Result<Weights, String> {
    let weights = Weights::read(tensors, recipe.heads, recipe.epsilon, precision)?;
    match recipe.layers.is_some_and(|layers| layers != weights.layers.len()) {
        true => Err(format!("it has {} layers, unlike config.json", weights.layers.len())),
        false => Ok(weights),
    }
}

/// What `of` takes from the weights' file, and the file's SHA-256. Hashing takes about as long as reading: both at once.
fn read<T>(path: &Path, of: impl Fn(&dyn Tensors) -> Result<T, String>) -> Result<(T, String), String> {
    let (weights, hash) = std::thread::scope(|scope| {
        let hash = scope.spawn(|| sha256(path));
        let weights = match path.extension().is_some_and(|extension| extension == "onnx") {
            true => Onnx::open(path).and_then(|file| of(&file)),
            false => Safetensors::open(path).and_then(|file| of(&file)),
        };
        (weights, hash.join())
    });
    let (weights, hash) = (weights?, hash.map_err(|_| "its SHA-256 could not be taken")?);
    Ok((weights, hash.map_err(|error| error.to_string())?))
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    io::copy(&mut File::open(path)?, &mut digest)?;
    Ok(usecase::ids::hex(&digest.finalize()))
}

#[cfg(test)]
mod tests;
