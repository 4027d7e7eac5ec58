//! Whether the words of a sentence stand in the passages in the same company: next to each other, in one order, in one
//! sentence, under one negation.

use super::align::{Aligned, State};
use super::best::Best;
use super::index::{Index, MOST_OCCURRENCES, Token, carries_meaning};
use crate::words::{Kind, Placed};

/// Words before a word in which a negation turns it around.
const NEGATED_WITHIN: usize = 4;
/// Words of a sentence whose order is compared: the table is so long and so wide.
const LONGEST_COMPARED: usize = 48;
/// Words of the place that it is compared with.
const WIDEST_COMPARED: usize = 96;

/// The shares of neighbouring pairs and triples that stand nowhere in the passages in this order; one word may lie
/// between two of a pair.
pub(super) fn missing_neighbours(index: &Index, words: &[Placed]) -> [f64; 2] {
    let is = |at: usize, id: u32| index.tokens.get(at).is_some_and(|token: &Token| token.id == id);
    let (mut pairs, mut triples) = (0_u32, 0_u32);
    for (at, pair) in words.windows(2).enumerate() {
        let (mut follows, mut goes_on) = (false, false);
        let third = words.get(at + 2).map(|placed| placed.id);
        for place in index.occurrences(pair[0].id) {
            let place = *place as usize;
            let direct = is(place + 1, pair[1].id);
            follows |= direct || is(place + 2, pair[1].id);
            goes_on |= direct && third.is_some_and(|third| is(place + 2, third));
        }
        pairs += u32::from(!follows);
        triples += u32::from(!goes_on && third.is_some());
    }
    let share = |missing: u32, all: usize| if all == 0 { 0.0 } else { f64::from(missing) / all as f64 };
    [share(pairs, words.len().saturating_sub(1)), share(triples, words.len().saturating_sub(2))]
}

