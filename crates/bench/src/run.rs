//! The measurement: a worker for each connection takes the request that is due next, waits for its moment, sends it,
//! and reads its answer. A worker that comes too late (all were busy) counts from the moment when the request was due, so
//! that waiting for a slow server is part of the latency.

use crate::arrivals::{Arrivals, Pace};
use crate::connection::{Connection, Failure};
use crate::error::Error;
use crate::measured::Measured;
use crate::plan::Plan;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Where a measurement stands, for whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    pub answered: AtomicU64,
    pub failed: AtomicU64,
}

/// A server that cannot be reached is not asked again at once.
const AFTER_NO_CONNECTION: Duration = Duration::from_millis(20);

struct Shared<'a> {
    plan: &'a Plan,
    progress: &'a Progress,
    begun: Instant,
    arrivals: RefCell<Arrivals>,
    measured: RefCell<Measured>,
    asked: Cell<usize>,
    in_flight: Cell<usize>,
}

/// Runs a plan to its end, or until `stop` becomes true: then what was measured until there comes back. Everything runs on
/// the task that awaits it, so that the generator takes as little as it can of the machine that it measures.
///
/// # Errors
/// `NothingToAsk`, or `Unreachable` when nothing listens there. Whatever fails later is counted.
pub async fn run(plan: &Plan, progress: &Progress, stop: &watch::Receiver<bool>) -> Result<Measured, Error> {
    if plan.requests.is_empty() {
        return Err(Error::NothingToAsk);
    }
    let address = plan.target.address;
    let reached = TcpStream::connect(address).await;
    reached.map_err(|error| Error::Unreachable { address: address.to_string(), error })?;
    let shared = Shared {
        plan,
        progress,
        begun: Instant::now(),
        arrivals: RefCell::new(Arrivals::new(plan.pace, plan.length)),
        measured: RefCell::default(),
        asked: Cell::new(0),
        in_flight: Cell::new(0),
    };
    let workers = (0..plan.connections.max(1)).map(|_| work(&shared, stop.clone()));
    let mut workers: FuturesUnordered<_> = workers.collect();
    while workers.next().await.is_some() {}
    drop(workers);
    let mut measured = shared.measured.into_inner();
    measured.lasted = shared.begun.elapsed();
    Ok(measured)
}

async fn work(shared: &Shared<'_>, mut stop: watch::Receiver<bool>) {
    let mut connection = Connection::default();
    loop {
        let now = shared.begun.elapsed();
        let Some(due) = shared.arrivals.borrow_mut().next(now) else { return };
        let was_free = due >= now;
        let due = shared.begun + due;
        tokio::select! {
            biased;
            _ = stop.wait_for(|stopped| *stopped) => return,
            () = tokio::time::sleep_until(due.into()), if was_free && shared.plan.pace != Pace::Closed => {}
            () = std::future::ready(()), if !was_free || shared.plan.pace == Pace::Closed => {}
        }
        tokio::select! {
            biased;
            _ = stop.wait_for(|stopped| *stopped) => return,
            () = ask(shared, &mut connection, due, was_free) => {}
        }
    }
}

/// One request, from the moment it counts from to its place in the figures.
async fn ask(shared: &Shared<'_>, connection: &mut Connection, due: Instant, was_free: bool) {
    // Timers tick in milliseconds: what a free worker oversleeps is the generator's fault, not the server's.
    let from = if was_free { Instant::now() } else { due };
    if was_free {
        shared.measured.borrow_mut().lag.note(from - due);
    }
    let number = shared.asked.replace(shared.asked.get() + 1);
    shared.in_flight.set(shared.in_flight.get() + 1);
    {
        let mut measured = shared.measured.borrow_mut();
        measured.most_at_once = measured.most_at_once.max(shared.in_flight.get());
    }
    let requests = &shared.plan.requests;
    let told = connection.ask(shared.plan, &requests[number % requests.len()]).await;
    shared.in_flight.set(shared.in_flight.get() - 1);
    let half = usize::from(due - shared.begun > shared.plan.length / 2);
    shared.measured.borrow_mut().note(from.elapsed(), half, &told);
    let counter = if told.is_ok() { &shared.progress.answered } else { &shared.progress.failed };
    counter.fetch_add(1, Ordering::Relaxed);
    if told.is_err_and(|failure| failure == Failure::Connect) {
        tokio::time::sleep(AFTER_NO_CONNECTION).await;
    }
}
