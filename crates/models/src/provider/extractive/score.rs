//! How well each unit answers a question: the share of the question's words that it holds, each weighed by how rare it
//! is in what was retrieved, with part credit for words of its surroundings, and a bonus for the kind of thing asked
//! for.
//!
//! The figures were tuned on the sets named in [`super`]; each step of 0.1 around them moves the results there by less
//! than a point.

use super::question::Question;
use super::sentences::{Unit, units};
use super::words::{Word, Words};
use std::collections::HashMap;
use std::ops::Range;
use usecase::Passage;

/// Credit for a word that is only in the title or a heading above.
const ABOVE: f64 = 0.5;
/// Credit for a word that is only in the unit before; more where this one leans on it by opening with a pronoun, or by
/// answering it.
const BEFORE: f64 = 0.55;
const BEFORE_AND_LEANT_ON: f64 = 0.8;
/// Credit for a word that is only in the unit after.
const AFTER: f64 = 0.1;
/// Credit for a word of the same family (`defence`, `defend`).
const KIN: f64 = 0.7;
/// Credit for a word in the header or the line that is quoted along.
const LEAD: f64 = 0.9;
/// Bonus for holding the kind of thing asked for, and malus for not holding it.
const MEETS: f64 = 0.15;
const MEETS_NOT: f64 = 0.05;
/// Bonus for words that stand side by side as in the question.
const PAIRS: f64 = 0.1;
/// Weight of the whole passage beside the unit, and of its place in the search's order.
const WHOLE: f64 = 0.3;
const RANK: f64 = 0.1;
/// What a question or a scrap of two words is worth as an answer.
const NOT_A_STATEMENT: f64 = 0.5;
/// A name or a number of the question weighs so much more than another word of it.
const SPECIFIC: f64 = 1.3;
/// The weight of a word that every unit holds; the rarest weighs 1 more.
const FLOOR: f64 = 0.5;
/// Confidence is so much the unit's coverage, and the rest the passage's.
const UNIT_IN_CONFIDENCE: f64 = 0.4;

/// A unit with its marks.
pub(super) struct Scored {
    pub(super) passage: usize,
    pub(super) unit: Unit,
    /// What units are ranked by.
    pub(super) score: f64,
    /// How much of the question the unit and its passage are about, 0 to 1.
    pub(super) confidence: f64,
    /// For each word of the question its weight (all weights sum to 1) if the unit itself holds it.
    pub(super) held: Vec<f64>,
}

/// Scores every unit of every passage, in reading order; empty when the question has no word to go by.
pub(super) fn score(question: &str, passages: &[Passage]) -> Vec<Scored> {
    let words = Words::english();
    let question = Question::read(&words, question);
    if question.terms.is_empty() {
        return Vec::new();
    }
    let mut matcher = Matcher { question: &question, known: HashMap::new() };
    let mut read = Vec::new();
    let mut whole = Vec::with_capacity(passages.len());
    for (at, passage) in passages.iter().enumerate() {
        whole.push(matcher.read(&words, at, passage, &mut read));
    }
    let weights = weights(&question, &read);
    let share = |held: &[f64]| -> f64 { held.iter().zip(&weights).map(|(held, weight)| held * weight).sum() };
    let shares: Vec<f64> = whole.iter().map(|held| share(held)).collect();
    let scored = read.iter().enumerate().map(|(at, unit)| {
        let coverage = share(&with_surroundings(&read, at));
        let whole = shares[unit.passage];
        let rank = 1.0 - unit.passage as f64 / passages.len() as f64;
        let meets = unit.meets.map_or(0.0, |meets| if meets { MEETS } else { -MEETS_NOT });
        let score = coverage + WHOLE * whole + RANK * rank + PAIRS * unit.pairs + meets;
        Scored {
            passage: unit.passage,
            unit: unit.unit.clone(),
            score: if unit.is_statement { score } else { score * NOT_A_STATEMENT },
            confidence: UNIT_IN_CONFIDENCE * coverage + (1.0 - UNIT_IN_CONFIDENCE) * whole,
            held: unit.own.iter().zip(&weights).map(|(held, weight)| held * weight).collect(),
        }
    });
    scored.collect()
}

/// A unit, read with the question in mind.
struct Read {
    passage: usize,
    unit: Unit,
    /// How well the unit itself, and what is quoted along, holds each word of the question.
    own: Vec<f64>,
    /// The same for the title and headings above it.
    above: Vec<f64>,
    meets: Option<bool>,
    /// The share of the question's neighbouring words that are neighbours here.
    pairs: f64,
    leans_back: bool,
    is_statement: bool,
    is_question: bool,
}

