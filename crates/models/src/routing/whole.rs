//! What is asked of a model beside a spoken answer, and comes whole: the models of a chain in order, each once more where
//! its error allows that.

use crate::error::{Error, LONGEST_RETRY_AFTER};
use crate::journal::Journal;
use crate::provider::{Adapter, Asking};
use crate::reply::{Call, Exhausted, Running};
use crate::residency::Cleared;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use usecase::declared::ModelRef;
use usecase::{Attempt, AttemptEnd, ChatRequest, Message, Remedy, Role, Usage};

/// What is asked for.
pub(super) trait Wish: Sync {
    type Answer: Send;

    fn ask<'a>(&'a self, adapter: &'a dyn Adapter, asking: Asking<'a>) -> BoxFuture<'a, Result<Self::Answer, Error>>;

    /// What the provider reads, to estimate its tokens where it reports none.
    fn texts(&self) -> Vec<&str>;

    /// What the provider reported.
    fn usage(answer: &Self::Answer) -> Option<Usage>;
}

/// An answer, whose it is, and what it took to get it.
pub(super) struct Granted<T> {
    pub(super) model: ModelRef,
    pub(super) answer: T,
    /// Every attempt in order, the one that succeeded last; all are closed and priced.
    pub(super) attempts: Vec<Attempt>,
}

/// Asks the models in order until one grants the wish, noting every attempt in a journal, for a caller that may drop this
/// future half way.
pub(super) async fn first<W: Wish>(
    chain: &[Cleared],
    wish: &W,
    journal: &Journal,
) -> Result<Granted<W::Answer>, Exhausted> {
    let call = Arc::new(accounted(wish.texts()));
    let mut last = None;
    for cleared in chain {
        match one(cleared, wish, &call, journal).await {
            Ok((answer, running)) => {
                journal.won(&running);
                let mut attempts = journal.drain();
                attempts.push(running.finish(W::usage(&answer), AttemptEnd::Answered));
                return Ok(Granted { model: ModelRef::clone(&cleared.model), answer, attempts });
            }
            Err(error) => {
                tracing::warn!(model = %cleared.model, %error, "an attempt failed");
                let stop = error.remedy() == Remedy::Fail;
                // A model that was not asked says less than one that failed.
                if last.is_none() || !matches!(error, Error::PassedOver { .. }) {
                    last = Some(error);
                }
                if stop {
                    break;
                }
            }
        }
    }
    Err(Exhausted { attempts: journal.drain(), error: last.unwrap_or(Error::NoModel) })
}

/// The texts as an attempt knows its input.
fn accounted(texts: Vec<&str>) -> Call {
    let messages = texts.into_iter().map(|text| Message::new(Role::User, text)).collect();
    let request = Arc::new(ChatRequest::new(String::new(), messages));
    Call { request, passages: Arc::new([]), question: String::new(), batch: false }
}

/// One model, and once more where its error allows that.
async fn one<W: Wish>(
    cleared: &Cleared,
    wish: &W,
    call: &Arc<Call>,
    journal: &Journal,
) -> Result<(W::Answer, Running), Error> {
    cleared.vital.earn_retry();
    let mut entry = cleared.vital.enter().map_err(|(why, retry_after)| {
        journal.passed_over(cleared, why);
        Error::PassedOver { model: ModelRef::clone(&cleared.model), why, retry_after }
    })?;
    let mut is_first = true;
    loop {
        let running = Running::begin(cleared.model.clone(), cleared.price.clone(), call.clone());
        journal.began(&running);
        let asking = Asking { model: &cleared.model, running: &running, timeouts: &cleared.target.timeouts };
        let error = match wish.ask(cleared.target.adapter.as_ref(), asking).await {
            Ok(answer) => {
                entry.answered();
                return Ok((answer, running));
            }
            Err(error) => error,
        };
        entry.failed(&error);
        journal.ended(&running, &error);
        if !std::mem::take(&mut is_first) || error.remedy() != Remedy::RetrySame {
            return Err(error);
        }
        let wait = error.upstream().and_then(|upstream| upstream.retry_after).unwrap_or(Duration::ZERO);
        tokio::time::sleep(wait.min(LONGEST_RETRY_AFTER)).await;
        entry = match cleared.vital.enter_again() {
            Some(permit) => permit,
            None => return Err(error),
        };
    }
}
