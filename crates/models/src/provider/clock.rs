//! The four waits of a call, kept in one place so that every provider gives up alike.

use crate::error::{Error, Wait};
use crate::reply::Running;
use std::future::Future;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};
use usecase::declared::{ModelRef, Timeouts};

/// The deadlines of one attempt, from the moment it was begun.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    model: Arc<ModelRef>,
    timeouts: Timeouts,
    begun: Instant,
    first_byte_seen: bool,
}

impl Clock {
    pub(crate) fn start(running: &Running, timeouts: &Timeouts) -> Self {
        let (model, timeouts) = (Arc::clone(running.model()), timeouts.clone());
        Self { model, timeouts, begun: Instant::now(), first_byte_seen: false }
    }

    /// From now on the idle limit holds instead of the limit for the first byte.
    pub(crate) fn note_first_byte(&mut self) {
        self.first_byte_seen = true;
    }

    /// Waits for the next thing to happen, no longer than the tightest limit that holds now.
    pub(crate) async fn limit<T>(&self, next: impl Future<Output = T>) -> Result<T, Error> {
        let total = self.timeouts.total.as_duration();
        let (until, wait, limit) = if self.first_byte_seen {
            let idle = self.timeouts.idle.as_duration();
            (Instant::now() + idle, Wait::Idle, idle)
        } else {
            let first = self.timeouts.first_token.as_duration();
            (self.begun + first, Wait::FirstToken, first)
        };
        let end = self.begun + total;
        let (until, wait, limit) = if end < until { (end, Wait::Total, total) } else { (until, wait, limit) };
        timeout_at(until, next).await.map_err(|_| Error::Timeout { model: ModelRef::clone(&self.model), wait, limit })
    }
}
