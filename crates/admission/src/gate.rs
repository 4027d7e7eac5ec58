//! How much work is taken on at once. So many requests are under way; more wait for a short time in a queue that is
//! bounded too; the rest is turned away at once with 503, which costs next to nothing and keeps those inside quick.
//!
//! Who is more urgent goes first, and among equals who came first. When the queue is full a more urgent request takes the
//! place of the youngest of the least urgent. `low` uses only what is left: at most half of the places, and none while
//! anybody else waits. So `low` can starve, and `normal` can behind an endless stream of `high`; but nobody waits longer
//! than `queue_wait`.

use crate::denied::Denied;
use crate::limits::Priority;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use usecase::declared::LimitsSection;

/// Places for each core, where none are declared. An open stream holds one and about 60 KB, and mostly waits.
const PLACES_PER_CORE: usize = 8192;

/// The gate of one server. Cheap to clone; every clone is the same gate, on whatever thread or runtime.
#[derive(Clone, Debug)]
pub struct Gate {
    inner: Arc<Inner>,
}

/// How full it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateStanding {
    pub places: usize,
    pub in_flight: usize,
    pub waiting: usize,
    /// Since the process began: turned away because the queue was full, and because the wait was too long.
    pub turned_away: u64,
}

#[derive(Debug)]
struct Inner {
    places: usize,
    longest_queue: usize,
    queue_wait: Duration,
    state: Mutex<State>,
    turned_away: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    in_flight: usize,
    low_in_flight: usize,
    /// By [`Priority`]; who came first is in front.
    queues: [VecDeque<Waiting>; 3],
    next_ticket: u64,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    /// Dropped without a word, it says that the place in the queue is lost.
    call: oneshot::Sender<Pass>,
}

/// A place among the requests under way, until it is dropped.
#[derive(Debug)]
pub struct Pass {
    /// `None` once it was handed on.
    gate: Option<Gate>,
    priority: Priority,
}

impl Gate {
    /// A gate as declared; 8192 places for each core where nothing is said.
    pub fn new(limits: &LimitsSection) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            inner: Arc::new(Inner {
                places: limits.max_in_flight.unwrap_or(PLACES_PER_CORE * cores).max(1),
                longest_queue: limits.max_queue,
                queue_wait: limits.queue_wait.as_duration(),
                state: Mutex::default(),
                turned_away: AtomicU64::new(0),
            }),
        }
    }

    /// A place, at once or after a wait.
    ///
    /// # Errors
    /// [`Denied::Overloaded`].
    pub async fn enter(&self, priority: Priority) -> Result<Pass, Denied> {
        let (ticket, called) = match self.queue(priority) {
            Queued::Inside(pass) => return Ok(pass),
            Queued::Waiting(ticket, called) => (ticket, called),
            Queued::Full => return Err(self.overloaded()),
        };
        // Whoever stops waiting, for whatever reason, leaves the queue.
        let _place = InQueue { gate: self, priority, ticket };
        match tokio::time::timeout(self.inner.queue_wait, called).await {
            Ok(Ok(pass)) => Ok(pass),
            Ok(Err(_)) | Err(_) => Err(self.overloaded()),
        }
    }

    pub fn standing(&self) -> GateStanding {
        let state = self.state();
        GateStanding {
            places: self.inner.places,
            in_flight: state.in_flight,
            waiting: state.waiting(),
            turned_away: self.inner.turned_away.load(Ordering::Relaxed),
        }
    }

    fn queue(&self, priority: Priority) -> Queued {
        let mut state = self.state();
        if state.may_enter(priority, self.inner.places) {
            return Queued::Inside(state.admit(self, priority));
        }
        if state.waiting() >= self.inner.longest_queue && !state.displace(priority) {
            return Queued::Full;
        }
        let (call, called) = oneshot::channel();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.queues[priority as usize].push_back(Waiting { ticket, call });
        Queued::Waiting(ticket, called)
    }

    /// A place is free: whoever is next gets it. Those who stopped waiting meanwhile give it back.
    fn leave(&self, priority: Priority) {
        let mut left = Some(priority);
        loop {
            let (next, pass) = {
                let mut state = self.state();
                if let Some(priority) = left.take() {
                    state.in_flight -= 1;
                    state.low_in_flight -= usize::from(priority == Priority::Low);
                }
                let Some((priority, next)) = state.next(self.inner.places) else { return };
                (next, state.admit(self, priority))
            };
            // Outside of the lock: a pass that nobody takes would want it.
            if let Err(mut unwanted) = next.call.send(pass) {
                unwanted.gate = None;
                left = Some(unwanted.priority);
            }
        }
    }

    fn overloaded(&self) -> Denied {
        self.inner.turned_away.fetch_add(1, Ordering::Relaxed);
        Denied::Overloaded { retry_after: self.inner.queue_wait.max(Duration::from_secs(1)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Held for a few steps that cannot panic half way.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Queued {
    Inside(Pass),
    Waiting(u64, oneshot::Receiver<Pass>),
    Full,
}

impl State {
    fn waiting(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// Whether a newcomer goes straight in: a place is free, and nobody waits who would be next.
    fn may_enter(&self, priority: Priority, places: usize) -> bool {
        let waits = |other: Priority| !self.queues[other as usize].is_empty();
        let others_wait = Priority::ALL.into_iter().filter(|other| *other >= priority).any(waits);
        !others_wait && self.has_place(priority, places)
    }

    fn has_place(&self, priority: Priority, places: usize) -> bool {
        let low_may = priority != Priority::Low || self.low_in_flight < (places / 2).max(1);
        self.in_flight < places && low_may
    }

    fn admit(&mut self, gate: &Gate, priority: Priority) -> Pass {
        self.in_flight += 1;
        self.low_in_flight += usize::from(priority == Priority::Low);
        Pass { gate: Some(gate.clone()), priority }
    }

    fn next(&mut self, places: usize) -> Option<(Priority, Waiting)> {
        let waits = |priority: &Priority| !self.queues[*priority as usize].is_empty();
        let priority = Priority::ALL.into_iter().find(waits).filter(|next| self.has_place(*next, places))?;
        Some((priority, self.queues[priority as usize].pop_front()?))
    }

    /// Makes room for a more urgent one. Its own kind came first and stays.
    fn displace(&mut self, priority: Priority) -> bool {
        let least_first = Priority::ALL.into_iter().rev().take_while(|least| *least < priority);
        least_first.map(|least| self.queues[least as usize].pop_back()).any(|youngest| youngest.is_some())
    }
}

/// A place in the queue.
struct InQueue<'a> {
    gate: &'a Gate,
    priority: Priority,
    ticket: u64,
}

impl Drop for InQueue<'_> {
    fn drop(&mut self) {
        self.gate.state().queues[self.priority as usize].retain(|waiting| waiting.ticket != self.ticket);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.leave(self.priority);
        }
    }
}
