//! What tuning the share of words found, at the terminal: every share, what choosing the best gains, and the line to paste.

use crate::statistics::mean::Mean;
use crate::words_weight::{Advice, Point, Tuning};

/// The whole report, ending with a line break.
pub fn render(tuning: &Tuning) -> String {
    let mut lines = vec![format!(
        "{} cases name the documents that they rest on, {} do not; no model was asked",
        tuning.cases, tuning.without_documents
    )];
    lines.extend(tuning.left_out.iter().map(|(place, reason)| format!("  left out  {place}: {reason}")));
    if tuning.cases > 0 {
        lines.push(String::new());
        lines.push("  words_weight   reciprocal rank   95 % interval      found    95 % interval".to_owned());
        lines.extend(tuning.points.iter().map(|point| row(tuning, point)));
        lines.push(String::new());
    }
    lines.extend(verdict(tuning));
    lines.join("\n").replace(|c: char| c.is_control() && c != '\n', " ") + "\n"
}

fn row(tuning: &Tuning, point: &Point) -> String {
    let mark = |other: &Point, mark: &'static str| if other.words_weight == point.words_weight { mark } else { " " };
    format!(
        "{}{} {:<12.2} {:>15.3}   {:<16} {:>7.3}   {}",
        mark(&tuning.best, ">"),
        mark(&tuning.now, "*"),
        point.words_weight,
        point.reciprocal_rank.mean,
        between(&point.reciprocal_rank),
        point.hits.mean,
        between(&point.hits),
    )
}

/// Both figures are shares.
fn between(mean: &Mean) -> String {
    format!("{:.3} to {:.3}", mean.low.clamp(0.0, 1.0), mean.high.clamp(0.0, 1.0))
}

fn verdict(tuning: &Tuning) -> Vec<String> {
    let (now, best) = (tuning.now.words_weight, tuning.best.words_weight);
    let Mean { mean, low, high } = tuning.gain;
    let gain = format!(
        "{mean:+.3} in reciprocal rank on cases that it was not chosen by (95 % interval {low:+.3} to {high:+.3})"
    );
    match tuning.advice {
        Advice::Nothing => vec!["nothing to go by: give cases a check `cites` with the ids of documents".to_owned()],
        Advice::Stay => vec![format!("* {now} is as good as any: leave it")],
        Advice::Inconclusive => vec![
            format!("> {best} is best on these cases, * {now} is in force; choosing gains {gain}"),
            "inconclusive: the interval holds 0, so it may be chance. More cases with `cites` would tell".to_owned(),
        ],
        Advice::Take => vec![
            format!("> {best} instead of * {now} gains {gain}"),
            String::new(),
            "[retrieval]".to_owned(),
            format!("words_weight = {best}"),
        ],
    }
}