/// One minus the share of the sentence's words that stand at the best place in the same order (the longest common
/// subsequence of the words that carry meaning).
pub(super) fn out_of_order(index: &Index, words: &[Placed], best: Option<&Best>) -> f64 {
    let Some(best) = best else { return 1.0 };
    let content = words.iter().filter(|placed| carries_meaning(placed.word.kind));
    let ours: Vec<u32> = content.map(|placed| placed.id).take(LONGEST_COMPARED).collect();
    let there = &index.tokens[index.places[best.first].from..index.places[best.last].to];
    let there = there.iter().filter(|token| carries_meaning(token.kind)).take(WIDEST_COMPARED);
    let theirs: Vec<u32> = there.map(|token| token.id).collect();
    let mut row = vec![0_u16; theirs.len() + 1];
    for word in &ours {
        let mut diagonal = 0;
        for (at, other) in theirs.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if word == other { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    1.0 - f64::from(row.last().copied().unwrap_or_default()) / ours.len().max(1) as f64
}

/// How many negations of the sentence stand before words that the passages never negate, and how many of its words are
/// negated at the best place and not in the sentence.
pub(super) fn negations(index: &Index, words: &[Placed], best: Option<&Best>) -> (f64, f64) {
    let negated_at = |at: usize| {
        let place = index.tokens[at].place;
        let before = &index.tokens[at.saturating_sub(NEGATED_WITHIN)..at];
        before.iter().any(|token| token.kind == Kind::Negation && token.place == place)
    };
    let mut added = 0.0;
    for (at, placed) in words.iter().enumerate().filter(|(_, placed)| placed.word.kind == Kind::Negation) {
        let next = words[at + 1..].iter().take(NEGATED_WITHIN).filter(|placed| carries_meaning(placed.word.kind));
        let (mut known, mut matched) = (false, false);
        for word in next {
            known |= !index.occurrences(word.id).is_empty();
            matched |= index.occurrences(word.id).iter().any(|place| negated_at(*place as usize));
        }
        let anywhere = !index.occurrences(placed.id).is_empty();
        added +=
            if matched { 0.0 } else { 0.5 + 0.5 * f64::from(u8::from(known)) + 0.5 * f64::from(u8::from(!anywhere)) };
    }
    let mut lost = 0.0;
    if let Some(best) = best {
        let (from, to) = (index.places[best.first].from, index.places[best.last].to);
        for (at, placed) in words.iter().enumerate().filter(|(_, placed)| carries_meaning(placed.word.kind)) {
            let here = words[at.saturating_sub(NEGATED_WITHIN)..at].iter().any(|word| word.word.kind == Kind::Negation);
            let there = index.within(placed.id, from, to).is_some_and(negated_at);
            lost += f64::from(u8::from(there && !here));
        }
    }
    (added, lost)
}

/// How many neighbouring words that both stand in the passages never stand in one sentence of theirs, or in two that
/// follow each other; and their share.
pub(super) fn apart(index: &Index, words: &[Placed], aligned: &[Aligned]) -> (f64, f64) {
    let known = words
        .iter()
        .zip(aligned)
        .filter(|(placed, aligned)| carries_meaning(placed.word.kind) && aligned.state <= State::Elsewhere);
    let known: Vec<&Placed> = known.map(|(placed, _)| placed).collect();
    let mut apart = 0.0;
    for pair in known.windows(2) {
        let together = together(index, pair[0].id, pair[1].id);
        apart += f64::from(u8::from(!together));
    }
    (apart, apart / known.len().saturating_sub(1).max(1) as f64)
}

/// Words beside a word whose company is looked for.
const COMPANY: usize = 2;

/// How many words that the passages have stand there nowhere in the company of one of their neighbours here (in one
/// sentence, or in two that follow each other); and their share of the words that the passages have.
pub(super) fn lonely(index: &Index, words: &[Placed], aligned: &[Aligned]) -> [f64; 2] {
    let known = words
        .iter()
        .zip(aligned)
        .filter(|(placed, aligned)| carries_meaning(placed.word.kind) && aligned.state <= State::Elsewhere);
    let known: Vec<u32> = known.map(|(placed, _)| placed.id).collect();
    let lonely = (0..known.len()).filter(|at| {
        let others = at.saturating_sub(COMPANY)..(at + COMPANY + 1).min(known.len());
        !others.filter(|other| other != at).any(|other| together(index, known[*at], known[other]))
    });
    let lonely = lonely.count() as f64;
    [lonely, lonely / known.len().max(1) as f64]
}

/// Whether two words stand in one sentence of the passages, or in two that follow each other.
fn together(index: &Index, one: u32, other: u32) -> bool {
    let (one, other) = (index.postings(one), index.postings(other));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short.iter().take(MOST_OCCURRENCES).any(|place| {
        let at = long.partition_point(|known| known + 1 < *place);
        long.get(at).is_some_and(|known| *known <= place + 1)
    })
}

/// How many missing words stand between two that the best place has: there with another word between them (swapped), or
/// with none (inserted).
pub(super) fn swapped_or_inserted(
    index: &Index,
    words: &[Placed],
    aligned: &[Aligned],
    best: Option<&Best>,
) -> (f64, f64) {
    let Some(best) = best else { return (0.0, 0.0) };
    let (from, to) = (index.places[best.first].from, index.places[best.last].to);
    let content = words.iter().zip(aligned).filter(|(placed, _)| placed.word.kind != Kind::Function);
    let content: Vec<(&Placed, &Aligned)> = content.collect();
    let (mut swapped, mut inserted) = (0.0, 0.0);
    for three in content.windows(3) {
        let ((before, b), (_, missing), (after, a)) = (three[0], three[1], three[2]);
        if missing.state <= State::Alike || b.state != State::Here || a.state != State::Here {
            continue;
        }
        let Some(first) = index.within(before.id, from, to) else { continue };
        let Some(second) = index.within(after.id, first + 1, to.min(first + 12)) else { continue };
        let between = index.tokens[first + 1..second].iter().filter(|token| carries_meaning(token.kind)).count();
        match between {
            0 => inserted += 1.0,
            1..=2 => swapped += 1.0,
            _ => {}
        }
    }
    (swapped, inserted)
}
