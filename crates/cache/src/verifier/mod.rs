//! Whether two questions are the same question: gates first, then boosted trees over what lies between them.
//!
//! A cosine ranks questions that differ in one word *above* honest paraphrases, so no threshold on it is safe. The gates
//! refuse by rule; what passes them gets a score from trees that know the cosine, the words left over and what those
//! words weigh. Trees and weights are trained by `examples/train_verifier` and lie beside this file; `docs/cache.md`
//! has the measured curve.
//!
//! In reading order: `question` (a text to words), `synonyms`, `difference` (two questions side by side), `gates`, `lexicon`
//! (learned weights of words), `features`.

mod difference;
mod features;
mod gates;
mod lexicon;
mod question;
mod synonyms;

pub use features::NAMES as FEATURES;
pub use gates::Gate;
pub use lexicon::Lexicon;
pub use question::Question;

use difference::Difference;
use serde::{Deserialize, Serialize};
use statistics::trees::Tree;
use std::sync::LazyLock;

/// What was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verifier {
    /// The loosest threshold on [`Verifier::score`], 0 to 1, that kept the precision which training asks for on its own
    /// pairs. It promises nothing about other questions: what is served goes by the threshold that is declared.
    pub threshold: f32,
    /// Questions whose vectors are further apart are not compared: the trees have seen no such pair. Cosine, -1 to 1.
    pub least_cosine: f32,
    /// Whether the trees know the cosine; it means something in one vector space only.
    pub knows_cosine: bool,
    pub base: f32,
    pub lexicon: Lexicon,
    pub trees: Vec<Tree>,
}

static MINILM: LazyLock<Verifier> = LazyLock::new(|| read(include_str!("minilm.json")));
static WORDS: LazyLock<Verifier> = LazyLock::new(|| read(include_str!("words.json")));

/// The files are part of the program and a test reads them; what could not be read would accept nothing.
fn read(file: &str) -> Verifier {
    serde_json::from_str(file).unwrap_or_else(|_| Verifier {
        threshold: 1.0,
        least_cosine: 1.0,
        knows_cosine: false,
        base: -9.0,
        lexicon: Lexicon::default(),
        trees: Vec::new(),
    })
}

impl Verifier {
    /// The one that suits the vectors of an embedder, by its identity: for MiniLM one that knows its cosines, for all others one
    /// that goes by the words alone.
    pub fn for_embedder(identity: &str) -> &'static Self {
        if identity.to_ascii_lowercase().contains("minilm") { &MINILM } else { &WORDS }
    }

    /// How sure it is that the two are one question, 0 to 1; the first gate that they fail when they cannot be.
    ///
    /// # Errors
    /// The gate.
    pub fn score(&self, a: &Question, b: &Question, cosine: f32) -> Result<f32, Gate> {
        let difference = Difference::between(a, b);
        if let Some(gate) = difference.gates().first() {
            return Err(*gate);
        }
        let features = features::features(&difference, self.knows_cosine.then_some(cosine), &self.lexicon);
        let logit = self.base + self.trees.iter().map(|tree| tree.value(&features)).sum::<f32>();
        Ok(1.0 / (1.0 + (-logit).exp()))
    }
}

/// What training looks at: of one pair, which gates it fails, its features under a lexicon, and its keys in one.
pub mod training {
    use super::{Difference, Gate, Lexicon, Question, features, lexicon};

    pub fn gates(a: &Question, b: &Question) -> Vec<Gate> {
        Difference::between(a, b).gates()
    }

    pub fn features(a: &Question, b: &Question, cosine: Option<f32>, lexicon: &Lexicon) -> Vec<f32> {
        features::features(&Difference::between(a, b), cosine, lexicon)
    }

    /// Words that only one side has, and pairs in each other's place.
    pub fn keys(a: &Question, b: &Question) -> (Vec<String>, Vec<String>) {
        lexicon::keys(&Difference::between(a, b))
    }
}

#[cfg(test)]
mod tests;
