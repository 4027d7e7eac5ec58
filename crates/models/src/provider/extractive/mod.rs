//! Answers only by quoting.
mod question;
mod score;
mod sentences;
mod words;
use crate::reply::{Call, ReplyBody};
use super::spoken::Spoken;
use crate::tokens;
use futures_util::StreamExt;
use score::Scored;
use serde_json::{Map, json};
use usecase::{Citation, Passage, Usage};
pub(crate) const MODEL: &str = "extractive";
/// What is answered when no passage answers the question.
pub const ABSTENTION: &str = "I could not find an answer to that in the documents I may use.";

/// Answers from the passages of the call. It waits for nothing and cannot fail.
pub(crate) fn ask(call: &Call) -> ReplyBody {
    let quote = quote(&call.question, &call.passages);
    let mut facts = Map::new();
    let pieces = match quote {
        Some(quote) => {
            facts.insert("citations".to_owned(), json!(quote.citations));
            quote.pieces
        }
        None => {
            facts.insert("citations".to_owned(), json!([]));
            facts.insert("abstained".to_owned(), true.into());
            vec![ABSTENTION.to_owned()]
        }
    };
    let usage = Usage {
        input_tokens: tokens::of_request(&call.request),
        output_tokens: pieces.iter().map(|piece| tokens::of_text(piece)).sum(),
        estimated: true,
        ..Usage::default()
    };
    let spoken = Spoken { model: format!("local/{MODEL}"), pieces, facts, usage: Some(usage) };
    if call.request.stream {
        let chunks = spoken.chunks().into_iter().map(Ok);
        return ReplyBody::Stream(futures_util::stream::iter(chunks).boxed());
    }
    ReplyBody::Whole(spoken.completion())
}

struct Quote {
    pieces: Vec<String>,
    citations: Vec<Citation>,
}

fn quote(question: &str, passages: &[Passage]) -> Option<Quote> {
    let (scored, weights) = score::score(question, passages);
    let chosen = choose(&scored, &weights)?;
    let mut quote = Quote { pieces: Vec::new(), citations: Vec::new() };
    let mut length = 0;
    let mut quoted = Vec::new();
    for unit in chosen {
        let passage = &passages[unit.passage];
        for span in unit.unit.lead.iter().chain([&unit.unit.span]) {
            if quoted.contains(&(unit.passage, span.clone())) {
                continue;
            }
            quoted.push((unit.passage, span.clone()));
            let words = &passage.text[span.clone()];
            let break_before = if quote.pieces.is_empty() { "" } else if words.trim_start().starts_with(['|', '-', '*', '+', '•']) || words.starts_with(|c: char| c.is_ascii_digit()) || quote.pieces.last().is_some_and(|last| last.trim_start().starts_with('|')) { "\n" } else { " " };
            length += break_before.len();
            let count = words.chars().count();
            let before = passage.text[..span.start].chars().count();
            let is_exact = passage.text.chars().count() == passage.end.saturating_sub(passage.start);
            let (source_start, source_end) = if is_exact { (passage.start + before, passage.start + before + count) } else { (passage.start, passage.end) };
            quote.citations.push(Citation { start: length, end: length + count, source: passage.source.clone(), ordinal: passage.ordinal, source_start, source_end });
            length += count;
            quote.pieces.push(format!("{break_before}{words}"));
        }
    }
    Some(quote)
}

fn choose<'a>(scored: &'a [Scored], weights: &[f64]) -> Option<Vec<&'a Scored>> {
    let w = score::weights();
    let best = scored.iter().enumerate().max_by(|(_, a), (_, b)| a.score.total_cmp(&b.score))?;
    let (at, best) = best;
    let conf = confidence(best);
    if std::env::var("SHOW").is_ok() { println!("CONF {conf}"); }
    if conf < w.threshold { return None; }
    let gain = |other: &Scored| other.held.iter().zip(&best.held).zip(weights).map(|((o, b), w)| (o - b).max(0.0) * w).sum::<f64>();
    let second = scored.iter().enumerate().filter(|(other, unit)| {
        let adjacent = unit.passage == best.passage && other.abs_diff(at) == 1;
        *other != at && unit.score >= w.second * best.score && (adjacent || unit.score >= 0.95 * best.score) || (*other != at && adjacent && gain(unit) >= w.gain)
    }).max_by(|(_, a), (_, b)| a.score.total_cmp(&b.score));
    let mut chosen = vec![(at, best)];
    chosen.extend(second);
    chosen.sort_by_key(|(at, unit)| (unit.passage != best.passage, *at));
    Some(chosen.into_iter().map(|(_, unit)| unit).collect())
}

fn confidence(best: &Scored) -> f64 {
    let m: f64 = std::env::var("MIX").ok().and_then(|v| v.parse().ok()).unwrap_or(0.5);
    m * best.coverage + (1.0 - m) * best.passage_coverage
}

pub(crate) fn first_sentence(passages: &[Passage]) -> Option<(String, Citation)> {
    let _ = passages;
    None
}
