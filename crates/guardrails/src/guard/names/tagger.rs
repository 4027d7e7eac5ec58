//! The tagger: a table of 8-bit weights, what may follow what, and the search for the best labelling.
//!
//! On disk: `SWN1`, scale (`f32`), four thresholds (`f32`, log-odds that a beginning of each kind must overcome), 81
//! transitions (`f32`), the weights (8 bytes a row), then the gazetteer's slots. All little-endian.

use super::features::{Lines, MOST, ROWS, features};
use super::gazetteer::{Gazetteer, class};
use super::tokens::{Kind, Token, tokens};

/// Labels: 0 is no name; kind `k` begins with `1 + 2k` and goes on with `2 + 2k`.
pub(crate) const LABELS: usize = 9;
/// Label 0 weighs nothing, the others a column each.
pub(crate) const COLUMNS: usize = LABELS - 1;
const MAGIC: &[u8; 4] = b"SWN1";

/// A name in the text, in bytes; `kind` as in [`super::KINDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tagged {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tagger {
    pub(crate) gazetteer: Gazetteer,
    pub(crate) scale: f32,
    pub(crate) thresholds: [f32; 4],
    pub(crate) transitions: [[f32; LABELS]; LABELS],
    pub(crate) weights: Vec<[i8; COLUMNS]>,
}

/// Whether a label may follow another: a name goes on only after it has begun.
pub(crate) fn may_follow(before: usize, label: usize) -> bool {
    label == 0 || label % 2 == 1 || before == label || before + 1 == label
}

impl Tagger {
    /// The names in a text, in order, without overlaps.
    pub(crate) fn tag(&self, text: &str) -> Vec<Tagged> {
        let tokens = tokens(text, &self.gazetteer);
        if !tokens.iter().any(|token| token.active) {
            return Vec::new();
        }
        let lines = Lines::of(&tokens, text);
        let mut found = Vec::new();
        let (mut scores, mut ways) = (Vec::new(), Vec::new());
        for (start, end) in stretches(&tokens) {
            scores.clear();
            scores.extend((start..end).map(|at| self.scores(&tokens, &lines, at)));
            self.best(&scores, &mut ways);
            collect(&tokens[start..end], &ways, &mut found);
        }
        found
    }

    fn scores(&self, tokens: &[Token], lines: &Lines, at: usize) -> [f32; LABELS] {
        let mut rows = [0; MOST];
        let count = features(tokens, lines, at, &mut rows);
        let mut sums = [0_i32; COLUMNS];
        for row in &rows[..count] {
            let weights = &self.weights[*row as usize & (ROWS - 1)];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += i32::from(*weight);
            }
        }
        let mut scores = [0.0; LABELS];
        for (column, sum) in sums.iter().enumerate() {
            scores[column + 1] = *sum as f32 * self.scale;
        }
        for (kind, threshold) in self.thresholds.iter().enumerate() {
            scores[1 + 2 * kind] -= threshold;
        }
        scores
    }

    /// The best labelling of a stretch (A. Viterbi, IEEE Trans. Inf. Theory 13 (1967) 260); no name reaches out of it.
    fn best(&self, scores: &[[f32; LABELS]], labels: &mut Vec<usize>) {
        let mut came: Vec<[u8; LABELS]> = Vec::with_capacity(scores.len());
        let mut reached = [f32::NEG_INFINITY; LABELS];
        reached[0] = 0.0;
        for score in scores {
            let (mut now, mut from) = ([f32::NEG_INFINITY; LABELS], [0_u8; LABELS]);
            for label in 0..LABELS {
                if label != 0 && label % 2 == 0 {
                    for before in [label - 1, label] {
                        let way = reached[before] + self.transitions[before][label];
                        if way > now[label] {
                            (now[label], from[label]) = (way, before as u8);
                        }
                    }
                } else {
                    for (before, so_far) in reached.iter().enumerate() {
                        let way = so_far + self.transitions[before][label];
                        if way > now[label] {
                            (now[label], from[label]) = (way, before as u8);
                        }
                    }
                }
                now[label] += score[label];
            }
            came.push(from);
            reached = now;
        }
        let ends = |label: usize| reached[label] + self.transitions[label][0];
        let mut label = (0..LABELS).max_by(|a, b| ends(*a).total_cmp(&ends(*b))).unwrap_or(0);
        labels.clear();
        labels.resize(scores.len(), 0);
        for at in (0..scores.len()).rev() {
            labels[at] = label;
            label = usize::from(came[at][label]);
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let numbers = std::iter::once(&self.scale).chain(&self.thresholds).chain(self.transitions.iter().flatten());
        numbers.for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        bytes.extend(self.weights.iter().flatten().map(|weight| weight.to_le_bytes()[0]));
        bytes.extend(self.gazetteer.to_bytes());
        bytes
    }

    /// `None` for bytes that [`Tagger::to_bytes`] did not write.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(MAGIC)?;
        let (numbers, bytes) = bytes.split_at_checked(4 * (5 + LABELS * LABELS))?;
        let mut numbers = numbers.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number));
        let scale = numbers.next()?;
        let mut thresholds = [0.0; 4];
        thresholds.iter_mut().zip(&mut numbers).for_each(|(place, number)| *place = number);
        let mut transitions = [[0.0; LABELS]; LABELS];
        transitions.iter_mut().flatten().zip(&mut numbers).for_each(|(place, number)| *place = number);
        let (weights, slots) = bytes.split_at_checked(ROWS * COLUMNS)?;
        let weights =
            weights.as_chunks::<COLUMNS>().0.iter().map(|row| row.map(|byte| i8::from_le_bytes([byte]))).collect();
        Some(Self { gazetteer: Gazetteer::from_bytes(slots)?, scale, thresholds, transitions, weights })
    }
}

/// The runs of tokens that are scored, as ranges.
pub(crate) fn stretches(tokens: &[Token]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let length = tokens[at..].iter().take_while(|token| token.active).count();
        if length > 0 {
            runs.push((at, at + length));
        }
        at += length + 1;
    }
    runs
}

/// Names from labels; marks and line ends at their edges fall off, and forms of address before a person.
fn collect(tokens: &[Token], labels: &[usize], found: &mut Vec<Tagged>) {
    let mut at = 0;
    while at < labels.len() {
        if labels[at].is_multiple_of(2) {
            at += 1;
            continue;
        }
        let kind = labels[at] / 2;
        let mut end = at + 1;
        while end < labels.len() && labels[end] == labels[at] + 1 {
            end += 1;
        }
        let next = end;
        let loose = |token: &Token| matches!(token.kind, Kind::Mark | Kind::LineEnd);
        while end > at && loose(&tokens[end - 1]) {
            end -= 1;
        }
        // A form of address is no part of the name: `Dear Mr. Smith` stays polite when the name is masked.
        let mut begin = at;
        let polite = |token: &Token| token.classes & class::TITLE != 0 && token.classes & class::PERSON == 0;
        while kind == 0 && begin + 1 < end && (polite(&tokens[begin]) || begin > at && loose(&tokens[begin])) {
            begin += 1;
        }
        if end > begin {
            found.push(Tagged { start: tokens[begin].start, end: tokens[end - 1].end, kind });
        }
        at = next;
    }
}
