//! The ordered chain: call the first model, try again where nothing can be done twice, else go on to the next. A stream
//! is handed over only once its first piece of content is there, so that one which fails before is replaced unseen.

use crate::error::{Error, LONGEST_RETRY_AFTER};
use crate::journal::Journal;
use crate::provider::{Answer, Asking};
use crate::registry::Models;
use crate::reply::{Call, ChunkStream, Exhausted, Reply, ReplyBody, Running};
use crate::residency::Cleared;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use usecase::{Chunk, Remedy};

impl Models {
    /// Asks the models of the chain in order until one answers. An empty chain is [`Error::NoModel`].
    pub async fn call(&self, chain: Vec<Cleared>, call: Call) -> Result<Reply, Exhausted> {
        self.call_noting(chain, call, &Journal::new()).await
    }

    /// The same, noting every attempt in a journal as it happens, for a caller that may drop this future half way.
    pub async fn call_noting(&self, chain: Vec<Cleared>, call: Call, journal: &Journal) -> Result<Reply, Exhausted> {
        let call = Arc::new(call);
        let mut last = Error::NoModel;
        for cleared in &chain {
            match call_one(cleared, &call, journal).await {
                Ok((answer, running)) => return Ok(reply(cleared, answer, running, journal)),
                Err(error) => {
                    tracing::warn!(model = %cleared.model, %error, "an attempt failed");
                    let stop = error.remedy() == Remedy::Fail;
                    last = error;
                    if stop {
                        break;
                    }
                }
            }
        }
        Err(Exhausted { attempts: journal.take(), error: last })
    }
}

fn reply(cleared: &Cleared, answer: Answer, running: Running, journal: &Journal) -> Reply {
    Reply {
        model: cleared.model.clone(),
        attempts: journal.take(),
        body: answer.body,
        running,
        upstream_request_id: answer.request_id,
        upstream_headers: answer.headers,
        warnings: answer.warnings,
    }
}

/// One model, and once more where its error allows that.
async fn call_one(cleared: &Cleared, call: &Arc<Call>, journal: &Journal) -> Result<(Answer, Running), Error> {
    let error = match attempt(cleared, call, journal).await {
        Ok(answered) => return Ok(answered),
        Err(error) if error.remedy() == Remedy::RetrySame => error,
        Err(error) => return Err(error),
    };
    let wait = error.upstream().and_then(|upstream| upstream.retry_after).unwrap_or(Duration::ZERO);
    tokio::time::sleep(wait.min(LONGEST_RETRY_AFTER)).await;
    attempt(cleared, call, journal).await
}

async fn attempt(cleared: &Cleared, call: &Arc<Call>, journal: &Journal) -> Result<(Answer, Running), Error> {
    let running = Running::begin(cleared.model.clone(), cleared.price.clone(), call.clone());
    journal.began(&running);
    let asking = Asking { model: &cleared.model, running: &running, timeouts: &cleared.target.timeouts };
    let asked = match cleared.target.adapter.ask(call, asking).await {
        Ok(answer) => until_first_content(answer, &running).await,
        Err(error) => Err(error),
    };
    asked.map(|answer| (answer, running.clone())).inspect_err(|error| journal.ended(running.fail(error)))
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
