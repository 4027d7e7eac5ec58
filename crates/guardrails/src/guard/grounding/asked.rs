//! What a question shows of whether the passages can answer it, as numbers for the trees.

use super::align::{Asked, State, align};
use super::best::{best, is_binding};
use super::index::{Index, carries_meaning};
use super::near::Vector;
use super::order;
use crate::meaning;
use crate::words::{Kind, Lexicon};
use usecase::Passage;

/// Names of the features, in their order.
pub(crate) const QUESTION_NAMES: &[&str] = &[
    "missing",
    "missing_soft",
    "missing_near",
    "missing_here",
    "missing_known_places",
    "names_missing",
    "names_share",
    "numbers_missing",
    "heaviest_missing",
    "count_missing",
    "pairs_missing",
    "triples_missing",
    "held",
    "words",
    "places",
    "repeated",
    "unknown_missing",
    "least_near",
    "second_missing",
    "length",
    "first_missing",
    "missing_square",
    "soft_square",
    "repeated_square",
    "places_with_two",
];

/// What a word weighs that the table of word vectors does not have: it is rarer than all that it has.
const UNLISTED: f64 = 1.5;
/// How near a word of the passages must be at least to stand for one of the question's.
const NEAR: f64 = 0.3;

/// A question held against passages.
pub(crate) struct Question {
    pub(crate) features: Vec<f32>,
    /// Code points of the question: words that carry meaning and that no passage has, nor one like them.
    pub(crate) missing: Vec<(usize, usize)>,
    /// Share of the question's weight that stands in the passages, 0 to 1; 1 for a question without a word.
    pub(crate) coverage: f64,
}

/// Bytes of a question that are looked at.
const LONGEST: usize = 4096;

pub(crate) fn question(question: &str, passages: &[Passage]) -> Question {
    let mut cut = question.len().min(LONGEST);
    while !question.is_char_boundary(cut) {
        cut -= 1;
    }
    let question = &question[..cut];
    let mut lexicon = Lexicon::default();
    let index = Index::new(passages, &mut lexicon);
    let words = lexicon.placed(question);
    let best = best(&index, &words, &[]);
    let aligned = align(&index, &lexicon, &words, best.as_ref(), &Asked::new());
    let mut seen = Seen::default();
    let mut places = super::CodePoints { text: question, byte: 0, code_point: 0 };
    let mut missing = Vec::new();
    for (placed, aligned) in words.iter().zip(&aligned) {
        let (start, end) = (places.at(placed.start), places.at(placed.end));
        if !carries_meaning(placed.word.kind) || !aligned.first {
            continue;
        }
        let raw = question[placed.start..placed.end].to_lowercase();
        let listed = f64::from(meaning::weight(&raw));
        let name = placed.word.kind == Kind::Name || (placed.capital && listed == 0.0);
        let near = match aligned.state {
            State::Here | State::Elsewhere => 1.0,
            _ if placed.word.kind == Kind::Number => 0.0,
            _ => Vector::of(&raw).map_or(0.0, |vector| f64::from(vector.nearest(&index))),
        };
        if aligned.state > State::Alike {
            missing.push((start, end));
        }
        seen.add(&Word {
            state: aligned.state,
            weight: if listed > 0.0 { listed } else { UNLISTED },
            unlisted: listed == 0.0,
            name: name || is_binding(placed.word.kind) && placed.word.kind != Kind::Number,
            number: placed.word.kind == Kind::Number,
            near,
            times: index.times(placed.id),
        });
    }
    let neighbours = order::missing_neighbours(&index, &words);
    let mut held = vec![0_u32; index.places.len()];
    for (placed, _) in words.iter().zip(&aligned).filter(|(_, aligned)| aligned.first) {
        index.postings(placed.id).iter().for_each(|place| held[*place] += 1);
    }
    let two = held.iter().filter(|words| **words >= 2).count() as f64 / held.len().max(1) as f64;
    Question {
        features: seen.features(neighbours, two, &index, words.len()),
        missing,
        coverage: 1.0 - seen.share(seen.missing),
    }
}

struct Word {
    state: State,
    weight: f64,
    unlisted: bool,
    name: bool,
    number: bool,
    near: f64,
    times: usize,
}

/// Sums over the question's words.
#[derive(Default)]
struct Seen {
    total: f64,
    missing: f64,
    soft: f64,
    near: f64,
    here: f64,
    elsewhere: f64,
    names: f64,
    names_missing: f64,
    numbers_missing: f64,
    heaviest: f64,
    second: f64,
    count: f64,
    count_missing: f64,
    repeated: f64,
    unknown: f64,
    least_near: f64,
    first_missing: Option<bool>,
    /// The same with the weights squared: rare words count yet more.
    total_square: f64,
    missing_square: f64,
    soft_square: f64,
    repeated_square: f64,
}

impl Seen {
    fn add(&mut self, word: &Word) {
        let weight = word.weight;
        self.total += weight;
        self.total_square += weight * weight;
        self.repeated_square += weight * weight * (1.0 + word.times as f64).ln();
        self.count += 1.0;
        self.names += f64::from(u8::from(word.name));
        self.repeated += weight * (1.0 + word.times as f64).ln();
        self.near += weight * (1.0 - if word.near < NEAR { 0.0 } else { word.near });
        self.first_missing.get_or_insert(word.state > State::Alike);
        match word.state {
            State::Here => return,
            State::Elsewhere => {
                self.here += weight;
                self.elsewhere += weight;
                return;
            }
            State::Alike => {
                self.soft += weight * 0.3;
                self.soft_square += weight * weight * 0.3;
            }
            _ => {
                self.soft += weight;
                self.soft_square += weight * weight;
            }
        }
        self.here += weight;
        self.missing += weight;
        self.missing_square += weight * weight;
        self.count_missing += 1.0;
        self.names_missing += f64::from(u8::from(word.name));
        self.numbers_missing += f64::from(u8::from(word.number));
        self.unknown += f64::from(u8::from(word.unlisted));
        let effective = weight * (1.0 - word.near);
        self.least_near = self.least_near.max(1.0 - word.near);
        if effective > self.heaviest {
            self.second = self.heaviest;
            self.heaviest = effective;
        } else {
            self.second = self.second.max(effective);
        }
    }

    fn share(&self, part: f64) -> f64 {
        if self.total > 0.0 { part / self.total } else { 0.0 }
    }

    fn features(&self, [pairs, triples]: [f64; 2], together: f64, index: &Index, words: usize) -> Vec<f32> {
        let found = [
            self.share(self.missing),
            self.share(self.soft),
            self.share(self.near),
            self.share(self.here),
            self.share(self.elsewhere),
            self.names_missing,
            self.names_missing / self.names.max(1.0),
            self.numbers_missing,
            self.heaviest,
            self.count_missing,
            pairs,
            triples,
            self.total - self.missing,
            self.count,
            (1.0 + index.places.len() as f64).ln(),
            self.share(self.repeated),
            self.unknown,
            self.least_near,
            self.second,
            words as f64,
            f64::from(u8::from(self.first_missing == Some(true))),
            self.missing_square / self.total_square.max(1e-9),
            self.soft_square / self.total_square.max(1e-9),
            self.repeated_square / self.total_square.max(1e-9),
            together,
        ];
        found.into_iter().map(|value| value as f32).collect()
    }
}
