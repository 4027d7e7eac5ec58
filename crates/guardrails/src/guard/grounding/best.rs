//! The place in the passages that supports a sentence best.

use super::index::{Index, carries_meaning};
use crate::words::{Kind, Placed};
use std::collections::HashSet;

/// Support that a sentence with an unknown number can have at most: well under the threshold.
const UNKNOWN_NUMBER: f64 = 0.25;
/// The same for unknown names, per name that is missing among all names: at all of them this.
const UNKNOWN_NAMES: f64 = 0.40;
/// Factor for a number or name that stands in the passages but not where the rest of the sentence does.
const ELSEWHERE: f64 = 0.85;
/// Factor for a negation on one side only, where the words are otherwise the same.
const FLIPPED: f64 = 0.50;
/// Two sentences hold more words than one; that alone is no support.
const PAIR: f64 = 0.97;
/// Words of the sentence that stand anywhere in the passages count this much beside the best place.
const ANYWHERE: f64 = 0.25;
/// A cited passage is preferred while it has this share of the best support.
const HINTED: f64 = 0.90;

/// The best support that was found for a sentence by its words alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Best {
    /// Places of the index, both inclusive: one, or two that follow each other.
    pub(super) first: usize,
    pub(super) last: usize,
    /// 0 to 1.
    pub(super) support: f64,
    /// Share of the words' weight that stands there.
    pub(super) coverage: f64,
}

struct Weighed<'a> {
    kind: Kind,
    weight: f64,
    postings: &'a [usize],
}

/// What a place holds of a sentence's words.
#[derive(Clone, Copy, Default)]
struct Held {
    /// Sum of the words' weights.
    weight: f64,
    /// How many of them are numbers or names.
    binding: u32,
}

impl Held {
    fn add(&mut self, word: &Weighed<'_>) {
        self.weight += word.weight;
        self.binding += u32::from(is_binding(word.kind));
    }
}

/// What the numbers and names of a sentence mean for its support at every place.
struct Binding {
    /// How many of them stand in some passage.
    known: u32,
    /// The most that the unknown ones leave.
    cap: f64,
}

impl Binding {
    fn of(words: &[Weighed<'_>]) -> Self {
        let (mut known, mut names, mut unknown_names) = (0, 0_u32, 0_u32);
        let mut cap = 1.0_f64;
        for word in words.iter().filter(|word| is_binding(word.kind)) {
            let unknown = word.postings.is_empty();
            known += u32::from(!unknown);
            if word.kind == Kind::Name {
                names += 1;
                unknown_names += u32::from(unknown);
            } else if unknown {
                cap = cap.min(UNKNOWN_NUMBER);
            }
        }
        if unknown_names > 0 {
            let missing = f64::from(unknown_names) / f64::from(names);
            cap = cap.min(1.0 - missing * (1.0 - UNKNOWN_NAMES));
        }
        Self { known, cap }
    }
}

/// What holds for a sentence at every place.
#[derive(Clone, Copy)]
struct Wide {
    /// Share of its weight that stands anywhere in the passages.
    anywhere: f64,
    negated: bool,
}

/// The place that supports the words best; `None` when no word of theirs stands anywhere.
pub(super) fn best(index: &Index, sentence: &[Placed], cited: &[usize]) -> Option<Best> {
    let weighed = weigh(index, sentence);
    let total: f64 = weighed.iter().map(|word| word.weight).sum();
    let anywhere: f64 = weighed.iter().filter(|word| !word.postings.is_empty()).map(|word| word.weight).sum();
    if anywhere <= 0.0 {
        return None;
    }
    let (single, pair) = hold(index, &weighed);
    let binding = Binding::of(&weighed);
    let negated = sentence.iter().any(|placed| placed.word.kind == Kind::Negation);
    let wide = Wide { anywhere: anywhere / total, negated };
    let mut best: Option<Best> = None;
    let mut hinted: Option<Best> = None;
    let mut consider = |first: usize, last: usize, coverage: f64, here: u32| {
        if coverage <= 0.0 {
            return;
        }
        let support = supported_by(index, &binding, here, (first, last), coverage, wide);
        let found = Best { first, last, support, coverage };
        if best.is_none_or(|best| best.support < support) {
            best = Some(found);
        }
        if cited.contains(&index.places[first].passage) && hinted.is_none_or(|hinted| hinted.support < support) {
            hinted = Some(found);
        }
    };
    for place in 0..index.places.len() {
        consider(place, place, single[place].weight / total, single[place].binding);
        if let Some(second) = index.second_of_pair(place) {
            consider(place, second, pair[place].weight / total * PAIR, pair[place].binding);
        }
    }
    let best = best?;
    Some(hinted.filter(|hinted| hinted.support >= best.support * HINTED).unwrap_or(best))
}

/// What each single sentence and each pair holds of the words. A pair is named by its first sentence; both of its
/// sentences count a word once.
fn hold(index: &Index, weighed: &[Weighed<'_>]) -> (Vec<Held>, Vec<Held>) {
    let mut single = vec![Held::default(); index.places.len()];
    let mut pair = single.clone();
    for word in weighed {
        let mut last_pair = None;
        for place in word.postings {
            single[*place].add(word);
            for first in [place.checked_sub(1), Some(*place)].into_iter().flatten() {
                if last_pair.is_none_or(|last| last < first) {
                    pair[first].add(word);
                    last_pair = Some(first);
                }
            }
        }
    }
    (single, pair)
}

/// Each different word of the sentence with its weight.
fn weigh<'a>(index: &'a Index, sentence: &[Placed]) -> Vec<Weighed<'a>> {
    let mut seen = HashSet::new();
    let content = sentence.iter().filter(|placed| carries_meaning(placed.word.kind));
    let different = content.filter(|placed| seen.insert(placed.id));
    let weighed = different.map(|placed| Weighed {
        kind: placed.word.kind,
        weight: index.weight(placed.id),
        postings: index.postings(placed.id),
    });
    weighed.collect()
}

/// `here` counts the binding words that stand at the place.
fn supported_by(index: &Index, binding: &Binding, here: u32, place: (usize, usize), coverage: f64, wide: Wide) -> f64 {
    let mut support = (1.0 - ANYWHERE) * coverage + ANYWHERE * wide.anywhere * coverage.sqrt();
    support *= ELSEWHERE.powi(binding.known.saturating_sub(here) as i32);
    let negated_there = index.places[place.0..=place.1].iter().any(|place| place.negated);
    if wide.negated != negated_there && coverage > 0.6 {
        support *= FLIPPED;
    }
    support.min(binding.cap)
}

/// Whether a word must stand in a passage as it is.
pub(super) fn is_binding(kind: Kind) -> bool {
    matches!(kind, Kind::Number | Kind::Name)
}
