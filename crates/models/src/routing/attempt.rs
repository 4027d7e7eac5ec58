//! One call of a target: asked, held back until it has content, watched to its end. And once more, where nothing can be
//! done twice and the target's budget of retries allows it.

use super::vitals::Permit;
use super::{Limits, logprobs};
use crate::error::{Error, LONGEST_RETRY_AFTER, Wait};
use crate::journal::Journal;
use crate::provider::{Answer, Asking};
use crate::reply::{Call, ChunkStream, ReplyBody, Running};
use crate::residency::Cleared;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use usecase::declared::ModelRef;
use usecase::{ChatRequest, Chunk, Remedy};

/// One target, and once more where its error allows that.
pub(super) async fn ask(
    cleared: &Cleared,
    permit: Permit,
    call: &Arc<Call>,
    journal: &Journal,
    limits: &Limits,
) -> Result<(Answer, Running), Error> {
    cleared.vital.earn_retry();
    let error = match attempt(cleared, permit, call, journal, limits).await {
        Ok(answered) => return Ok(answered),
        Err(error) if error.remedy() == Remedy::RetrySame => error,
        Err(error) => return Err(error),
    };
    let wait = error.upstream().and_then(|upstream| upstream.retry_after).unwrap_or(Duration::ZERO);
    if !limits.outlasts(wait) || !limits.may_call_again() {
        return Err(error);
    }
    tokio::time::sleep(wait.min(LONGEST_RETRY_AFTER)).await;
    // Meanwhile a call beside this one may have taken the last.
    if !limits.may_call_again() {
        return Err(error);
    }
    let Some(permit) = cleared.vital.enter_again() else { return Err(error) };
    limits.spend();
    attempt(cleared, permit, call, journal, limits).await
}

async fn attempt(
    cleared: &Cleared,
    mut permit: Permit,
    call: &Arc<Call>,
    journal: &Journal,
    limits: &Limits,
) -> Result<(Answer, Running), Error> {
    let running = Running::begin(cleared.model.clone(), cleared.price.clone(), call.clone());
    journal.began(&running);
    let asked = match lost(cleared, &call.request) {
        Ok(lost) => {
            let answer = limits.within(cleared, begin(cleared, call, &running, limits.logprobs)).await;
            answer.map(|mut answer| {
                answer.warnings.splice(0..0, lost.iter().cloned());
                answer
            })
        }
        Err(error) => Err(error),
    };
    match asked {
        Ok(answer) => {
            permit.answered();
            Ok((Answer { body: watched(answer.body, permit), ..answer }, running))
        }
        Err(error) => {
            permit.failed(&error);
            journal.ended(&running, &error);
            Err(error)
        }
    }
}

async fn begin(cleared: &Cleared, call: &Call, running: &Running, logprobs: bool) -> Result<Answer, Error> {
    let asking = || Asking { model: &cleared.model, running, timeouts: &cleared.target.timeouts };
    if logprobs && let Some(wish) = logprobs::wish(cleared, call) {
        match cleared.target.adapter.ask(&wish, asking()).await {
            Err(error) if logprobs::are_refused(&error) => cleared.vital.gives_no_logprobs(),
            asked => return until_first_content(logprobs::without_warnings(asked?), running).await,
        }
    }
    let answer = cleared.target.adapter.ask(call, asking()).await?;
    until_first_content(answer, running).await
}

/// What of the request this target will not see, a clause each; an error where the answer would be another one without.
fn lost<'a>(cleared: &Cleared, request: &'a ChatRequest) -> Result<&'a [String], Error> {
    if request.raw.as_ref().is_some_and(|raw| cleared.target.adapter.passes_on(raw.dialect)) {
        return Ok(&[]);
    }
    match request.lost.refused.first() {
        Some(feature) => Err(Error::Unsupported { model: ModelRef::clone(&cleared.model), feature: feature.clone() }),
        None => Ok(&request.lost.named),
    }
}

/// A stream is under way until it ends, and when it breaks off that is a failure too.
fn watched(body: ReplyBody, mut permit: Permit) -> ReplyBody {
    match body {
        ReplyBody::Whole(completion) => ReplyBody::Whole(completion),
        ReplyBody::Stream(stream) => {
            let watched = stream.inspect(move |piece| {
                if let Err(error) = piece {
                    permit.failed(error);
                }
            });
            ReplyBody::Stream(watched.boxed())
        }
    }
}

/// Holds a stream back until it has content, and gives it whole.
async fn until_first_content(answer: Answer, running: &Running) -> Result<Answer, Error> {
    let mut stream: ChunkStream = match answer.body {
        ReplyBody::Stream(stream) => running.watch(stream),
        ReplyBody::Whole(ref completion) => {
            running.note_completion(completion);
            return Ok(answer);
        }
    };
    let mut held: Vec<Result<Chunk, Error>> = Vec::new();
    while let Some(piece) = stream.next().await {
        let chunk = piece?;
        let shows = has_content(&chunk);
        held.push(Ok(chunk));
        if shows {
            break;
        }
    }
    let body = ReplyBody::Stream(futures_util::stream::iter(held).chain(stream).boxed());
    Ok(Answer { body, ..answer })
}

/// Whether an app would show or act on this piece. The opening piece with only a role does not count: upstreams send it
/// before they know whether they can answer.
fn has_content(chunk: &Chunk) -> bool {
    chunk.choices.iter().any(|choice| {
        let says = |(name, value): (&String, &serde_json::Value)| match value {
            serde_json::Value::Null => false,
            serde_json::Value::String(text) => name != "role" && !text.is_empty(),
            serde_json::Value::Array(items) => !items.is_empty(),
            _ => true,
        };
        let speaks = choice.text.as_ref().is_some_and(|text| !text.is_empty());
        speaks || choice.finish_reason.is_some() || choice.delta.iter().any(says)
    })
}

impl Limits {
    /// Runs a call until the request's deadline. What answers inside of this process is waited for: it is what is left
    /// when nobody else was in time.
    async fn within<T>(&self, cleared: &Cleared, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let Some((at, limit)) = self.deadline.filter(|_| !cleared.is_last_resort()) else { return call.await };
        let late = || Error::Timeout { model: ModelRef::clone(&cleared.model), wait: Wait::Deadline, limit };
        tokio::time::timeout_at(at, call).await.unwrap_or_else(|_| Err(late()))
    }
}
