//! Measures time of all fast guards together at 1, 8 and 64 KB, and their start. Wall-clock time on one thread: a busy machine shows
//! in the p99, so the least time of each text over a few runs is told too.

use super::{Figure, Goal, Report, Unreadable, labelled};
use crate::guards::Guards;
use crate::vault::Vault;
use serde::Deserialize;
use std::path::Path;
use std::time::Instant;
use usecase::declared::{Guard, SubjectAction, TypeAction};
use usecase::{Message, Role};

const FILE: &str = "answerability.jsonl";
const CAPABILITY: &str = "all fast guards together";
/// Runs of each text; the least counts as its time without what else the machine does.
const RUNS: usize = 5;

#[derive(Deserialize)]
struct Row {
    context: String,
}

/// Texts of a size: how many, bytes, what they should take.
struct Size {
    part: &'static str,
    bytes: usize,
    texts: usize,
    p50: f64,
    p99: Option<f64>,
}

const SIZES: &[Size] = &[
    Size { part: "1 KB", bytes: 1024, texts: 300, p50: 60.0, p99: None },
    Size { part: "8 KB", bytes: 8 * 1024, texts: 100, p50: 500.0, p99: Some(2_000.0) },
    Size { part: "64 KB", bytes: 64 * 1024, texts: 12, p50: 5_000.0, p99: None },
];

pub(super) fn measure(folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    let began = Instant::now();
    let guards = everything();
    judge(&guards, "Hello, I am Ann. Write to ann@example.com, please.");
    let start = micros(began);
    let Some(rows) = labelled::rows::<Row>(folder, FILE)? else {
        report.note(format!("speed: not measured: no file {FILE}"));
        return Ok(());
    };
    let prose: String = rows.iter().flat_map(|row| [row.context.as_str(), "\n"]).collect();
    for size in SIZES {
        let (mut seen, mut least) = (Vec::new(), Vec::new());
        for text in pieces(&prose, size.bytes).take(size.texts) {
            let times: Vec<f64> = (0..RUNS)
                .map(|_| {
                    let began = Instant::now();
                    judge(&guards, text);
                    micros(began)
                })
                .collect();
            least.extend(times.iter().copied().reduce(f64::min));
            seen.extend(times);
        }
        let of =
            |measure: &str, value: Option<f64>| Figure::new(CAPABILITY, size.part, measure, value, None, seen.len());
        report.push(of(&format!("p50 µs, {}", size.part), quantile(&seen, 0.5)).goal(Goal::AtMost(size.p50)));
        if let Some(p99) = size.p99 {
            report.push(of(&format!("p99 µs, {}", size.part), quantile(&seen, 0.99)).goal(Goal::AtMost(p99)));
        }
        report.push(of("p50 of the least of five runs, µs", quantile(&least, 0.5)));
    }
    let first = Figure::new(CAPABILITY, "start", "first text µs", Some(start), None, 1);
    report.push(first.goal(Goal::AtMost(200_000.0)));
    Ok(())
}

/// Every guard of the input that needs no model, with every type of personal data.
fn everything() -> Guards {
    let names = ["PERSON", "LOCATION", "ADDRESS", "ORGANISATION"].map(|name| (name.to_owned(), TypeAction::Mask));
    let (sensitive, advice) = (SubjectAction::Refuse, SubjectAction::Refuse);
    Guards::new(&Guard { types: names.into_iter().collect(), sensitive, advice, ..Guard::default() })
}

fn judge(guards: &Guards, text: &str) {
    let mut messages = [Message::new(Role::User, text)];
    std::hint::black_box(guards.check_input(&mut messages, &mut Vault::new()));
}

fn micros(began: Instant) -> f64 {
    began.elapsed().as_nanos() as f64 / 1_000.0
}

/// Stretches of about so many bytes, one after the other.
fn pieces(text: &str, bytes: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at_checked(rest.floor_char_boundary(bytes)).filter(|_| rest.len() >= bytes)?;
        rest = after;
        Some(piece)
    })
}

fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len().max(1) - 1) as f64 * share).round() as usize).copied()
}
