//! Asks every case through `pipeline::answer`, the same path as production, as a caller with the case's own groups.
//! The only file that knows how the pipeline is called.

#[cfg(test)]
mod tests;

use crate::case::{Case, Suite};
use crate::check::Observed;
use crate::judging::{Answer, Unanswered};
use crate::run::{CaseResult, Outcome, Run, Totals};
use admission::Admission;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use ledger::{Arm, Source};
use pipeline::{AnswerBody, Call, Pipeline, Prepared};
use std::sync::Arc;
use usecase::{Attempt, AttemptEnd, Completion, Cost, Timestamp, TraceId};

/// How a run is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// Cases asked at the same time, at least 1.
    pub concurrency: usize,
}

impl Default for RunOptions {
    /// Four at a time: quick, and no provider's rate limit is in danger.
    fn default() -> Self {
        Self { concurrency: 4 }
    }
}

/// Where a run stands, told after each case.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    pub done: usize,
    pub total: usize,
    /// How many of the done ones passed.
    pub passed: usize,
    /// The case that was just done.
    pub case: &'a CaseResult,
}

/// Runs the whole suite against a prepared bundle. A case that gets no answer is a result (`Outcome::Error`), never
/// an error of the run.
///
/// An eval's cost is recorded like any other; it is not counted against the use case's day, so that a run in the
/// morning cannot refuse customers in the evening.
pub async fn run(
    pipeline: &Pipeline,
    admission: &Admission,
    prepared: &Arc<Prepared>,
    suite: &Suite,
    options: RunOptions,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Run {
    let ask = |case| -> BoxFuture<'_, _> {
        Box::pin(async move { Ok(ask(pipeline, admission, prepared, &suite.use_case, case).await?.0) })
    };
    run_with(suite, options, &ask, progress).await
}

/// What asks one case: the pipeline, or a script in tests.
type Ask<'a> = dyn Fn(&'a Case) -> BoxFuture<'a, Result<Answer, Unanswered>> + Sync + 'a;

pub(crate) async fn run_with<'a>(
    suite: &'a Suite,
    options: RunOptions,
    ask: &Ask<'a>,
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> Run {
    let started = Timestamp::now();
    let total = suite.cases.len();
    let asked = suite.cases.iter().enumerate().map(|(place, case)| async move {
        let answer = ask(case).await;
        (place, case.judge(answer.as_ref()))
    });
    let mut answered = stream::iter(asked).buffer_unordered(options.concurrency.max(1));
    let (mut results, mut passed) = (Vec::with_capacity(total), 0);
    while let Some((place, case)) = answered.next().await {
        passed += usize::from(case.outcome == Outcome::Passed);
        progress(Progress { done: results.len() + 1, total, passed, case: &case });
        results.push((place, case));
    }
    // Answers come in any order; the report keeps that of the files.
    results.sort_by_key(|(place, _)| *place);
    let cases: Vec<CaseResult> = results.into_iter().map(|(_, case)| case).collect();
    Run {
        id: format!("eval-{}", &TraceId::random().to_string()[16..]),
        use_case: suite.use_case.clone(),
        bundle: suite.bundle.clone(),
        started,
        finished: Timestamp::now(),
        totals: Totals::of(&cases),
        cases,
    }
}

/// One case through the pipeline: the answer, and every attempt that it took.
pub(crate) async fn ask(
    pipeline: &Pipeline,
    admission: &Admission,
    prepared: &Arc<Prepared>,
    use_case: &str,
    case: &Case,
) -> Result<(Answer, Vec<Attempt>), Unanswered> {
    let request = case.request(use_case);
    let estimate = pipeline.estimate(prepared, &request).cost;
    let admitted = admission
        .admit(case.principal(use_case), use_case, None, estimate)
        .map_err(|denied| unanswered(format!("the request was not admitted: {denied}"), Cost::ZERO))?;
    let call = Call { request, arm: Arm::Working, source: Source::Eval };
    // The ledger knows what the failed attempts cost; here it is unknown, which is not zero.
    let answered = pipeline
        .answer(admitted, Arc::clone(prepared), call)
        .await
        .map_err(|error| unanswered(error.to_string(), Cost::UNKNOWN))?;
    let AnswerBody::Whole(whole) = answered.body else {
        return Err(unanswered("a streamed answer came although none was asked for", Cost::UNKNOWN));
    };
    let facts = whole.facts;
    let answer = Answer {
        from_fallback: is_from_fallback(until_answered(&facts.attempts).0),
        observed: Observed {
            text: text_of(&whole.completion),
            status: facts.status,
            citations: facts.citations,
            verdicts: facts.verdicts,
            latency_us: facts.total_us,
            cost: facts.cost,
            sent_to_model: facts.sent,
        },
        trace: answered.trace,
        model: answered.model,
    };
    Ok((answer, facts.attempts))
}

/// The attempts up to the first answer, and those that an escalation made besides.
pub(crate) fn until_answered(attempts: &[Attempt]) -> (&[Attempt], &[Attempt]) {
    let answered = attempts.iter().position(|attempt| attempt.end == AttemptEnd::Answered);
    attempts.split_at(answered.map_or(attempts.len(), |place| place + 1))
}

/// Whether a model failed before the one that answered.
pub(crate) fn is_from_fallback(until_answered: &[Attempt]) -> bool {
    until_answered.iter().any(|attempt| matches!(attempt.end, AttemptEnd::Failed(_)))
}

fn unanswered(reason: impl Into<String>, cost: Cost) -> Unanswered {
    Unanswered { reason: reason.into(), cost }
}

/// The text of the first choice, which is what an app shows.
fn text_of(completion: &Completion) -> String {
    completion.choices.first().map(|choice| choice.message.content.text()).unwrap_or_default()
}
