//! Which units to quote, and the quote with its citations.

use super::score::{Scored, score};
use std::ops::Range;
use usecase::{Citation, Passage};

/// Below this confidence nothing is quoted. Tuned on the sets named in [`super`].
const LEAST_CONFIDENCE: f64 = 0.47;
/// A second unit is quoted when it scores at least this share of the best one's and stands beside it, …
const AS_GOOD_BESIDE: f64 = 0.82;
/// … or this share, wherever it stands, …
const AS_GOOD_ANYWHERE: f64 = 0.95;
/// … or stands beside it and adds at least this much of the question.
const ADDS: f64 = 0.18;

/// The passages' own words, in pieces as a stream gives them. Citations count code points of all pieces together.
pub(super) struct Quote {
    pub(super) pieces: Vec<String>,
    pub(super) citations: Vec<Citation>,
}

/// Quotes what answers the question; `None` when nothing surely does.
pub(super) fn quote(question: &str, passages: &[Passage]) -> Option<Quote> {
    let scored = score(question, passages);
    let chosen = choose(&scored)?;
    let mut spans: Vec<(usize, Range<usize>)> = Vec::new();
    for unit in chosen {
        for span in unit.unit.lead.iter().chain([&unit.unit.span]) {
            let span = (unit.passage, span.clone());
            // Two rows of a table share their header.
            if !spans.contains(&span) {
                spans.push(span);
            }
        }
    }
    Some(write(&spans, passages))
}

fn choose(scored: &[Scored]) -> Option<Vec<&Scored>> {
    let by_score = |(_, a): &(usize, &Scored), (_, b): &(usize, &Scored)| a.score.total_cmp(&b.score);
    // Of equals the first one: it comes from the passage that the search ranked higher.
    let (at, best) = scored.iter().enumerate().rev().max_by(by_score)?;
    if best.confidence < LEAST_CONFIDENCE {
        return None;
    }
    let added = |unit: &Scored| -> f64 {
        unit.held.iter().zip(&best.held).map(|(held, by_best)| (held - by_best).max(0.0)).sum()
    };
    let second = scored.iter().enumerate().rev().filter(|(other, unit)| {
        let beside = unit.passage == best.passage && other.abs_diff(at) == 1;
        let least = if beside { AS_GOOD_BESIDE } else { AS_GOOD_ANYWHERE };
        *other != at && (unit.score >= least * best.score || (beside && added(unit) >= ADDS))
    });
    let mut chosen = vec![(at, best)];
    chosen.extend(second.max_by(by_score));
    // Neighbours in reading order; a unit of another passage comes after the best.
    chosen.sort_by_key(|(at, unit)| (unit.passage != best.passage, *at));
    Some(chosen.into_iter().map(|(_, unit)| unit).collect())
}

fn write(spans: &[(usize, Range<usize>)], passages: &[Passage]) -> Quote {
    let mut quote = Quote { pieces: Vec::with_capacity(spans.len()), citations: Vec::with_capacity(spans.len()) };
    let mut written = 0;
    for (at, span) in spans {
        let passage = &passages[*at];
        let words = &passage.text[span.clone()];
        let space = match quote.pieces.last() {
            None => "",
            Some(last) if needs_own_line(last) || needs_own_line(words) => "\n",
            Some(_) => " ",
        };
        let start = written + space.len();
        written = start + words.chars().count();
        quote.citations.push(citation(passage, span, start, written));
        quote.pieces.push(format!("{space}{words}"));
    }
    quote
}

/// Rows and items of Markdown are such only at the start of a line.
fn needs_own_line(words: &str) -> bool {
    let words = words.trim_start();
    let numbered = words.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = numbered.len() < words.len() && (numbered.starts_with(". ") || numbered.starts_with(") "));
    is_numbered || words.starts_with('|') || ["- ", "* ", "+ ", "• ", "```"].iter().any(|mark| words.starts_with(mark))
}

/// A passage whose text was changed on the way here (masked, or with a span cut out) has lost its offsets; the whole
/// passage is cited then, which is true, if wide.
fn citation(passage: &Passage, span: &Range<usize>, start: usize, end: usize) -> Citation {
    let is_unchanged = passage.start + passage.text.chars().count() == passage.end;
    let before = passage.text[..span.start].chars().count();
    let source_start = passage.start + before;
    let (source_start, source_end) =
        if is_unchanged { (source_start, source_start + (end - start)) } else { (passage.start, passage.end) };
    let source = passage.source.clone();
    Citation { start, end, source, ordinal: passage.ordinal, source_start, source_end, quote: None }
}

/// The opening of the first passage, for a scripted model that cites.
pub(super) fn opening(passages: &[Passage]) -> Option<(String, Citation)> {
    let passage = passages.first()?;
    let unit = super::sentences::units(&passage.text).into_iter().next()?;
    let words = passage.text[unit.span.clone()].to_owned();
    let citation = citation(passage, &unit.span, 0, words.chars().count());
    Some((words, citation))
}
