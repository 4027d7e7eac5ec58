//! Measures the topic boundary: one domain from 20 and from 100 sentences, drawn with a fixed seed from the folder, against
//! all other domains' questions; and questions out of every topic's scope, by five-fold cross-validation over the folder's
//! own topics. The boundary that ships is built from example sentences, so drawing them from the folder trains nothing
//! that ships.

use super::labelled::rows;
use super::{Figure, Goal, Report, Unreadable};
use crate::guard::topics::AllowedTopics;
use serde::Deserialize;
use statistics::{Random, Scored, area, fold_of, recall_at, threshold_at};
use std::collections::BTreeSet;
use std::path::Path;
use usecase::declared::TopicsAction;

const CLINC: &str = "topic_clinc150.jsonl";
const OUT_OF_SCOPE: &str = "oos";
/// Draws of seed sentences for each domain.
const DRAWS: u64 = 3;
const FOLDS: usize = 5;
/// Share of questions within scope that may be refused.
const WRONGLY_REFUSED: f64 = 0.05;

#[derive(Clone, Deserialize)]
struct Row {
    text: String,
    label: String,
    #[serde(default)]
    domain: String,
}

pub(super) fn measure(folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    match rows::<Row>(folder, CLINC)? {
        Some(rows) => {
            from_seeds("topics, one domain of CLINC150", &rows, |row| &row.domain, report);
            out_of_scope(&rows, report);
        }
        None => report.note(format!("topics: not measured: no file {CLINC}")),
    }
    match rows::<Row>(folder, "topic_domains.jsonl")? {
        Some(rows) => from_seeds("topics, one domain of questions", &rows, |row| &row.label, report),
        None => report.note("topics, one domain of questions: not measured: no file topic_domains.jsonl"),
    }
    match rows::<Row>(folder, "topic_banking77.jsonl")? {
        Some(rows) => accuracy("topics, 77 intents of banking", &rows, report),
        None => report.note("topics, 77 intents of banking: not measured: no file topic_banking77.jsonl"),
    }
    Ok(())
}

/// What a boundary around one domain does with the rest of it and with the other domains.
#[derive(Default)]
struct Tally {
    area: f64,
    draws: usize,
    allowed: usize,
    own: usize,
    refused: usize,
    others: usize,
}

impl Tally {
    fn add(&mut self, scored: &[Scored]) {
        self.area += area(scored).unwrap_or(0.5);
        self.draws += 1;
        for (score, own) in scored {
            let inside = *score >= 0.0;
            self.own += usize::from(*own);
            self.others += usize::from(!own);
            self.allowed += usize::from(*own && inside);
            self.refused += usize::from(!own && !inside);
        }
    }
}

fn from_seeds(capability: &str, rows: &[Row], domain: impl Fn(&Row) -> &str, report: &mut Report) {
    let domains: BTreeSet<&str> = rows.iter().map(&domain).filter(|name| *name != OUT_OF_SCOPE).collect();
    for seeds in [20, 100] {
        let capability = format!("{capability} from {seeds} sentences");
        let (mut all, mut parts) = (Tally::default(), Vec::new());
        for name in &domains {
            let (own, others): (Vec<&Row>, Vec<&Row>) =
                rows.iter().filter(|row| domain(row) != OUT_OF_SCOPE).partition(|row| domain(row) == *name);
            if own.len() < 2 * seeds || others.is_empty() {
                continue;
            }
            let mut one = Tally::default();
            for draw in 0..DRAWS {
                let scored = score_draw(&own, &others, seeds, draw);
                one.add(&scored);
                all.add(&scored);
            }
            let (area, questions) = (one.area / one.draws as f64, one.own + one.others);
            parts.push(Figure::new(&capability, name, "AUC", Some(area), None, questions));
        }
        let mean = (all.draws > 0).then(|| all.area / all.draws as f64);
        let figure = Figure::new(&capability, "all", "mean AUC", mean, None, all.own + all.others);
        let is_goal = seeds == 20 && capability.contains("CLINC150");
        report.push(if is_goal { figure.goal(Goal::AtLeast(0.955)) } else { figure });
        report.push(Figure::share(&capability, "all", "own questions allowed", all.allowed, all.own));
        report.push(Figure::share(&capability, "all", "others refused", all.refused, all.others));
        parts.into_iter().for_each(|figure| report.push(figure));
    }
}

