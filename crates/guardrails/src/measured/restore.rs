//! Measures what was masked comes back, wherever the answer is cut: texts are masked as they are on the path of a request,
//! a model is taken to repeat them, and the stream is cut at every code point (the first rows) or at three drawn ones.

use super::{Figure, Goal, Report, Unreadable, labelled};
use crate::guards::Guards;
use crate::restore::Restorer;
use crate::vault::Vault;
use serde::Deserialize;
use statistics::Random;
use std::path::Path;
use usecase::declared::{Guard, TypeAction};
use usecase::{Message, Role};

const FILE: &str = "pii.jsonl";
/// Rows that are cut at every place.
const CUT_EVERYWHERE: usize = 150;

#[derive(Deserialize)]
struct Row {
    text: String,
}

pub(super) fn measure(folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    let Some(rows) = labelled::rows::<Row>(folder, FILE)? else {
        report.note(format!("restore: not measured: no file {FILE}"));
        return Ok(());
    };
    let names = ["PERSON", "LOCATION", "ADDRESS", "ORGANISATION"];
    for (part, action) in [("mask", TypeAction::Mask), ("replace", TypeAction::Replace)] {
        let kinds = crate::types().map(|known| known.kind).chain(names);
        let declared = Guard { types: kinds.map(|kind| (kind.to_owned(), action)).collect(), ..Guard::default() };
        let guards = Guards::new(&declared);
        let mut random = Random::new(5);
        let outcomes: Vec<(usize, usize)> = rows
            .iter()
            .enumerate()
            .map(|(place, row)| restored(&guards, &row.text, place < CUT_EVERYWHERE, &mut random))
            .collect();
        let exact = outcomes.iter().map(|(exact, _)| exact).sum();
        let all = outcomes.iter().map(|(_, all)| all).sum();
        let figure = Figure::share("restore of masked values", part, "restored exactly", exact, all);
        report.push(if part == "mask" { figure.goal(Goal::AtLeast(1.0)) } else { figure });
    }
    Ok(())
}

/// How many ways of cutting gave the text back exactly, and how many were tried. A text without values counts for nothing.
fn restored(guards: &Guards, text: &str, everywhere: bool, random: &mut Random) -> (usize, usize) {
    let mut vault = Vault::new();
    let mut messages = [Message::new(Role::User, text)];
    guards.check_input(&mut messages, &mut vault);
    if vault.is_empty() {
        return (0, 0);
    }
    let said = messages[0].content.text();
    let quoted = serde_json::Value::from(said.as_str()).to_string();
    let mut outcomes = cut(&said, text, everywhere, random, || vault.restorer());
    // As a tool call's argument it is JSON in the stream, and the app's parser sees the text.
    let wanted = serde_json::Value::from(text).to_string();
    let parsed = |restored: &str| serde_json::from_str::<serde_json::Value>(restored).ok();
    let json =
        cut_by(&quoted, everywhere, random, || vault.json_restorer(), |restored| parsed(restored) == parsed(&wanted));
    outcomes.0 += json.0;
    outcomes.1 += json.1;
    outcomes
}

fn cut(
    said: &str,
    wanted: &str,
    everywhere: bool,
    random: &mut Random,
    restorer: impl Fn() -> Restorer,
) -> (usize, usize) {
    cut_by(said, everywhere, random, restorer, |restored| restored == wanted)
}

fn cut_by(
    said: &str,
    everywhere: bool,
    random: &mut Random,
    restorer: impl Fn() -> Restorer,
    is_right: impl Fn(&str) -> bool,
) -> (usize, usize) {
    let places: Vec<usize> = said.char_indices().map(|(at, _)| at).collect();
    let drawn: Vec<usize> = match everywhere {
        true => places,
        false => (0..3).filter_map(|_| random.one_of(&places).copied()).collect(),
    };
    let right = drawn.iter().filter(|at| {
        let mut restorer = restorer();
        is_right(&(restorer.push(&said[..**at]) + &restorer.push(&said[**at..]) + &restorer.finish()))
    });
    (right.count(), drawn.len())
}
