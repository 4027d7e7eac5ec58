//! The chain: one target after the other, and with `hedge` a second one beside a first that takes long (Dean and Barroso,
//! "The tail at scale", 2013). The first that answers wins; the other is dropped, which ends its connection, and its
//! cost is settled as far as it is known.

use super::vitals::Permit;
use super::{Limits, attempt};
use crate::error::{Closed, Error};
use crate::journal::Journal;
use crate::provider::Answer;
use crate::reply::{Call, Running};
use crate::residency::Cleared;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use usecase::Remedy;
use usecase::declared::ModelRef;

/// A target has begun to answer.
pub(super) struct Won {
    /// Its place in the chain.
    pub(super) place: usize,
    pub(super) answer: Answer,
    pub(super) running: Running,
}

/// Asks until one answers, or says why none did.
pub(super) async fn run(chain: &[Cleared], call: &Arc<Call>, journal: &Journal, limits: &Limits) -> Result<Won, Error> {
    let course = Course { chain, next: 0, journal, limits, passed: Vec::new(), last: None, hedged: false };
    match limits.hedge {
        None => in_turn(course, call).await,
        Some(_) => Box::pin(hedged(course, call)).await,
    }
}

/// One after the other.
async fn in_turn(mut course: Course<'_>, call: &Arc<Call>) -> Result<Won, Error> {
    while let Some((place, permit)) = course.step() {
        match attempt::ask(&course.chain[place], permit, call, course.journal, course.limits).await {
            Ok((answer, running)) => return Ok(course.won(place, answer, running)),
            Err(error) => {
                if course.failed(place, error) {
                    break;
                }
            }
        }
    }
    Err(course.exhausted())
}

/// The same, with a second one beside a first that takes long.
async fn hedged(mut course: Course<'_>, call: &Arc<Call>) -> Result<Won, Error> {
    let Course { chain, journal, limits, .. } = course;
    let mut asked = FuturesUnordered::new();
    let ask = |place: usize, permit: Permit| async move {
        (place, attempt::ask(&chain[place], permit, call, journal, limits).await)
    };
    loop {
        if asked.is_empty() {
            match course.step() {
                Some((place, permit)) => asked.push(ask(place, permit)),
                None => return Err(course.exhausted()),
            }
        }
        let hedge = limits.hedge.filter(|_| asked.len() == 1 && course.may_hedge());
        tokio::select! {
            biased;
            Some((place, answered)) = asked.next() => match answered {
                Ok((answer, running)) => {
                    drop(asked);
                    return Ok(course.won(place, answer, running));
                }
                Err(error) => {
                    if course.failed(place, error) {
                        drop(asked);
                        journal.give_up();
                        return Err(course.exhausted());
                    }
                }
            },
            () = patience(hedge) => {
                if let Some((place, permit)) = course.hedge() {
                    asked.push(ask(place, permit));
                }
            }
        }
    }
}

async fn patience(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => pending().await,
    }
}

/// How far a request came along its chain.
struct Course<'a> {
    chain: &'a [Cleared],
    next: usize,
    journal: &'a Journal,
    limits: &'a Limits,
    /// Targets that were passed over, why, and for how long still.
    passed: Vec<(usize, Closed, Duration)>,
    last: Option<Error>,
    hedged: bool,
}

impl Course<'_> {
    /// The next target when nobody is being asked.
    fn step(&mut self) -> Option<(usize, Permit)> {
        self.advance(true).or_else(|| self.refused_key())
    }

    fn won(&self, place: usize, answer: Answer, running: Running) -> Won {
        self.journal.won(&running);
        Won { place, answer, running }
    }

    /// Notes a failure. True when no other target could do better.
    fn failed(&mut self, place: usize, error: Error) -> bool {
        tracing::warn!(model = %self.chain[place].model, %error, "an attempt failed");
        let stop = error.remedy() == Remedy::Fail;
        self.last = Some(error);
        stop
    }

    /// The next target that may be asked, with leave to ask it; the last resort only where it is wanted.
    fn advance(&mut self, last_resort: bool) -> Option<(usize, Permit)> {
        while let Some(cleared) = self.chain.get(self.next) {
            if cleared.is_last_resort() && !last_resort {
                return None;
            }
            let place = self.next;
            self.next += 1;
            if !cleared.is_last_resort() && !self.may_call() {
                continue;
            }
            match cleared.vital.enter() {
                Ok(permit) => {
                    self.spend(cleared);
                    return Some((place, permit));
                }
                Err((why, wait)) => {
                    self.journal.passed_over(cleared, why);
                    self.passed.push((place, why, wait));
                }
            }
        }
        None
    }

    /// When nobody was asked, a key that was not accepted a moment ago is tried all the same.
    fn refused_key(&mut self) -> Option<(usize, Permit)> {
        let refused = self.passed.iter().position(|(_, why, _)| *why == Closed::KeyRefused)?;
        if self.last.is_some() || !self.may_call() {
            return None;
        }
        let (place, ..) = self.passed.remove(refused);
        self.spend(&self.chain[place]);
        Some((place, self.chain[place].vital.enter_anyway()))
    }

    fn may_call(&self) -> bool {
        self.limits.may_call_again() && self.limits.outlasts(Duration::ZERO)
    }

    /// There is a target to ask beside the one that takes long, other than the last resort: that would always win.
    fn may_hedge(&self) -> bool {
        !self.hedged && self.may_call() && self.chain.get(self.next).is_some_and(|next| !next.is_last_resort())
    }

    /// A second call of one request is a repetition, and counted as one.
    fn hedge(&mut self) -> Option<(usize, Permit)> {
        self.hedged = true;
        if !self.chain.get(self.next)?.vital.may_repeat() {
            return None;
        }
        self.advance(false)
    }

    fn spend(&self, cleared: &Cleared) {
        if !cleared.is_last_resort() {
            self.limits.spend();
        }
    }

    fn exhausted(self) -> Error {
        if let Some(error) = self.last {
            return error;
        }
        let soonest = self.passed.into_iter().min_by_key(|(.., wait)| *wait);
        match soonest {
            Some((place, why, retry_after)) => {
                Error::PassedOver { model: ModelRef::clone(&self.chain[place].model), why, retry_after }
            }
            None => Error::NoModel,
        }
    }
}
