//! The gates: differences after which two questions are never taken for the same, whatever their vectors say. Each stands
//! for a kind of wrong answer that caches have given: the other number, the other name, the negated, the reversed, the
//! one compared with something else. They are rules and not weights, so that they hold for words that no training saw.

use super::difference::{Difference, interchangeable};
use super::question::{Class, Question, Word};

/// Why two questions are not the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Another number, or another unit.
    Numbers,
    /// `+`, `%`, `€`: another sign.
    Signs,
    /// `he` for `she`, or `my number` for `your number`.
    Persons,
    /// What is for what was.
    Tense,
    /// `before`, `more`, `from`, `not`: another one, or before another thing.
    Relations,
    /// A name on one side only.
    Names,
    /// The same words in another order: `from A to B`, `does A like B`.
    Order,
    /// One thing in the place of another that is no synonym.
    Replaced,
    /// `how` for `why`, `may I` for `must I`, or a question for yes and no in place of one for more.
    Asking,
}

/// Words of asking that may stand for others: `what is the best way` is `how`, `what time` is `when`.
const OPEN: &[&str] = &["what", "which"];

/// What a question for yes and no begins with: one word of a line may stand for another of it.
const POLAR: &[&str] =
    &["is are am", "was were", "do does", "did", "can could", "will would shall", "has have", "may might"];

const PAST: &[&str] = &["was", "were", "did", "had"];

impl Difference<'_> {
    /// Every gate that the pair fails.
    pub(super) fn gates(&self) -> Vec<Gate> {
        let same_words = |class| sorted(self.a, class) == sorted(self.b, class);
        // A name in another's place is for the gate of replaced things.
        let names = |side: usize| self.extra[side].iter().any(|word| word.is_name);
        let is_thing = |word: &&Word| matches!(word.class, Class::Content | Class::Number | Class::Person);
        let checks = [
            (Gate::Numbers, same_words(Class::Number)),
            (Gate::Signs, self.a.signs == self.b.signs),
            (Gate::Persons, same_words(Class::Person) && !self.swaps_owner()),
            (Gate::Tense, is_past(self.a) == is_past(self.b)),
            (Gate::Relations, relations(self.a) == relations(self.b)),
            (Gate::Names, !names(0) && !names(1)),
            (Gate::Order, !self.moved.iter().any(is_thing)),
            (Gate::Replaced, !self.has_replaced_thing()),
            (Gate::Asking, !self.asks_otherwise()),
        ];
        checks.into_iter().filter(|(_, holds)| !holds).map(|(gate, _)| gate).collect()
    }

    fn has_replaced_thing(&self) -> bool {
        let matters = |word: &Word| matches!(word.class, Class::Content | Class::Nuance);
        self.replaced.iter().any(|(one, other)| matters(one) && !interchangeable(one, other))
    }

    fn asks_otherwise(&self) -> bool {
        let polar = (is_polar(self.a), is_polar(self.b));
        let closed = |word: &Word| word.class == Class::Asking && !OPEN.contains(&word.text.as_str());
        polar.0 != polar.1
            || polar.0 && !begin_alike(self.a, self.b)
            || self.replaced.iter().any(|(one, other)| closed(one) && closed(other) && one.text != other.text)
    }

    /// `my number` for `your number`; but `how do I find my number` is `how do you find your number`.
    fn swaps_owner(&self) -> bool {
        let owner = |question: &Question| {
            let has = |text: &str| question.of_class(Class::Function).any(|word| word.text == text);
            [("my", "i"), ("your", "you")].map(|(owner, subject)| has(owner) && !has(subject))
        };
        let (one, other) = (owner(self.a), owner(self.b));
        one[0] && other[1] || one[1] && other[0]
    }
}

/// Asks for yes or no.
fn is_polar(question: &Question) -> bool {
    question.of_class(Class::Asking).next().is_none()
}

fn is_past(question: &Question) -> bool {
    question.of_class(Class::Function).any(|word| PAST.contains(&word.text.as_str()))
}

fn begin_alike(a: &Question, b: &Question) -> bool {
    let [one, other] = [a, b].map(|question| question.words.first().map_or("", |word| word.text.as_str()));
    one == other || POLAR.iter().any(|line| [one, other].iter().all(|word| line.split(' ').any(|known| known == *word)))
}

fn sorted(question: &Question, class: Class) -> Vec<&str> {
    let mut words: Vec<&str> = question.of_class(class).map(|word| word.text.as_str()).collect();
    words.sort_unstable();
    words
}

/// Each relation and negation with the thing that follows it, sorted: `from London to Paris` is not `from Paris to London`.
fn relations(question: &Question) -> Vec<(&str, &str)> {
    let words = &question.words;
    let mut relations = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let name = match word.class {
            Class::Relation => word.text.as_str(),
            Class::Negation => "not",
            _ => continue,
        };
        let thing = words[at + 1..].iter().find(|next| matches!(next.class, Class::Content | Class::Number));
        relations.push((name, thing.map_or("", |thing| thing.stem.as_str())));
    }
    relations.sort_unstable();
    relations
}
