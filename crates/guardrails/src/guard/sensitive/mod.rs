//! Sensitive subjects, self-harm above all, and requests for regulated advice.
//!
//! A linear model over words and their meaning (`training::sensitive`) gives each category its score; phrases in several
//! languages add what must not be missed about self-harm. A linear model knows which words a text uses and not what it
//! wants: it finds plain requests, and misses those that are harmful only by what they are for. Thresholds are therefore
//! set for few false alarms; whoever needs more must use the model tier.

mod features;
mod model;
mod phrases;

pub(crate) use features::{WIDTH, windows};
pub(crate) use model::Model;

use std::sync::LazyLock;

/// In the order of the model. The last three are advice that the law leaves to licensed people: asked for by somebody for
/// a case of their own, as against facts. `unsafe` is any harmful request, whatever its subject.
pub(crate) const CATEGORIES: [&str; 10] =
    ["unsafe", "self_harm", "violence", "hate", "sexual", "illegal", "weapons", "medical", "legal", "financial"];
/// Where the categories of advice begin.
pub(crate) const ADVICE: usize = 7;
pub(crate) const SELF_HARM: usize = 1;
/// The score of a text that has a phrase which says it.
const SAID: f32 = 0.99;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::from_bytes(include_bytes!("../../../weights/sensitive.swh")).expect("the model that ships is whole")
});

/// What a text is about, as far as one category goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Subject {
    pub(crate) category: &'static str,
    /// 0 to 1.
    pub(crate) score: f32,
    /// The least score that counts, from cross-validation.
    pub(crate) threshold: f32,
}

impl Subject {
    pub(crate) fn fires(&self) -> bool {
        self.score >= self.threshold
    }

    /// Whether it is regulated advice rather than a sensitive subject.
    pub(crate) fn is_advice(&self) -> bool {
        CATEGORIES[ADVICE..].contains(&self.category)
    }
}

/// Every category with its score, in the order of `CATEGORIES`. A long text scores as its worst window of 96 words. Takes
/// time in proportion to the text.
pub(crate) fn assess(text: &str) -> Vec<Subject> {
    let mut odds = [f32::NEG_INFINITY; CATEGORIES.len()];
    windows(text, |window| MODEL.raise(window, &mut odds));
    let share = |odds: f32| 1.0 / (1.0 + (-odds).exp());
    let said = phrases::speaks_of_self_harm(text);
    let subjects =
        CATEGORIES.iter().zip(odds).zip(&MODEL.parts).enumerate().map(|(place, ((category, odds), part))| {
            let score = if said && place == SELF_HARM { share(odds).max(SAID) } else { share(odds) };
            Subject { category, score, threshold: share(part.threshold) }
        });
    subjects.collect()
}

#[cfg(test)]
mod tests;
