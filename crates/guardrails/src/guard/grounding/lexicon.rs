//! What is known of English words: which mean the same, which the opposite, which stand under one heading, and how common
//! each is. Read once per process from `lexicon/wordnet.txt` (WordNet 3.1, G. Miller, Communications of the ACM 38 (1995)
//! 39; its licence stands in the file).

use rust_stemmers::{Algorithm, Stemmer};
use std::collections::HashMap;
use std::sync::LazyLock;

const SOURCE: &str = include_str!("lexicon/wordnet.txt");

/// What a heading has under it at most to say that two of its words are near: `thing` has everything.
const WIDEST_HEADING: usize = 40;
/// Most words of one relation that are kept for a word.
const MOST_RELATED: usize = 48;

/// How one word relates to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    /// Of one sense, or one derived from the other.
    Same,
    Opposite,
    /// One is the heading of the other.
    Wider,
    /// Both stand under one heading.
    Sister,
}

#[derive(Default)]
pub(super) struct Known {
    /// Stems by number.
    stems: HashMap<String, u32>,
    /// For each stem its relations, those of one kind together, `Same` first.
    related: Vec<Vec<(Relation, u32)>>,
    common: Vec<u8>,
}

pub(super) static KNOWN: LazyLock<Known> = LazyLock::new(|| Known::read(SOURCE));

impl Known {
    /// The number of a stem, if any of its words is known.
    pub(super) fn number(&self, stem: &str) -> Option<u32> {
        self.stems.get(stem).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.related.len()
    }

    pub(super) fn related(&self, number: u32) -> &[(Relation, u32)] {
        self.related.get(number as usize).map_or(&[], Vec::as_slice)
    }

    /// The logarithm (base 2) of how often it occurs in the tagged texts, 2 to 17; 1 for one that is rarer.
    pub(super) fn common(&self, number: u32) -> u8 {
        self.common.get(number as usize).copied().unwrap_or_default()
    }

    fn read(source: &str) -> Self {
        let mut known = Self::default();
        let stemmer = Stemmer::create(Algorithm::English);
        let mut seen: HashMap<&str, u32> = HashMap::new();
        let mut headings: Vec<Vec<u32>> = Vec::new();
        for line in source.lines() {
            let Some((sign, words)) = line.split_once(' ').filter(|(sign, _)| *sign != "#") else { continue };
            let words: Vec<u32> = words
                .split(' ')
                .map(|word| *seen.entry(word).or_insert_with(|| known.enter(&stemmer.stem(word))))
                .collect();
            match sign {
                "=" | "+" => known.relate_all(&words, Relation::Same),
                "!" => known.relate_all(&words, Relation::Opposite),
                "~" => headings.push(words),
                level => {
                    let level = level.parse().unwrap_or_default();
                    for word in words {
                        let common = &mut known.common[word as usize];
                        *common = (*common).max(level);
                    }
                }
            }
        }
        for heading in &headings {
            for word in heading.iter().skip(1) {
                known.relate(heading[0], *word, Relation::Wider);
            }
        }
        for heading in headings.iter().filter(|heading| heading.len() <= WIDEST_HEADING) {
            known.relate_all(&heading[1..], Relation::Sister);
        }
        known
    }

    fn enter(&mut self, stem: &str) -> u32 {
        let next = self.related.len() as u32;
        if let Some(number) = self.stems.get(stem) {
            return *number;
        }
        self.stems.insert(stem.to_owned(), next);
        self.related.push(Vec::new());
        self.common.push(1);
        next
    }

    fn relate_all(&mut self, words: &[u32], relation: Relation) {
        for (at, one) in words.iter().enumerate() {
            for other in &words[at + 1..] {
                self.relate(*one, *other, relation);
            }
        }
    }

    fn relate(&mut self, one: u32, other: u32, relation: Relation) {
        if one == other {
            return;
        }
        for (from, to) in [(one, other), (other, one)] {
            let related = &mut self.related[from as usize];
            let known = related.iter().filter(|(kind, _)| *kind == relation).count();
            if known < MOST_RELATED && !related.iter().any(|(_, word)| *word == to) {
                related.push((relation, to));
            }
        }
    }
}

/// Pairs of words, as they are written, that are opposites of each other.
pub(crate) fn opposites() -> impl Iterator<Item = (&'static str, &'static str)> {
    SOURCE.lines().filter_map(|line| line.strip_prefix("! ")?.split_once(' '))
}
