//! A classifier of the BERT class: one text, and how much each label holds of it (`BertForSequenceClassification`, as guards,
//! moderation and sentiment models of this size are). A guard wants one number of it: how sure it is that the text is
//! anything but harmless.

use super::forward::Pair;
use super::recipe::{self, Labels, Recipe, Refusal};
use super::weights::{Head, as_share};
use super::{Weights, WordPiece, batches, encoder, on_all_cores, read, weights_of};
use crate::Error;
use kernels::Precision;
use std::path::Path;

/// The share of a window that the next one sees again: what the edge of one cuts stands whole in the other.
const OVERLAP: usize = 4;

/// Names of labels that say "nothing is wrong", in lower case and without anything but letters and digits. `transformers`
/// calls labels that nobody named `LABEL_0` and so on, and models that tell two things apart have the harmless one first.
const HARMLESS: &[&str] = &[
    "safe",
    "benign",
    "legit",
    "legitimate",
    "negative",
    "neutral",
    "normal",
    "clean",
    "harmless",
    "ham",
    "ok",
    "okay",
    "no",
    "none",
    "other",
    "false",
    "acceptable",
    "allowed",
    "label0",
    "0",
];

/// Words that, before another one, turn a label into its opposite: `not_toxic`, `non-hate`, `no injection`.
const NEGATIONS: &[&str] = &["not", "non", "no"];

pub struct Classifier {
    tokeniser: WordPiece,
    /// Word pieces that go through together, the two special ones among them.
    most_pieces: usize,
    weights: Weights,
    head: Head,
    labels: Vec<String>,
    /// Which of the labels are harmless.
    harmless: Vec<bool>,
    /// Each label is a question for itself; else they share one certainty.
    several: bool,
}

impl Classifier {
    /// Reads a model from its folder, its encoder's weights rounded to bytes as [`super::Bert::open`] does.
    ///
    /// # Errors
    /// [`Error::ModelUnsupported`] with the file and what about it is not supported or missing.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Self::open_as(folder, Precision::Int8)
    }

    /// Reads a model from its folder at a precision.
    ///
    /// # Errors
    /// As [`Classifier::open`].
    pub fn open_as(folder: &Path, precision: Precision) -> Result<Self, Error> {
        let unsupported = |(path, reason): Refusal| Error::ModelUnsupported { path, reason };
        let recipe = Recipe::read(folder).map_err(unsupported)?;
        let Labels { names, several } = Labels::read(folder).map_err(unsupported)?;
        let tokeniser = recipe::tokeniser(folder).map_err(unsupported)?;
        let path = weights_of(folder).map_err(unsupported)?;
        let both = read(&path, |tensors| {
            let weights = encoder(tensors, &recipe, precision)?;
            let head = Head::read(tensors, weights.hidden, "classifier")?;
            Ok((weights, head))
        });
        let ((weights, head), _) = both.map_err(|reason| unsupported((path, reason)))?;
        let refused = |reason: String| unsupported((folder.join("config.json"), reason));
        let labels = named(names, head.labels()).map_err(refused)?;
        let several = several || labels.len() == 1;
        let harmless: Vec<bool> = labels.iter().map(|label| is_harmless(label, several)).collect();
        if harmless.iter().all(|harmless| *harmless) {
            return Err(refused(format!("none of its labels ({}) says that anything is wrong", labels.join(", "))));
        }
        // Something must stand between the two special pieces.
        Ok(Self { tokeniser, most_pieces: recipe.most_pieces.max(3), weights, head, labels, harmless, several })
    }

    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// How much each label holds, 0 to 1, in the order of [`Classifier::labels`]. A long text goes through in windows that
    /// overlap, and what is told is of the one that is worst.
    pub fn scores(&self, text: &str) -> Vec<f32> {
        let windows = self.windows(text).into_iter().map(|pieces| Pair { pieces, second: usize::MAX });
        let batches = batches(windows, |window| window.pieces.len());
        let logits = on_all_cores(&batches, |pass, batch| pass.judge(&self.weights, &self.head, batch));
        let shares = logits.into_iter().map(|logits| self.shares(logits));
        shares.max_by(|one, two| self.harm(one).total_cmp(&self.harm(two))).unwrap_or_default()
    }

    /// How sure it is that a text is not harmless, 0 to 1.
    pub fn score(&self, text: &str) -> f32 {
        self.harm(&self.scores(text))
    }

    /// Of labels that share one certainty, what the harmless ones leave; else the surest of the others.
    fn harm(&self, shares: &[f32]) -> f32 {
        let of =
            |kind: bool| shares.iter().zip(&self.harmless).filter(move |(_, is)| **is == kind).map(|(share, _)| *share);
        match self.several {
            true => of(false).fold(0.0, f32::max),
            false => of(false).sum::<f32>().min(1.0),
        }
    }

    fn shares(&self, mut logits: Vec<f32>) -> Vec<f32> {
        if self.several {
            logits.iter_mut().for_each(|logit| *logit = as_share(*logit));
            return logits;
        }
        // Softmax; the largest is taken off first so that no power overflows.
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        logits.iter_mut().for_each(|logit| *logit = (*logit - largest).exp());
        let sum: f32 = logits.iter().sum();
        logits.iter_mut().for_each(|power| *power /= sum);
        logits
    }

    /// The text's pieces in windows that fit, each between the two special pieces.
    pub(super) fn windows(&self, text: &str) -> Vec<Vec<u32>> {
        let all = self.tokeniser.encode(text, usize::MAX);
        let (Some((start, rest)), width) = (all.split_first(), self.most_pieces - 2) else { return Vec::new() };
        let Some((end, inside)) = rest.split_last() else { return Vec::new() };
        let step = width - width / OVERLAP;
        let between = |pieces: &[u32]| [&[*start][..], pieces, &[*end]].concat();
        // The last window ends where the text does, and is as wide as the others.
        let last = inside.len().saturating_sub(width);
        let starts = (0..last).step_by(step).chain([last]);
        starts.map(|from| between(&inside[from..inside.len().min(from + width)])).collect()
    }
}

/// The labels' names, as many as the head has numbers.
fn named(names: Vec<String>, count: usize) -> Result<Vec<String>, String> {
    match names.len() {
        0 => Ok((0..count).map(|number| format!("LABEL_{number}")).collect()),
        found if found == count => Ok(names),
        found => Err(format!("it names {found} labels, and the weights tell {count} apart")),
    }
}

/// Whether a label says that nothing is wrong. Labels that are questions for themselves have no first one that is harmless.
fn is_harmless(label: &str, several: bool) -> bool {
    let label = label.to_lowercase();
    let mut words = label.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let whole: String = words.clone().collect();
    let negated = words.next().is_some_and(|word| NEGATIONS.contains(&word)) && words.next().is_some();
    negated || (HARMLESS.contains(&whole.as_str()) && !(several && matches!(whole.as_str(), "label0" | "0")))
}

#[cfg(test)]
mod tests;
