//! Each case asked twice: of the small model with every signal measured, and of the large one.

use crate::case::{Case, Suite};
use crate::run::Outcome;
use crate::runner::{RunOptions, ask, until_answered};
use admission::Admission;
use futures_util::{StreamExt, stream};
use pipeline::{Halves, Pipeline, Prepared};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use usecase::declared::Signal;
use usecase::{Attempt, Cost, Verdict};

/// One case as both models answered it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    pub key: String,
    /// Cases of one written test, which differ in a variable only, are hidden together.
    pub test: String,
    pub small_passed: bool,
    pub large_passed: bool,
    /// How sure the small model was by each signal, 0 to 1; a signal that could not be measured is not there.
    pub scores: BTreeMap<Signal, f64>,
    /// What the small model's answer cost, and what its further samples did.
    pub small: Cost,
    pub samples: Cost,
    pub large: Cost,
}

/// The whole set, asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Trial {
    pub tried: Vec<Tried>,
    /// Cases that one of the models could not be judged on: no answer, a fallback's answer, an unsupported check. By
    /// place and reason.
    pub left_out: Vec<(String, String)>,
    /// What asking all of it cost.
    pub cost: Cost,
}

/// Asks every case of both models. `progress` is told how many are done.
pub async fn try_both(
    pipeline: &Pipeline,
    admission: &Admission,
    halves: &Halves,
    suite: &Suite,
    options: RunOptions,
    progress: &(dyn Fn(usize) + Sync),
) -> Trial {
    let asked = suite.cases.iter().enumerate().map(|(place, case)| async move {
        let small = half(pipeline, admission, &halves.small, suite, case).await;
        let large = half(pipeline, admission, &halves.large, suite, case).await;
        (place, case, small, large)
    });
    let mut answered = stream::iter(asked).buffer_unordered(options.concurrency.max(1));
    let mut done = Vec::with_capacity(suite.cases.len());
    while let Some(one) = answered.next().await {
        done.push(one);
        progress(done.len());
    }
    done.sort_by_key(|(place, ..)| *place);
    let mut trial = Trial::default();
    for (_, case, small, large) in done {
        trial.cost += small.cost + small.samples + large.cost + large.samples;
        match small.fault.or(large.fault) {
            Some(reason) => trial.left_out.push((format!("{}:{}", case.file, case.line), reason)),
            None => trial.tried.push(Tried {
                key: case.key.clone(),
                test: format!("{}:{}", case.file, case.line),
                small_passed: small.passed,
                large_passed: large.passed,
                scores: small.scores,
                small: small.cost,
                samples: small.samples,
                large: large.cost,
            }),
        }
    }
    trial
}

/// What one model came to on one case.
struct Half {
    passed: bool,
    scores: BTreeMap<Signal, f64>,
    cost: Cost,
    samples: Cost,
    /// Why it says nothing about the model.
    fault: Option<String>,
}

async fn half(
    pipeline: &Pipeline,
    admission: &Admission,
    prepared: &Arc<Prepared>,
    suite: &Suite,
    case: &Case,
) -> Half {
    let asked = ask(pipeline, admission, prepared, &suite.use_case, case).await;
    let (answer, attempts) = match asked {
        Ok(answered) => answered,
        Err(none) => {
            let (cost, samples, scores) = (none.cost, Cost::ZERO, BTreeMap::new());
            return Half { passed: false, scores, cost, samples, fault: Some(none.reason) };
        }
    };
    let result = case.judge(Ok(&answer));
    let (own, further) = until_answered(&attempts);
    let paid = |attempts: &[Attempt]| attempts.iter().map(|attempt| attempt.cost).sum::<Cost>();
    let fault = match result.outcome {
        _ if answer.from_fallback => Some(format!("{} answered in its place", answer.model)),
        Outcome::Error | Outcome::Unsupported => Some(result.reason),
        Outcome::Passed | Outcome::Failed => None,
    };
    Half {
        passed: result.outcome == Outcome::Passed,
        scores: scores(&answer.observed.verdicts),
        cost: paid(own),
        samples: paid(further),
        fault,
    }
}

fn scores(verdicts: &[Verdict]) -> BTreeMap<Signal, f64> {
    let measured = verdicts.iter().filter(|verdict| verdict.guard == pipeline::ESCALATION_GUARD);
    let scored = measured.filter_map(|verdict| {
        let signal = Signal::ALL.into_iter().find(|signal| signal.as_str() == verdict.rule)?;
        Some((signal, verdict.score?))
    });
    scored.collect()
}
