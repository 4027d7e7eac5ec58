//! The word leg: an inverted index in memory, scored by BM25 in Lucene's form (Robertson and Zaragoza 2009; Lucene's
//! `BM25Similarity` since version 8, which leaves out the constant factor k1 + 1).
//!
//! Counts (passages, words, passages that hold a term) are taken over the permitted passages only, at query time. A
//! document that the caller may not see therefore changes nothing in what the caller gets.

use super::Permitted;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Saturation of a term's frequency.
const K1: f32 = 1.2;
/// How much a passage's length counts.
const B: f32 = 0.75;

/// Every term ever met in this line of snapshots, with its number. It only grows, so that a passage's term numbers
/// stay right from one snapshot to the next.
#[derive(Clone, Default)]
pub(super) struct Dictionary(HashMap<Arc<str>, u32>);

impl Dictionary {
    pub(super) fn number_of(&mut self, term: &str) -> u32 {
        if let Some(number) = self.0.get(term) {
            return *number;
        }
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(term.into(), number);
        number
    }

    /// Number and count of each distinct term, in order of number; and how many terms there are in all.
    pub(super) fn count(&mut self, text: &str) -> (Box<[(u32, u32)]>, u32) {
        let mut counts = BTreeMap::new();
        let mut length = 0;
        crate::words::each_term(text, &mut |term| {
            *counts.entry(self.number_of(term)).or_insert(0) += 1;
            length += 1;
        });
        (counts.into_iter().collect(), length)
    }
}

struct Posting {
    passage: u32,
    count: u32,
}

/// The inverted index of one snapshot.
#[derive(Default)]
pub(super) struct WordIndex {
    dictionary: Dictionary,
    /// By term number, each list in order of passage.
    postings: Vec<Vec<Posting>>,
    /// Terms in each passage.
    lengths: Vec<u32>,
    /// Sum of `lengths`.
    words: u64,
}

/// The distinct terms of a question with how often it names each.
pub(super) struct QuestionTerms(Vec<(String, u32)>);

impl QuestionTerms {
    pub(super) fn of(text: &str) -> Self {
        let mut counts = BTreeMap::new();
        crate::words::each_term(text, &mut |term| *counts.entry(term.to_owned()).or_insert(0) += 1);
        Self(counts.into_iter().collect())
    }
}

/// What BM25 must know about all passages that are searched, summed over the collections of one search.
pub(super) struct Statistics {
    passages: u64,
    words: u64,
    /// Passages that hold each of the question's terms, in their order.
    holding: Vec<u64>,
}

impl Statistics {
    pub(super) fn none(terms: &QuestionTerms) -> Self {
        Self { passages: 0, words: 0, holding: vec![0; terms.0.len()] }
    }
}

impl WordIndex {
    pub(super) fn new(dictionary: Dictionary) -> Self {
        let postings = (0..dictionary.0.len()).map(|_| Vec::new()).collect();
        Self { dictionary, postings, lengths: Vec::new(), words: 0 }
    }

    pub(super) fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// Adds the next passage; its number is the number of passages before it.
    pub(super) fn push(&mut self, terms: &[(u32, u32)], length: u32) {
        let passage = u32::try_from(self.lengths.len()).unwrap_or(u32::MAX);
        for &(term, count) in terms {
            self.postings[term as usize].push(Posting { passage, count });
        }
        self.lengths.push(length);
        self.words += u64::from(length);
    }

    fn postings(&self, term: &str) -> &[Posting] {
        self.dictionary.0.get(term).map_or(&[], |number| &self.postings[*number as usize])
    }

    /// Adds this index's permitted passages to the counts.
    pub(super) fn add_to(&self, statistics: &mut Statistics, terms: &QuestionTerms, permitted: &Permitted) {
        statistics.passages += permitted.count() as u64;
        statistics.words += if permitted.is_all() {
            self.words
        } else {
            permitted.passages().map(|passage| u64::from(self.lengths[passage as usize])).sum()
        };
        for ((term, _), holding) in terms.0.iter().zip(&mut statistics.holding) {
            let postings = self.postings(term);
            *holding += if permitted.is_all() {
                postings.len() as u64
            } else {
                postings.iter().filter(|posting| permitted.contains(posting.passage)).count() as u64
            };
        }
    }

    /// The score of every passage; 0 where no term of the question occurs or the passage is not permitted.
    pub(super) fn scores(&self, terms: &QuestionTerms, statistics: &Statistics, permitted: &Permitted) -> Vec<f32> {
        let mut scores = vec![0.0; self.lengths.len()];
        // Permitted passages without a single word leave no average; then nothing can match either.
        let average = (statistics.words as f32 / statistics.passages.max(1) as f32).max(f32::MIN_POSITIVE);
        for ((term, times), holding) in terms.0.iter().zip(&statistics.holding) {
            let rarity = (statistics.passages - holding) as f32 + 0.5;
            let weight = *times as f32 * (rarity / (*holding as f32 + 0.5)).ln_1p();
            for posting in self.postings(term).iter().filter(|posting| permitted.contains(posting.passage)) {
                let length = self.lengths[posting.passage as usize] as f32;
                let count = posting.count as f32;
                scores[posting.passage as usize] += weight * count / (count + K1 * (1.0 - B + B * length / average));
            }
        }
        scores
    }
}
