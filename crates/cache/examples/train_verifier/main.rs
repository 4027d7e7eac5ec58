//! Trains the two verifiers, measures them by cross-validation and prints the curve that `docs/cache.md` shows.
//!
//! ```text
//! cargo run -p cache --example train_verifier -- DIR COSINES [write]
//! ```
//!
//! DIR holds `qqp.jsonl`, `adversarial-questions.jsonl` and `one-word-changed.jsonl`: lines of `a`, `b`, `duplicate` and,
//! but for the first, `kind`. COSINES is a file for MiniLM's cosines, filled where it has none (pull MiniLM first). With `write`
//! the verifiers are put into `src/verifier/`. Equal data give equal files to the last bit: nothing is random.
//!
//! Quora's pairs are folded so that questions that are connected by any pair lie in one fold; the two other sets so that all
//! pairs of one kind do. Every figure is measured on pairs, and kinds of pairs, that the fold's training never saw.

mod curve;
mod data;
mod learn;
mod sparse;

use cache::verifier::Verifier;
use data::Failure;
use retrieval::embedder::{self, EmbedderChoice};
use std::path::{Path, PathBuf};

/// What a threshold must reach on Quora's pairs in cross-validation to be shipped: above the .90 that is promised, because the
/// next sample will differ.
const SHIPPED_PRECISION: f64 = 0.92;

fn main() -> Result<(), Failure> {
    let usage = "usage: train_verifier DIR COSINES [write]";
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, cosines, rest @ ..] = arguments.as_slice() else { return Err(usage.into()) };
    let mut pairs = data::read(Path::new(folder))?;
    let minilm = embedder::open(&EmbedderChoice::Minilm, Path::new("."))?.ok_or("MiniLM is local")?;
    data::fill_cosines(&mut pairs, Path::new(cosines), minilm.as_ref())?;
    data::fold(&mut pairs);
    for (name, knows_cosine) in [("minilm", true), ("words", false)] {
        println!("\n{name}: {} pairs, {} folds", pairs.len(), data::FOLDS);
        let scores = curve::cross_validate(&pairs, knows_cosine);
        curve::print(&pairs, &scores);
        let all: Vec<usize> = (0..pairs.len()).collect();
        let threshold = curve::loosest(&pairs, &scores, SHIPPED_PRECISION);
        let verifier = Verifier { threshold, ..learn::learn(&pairs, &all, knows_cosine) };
        println!(
            "ships with threshold {threshold}, {} trees, {} words",
            verifier.trees.len(),
            verifier.lexicon.words.len()
        );
        if rest.first().is_some_and(|word| word == "write") {
            let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("src/verifier/{name}.json"));
            std::fs::write(&file, serde_json::to_string(&verifier)? + "\n")?;
            println!("{} bytes written to {}", std::fs::metadata(&file)?.len(), file.display());
        }
    }
    Ok(())
}
