//! What a text says, as far as words tell: enough to see whether two answers say the same, and whether one sentence
//! repeats another.

use crate::sentences::sentences;
use crate::words::{Kind, Lexicon};
use std::collections::BTreeSet;

/// A text's words that carry meaning, its numbers, and whether it says yes or no.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gist {
    /// Stems of content words and names.
    words: BTreeSet<String>,
    numbers: BTreeSet<String>,
    /// `Some(true)` for a text that begins with a yes, `Some(false)` for a no.
    stance: Option<bool>,
    /// A negation stands in it somewhere.
    negated: bool,
}

/// First words by which a text takes a side, in the languages that the grounding guard knows negations of.
const YES: &[&str] = &["yes", "yeah", "yep", "ja", "oui", "sí", "sì", "sim"];
const NO: &[&str] = &["no", "nope", "nein", "non", "não", "nee"];

impl Gist {
    pub fn of(text: &str) -> Self {
        let mut gist = Self::default();
        let mut lexicon = Lexicon::default();
        for sentence in sentences(text) {
            for word in lexicon.words(sentence.text) {
                match word.kind {
                    Kind::Content | Kind::Name => drop(gist.words.insert(word.stem.to_lowercase())),
                    Kind::Number => drop(gist.numbers.insert(word.stem.to_string())),
                    Kind::Negation => gist.negated = true,
                    Kind::Function => {}
                }
            }
        }
        let first = text.split(|letter: char| !letter.is_alphanumeric()).find(|word| !word.is_empty());
        let first = first.unwrap_or_default().to_lowercase();
        let says = |list: &[&str]| list.contains(&first.as_str());
        gist.stance = if says(YES) { Some(true) } else { says(NO).then_some(false) };
        gist
    }

    /// How many different words and numbers it holds.
    pub fn size(&self) -> usize {
        self.words.len() + self.numbers.len()
    }

    /// How far two texts say the same, 0 to 1: the words they share over all words that either has (P. Jaccard, 1901).
    /// 0 where their numbers differ, where one says yes and the other no, and where only one of two short texts
    /// negates. Two texts without a word agree when they take the same side.
    pub fn agreement(&self, other: &Self) -> f64 {
        let sides = self.stance.zip(other.stance).is_some_and(|(one, other)| one != other);
        if sides || self.numbers != other.numbers {
            return 0.0;
        }
        let shared = self.words.intersection(&other.words).count();
        let all = self.words.len() + other.words.len() - shared;
        // In a long text a negation says little about the whole; in one statement it turns it around.
        if self.negated != other.negated && all <= SHORT {
            return 0.0;
        }
        if all == 0 { 1.0 } else { shared as f64 / all as f64 }
    }

    /// Which share of this text's words and numbers stands in the other, 0 to 1; 0 when it has none.
    pub fn share_within(&self, other: &Self) -> f64 {
        let within = self.words.intersection(&other.words).count() + self.numbers.intersection(&other.numbers).count();
        within as f64 / self.size().max(1) as f64
    }
}

/// Different content words of a text that is about one statement.
const SHORT: usize = 12;

#[cfg(test)]
mod tests {
    use super::Gist;

    #[test]
    fn what_agrees_and_what_does_not() {
        let check = |one: &str, other: &str, low: f64, high: f64| {
            let (one_gist, other_gist) = (Gist::of(one), Gist::of(other));
            let agreement = one_gist.agreement(&other_gist);
            assert!((low..=high).contains(&agreement), "{one} / {other}: {agreement}");
            assert!((agreement - other_gist.agreement(&one_gist)).abs() < 1e-12, "either way round");
        };
        check("Within 45 days of delivery.", "Within 45 days of the delivery.", 1.0, 1.0);
        check("Within 45 days of delivery.", "Within 30 days of delivery.", 0.0, 0.0);
        check("Yes, lamps can be returned.", "No, lamps can be returned.", 0.0, 0.0);
        check("Lamps can be returned.", "Lamps can not be returned.", 0.0, 0.0);
        check("Lamps are returned by parcel.", "Lamps are returned by balloon.", 0.4, 0.6);
        check("Forty days.", "40 days.", 1.0, 1.0);
        check("Yes.", "Yes!", 1.0, 1.0);
        check("", "", 1.0, 1.0);
        check("", "Lamps.", 0.0, 0.0);
    }

    #[test]
    fn how_much_of_a_question_an_answer_repeats() {
        let question = Gist::of("How long is the warranty on a lamp?");
        assert!(Gist::of("The warranty on a lamp").share_within(&question) > 0.99);
        assert!(Gist::of("It lasts three years").share_within(&question) < 0.01);
    }
}
