//! What lies between two questions: their words laid beside one another in order, and what is left over.

use super::question::{Class, Question, Word};

/// Words of one question that have no partner in the other, and pairs that stand in each other's place.
pub(crate) struct Difference<'a> {
    pub(crate) a: &'a Question,
    pub(crate) b: &'a Question,
    /// Pairs of equal words, in order.
    pub(crate) kept: Vec<(&'a Word, &'a Word)>,
    /// Words of the one in the place of words of the other.
    pub(crate) replaced: Vec<(&'a Word, &'a Word)>,
    /// Words of `a`, then of `b`, that stand beside nothing.
    pub(crate) extra: [Vec<&'a Word>; 2],
    /// Words that both have, but not in the same order.
    pub(crate) moved: Vec<&'a Word>,
}

impl<'a> Difference<'a> {
    pub(crate) fn between(a: &'a Question, b: &'a Question) -> Self {
        let mut found =
            Self { a, b, kept: Vec::new(), replaced: Vec::new(), extra: [Vec::new(), Vec::new()], moved: Vec::new() };
        let (mut in_a, mut in_b) = (0, 0);
        for (at_a, at_b) in partners(&a.words, &b.words).into_iter().chain([(a.words.len(), b.words.len())]) {
            found.gap(&a.words[in_a..at_a], &b.words[in_b..at_b]);
            if let (Some(one), Some(other)) = (a.words.get(at_a), b.words.get(at_b)) {
                found.kept.push((one, other));
            }
            (in_a, in_b) = (at_a + 1, at_b + 1);
        }
        found.find_moved();
        found
    }

    /// Between two partners: words of one class stand for one another, the rest is extra.
    fn gap(&mut self, a: &'a [Word], b: &'a [Word]) {
        let mut taken = vec![false; b.len()];
        for word in a {
            let other = (0..b.len()).find(|at| !taken[*at] && b[*at].class == word.class);
            match other {
                Some(at) => {
                    taken[at] = true;
                    self.replaced.push((word, &b[at]));
                }
                None => self.extra[0].push(word),
            }
        }
        self.extra[1].extend(b.iter().zip(taken).filter(|(_, taken)| !taken).map(|(word, _)| word));
    }

    /// A word that is left over on both sides has only moved.
    fn find_moved(&mut self) {
        let left: Vec<&Word> = self.left_over(0).collect();
        let mut right: Vec<&Word> = self.left_over(1).collect();
        for word in left {
            if let Some(at) = right.iter().position(|other| same(word, other)) {
                right.swap_remove(at);
                self.moved.push(word);
            }
        }
    }

    /// The words of one side (0: `a`, 1: `b`) without a partner.
    pub(crate) fn left_over(&self, side: usize) -> impl Iterator<Item = &'a Word> {
        let replaced = self.replaced.iter().map(move |pair| if side == 0 { pair.0 } else { pair.1 });
        replaced.chain(self.extra[side].iter().copied())
    }

    /// Left over on this side, and not merely moved.
    pub(crate) fn own(&self, side: usize) -> impl Iterator<Item = &'a Word> {
        self.left_over(side).filter(|word| !self.moved.iter().any(|moved| same(moved, word)))
    }
}

/// Equal words, or forms of one word.
pub(crate) fn same(a: &Word, b: &Word) -> bool {
    a.class == b.class && (a.text == b.text || a.stem == b.stem)
}

/// The longest common subsequence of two short lists of words, as pairs of places.
fn partners(a: &[Word], b: &[Word]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut longest = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if same(&a[i], &b[j]) {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if same(&a[i], &b[j]) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Words of asking that stand for others: `what is the best way` is `how`, `what time` is `when`.
const OPEN: &[&str] = &["what", "how", "which"];

/// Why two questions are not the same, whatever their vectors say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Gate {
    Numbers,
    Signs,
    Negation,
    Persons,
    /// `before`, `more`, `from`: other ones, or before another thing.
    Relations,
    /// A name on one side only.
    Names,
    /// Words in another order: `from A to B`, `does A like B`.
    Order,
    /// One thing in the place of another.
    Replaced,
    /// `how` in the place of `why`.
    Asking,
}

impl Difference<'_> {
    /// Every gate that the pair fails. `interchangeable` says of two words whether they are known to mean the same.
    pub(crate) fn gates(&self, interchangeable: &dyn Fn(&Word, &Word) -> bool) -> Vec<Gate> {
        let same_words = |class| sorted(self.a, class) == sorted(self.b, class);
        let is_thing = |word: &Word| matches!(word.class, Class::Content | Class::Number | Class::Person);
        let names = |side| self.own(side).any(|word: &Word| word.is_name);
        let replaced = self.replaced.iter().any(|(one, other)| {
            matches!(one.class, Class::Content | Class::Nuance) && !interchangeable(one, other)
        });
        let asking = self.replaced.iter().any(|(one, other)| {
            one.class == Class::Asking && [one, other].iter().all(|word| !OPEN.contains(&word.text.as_str()))
        });
        let checks = [
            (Gate::Numbers, same_words(Class::Number)),
            (Gate::Signs, self.a.signs == self.b.signs),
            (Gate::Negation, sorted(self.a, Class::Negation).len() == sorted(self.b, Class::Negation).len()),
            (Gate::Persons, same_words(Class::Person)),
            (Gate::Relations, relations(self.a) == relations(self.b)),
            (Gate::Names, !names(0) && !names(1)),
            (Gate::Order, !self.moved.iter().any(|word| is_thing(word))),
            (Gate::Replaced, !replaced),
            (Gate::Asking, !asking),
        ];
        checks.into_iter().filter(|(_, holds)| !holds).map(|(gate, _)| gate).collect()
    }
}

fn sorted(question: &Question, class: Class) -> Vec<&str> {
    let mut words: Vec<&str> = question.of_class(class).map(|word| word.text.as_str()).collect();
    words.sort_unstable();
    words
}

/// Each relation with the thing that follows it, sorted: `from London to Paris` is not `from Paris to London`.
fn relations(question: &Question) -> Vec<(&str, &str)> {
    let words = &question.words;
    let mut relations = Vec::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| word.class == Class::Relation) {
        let thing = words[at + 1..].iter().find(|next| matches!(next.class, Class::Content | Class::Number));
        relations.push((word.text.as_str(), thing.map_or("", |thing| thing.stem.as_str())));
    }
    relations.sort_unstable();
    relations
}
