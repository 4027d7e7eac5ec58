//! What lies between two questions: their words laid beside one another in order, and what is left over.

use super::question::{Question, Word};
use super::synonyms;

/// Words of one question that have no partner in the other, and pairs that stand in each other's place.
pub(super) struct Difference<'a> {
    pub(super) a: &'a Question,
    pub(super) b: &'a Question,
    /// Pairs of equal words, in order.
    pub(super) kept: Vec<(&'a Word, &'a Word)>,
    /// Words of the one in the place of words of the other.
    pub(super) replaced: Vec<(&'a Word, &'a Word)>,
    /// Words of `a`, then of `b`, that stand beside nothing.
    pub(super) extra: [Vec<&'a Word>; 2],
    /// Words that both have, but not in the same order.
    pub(super) moved: Vec<&'a Word>,
}

impl<'a> Difference<'a> {
    pub(super) fn between(a: &'a Question, b: &'a Question) -> Self {
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

    /// Between two partners: what may stand for one another does, then words of one class in order; the rest is extra.
    fn gap(&mut self, a: &'a [Word], b: &'a [Word]) {
        let mut left: Vec<&Word> = a.iter().collect();
        let mut right: Vec<&Word> = b.iter().collect();
        let same_class: fn(&Word, &Word) -> bool = |one, other| one.class == other.class;
        for suits in [interchangeable, same_class] {
            left.retain(|word| {
                let Some(at) = right.iter().position(|other| suits(word, other)) else { return true };
                self.replaced.push((word, right.remove(at)));
                false
            });
        }
        self.extra[0].append(&mut left);
        self.extra[1].append(&mut right);
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
    pub(super) fn left_over(&self, side: usize) -> impl Iterator<Item = &'a Word> {
        let replaced = self.replaced.iter().map(move |pair| if side == 0 { pair.0 } else { pair.1 });
        replaced.chain(self.extra[side].iter().copied())
    }

    /// Left over on this side, and not merely moved.
    pub(super) fn own(&self, side: usize) -> impl Iterator<Item = &'a Word> {
        self.left_over(side).filter(|word| !self.moved.iter().any(|moved| same(moved, word)))
    }
}

/// Equal words, or forms of one word.
pub(super) fn same(a: &Word, b: &Word) -> bool {
    a.class == b.class && (a.text == b.text || a.stem == b.stem)
}

/// Whether one may stand for the other without changing the question.
pub(super) fn interchangeable(one: &Word, other: &Word) -> bool {
    one.class == other.class && (same(one, other) || synonyms::are(one, other))
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