/// Margins of a boundary from a draw of seeds: positive is inside, `true` is the domain's own.
fn score_draw(own: &[&Row], others: &[&Row], seeds: usize, draw: u64) -> Vec<Scored> {
    let mut order: Vec<&Row> = own.to_vec();
    Random::new(draw).shuffle(&mut order);
    let (seeds, rest) = order.split_at(seeds);
    let examples: Vec<(String, String)> = seeds.iter().map(|row| ("topic".to_owned(), row.text.clone())).collect();
    let boundary = AllowedTopics::new(&examples, TopicsAction::Refuse);
    let score = |row: &&Row, is_own| boundary.place(&row.text).map(|(_, margin)| (f64::from(margin), is_own));
    let inside = rest.iter().filter_map(|row| score(row, true));
    inside.chain(others.iter().filter_map(|row| score(row, false))).collect()
}

/// Boundaries around all labels from four fifths of the rows, and what each says of the rows that it has not seen.
fn held_out(rows: &[&Row], strangers: &[&Row]) -> (Vec<Scored>, Vec<Scored>, usize) {
    let (mut own, mut all, mut right) = (Vec::new(), Vec::new(), 0);
    for fold in 0..FOLDS {
        let (held, kept): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| fold_of(&row.text, FOLDS) == fold);
        let examples: Vec<(String, String)> = kept.iter().map(|row| (row.label.clone(), row.text.clone())).collect();
        let boundary = AllowedTopics::new(&examples, TopicsAction::Refuse);
        for row in held {
            let Some((topic, margin)) = boundary.place(&row.text) else { continue };
            right += usize::from(topic == row.label);
            own.push((f64::from(margin), true));
        }
        let strange = strangers.iter().filter_map(|row| boundary.place(&row.text));
        all.extend(strange.map(|(_, margin)| (f64::from(margin), false)));
    }
    (own, all, right)
}

fn out_of_scope(rows: &[Row], report: &mut Report) {
    const CAPABILITY: &str = "topics, out of CLINC150's scope";
    let (strangers, known): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.label == OUT_OF_SCOPE);
    let (own, strange, right) = held_out(&known, &strangers);
    let scored: Vec<Scored> = own.iter().chain(&strange).copied().collect();
    report.push(Figure::area(CAPABILITY, "all", &scored).goal(Goal::AtLeast(0.965)));
    // A score that is high for strangers, so that what may be refused wrongly is a share of false alarms.
    let turned: Vec<Scored> = scored.iter().map(|(margin, own)| (-margin, !own)).collect();
    let refused = recall_at(&turned, threshold_at(&turned, WRONGLY_REFUSED)).unwrap_or(0.0);
    let refused = (refused * strange.len() as f64).round() as usize;
    report.push(Figure::share(CAPABILITY, "all", "refused at 5 % wrongly", refused, strange.len()));
    let allowed = own.iter().filter(|(margin, _)| *margin >= 0.0).count();
    report.push(Figure::share(CAPABILITY, "shipped boundary", "own questions allowed", allowed, own.len()));
    let refused = strange.iter().filter(|(margin, _)| *margin < 0.0).count();
    report.push(Figure::share(CAPABILITY, "shipped boundary", "others refused", refused, strange.len()));
    report.push(Figure::share(CAPABILITY, "all", "right intent of 150", right, own.len()));
}

fn accuracy(capability: &str, rows: &[Row], report: &mut Report) {
    let rows: Vec<&Row> = rows.iter().collect();
    let (own, _, right) = held_out(&rows, &[]);
    report.push(Figure::share(capability, "all", "right intent of 77", right, own.len()));
}
