//! `shipway guard calibrate NAME`: from which risk on an answer of this use case is caveated or withheld, so that a stated
//! share of what goes out is unsupported at the most.

use crate::cli::GuardCalibrate;
use crate::commands::{Ground, recorded};
use crate::house::House;
use crate::paint;
use anyhow::{Context, bail};
use governance::Outcome;
use guardrails::calibrate::{self, Calibrated, Guarantee};
use guardrails::risk_of;
use serde::Deserialize;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;
use usecase::Timestamp;
use usecase::declared::Percent;

/// Recorded requests that are looked through, the newest first.
const MOST_ROWS: usize = 100_000;

/// A labelled answer.
#[derive(Deserialize)]
struct Labelled {
    answer: String,
    context: String,
    #[serde(default)]
    question: Option<String>,
    /// 1 = unsupported.
    label: u8,
}

pub(crate) fn run(ground: &Ground<'_>, asked: &GuardCalibrate) -> anyhow::Result<ExitCode> {
    let error = Percent::parse(&asked.error).map(Percent::fraction).filter(|share| *share > 0.0 && *share < 0.5);
    let Some(error) = error else { bail!("--error {}: expected a share above 0% and below 50%, like 5%", asked.error) };
    let house = House::open(ground.project)?;
    house.known(&asked.name)?;
    let (scores, from) = match &asked.answers {
        Some(path) => (from_file(path)?, path.display().to_string()),
        None => (from_reviews(&house, &asked.name)?, "answers that people reviewed".to_owned()),
    };
    let unsupported = scores.iter().filter(|(_, unsupported)| *unsupported).count();
    let calibrated = calibrate::conformal(&scores, error);
    if ground.json {
        paint::json(&json!({
            "use_case": asked.name, "error": error, "from": from, "answers": scores.len(), "unsupported": unsupported,
            "calibrated": calibrated,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    paint::line(format!("{} {from}, {unsupported} of them unsupported", scores.len()));
    print(&calibrated);
    Ok(ExitCode::SUCCESS)
}

fn print(calibrated: &Calibrated) {
    let percent = calibrated.error * 100.0;
    if let Guarantee::Inconclusive { more } = calibrated.guarantee {
        paint::line(paint::care(format!(
            "too few to promise {percent:.1} %: about {more} more judged answers would do; until then a person looks at each"
        )));
        return;
    }
    paint::line(format!(
        "of unsupported answers at most {percent:.1} % go out as they are, if the next come from where these did"
    ));
    paint::line(paint::loud("[guard.grounding]"));
    paint::line(format!("answer_below = {:.3}", calibrated.answer_at));
    paint::line(format!("caveat_below = {:.3}", calibrated.caveat_at));
    paint::line(format!("abstain_from = {:.3}", calibrated.abstain_at));
}

fn from_file(path: &Path) -> anyhow::Result<Vec<(f64, bool)>> {
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut scores = Vec::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.with_context(|| format!("cannot read {}", path.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        let row: Labelled = serde_json::from_str(&line).with_context(|| {
            format!("{}, line {}: expected `answer`, `context`, `label`", path.display(), number + 1)
        })?;
        scores.push((risk_of(row.question.as_deref(), &row.answer, &row.context), row.label != 0));
    }
    Ok(scores)
}

/// What people decided about recorded answers: what was approved was supported. The record holds the answer's risk.
fn from_reviews(house: &House, name: &str) -> anyhow::Result<Vec<(f64, bool)>> {
    let mut scores = Vec::new();
    for row in recorded::rows(house, name, Timestamp(0), MOST_ROWS)?.into_iter().filter(|row| row.review) {
        let Some(decided) = house.governance.review(&row.trace)?.and_then(|item| item.decided) else { continue };
        let Some(detail) = house.parts.ledger.request(&row.trace)? else { continue };
        let risk =
            detail.verdicts.iter().find(|one| one.guard == "grounding" && one.rule == "risk").and_then(|one| one.score);
        scores.extend(risk.map(|risk| (risk, decided.outcome != Outcome::Approved)));
    }
    Ok(scores)
}
