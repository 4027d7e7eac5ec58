//! The attempts of a call as they happen. An app that goes away drops the future of the call, and with it what the call
//! knew; whoever holds the journal can still record every attempt, also the one that was cut before its first token.

use crate::reply::Running;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use usecase::{Attempt, AttemptEnd};

/// A shared list of attempts. Cloning gives a second handle on the same list.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    ended: Vec<Attempt>,
    running: Option<Running>,
}

impl Journal {
    pub fn new() -> Self {
        Self::default()
    }

    /// Every attempt up to now; one that is still running is closed as cancelled. An app that left before the first
    /// token may still have caused a charge, so the cost of that attempt is an estimate and an unknown part.
    pub fn cancel(&self) -> Vec<Attempt> {
        let mut entries = self.entries();
        let mut attempts = std::mem::take(&mut entries.ended);
        attempts.extend(entries.running.take().map(|running| running.give_up(AttemptEnd::Cancelled)));
        attempts
    }

    pub(crate) fn began(&self, running: &Running) {
        self.entries().running = Some(running.clone());
    }

    pub(crate) fn ended(&self, attempt: Attempt) {
        let mut entries = self.entries();
        entries.running = None;
        entries.ended.push(attempt);
    }

    /// Hands the attempts over to the result of the call.
    pub(crate) fn take(&self) -> Vec<Attempt> {
        let mut entries = self.entries();
        entries.running = None;
        std::mem::take(&mut entries.ended)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
