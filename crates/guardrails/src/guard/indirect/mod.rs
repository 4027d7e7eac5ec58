//! Orders hidden in what was retrieved or what a tool said (OWASP LLM01:2025, indirect prompt injection).
//!
//! A document informs; it has no business asking its reader to write a poem, to weave a link into the answer, or to run
//! code. Two detectors look for such stretches: the overt rules of `guard::injection`, and a trained linear model that
//! judges each unit of the document (`units`) by its words, by the sequence of their classes (`lexicon`) and by how it stands
//! to the rest of the document (`features`). Its thresholds are its own: found by cross-validation over documents, attacks
//! and announcing phrases at once (`training::indirect`).
//!
//! Measured by cross-validation on the developer half, where documents, attack families and announcing phrases of a test
//! document were all unseen (259 honest documents, 1,554 with an attack; the trainer's log says it anew):
//!
//! | what | share |
//! | --- | --- |
//! | found, at 2 % of honest documents flagged (what ships) | 94.2 %: plain 88.4 %, announced 100 % |
//! | found, at 1 % and at 5 % | 92.2 %, 96.2 % |
//! | the same with no labelled attack or announcement in training, at 2 % | 91.1 % |
//! | honest contexts of other tasks (900) flagged | 0.2 % |
//!
//! The grammar of attacks was written by someone who had read this half's attacks, so even the third line is kind. Weakest are
//! plain questions between the sentences of a text (about three in five found) and plain orders in short e-mails (72.5 %).
//! Honest exercises of schoolbooks that tell how to write an answer are mistaken for orders.
//!
//! What is found is cut, or stays and is marked as data without authority (`fence`).

use crate::guard::injection;
use crate::normalise;
use features::Pages;
use model::MODEL;
use std::ops::Range;

pub(crate) mod features;
pub(crate) mod fence;
mod lexicon;
pub(crate) mod model;
mod units;
pub(crate) use units::units;

#[cfg(test)]
mod honest_tests;
#[cfg(test)]
mod tests;

/// A stretch of a document that must not reach a model as it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cut {
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
    /// An overt rule's name, or [`RULE`].
    pub(crate) rule: &'static str,
    /// 0 to 1; the model cuts from 0.5 on.
    pub(crate) score: f64,
    /// The view of `normalise` in which it showed.
    pub(crate) view: &'static str,
}

/// The highest score of a document, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assessment {
    /// 0 to 1; the shipped threshold is 0.5.
    pub(crate) score: f64,
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
    pub(crate) rule: &'static str,
    pub(crate) view: &'static str,
}

/// What the model's own findings are called.
pub(crate) const RULE: &str = "foreign_instruction";

const PLAIN: &str = "plain";

/// Where a document is cut: stretches in order that do not overlap.
pub(crate) fn find(text: &str) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = injection::find_in_passage(text)
        .into_iter()
        .map(|cut| Cut { range: cut.range, rule: cut.rule, score: cut.score, view: PLAIN })
        .collect();
    modelled(text, &mut cuts);
    merged(cuts)
}

/// The strongest unit of a document, cut or not: for `guard test` and for the grey zone. `None` for a text without words.
pub(crate) fn assess(text: &str) -> Option<Assessment> {
    let overt = injection::find_in_passage(text).into_iter().map(|cut| Assessment {
        score: cut.score.max(0.5),
        range: cut.range,
        rule: cut.rule,
        view: PLAIN,
    });
    let judged =
        judged(text).into_iter().map(|(range, odds)| Assessment { score: score(odds), range, rule: RULE, view: PLAIN });
    overt.chain(judged).max_by(|one, other| one.score.total_cmp(&other.score))
}

/// From log-odds to a score of which the half is the threshold.
fn score(odds: f32) -> f64 {
    1.0 / (1.0 + f64::from(MODEL.threshold - odds).exp())
}

/// Each unit with its log-odds.
fn judged(text: &str) -> Vec<(Range<usize>, f32)> {
    let units = units(text);
    let odds = MODEL.judge(&Pages::new(text, &units));
    units.into_iter().map(|unit| unit.range).zip(odds).collect()
}

/// What the model finds in the text and in the views that undo a disguise.
fn modelled(text: &str, cuts: &mut Vec<Cut>) {
    cuts.extend(stretches(&judged(text)).into_iter().map(|(range, odds)| Cut {
        range,
        rule: RULE,
        score: score(odds),
        view: PLAIN,
    }));
    for view in normalise::views(text).into_iter().filter(|view| view.name != PLAIN) {
        for (seen, odds) in stretches(&judged(&view.text)) {
            let range = view.source(seen.clone());
            // What the disguise left unchanged was judged already, with its capitals.
            if odds >= MODEL.threshold + IN_DISGUISE && normalise::plain(&text[range.clone()]).0.text != view.text[seen]
            {
                cuts.push(Cut { range, rule: RULE, score: score(odds), view: view.name });
            }
        }
    }
}

/// A view is one more chance of a false alarm, so that it takes more log-odds there.
const IN_DISGUISE: f32 = 1.5;

/// Runs of units around each that reaches the threshold: an announcement hangs on what it announces.
fn stretches(judged: &[(Range<usize>, f32)]) -> Vec<(Range<usize>, f32)> {
    let mut found: Vec<(Range<usize>, f32)> = Vec::new();
    let mut place = 0;
    while place < judged.len() {
        let run = judged[place..].iter().take_while(|(_, odds)| *odds >= MODEL.beside).count();
        let units = &judged[place..place + run];
        let strongest = units.iter().map(|(_, odds)| *odds).fold(f32::MIN, f32::max);
        if strongest >= MODEL.threshold {
            found.push((units[0].0.start..units[run - 1].0.end, strongest));
        }
        place += run.max(1);
    }
    found
}

/// Leaves no overlaps; of two that touch, the stronger names the rule.
fn merged(mut cuts: Vec<Cut>) -> Vec<Cut> {
    cuts.sort_by_key(|cut| (cut.range.start, cut.range.end));
    let mut merged: Vec<Cut> = Vec::with_capacity(cuts.len());
    for cut in cuts {
        match merged.last_mut() {
            Some(last) if cut.range.start < last.range.end => {
                last.range.end = last.range.end.max(cut.range.end);
                if cut.score > last.score {
                    (last.rule, last.score, last.view) = (cut.rule, cut.score, cut.view);
                }
            }
            _ => merged.push(cut),
        }
    }
    merged
}
