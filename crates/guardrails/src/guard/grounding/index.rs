//! The passages, indexed by word once for an answer: where each word stands, and which word its neighbours are.

use super::CodePoints;
use super::lexicon::KNOWN;
use super::near::Vector;
use crate::sentences::sentences;
use crate::words::{Kind, Lexicon, Placed};
use std::collections::HashMap;
use usecase::Passage;

/// Occurrences of a word that are looked at when its neighbours matter: a passage may say one word a million times.
pub(super) const MOST_OCCURRENCES: usize = 48;
/// Letters that words must share to be looked at as forms of one word.
const PREFIX: usize = 4;
/// Different words of one beginning that are kept.
const MOST_OF_PREFIX: usize = 12;

/// Different words of the passages whose vectors are kept: a missing word is held against each of them.
const MOST_VECTORS: usize = 600;

/// A word of the passages.
#[derive(Clone, Copy)]
pub(super) struct Token {
    pub(super) id: u32,
    pub(super) kind: Kind,
    pub(super) place: u32,
}

/// A sentence of a passage.
pub(super) struct Place {
    pub(super) passage: usize,
    /// Code points of the passage's text.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) negated: bool,
    /// Its words among the tokens.
    pub(super) from: usize,
    pub(super) to: usize,
}

#[derive(Default)]
pub(super) struct Index {
    /// Single sentences of all passages in order.
    pub(super) places: Vec<Place>,
    pub(super) tokens: Vec<Token>,
    /// By a word's number: the tokens that it is, ascending. The words of the answer come later and have none.
    occurrences: Vec<Vec<u32>>,
    /// By a word's number: the places that hold it, ascending and each once; only words that carry meaning.
    postings: Vec<Vec<usize>>,
    /// Words by their first letters.
    prefixes: HashMap<[u8; PREFIX], Vec<(u32, Box<str>)>>,
    /// Of the different words that carry meaning.
    pub(super) vectors: Vec<Vector>,
    /// By the number in the shipped lexicon: which word of the passages it is, plus one.
    known: Vec<u32>,
}

impl Index {
    pub(super) fn new<'a>(passages: &'a [Passage], lexicon: &mut Lexicon<'a>) -> Self {
        let mut index = Self { known: vec![0; KNOWN.len()], ..Self::default() };
        for (number, passage) in passages.iter().enumerate() {
            let mut code_points = CodePoints { text: &passage.text, byte: 0, code_point: 0 };
            for sentence in sentences(&passage.text) {
                let start = code_points.at(sentence.start);
                let end = code_points.at(sentence.start + sentence.text.len());
                let from = index.tokens.len();
                let found = lexicon.placed(sentence.text);
                let negated = found.iter().any(|placed| placed.word.kind == Kind::Negation);
                found.iter().for_each(|placed| index.add(placed, &sentence.text[placed.start..placed.end]));
                let to = index.tokens.len();
                index.places.push(Place { passage: number, start, end, negated, from, to });
            }
        }
        index
    }

    fn add(&mut self, placed: &Placed, raw: &str) {
        let (id, kind, place) = (placed.id as usize, placed.word.kind, self.places.len());
        if self.occurrences.len() <= id {
            self.occurrences.resize_with(id + 1, Vec::new);
            self.postings.resize_with(id + 1, Vec::new);
        }
        if self.occurrences[id].is_empty() && carries_meaning(kind) {
            self.meet(&placed.word.stem, placed.id);
            if kind != Kind::Number && self.vectors.len() < MOST_VECTORS {
                self.vectors.extend(Vector::of(raw));
            }
        }
        if carries_meaning(kind) && self.postings[id].last() != Some(&place) {
            self.postings[id].push(place);
        }
        self.occurrences[id].push(self.tokens.len() as u32);
        self.tokens.push(Token { id: placed.id, kind, place: place as u32 });
    }

    fn meet(&mut self, stem: &str, id: u32) {
        if let Some(number) = KNOWN.number(stem) {
            self.known[number as usize] = id + 1;
        }
        if let Some(prefix) = prefix(stem) {
            let same = self.prefixes.entry(prefix).or_default();
            if same.len() < MOST_OF_PREFIX {
                same.push((id, stem.into()));
            }
        }
    }

    /// The places that hold a word.
    pub(super) fn postings(&self, id: u32) -> &[usize] {
        self.postings.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// The first tokens that a word is, at most [`MOST_OCCURRENCES`].
    pub(super) fn occurrences(&self, id: u32) -> &[u32] {
        let all = self.occurrences.get(id as usize).map_or(&[][..], Vec::as_slice);
        &all[..all.len().min(MOST_OCCURRENCES)]
    }

    /// How often a word stands in the passages.
    pub(super) fn times(&self, id: u32) -> usize {
        self.occurrences.get(id as usize).map_or(0, Vec::len)
    }

    /// The first token from `from` on and before `to` that is the word.
    pub(super) fn within(&self, id: u32, from: usize, to: usize) -> Option<usize> {
        let all = self.occurrences.get(id as usize)?;
        let at = all.partition_point(|token| (*token as usize) < from);
        all.get(at).map(|token| *token as usize).filter(|token| *token < to)
    }

    /// The word of the passages that a word of the shipped lexicon is.
    pub(super) fn of_known(&self, number: u32) -> Option<u32> {
        self.known.get(number as usize).and_then(|id| id.checked_sub(1))
    }

    /// A word of the passages that looks like a form of this one: it begins the same and ends otherwise.
    pub(super) fn form_of(&self, stem: &str) -> Option<u32> {
        let same = self.prefixes.get(&prefix(stem)?)?;
        let alike = |other: &str| {
            let shared = stem.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
            let (short, long) = (stem.len().min(other.len()), stem.len().max(other.len()));
            shared * 10 >= short * 8 && long - shared <= 5
        };
        same.iter().find(|(_, other)| alike(other)).map(|(id, _)| *id)
    }

    /// How much a word weighs: rarer in the passages, heavier; unknown, heaviest (inverse document frequency).
    pub(super) fn weight(&self, id: u32) -> f64 {
        let all = self.places.len() as f64;
        1.0 + ((all + 1.0) / (self.postings(id).len() as f64 + 1.0)).ln() * 0.5
    }

    /// Whether the place after this one belongs to the same passage.
    pub(super) fn second_of_pair(&self, first: usize) -> Option<usize> {
        let second = self.places.get(first + 1)?;
        (second.passage == self.places[first].passage).then_some(first + 1)
    }
}

pub(super) fn carries_meaning(kind: Kind) -> bool {
    !matches!(kind, Kind::Function | Kind::Negation)
}

fn prefix(stem: &str) -> Option<[u8; PREFIX]> {
    let letters: [u8; PREFIX] = stem.as_bytes().get(..PREFIX)?.try_into().ok()?;
    letters.iter().all(u8::is_ascii_lowercase).then_some(letters)
}
