//! How well each unit answers a question: the share of the question's words that it holds, each weighed by how rare it is
//! in what was retrieved, with part credit for the words of its surroundings, and a bonus for the kind of thing asked for.

use super::question::Question;
use super::sentences::{Unit, units};
use super::words::{Word, Words};
use std::collections::HashMap;
use std::ops::Range;
use usecase::Passage;

pub(super) struct Weights {
    pub heading: f64, pub before: f64, pub after: f64, pub pronoun: f64, pub kin: f64, pub cue: f64, pub rank: f64,
    pub specific: f64, pub question: f64, pub passage: f64, pub threshold: f64, pub second: f64, pub gain: f64, pub pair: f64, pub floor: f64, pub nocue: f64,
}
pub(super) fn weights() -> Weights {
    let e = |n: &str, d: f64| std::env::var(n).ok().and_then(|v| v.parse().ok()).unwrap_or(d);
    Weights {
        heading: e("HEADING", 0.5), before: e("BEFORE", 0.4), after: e("AFTER", 0.2), pronoun: e("PRONOUN", 0.7), kin: e("KIN", 0.7),
        cue: e("CUE", 0.15), rank: e("RANK", 0.1), specific: e("SPECIFIC", 1.3), question: e("QUESTION", 0.5), passage: e("PASSAGE", 0.3),
        threshold: e("THRESHOLD", 0.5), second: e("SECOND", 0.85), gain: e("GAIN", 0.2), pair: e("PAIR", 0.1), floor: e("FLOOR", 0.2), nocue: e("NOCUE", 0.0),
    }
}

/// A unit with its marks.
#[derive(Clone, Debug)]
pub(super) struct Scored {
    pub(super) passage: usize,
    pub(super) unit: Unit,
    /// What units are ranked by.
    pub(super) score: f64,
    /// How much of the question is found in the unit with its surroundings, 0 to 1.
    pub(super) coverage: f64,
    /// How much of the question is found in the whole passage, 0 to 1.
    pub(super) passage_coverage: f64,
    /// For each word of the question how well the unit itself holds it, 0 to 1.
    pub(super) held: Vec<f64>,
}

/// Scores every unit of every passage, in reading order; empty when the question has no word to go by.
pub(super) fn score(question: &str, passages: &[Passage]) -> (Vec<Scored>, Vec<f64>) {
    let w = weights();
    let words = Words::english();
    let question = Question::read(&words, question);
    if question.terms.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut matcher = Matcher { question: &question, kin: w.kin, known: HashMap::new() };
    let mut found: Vec<Found> = Vec::new();
    let mut whole: Vec<Vec<f64>> = Vec::new();
    for (at, passage) in passages.iter().enumerate() {
        let read = words.of(&passage.text);
        let title = matcher.held(&words.of(&passage.source.title));
        let mut all = matcher.held(&read);
        all.iter_mut().zip(&title).for_each(|(all, title)| *all = all.max(*title));
        whole.push(all);
        for unit in units(&passage.text) {
            let own_words = within(&read, &unit.span);
            let mut own = matcher.held(own_words);
            if let Some(lead) = &unit.lead {
                raise(&mut own, &matcher.held(within(&read, lead)), 0.9);
            }
            let mut above = title.clone();
            for heading in &unit.headings {
                raise(&mut above, &matcher.held(within(&read, heading)), 1.0);
            }
            let asked = |stem: &str| question.terms.iter().any(|term| term.stem == stem);
            let text = &passage.text[unit.span.clone()];
            let meets = question.expects.map(|expects| expects.is_met_by(text, own_words, &asked));
            let pronoun = own_words.first().is_some_and(|word| ["it", "they", "he", "she", "this", "these", "such", "his", "her", "their", "its"].contains(&word.stem.as_str()));
            let pairs = matcher.pairs(own_words);
            let is_question = text.ends_with('?');
            found.push(Found { passage: at, unit, own, above, meets, pronoun, pairs, is_question, words: own_words.len() });
        }
    }
    let weights = idf(&question, &found, &w);
    let total: f64 = weights.iter().sum();
    let share = |held: &[f64]| held.iter().zip(&weights).map(|(held, weight)| held * weight).sum::<f64>() / total;
    let scored = (0..found.len()).map(|at| {
        let unit = &found[at];
        let mut held = unit.own.clone();
        raise(&mut held, &unit.above, w.heading);
        if let Some(before) = at.checked_sub(1).map(|at| &found[at]).filter(|other| other.passage == unit.passage) {
            let weight = if unit.pronoun || before.is_question { w.pronoun } else { w.before };
            raise(&mut held, &before.own, weight);
        }
        if let Some(after) = found.get(at + 1).filter(|other| other.passage == unit.passage) {
            raise(&mut held, &after.own, w.after);
        }
        let coverage = share(&held);
        let passage_coverage = share(&whole[unit.passage]);
        let rank = 1.0 - unit.passage as f64 / passages.len() as f64;
        let mut score = coverage + w.passage * passage_coverage + w.rank * rank + w.pair * unit.pairs;
        match unit.meets { Some(true) => score += w.cue, Some(false) => score -= w.nocue, None => {} }
        if unit.is_question || unit.words < 3 {
            score *= w.question;
        }
        Scored { passage: unit.passage, unit: unit.unit.clone(), score, coverage, passage_coverage, held: unit.own.clone() }
    });
    (scored.collect(), weights.iter().map(|x| x / total).collect())
}

