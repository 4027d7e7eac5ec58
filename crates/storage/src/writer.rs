//! The group commit: one thread owns the one connection that writes. While it waits for the disk, jobs gather in the
//! queue; then it takes them all, so that under load one `fsync` pays for many jobs and, alone, a job never waits for
//! company. A job that knows of more to come may ask for a moment's patience.

use crate::error::{Error, Result};
use crate::job::{Job, Queued};
use crate::presence::Presence;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;

/// What the writer has done since the data folder was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Jobs that were run, failed ones included.
    pub jobs: u64,
    /// Jobs that failed, alone or with their commit.
    pub failed: u64,
    /// Transactions that were committed: each is one `fsync` at least.
    pub commits: u64,
    /// Most jobs that one transaction took.
    pub biggest_batch: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    jobs: AtomicU64,
    failed: AtomicU64,
    commits: AtomicU64,
    biggest_batch: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            jobs: read(&self.jobs),
            failed: read(&self.failed),
            commits: read(&self.commits),
            biggest_batch: read(&self.biggest_batch),
        }
    }
}

/// Runs until the last sender is gone and the queue is empty.
pub(crate) fn run(
    connection: &Connection,
    jobs: &Receiver<Queued>,
    presence: &Presence,
    counters: &Counters,
    most: usize,
) {
    while let Ok(first) = jobs.recv() {
        std::thread::sleep(first.job.patience());
        let batch = gather(first, jobs, most.max(1));
        counters.jobs.fetch_add(batch.len() as u64, Ordering::Relaxed);
        counters.biggest_batch.fetch_max(batch.len() as u64, Ordering::Relaxed);
        let mut rest = batch.into_iter();
        while rest.len() > 0 {
            write_some(connection, &mut rest, presence, counters);
        }
    }
}

/// Everything that is in the queue, without waiting for more.
fn gather(first: Queued, jobs: &Receiver<Queued>, most: usize) -> Vec<Box<dyn Job>> {
    let rest = jobs.try_iter().take(most - 1);
    std::iter::once(first).chain(rest).map(take).collect()
}

/// Taking a job out of the queue frees its room there.
fn take(queued: Queued) -> Box<dyn Job> {
    drop(queued.room);
    queued.job
}

/// One transaction over as many of the jobs as it survives. It survives a failing job, but some failures (a full
/// disk, above all) make SQLite give up the whole transaction: then those who were in it are told so, and the rest
/// gets another one.
fn write_some(
    connection: &Connection,
    jobs: &mut dyn ExactSizeIterator<Item = Box<dyn Job>>,
    presence: &Presence,
    counters: &Counters,
) {
    let transaction = match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => return fail(jobs, &Error::from(error), counters),
    };
    // A job that is alone with its transaction needs no savepoint besides: what fails is given up whole.
    let alone = jobs.len() == 1;
    let mut waiting: Vec<Box<dyn Job>> = Vec::new();
    for mut job in &mut *jobs {
        let ran =
            if alone { run_caught(&transaction, job.as_mut()) } else { run_in_savepoint(&transaction, job.as_mut()) };
        match ran {
            Ok(()) => waiting.push(job),
            Err(error) => {
                let lost = connection.is_autocommit();
                fail(&mut std::iter::once(job), &error, counters);
                if alone {
                    return;
                }
                if lost {
                    return fail(&mut waiting.into_iter(), &error, counters);
                }
            }
        }
    }
    // Looked at last of all, so that little time is left for the file to vanish in; what fails here is rolled back.
    match presence.check().and_then(|()| Ok(transaction.commit()?)) {
        Ok(()) => {
            counters.commits.fetch_add(1, Ordering::Relaxed);
            waiting.into_iter().for_each(|job| job.resolve(Ok(())));
        }
        Err(error) => fail(&mut waiting.into_iter(), &error, counters),
    }
}

fn fail(jobs: &mut dyn Iterator<Item = Box<dyn Job>>, error: &Error, counters: &Counters) {
    for job in jobs {
        counters.failed.fetch_add(1, Ordering::Relaxed);
        job.resolve(Err(error.clone()));
    }
}

fn run_in_savepoint(transaction: &Transaction<'_>, job: &mut dyn Job) -> Result<()> {
    transaction.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = run_caught(transaction, job);
    if !transaction.is_autocommit() {
        if result.is_err() {
            transaction.prepare_cached("ROLLBACK TO job")?.execute([])?;
        }
        transaction.prepare_cached("RELEASE job")?.execute([])?;
    }
    result
}

fn run_caught(transaction: &Transaction<'_>, job: &mut dyn Job) -> Result<()> {
    // The job holds nothing of ours but the transaction, and what it wrote is undone: unwinding leaves no trace.
    let result = catch_unwind(AssertUnwindSafe(|| job.run(transaction)))
        .unwrap_or_else(|panic| Err(Error::Panicked(panic_text(panic.as_ref()))));
    if result.is_ok() && transaction.is_autocommit() {
        return Err(Error::Panicked("it ended the transaction it was given".to_owned()));
    }
    result
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}
