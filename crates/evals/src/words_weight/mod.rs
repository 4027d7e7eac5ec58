//! How much should words count beside vectors in this use case's search? Every case that says which documents its answer
//! rests on (`cites`) is a labelled question: it is searched for under each share of words from 0 to 1, and no model is asked.
//!
//! The best of many shares looks better on the cases that it was chosen by than it is. So the gain is judged with every case
//! left out of the choice that it is judged by (leave-one-out cross-validation; M. Stone, Journal of the Royal Statistical
//! Society B 36 (1974) 111).

#[cfg(test)]
mod tests;

use crate::case::{Case, Suite};
use crate::statistics::float;
use crate::statistics::mean::{Mean, interval};
use pipeline::{Pipeline, Prepared};
use serde::Serialize;
use std::collections::BTreeSet;

/// Steps between 0 and 1.
const STEPS: usize = 20;

/// What tuning found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tuning {
    pub use_case: String,
    /// Cases that name documents, and were searched for.
    pub cases: usize,
    /// Cases that say nothing of documents.
    pub without_documents: usize,
    /// Cases that could not be searched for, by place and reason.
    pub left_out: Vec<(String, String)>,
    /// The share in force.
    pub now: Point,
    /// The share with the best mean reciprocal rank; of several the nearest to the one in force.
    pub best: Point,
    pub points: Vec<Point>,
    /// What choosing the best gains in mean reciprocal rank, each case judged by what the others chose.
    pub gain: Mean,
    pub advice: Advice,
}

/// One share of words.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    pub words_weight: f32,
    /// One over the place of each document that is to be found among the passages that the model is given, 0 when it is not there.
    pub reciprocal_rank: Mean,
    /// The share of these documents that are among them.
    pub hits: Mean,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// With 95 % confidence it finds more on cases that it was not chosen by.
    Take,
    /// Another share is best here, but these cases cannot show that it is better.
    Inconclusive,
    /// The share in force is the best.
    Stay,
    /// No case names a document.
    Nothing,
}

/// What one case came to under each share.
#[derive(Clone, Debug, PartialEq)]
struct Tried {
    /// Mean reciprocal rank, and share found.
    at: Vec<(f64, f64)>,
}

/// Searches for every case that names documents under every share. Blocks; `progress` is told how many are done. `None` when the
/// use case searches nothing.
pub fn tune(pipeline: &Pipeline, prepared: &Prepared, suite: &Suite, progress: &dyn Fn(usize)) -> Option<Tuning> {
    let now = pipeline.words_weight(prepared)?;
    let shares = shares(now);
    let (mut tried, mut left_out, mut without_documents) = (Vec::new(), Vec::new(), 0);
    for (done, case) in suite.cases.iter().enumerate() {
        let wanted = wanted(case);
        if wanted.is_empty() {
            without_documents += 1;
        } else {
            let (request, groups) = (case.request(&suite.use_case), case.principal(&suite.use_case).groups);
            match pipeline.search_at(prepared, &request, &groups, &shares) {
                Err(error) => left_out.push((format!("{}:{}", case.file, case.line), error.to_string())),
                Ok(found) => {
                    let documents = |passages: &Vec<usecase::Passage>| -> Vec<String> {
                        passages.iter().map(|passage| passage.source.document.clone()).collect()
                    };
                    tried.push(Tried { at: found.iter().map(|found| worth(&documents(found), &wanted)).collect() });
                }
            }
        }
        progress(done + 1);
    }
    Some(conclude(&suite.use_case, &shares, &tried, without_documents, left_out))
}

/// What is in force first, then all steps.
fn shares(now: f32) -> Vec<f32> {
    let steps = (0..=STEPS).map(|step| step as f32 / STEPS as f32);
    std::iter::once(now).chain(steps.filter(|share| *share != now)).collect()
}

fn wanted(case: &Case) -> BTreeSet<&str> {
    let documents = case.assertions.iter().flat_map(|assertion| assertion.wanted_documents());
    documents.map(String::as_str).collect()
}

fn worth(found: &[String], wanted: &BTreeSet<&str>) -> (f64, f64) {
    let places = wanted.iter().filter_map(|id| found.iter().position(|document| document == id));
    let (ranks, hits) = places.fold((0.0, 0.0), |(ranks, hits), place| (ranks + 1.0 / float(place + 1), hits + 1.0));
    (ranks / float(wanted.len()), hits / float(wanted.len()))
}

fn conclude(
    use_case: &str,
    shares: &[f32],
    tried: &[Tried],
    without_documents: usize,
    left_out: Vec<(String, String)>,
) -> Tuning {
    let point = |at: usize| Point {
        words_weight: shares[at],
        reciprocal_rank: interval(&tried.iter().map(|case| case.at[at].0).collect::<Vec<_>>()),
        hits: interval(&tried.iter().map(|case| case.at[at].1).collect::<Vec<_>>()),
    };
    let sums: Vec<f64> = (0..shares.len()).map(|at| tried.iter().map(|case| case.at[at].0).sum()).collect();
    let best = best(shares, &sums);
    let gains: Vec<f64> = tried
        .iter()
        .map(|case| {
            let others: Vec<f64> = sums.iter().zip(&case.at).map(|(sum, (own, _))| sum - own).collect();
            case.at[self::best(shares, &others)].0 - case.at[0].0
        })
        .collect();
    let gain = interval(&gains);
    let advice = match best {
        _ if tried.is_empty() => Advice::Nothing,
        0 => Advice::Stay,
        _ if gain.low > 0.0 => Advice::Take,
        _ => Advice::Inconclusive,
    };
    let mut points: Vec<Point> = (0..shares.len()).map(point).collect();
    let (now, best) = (points[0], points[best]);
    points.sort_by(|one, other| one.words_weight.total_cmp(&other.words_weight));
    Tuning {
        use_case: use_case.to_owned(),
        cases: tried.len(),
        without_documents,
        left_out,
        now,
        best,
        points,
        gain,
        advice,
    }
}

/// The share with the largest sum; of several that are as good but for rounding, the nearest to the first.
fn best(shares: &[f32], sums: &[f64]) -> usize {
    const ROUNDING: f64 = 1e-9;
    let most = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let good = (0..shares.len()).filter(|at| sums[*at] >= most - ROUNDING);
    let distance = |at: &usize| (shares[*at] - shares[0]).abs();
    good.min_by(|one, other| distance(one).total_cmp(&distance(other))).unwrap_or(0)
}
