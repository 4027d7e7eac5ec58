//! The passages' sentences, indexed by word for one answer.

use super::{CodePoints, is_binding};
use crate::sentences::sentences;
use crate::words::{Kind, Lexicon, Word};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use usecase::Passage;

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

struct Place {
    passage: usize,
    /// Code points of the passage's text.
    start: usize,
    end: usize,
    negated: bool,
}

pub(super) struct Index {
    /// Single sentences of all passages in order.
    places: Vec<Place>,
    /// For each word the sentences that hold it, ascending.
    postings: HashMap<Rc<str>, Vec<usize>>,
}

/// The best support that was found for a sentence.
pub(super) struct Best {
    pub(super) passage: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) support: f64,
}

struct Weighed<'a> {
    word: &'a Word,
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
        self.binding += u32::from(is_binding(word.word.kind));
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
        for word in words.iter().filter(|word| is_binding(word.word.kind)) {
            let unknown = word.postings.is_empty();
            known += u32::from(!unknown);
            if word.word.kind == Kind::Name {
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

impl Index {
    pub(super) fn new<'a>(passages: &'a [Passage], lexicon: &mut Lexicon<'a>) -> Self {
        let mut index = Self { places: Vec::new(), postings: HashMap::new() };
        for (number, passage) in passages.iter().enumerate() {
            let mut code_points = CodePoints { text: &passage.text, byte: 0, code_point: 0 };
            for sentence in sentences(&passage.text) {
                let start = code_points.at(sentence.start);
                let end = code_points.at(sentence.start + sentence.text.len());
                index.add(number, start, end, &lexicon.words(sentence.text));
            }
        }
        index
    }

    fn add(&mut self, passage: usize, start: usize, end: usize, found: &[Word]) {
        let place = self.places.len();
        let negated = found.iter().any(|word| word.kind == Kind::Negation);
        self.places.push(Place { passage, start, end, negated });
        for word in found {
            if matches!(word.kind, Kind::Function | Kind::Negation) {
                continue;
            }
            let postings = self.postings.entry(Rc::clone(&word.stem)).or_default();
            if postings.last() != Some(&place) {
                postings.push(place);
            }
        }
    }

    /// The place that supports the words best; `None` when no word of theirs stands anywhere.
    pub(super) fn best(&self, sentence: &[Word], cited: &[usize]) -> Option<Best> {
        let weighed = self.weigh(sentence);
        let total: f64 = weighed.iter().map(|word| word.weight).sum();
        let anywhere: f64 = weighed.iter().filter(|word| !word.postings.is_empty()).map(|word| word.weight).sum();
        if anywhere <= 0.0 {
            return None;
        }
        let (single, pair) = self.hold(&weighed);
        let binding = Binding::of(&weighed);
        let negated = sentence.iter().any(|word| word.kind == Kind::Negation);
        let wide = Wide { anywhere: anywhere / total, negated };
        let candidates = (0..self.places.len()).flat_map(|place| {
            let together = self.second_of_pair(place).map(|second| (place, second, pair[place].weight / total * PAIR));
            [Some((place, place, single[place].weight / total)), together].into_iter().flatten()
        });
        let scored = candidates.filter(|(_, _, coverage)| *coverage > 0.0).map(|(first, last, coverage)| {
            let here = if first == last { single[first].binding } else { pair[first].binding };
            let support = self.support(&binding, here, (first, last), coverage, wide);
            (first, last, support)
        });
        let scored: Vec<(usize, usize, f64)> = scored.collect();
        let best = scored.iter().max_by(|one, other| one.2.total_cmp(&other.2).then(other.0.cmp(&one.0)))?;
        let hinted = scored.iter().filter(|(first, ..)| cited.contains(&self.places[*first].passage));
        let hinted = hinted.max_by(|one, other| one.2.total_cmp(&other.2)).filter(|hinted| hinted.2 >= best.2 * HINTED);
        let (first, last, support) = *hinted.unwrap_or(best);
        let (begin, end) = (&self.places[first], &self.places[last]);
        Some(Best { passage: begin.passage, start: begin.start, end: end.end, support })
    }

    /// What each single sentence and each pair holds of the words. A pair is named by its first sentence; both of its
    /// sentences count a word once.
    fn hold(&self, weighed: &[Weighed<'_>]) -> (Vec<Held>, Vec<Held>) {
        let mut single = vec![Held::default(); self.places.len()];
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

    fn second_of_pair(&self, first: usize) -> Option<usize> {
        let second = self.places.get(first + 1)?;
        (second.passage == self.places[first].passage).then_some(first + 1)
    }

    /// Each different word of the sentence with its weight: rarer in the passages, heavier; unknown, heaviest.
    fn weigh<'a>(&'a self, sentence: &'a [Word]) -> Vec<Weighed<'a>> {
        let all = self.places.len() as f64;
        let mut seen = HashSet::new();
        let content = sentence.iter().filter(|word| !matches!(word.kind, Kind::Function | Kind::Negation));
        let different = content.filter(|word| seen.insert(&*word.stem));
        let weighed = different.map(|word| {
            let postings = self.postings.get(&*word.stem).map_or(&[][..], Vec::as_slice);
            let weight = 1.0 + ((all + 1.0) / (postings.len() as f64 + 1.0)).ln() * 0.5;
            Weighed { word, weight, postings }
        });
        weighed.collect()
    }

    /// `here` counts the binding words that stand at the place.
    fn support(&self, binding: &Binding, here: u32, place: (usize, usize), coverage: f64, wide: Wide) -> f64 {
        let mut support = (1.0 - ANYWHERE) * coverage + ANYWHERE * wide.anywhere * coverage.sqrt();
        support *= ELSEWHERE.powi(binding.known.saturating_sub(here) as i32);
        let negated_there = self.places[place.0..=place.1].iter().any(|place| place.negated);
        if wide.negated != negated_there && coverage > 0.6 {
            support *= FLIPPED;
        }
        support.min(binding.cap)
    }
}
