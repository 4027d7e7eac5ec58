//! The attempts of a call as they happen. An app that goes away drops the future of the call, and with it what the call
//! knew; whoever holds the journal can still record every attempt, also the one that was cut before its first token.

use crate::error::{Closed, Error};
use crate::reply::Running;
use crate::residency::Cleared;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use usecase::{Attempt, AttemptEnd, Cost, MicroUsd, Timestamp, Usage};

/// A shared list of attempts. Cloning gives a second handle on the same list.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    ended: Vec<Attempt>,
    /// More than one while a hedge is under way.
    running: Vec<Running>,
}

impl Entries {
    /// In the order in which they began: of two that ran beside one another the later may end first.
    fn add(&mut self, attempt: Attempt) {
        let place = self.ended.partition_point(|earlier| earlier.started <= attempt.started);
        self.ended.insert(place, attempt);
    }

    fn forget(&mut self, running: &Running) {
        self.running.retain(|other| !other.is(running));
    }

    fn give_up(&mut self) {
        for running in std::mem::take(&mut self.running) {
            self.add(running.give_up(AttemptEnd::Cancelled));
        }
    }
}

impl Journal {
    pub fn new() -> Self {
        Self::default()
    }

    /// Every attempt up to now; those that are still running are closed as cancelled. An app that left before the first
    /// token may still have caused a charge, so the cost of such an attempt is an estimate and an unknown part.
    pub fn cancel(&self) -> Vec<Attempt> {
        self.give_up();
        self.drain()
    }

    /// The attempts that have ended since the last time, in the order in which they began.
    pub fn drain(&self) -> Vec<Attempt> {
        std::mem::take(&mut self.entries().ended)
    }

    /// Enters an attempt that was closed elsewhere.
    pub fn note(&self, attempt: Attempt) {
        self.entries().add(attempt);
    }

    pub(crate) fn began(&self, running: &Running) {
        self.entries().running.push(running.clone());
    }

    pub(crate) fn ended(&self, running: &Running, error: &Error) {
        let mut entries = self.entries();
        entries.forget(running);
        entries.add(running.clone().fail(error));
    }

    /// One answers: whoever holds it closes it. What ran beside it was given up.
    pub(crate) fn won(&self, winner: &Running) {
        let mut entries = self.entries();
        entries.forget(winner);
        entries.give_up();
    }

    /// Closes whatever runs as cancelled.
    pub(crate) fn give_up(&self) {
        self.entries().give_up();
    }

    /// A target that was not asked is no call and cost nothing; that it was passed over is on record all the same.
    pub(crate) fn passed_over(&self, cleared: &Cleared, why: Closed) {
        self.entries().add(Attempt {
            model: cleared.model.to_string(),
            started: Timestamp::now(),
            first_token_us: None,
            duration_us: 0,
            end: AttemptEnd::Failed(format!("passed over: {why}")),
            usage: Usage::default(),
            cost: Cost::ZERO,
            saved: MicroUsd::ZERO,
        });
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
