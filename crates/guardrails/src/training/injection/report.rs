//! What cross-validation says, in lines for a person.

use super::{Course, Example, Inputs, Model, NUMBERS, inputs_of, margin, seen};
use statistics::area;
use std::collections::BTreeMap;

type Numbers = [f32; NUMBERS];

/// Found and all, by kind, language and source.
type Counts = BTreeMap<(bool, bool, String), (usize, usize)>;

fn lines(counts: Counts, title: &str) -> Vec<String> {
    counts
        .into_iter()
        .map(|((attack, english, part), (found, all))| {
            let what = if attack { "recall      " } else { "false alarms" };
            let language = if english { "English" } else { "other  " };
            format!("{title}: {what} {language} {part:46} {:6.2} % of {all}", 100.0 * found as f64 / all as f64)
        })
        .collect()
}

/// The held-out folds: recall and false alarms in all and per source, and the areas.
pub(super) fn cross_validation(course: &Course, unseen: &[Option<Inputs>], numbers: &Numbers) -> Vec<String> {
    let mut counts = Counts::new();
    let mut scored: BTreeMap<bool, Vec<(f64, bool)>> = BTreeMap::new();
    for ((example, views), inputs) in course.examples.iter().zip(&course.views).zip(unseen) {
        let Some(inputs) = inputs else { continue };
        let margin = margin(numbers, views, inputs);
        let short = example.source.starts_with("goodwiins/adversarial");
        if !short {
            scored.entry(example.english).or_default().push((f64::from(margin), example.attack));
        }
        let all = if short { None } else { Some("ALL".to_owned()) };
        for part in [Some(example.source.clone()), all].into_iter().flatten() {
            let count = counts.entry((example.attack, example.english, part)).or_default();
            *count = (count.0 + usize::from(margin >= 0.0), count.1 + 1);
        }
    }
    let mut log = lines(counts, "held-out folds");
    for (english, scored) in scored {
        log.push(format!("held-out folds: area, English {english}: {:.4}", area(&scored).unwrap_or_default()));
    }
    log.push(format!("second model {numbers:.3?}"));
    log
}

/// What the model that ships says about texts of which it has seen nothing.
pub(super) fn never_trained(model: &Model, kept_out: &[Example], announcements: &[String]) -> Vec<String> {
    let fires = |text: &str| {
        let views = seen(text, usize::MAX);
        margin(&model.numbers, &views, &inputs_of(model, &views)) >= 0.0
    };
    let right = kept_out.iter().filter(|example| !fires(&example.text)).count();
    let found = announcements.iter().filter(|text| fires(text)).count();
    let share = |count: usize, all: usize| 100.0 * count as f64 / all.max(1) as f64;
    vec![
        format!("never trained on: NotInject accuracy {:.2} % of {}", share(right, kept_out.len()), kept_out.len()),
        format!(
            "never trained on: announcements in documents, recall {:.2} % of {}",
            share(found, announcements.len()),
            announcements.len()
        ),
    ]
}

/// Families that are held out as a whole.
const FAMILIES: &[&str] = &[
    "garak",
    "cyberseceval/prompt_injection",
    "goodwiins",
    "langkit",
    "cyberseceval/mitre",
    "cyberseceval/frr",
    "self-instruct",
    "injecguard",
    "xstest",
    "awesome",
    "tasktracker",
    "xquad",
    "fuzzyai",
    "clinc",
    "banking",
];

/// Recall and false alarms on a family of sources when the tables have seen none of it. The thresholds and the second model are those
/// that ship.
pub(super) fn whole_sources(course: &Course, numbers: &Numbers) -> Vec<String> {
    let mut counts = Counts::new();
    for family in FAMILIES {
        let belongs = |place: usize| course.examples[place].source.starts_with(family);
        if !(0..course.examples.len()).any(belongs) {
            continue;
        }
        let (words, characters) = course.tables(&|place| !belongs(place));
        let model = Model { words, characters, numbers: *numbers };
        for place in (0..course.examples.len()).filter(|place| belongs(*place)) {
            let example = &course.examples[place];
            let fires = margin(numbers, &course.views[place], &inputs_of(&model, &course.views[place])) >= 0.0;
            let count = counts.entry((example.attack, example.english, example.source.clone())).or_default();
            *count = (count.0 + usize::from(fires), count.1 + 1);
        }
    }
    lines(counts, "whole source held out")
}
