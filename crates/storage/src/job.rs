//! A write that waits: what to do, and whom to tell once the commit is on disk. Jobs of every result type stand in
//! one queue, so the type is hidden behind [`Job`].

use crate::error::{Error, Result};
use rusqlite::Transaction;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Work for the writer's thread, for rooms that gather many small writes into one: [`crate::Storage::write`] is enough for
/// all others.
pub trait Job: Send {
    /// Does the work within the transaction, and keeps its result for later. What it wrote is undone when it fails.
    ///
    /// # Errors
    /// Whatever stands against the whole job.
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<()>;

    /// How long the transaction should wait for company before it begins: for work that knows that more is on its way, and
    /// that one `fsync` for all of it is worth the wait.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// Tells whoever waits, on the writer's thread: `Ok` once the commit is on disk, `Err` when the job or its commit
    /// failed. Must not block.
    fn resolve(self: Box<Self>, outcome: Result<()>);
}

/// A job in the queue, with the room that it takes there (none for jobs that may not wait for room).
pub(crate) struct Queued {
    pub(crate) job: Box<dyn Job>,
    pub(crate) room: Option<OwnedSemaphorePermit>,
}

pub(crate) struct Awaited<T, F> {
    work: Option<F>,
    value: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Awaited<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
{
    pub(crate) fn boxed(work: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { work: Some(work), value: None, reply }), answer)
    }
}

impl<T, F> Job for Awaited<T, F>
where
    T: Send,
    F: FnOnce(&Transaction<'_>) -> Result<T> + Send,
{
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<()> {
        let work = self.work.take().ok_or(Error::Closed)?;
        self.value = Some(work(transaction)?);
        Ok(())
    }

    fn resolve(self: Box<Self>, outcome: Result<()>) {
        let Self { value, reply, .. } = *self;
        // The waiter may have gone away (its client hung up); the write stands all the same.
        let _ = reply.send(outcome.and_then(|()| value.ok_or(Error::Closed)));
    }
}