struct Found {
    passage: usize,
    unit: Unit,
    own: Vec<f64>,
    above: Vec<f64>,
    meets: Option<bool>,
    pronoun: bool,
    pairs: f64,
    is_question: bool,
    words: usize,
}

fn idf(question: &Question, found: &[Found], w: &Weights) -> Vec<f64> {
    let count = found.len() as f64;
    let weight = |(at, term): (usize, &super::question::Term)| {
        let holding = found.iter().filter(|unit| unit.own[at] > 0.0).count() as f64;
        let rarity = (1.0 + (count - holding + 0.5) / (holding + 0.5)).ln() / (1.0 + (count + 0.5) / 0.5).ln();
        (rarity + w.floor) * if term.is_specific { w.specific } else { 1.0 }
    };
    question.terms.iter().enumerate().map(weight).collect()
}

fn raise(held: &mut [f64], other: &[f64], weight: f64) {
    held.iter_mut().zip(other).for_each(|(held, other)| *held = held.max(other * weight));
}

fn within<'a>(words: &'a [Word], span: &Range<usize>) -> &'a [Word] {
    let from = words.partition_point(|word| word.start < span.start);
    let to = words.partition_point(|word| word.end <= span.end);
    &words[from..to.max(from)]
}

struct Matcher<'q> {
    question: &'q Question,
    kin: f64,
    known: HashMap<String, Option<(usize, f64)>>,
}

impl Matcher<'_> {
    fn held(&mut self, words: &[Word]) -> Vec<f64> {
        let mut held = vec![0.0; self.question.terms.len()];
        for word in words {
            if let Some((at, strength)) = self.find(&word.stem) {
                held[at] = f64::max(held[at], strength);
            }
        }
        held
    }

    fn pairs(&mut self, words: &[Word]) -> f64 {
        let places: Vec<Option<usize>> = words.iter().map(|word| self.find(&word.stem).map(|(at, _)| at)).collect();
        let pairs = places.windows(2).filter(|pair| matches!(pair, [Some(a), Some(b)] if *b == a + 1)).count();
        (pairs as f64 / (self.question.terms.len() as f64)).min(1.0)
    }

    fn find(&mut self, stem: &str) -> Option<(usize, f64)> {
        if let Some(known) = self.known.get(stem) {
            return *known;
        }
        let terms = &self.question.terms;
        let exact = terms.iter().position(|term| term.stem == stem).map(|at| (at, 1.0));
        let kin = || terms.iter().position(|term| are_kin(&term.stem, stem)).map(|at| (at, self.kin));
        let found = exact.or_else(kin);
        self.known.insert(stem.to_owned(), found);
        found
    }
}

fn are_kin(a: &str, b: &str) -> bool {
    let shared = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let longest = a.len().max(b.len());
    shared >= 4 && shared * 10 >= longest * 6 && a.bytes().chain(b.bytes()).all(|byte| byte.is_ascii_alphabetic())
}