/// The words of the unit and, at their lower credit, of its surroundings.
fn with_surroundings(read: &[Read], at: usize) -> Vec<f64> {
    let unit = &read[at];
    let mut held = unit.own.clone();
    raise(&mut held, &unit.above, ABOVE);
    let same = |other: &&Read| other.passage == unit.passage;
    if let Some(before) = at.checked_sub(1).and_then(|at| read.get(at)).filter(same) {
        let leant_on = unit.leans_back || before.is_question;
        raise(&mut held, &before.own, if leant_on { BEFORE_AND_LEANT_ON } else { BEFORE });
    }
    if let Some(after) = read.get(at + 1).filter(same) {
        raise(&mut held, &after.own, AFTER);
    }
    held
}

/// Rarity over the units (the smoothed inverse document frequency of BM25, scaled to 0…1) above a floor; all sum to 1.
fn weights(question: &Question, read: &[Read]) -> Vec<f64> {
    let count = read.len() as f64;
    let rarity = |holding: f64| (1.0 + (count - holding + 0.5) / (holding + 0.5)).ln();
    let of = |at: usize| {
        let holding = read.iter().filter(|unit| unit.own[at] > 0.0).count() as f64;
        let specific = if question.terms[at].is_specific { SPECIFIC } else { 1.0 };
        (FLOOR + rarity(holding) / rarity(0.0)) * specific
    };
    let weights: Vec<f64> = (0..question.terms.len()).map(of).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

fn raise(held: &mut [f64], other: &[f64], credit: f64) {
    held.iter_mut().zip(other).for_each(|(held, other)| *held = held.max(other * credit));
}

fn within<'a>(words: &'a [Word], span: &Range<usize>) -> &'a [Word] {
    let from = words.partition_point(|word| word.start < span.start);
    let to = words.partition_point(|word| word.end <= span.end);
    &words[from..to.max(from)]
}

/// Finds the question's words in texts, remembering what it found.
struct Matcher<'q> {
    question: &'q Question,
    known: HashMap<String, Option<(usize, f64)>>,
}

const PRONOUNS: &[&str] = &["it", "they", "he", "she", "this", "these", "such", "his", "her", "their", "its"];

impl Matcher<'_> {
    /// Reads the units of one passage and gives what the passage as a whole holds.
    fn read(&mut self, words: &Words, at: usize, passage: &Passage, read: &mut Vec<Read>) -> Vec<f64> {
        let all = words.of(&passage.text);
        let title = self.held(&words.of(&passage.source.title));
        let question = self.question;
        let asked = |stem: &str| question.terms.iter().any(|term| term.stem == stem);
        for unit in units(&passage.text) {
            let inside = within(&all, &unit.span);
            let mut own = self.held(inside);
            if let Some(lead) = &unit.lead {
                raise(&mut own, &self.held(within(&all, lead)), LEAD);
            }
            let mut above = title.clone();
            for heading in &unit.headings {
                raise(&mut above, &self.held(within(&all, heading)), 1.0);
            }
            let text = &passage.text[unit.span.clone()];
            let is_question = text.ends_with('?');
            read.push(Read {
                passage: at,
                own,
                above,
                meets: question.expects.map(|expects| expects.is_met_by(text, inside, &asked)),
                pairs: self.pairs(inside),
                leans_back: inside.first().is_some_and(|word| PRONOUNS.contains(&word.stem.as_str())),
                is_statement: !is_question && inside.len() > 2,
                is_question,
                unit,
            });
        }
        let mut whole = self.held(&all);
        raise(&mut whole, &title, 1.0);
        whole
    }

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
        (pairs as f64 / self.question.terms.len() as f64).min(1.0)
    }

    /// Which word of the question this is, and how surely.
    fn find(&mut self, stem: &str) -> Option<(usize, f64)> {
        if let Some(known) = self.known.get(stem) {
            return *known;
        }
        let terms = &self.question.terms;
        let exact = terms.iter().position(|term| term.stem == stem).map(|at| (at, 1.0));
        let kin = || terms.iter().position(|term| are_kin(&term.stem, stem)).map(|at| (at, KIN));
        let found = exact.or_else(kin);
        self.known.insert(stem.to_owned(), found);
        found
    }
}

/// Words of one family share at least four letters at the start, and these are at least 60 % of the longer one.
fn are_kin(a: &str, b: &str) -> bool {
    let shared = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let longest = a.len().max(b.len());
    shared >= 4 && shared * 10 >= longest * 6 && a.bytes().chain(b.bytes()).all(|byte| byte.is_ascii_alphabetic())
}
