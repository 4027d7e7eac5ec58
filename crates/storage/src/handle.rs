//! `Storage`: the one handle to the data folder. Cheap to clone; the last clone to go drains the queue and closes.

use crate::connection;
use crate::error::{Error, Result};
use crate::job::{Awaited, Job, Queued};
use crate::migration;
use crate::options::Options;
use crate::presence::Presence;
use crate::readers::Readers;
use crate::writer::{self, Counters, Stats};
use rusqlite::{Connection, Transaction};
use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{self, SendError, Sender};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use tokio::sync::Semaphore;

#[derive(Clone)]
pub struct Storage {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    /// `None` only while closing.
    jobs: Option<Sender<Queued>>,
    room: Arc<Semaphore>,
    readers: Readers,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

impl Storage {
    /// Opens the data folder, making it when it is missing.
    ///
    /// # Errors
    /// `Io`, `Full`, `Locked` or `Corrupt`, each with what to do.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::open_with(folder, &Options::default())
    }

    /// # Errors
    /// As [`Storage::open`].
    pub fn open_with(folder: &Path, options: &Options) -> Result<Self> {
        let file = connection::prepare(folder)?;
        let connection = connection::writer(folder, options)?;
        let presence = Arc::new(Presence::record(folder, &file));
        let counters = Arc::new(Counters::default());
        let (jobs, queue) = mpsc::channel();
        let (seen, watched, most) = (Arc::clone(&counters), Arc::clone(&presence), options.batch);
        let thread = thread::Builder::new()
            .name("storage-writer".to_owned())
            .spawn(move || writer::run(&connection, &queue, &watched, &seen, most))
            .map_err(|error| Error::Io(format!("the writer thread did not start: {error}")))?;
        let shared = Shared {
            folder: folder.to_owned(),
            jobs: Some(jobs),
            room: Arc::new(Semaphore::new(options.queue.clamp(1, Semaphore::MAX_PERMITS))),
            readers: Readers::new(options.busy_timeout, presence),
            counters,
            thread: Some(thread),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Brings a room's tables up to date. `steps` is the whole list since the first version; a step is a batch of SQL
    /// and is never edited once released. Blocks; takes the write lock only when a step is missing.
    ///
    /// # Errors
    /// `Migration` when the folder belongs to a newer or another program.
    pub fn migrate(&self, room: &'static str, steps: &[&str]) -> Result<()> {
        let steps: Vec<String> = steps.iter().map(|step| (*step).to_owned()).collect();
        if self.read(|connection| migration::applied(connection, room, &steps))? == steps.len() {
            return Ok(());
        }
        self.write_blocking(move |transaction| migration::apply(transaction, room, &steps))
    }

    /// Runs the job in the next transaction; resolves once that transaction is on disk. The job stands in the queue
    /// when the future is first polled (if there is room); dropped after that, the future takes nothing back: the write still happens.
    ///
    /// # Errors
    /// The job's own error, or that of its commit: then nothing of the job was kept.
    pub fn write<T, F>(&self, job: F) -> impl Future<Output = Result<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        async move {
            // Tried first without waiting: tokio may make a busy task yield at an await even when there is room.
            let room = match Arc::clone(&shared.room).try_acquire_owned() {
                Ok(room) => room,
                Err(_) => Arc::clone(&shared.room).acquire_owned().await.map_err(|_| Error::Closed)?,
            };
            let (job, answer) = Awaited::boxed(job);
            shared.send(Queued { job, room: Some(room) })?;
            drop(shared);
            answer.await.map_err(|_| Error::Closed)?
        }
    }

    /// [`Storage::write`] for callers outside async code: blocks this thread until the write is on disk.
    ///
    /// # Errors
    /// As [`Storage::write`].
    pub fn write_blocking<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        block_on(self.write(job))
    }

    /// Puts a job in the queue and returns at once; the job itself tells whoever waits for it. It never waits for room,
    /// so whoever submits must have a limit of its own on what it has under way.
    pub fn submit(&self, job: Box<dyn Job>) {
        self.shared.submit(job);
    }

    /// Reads on this thread, from the last commit; all queries of one job see the same moment.
    ///
    /// # Errors
    /// What the job returns, or why the database cannot be read.
    pub fn read<T>(&self, job: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.shared.readers.read(&self.shared.folder, job)
    }

    /// Changes [`Options::max_bytes`] while running.
    ///
    /// # Errors
    /// As [`Storage::write`].
    pub fn limit_bytes(&self, max_bytes: Option<u64>) -> Result<()> {
        self.write_blocking(move |transaction| connection::limit(transaction, max_bytes))
    }

    /// Resolves when everything queued so far is on disk (or has failed).
    ///
    /// # Errors
    /// As [`Storage::write`].
    pub fn flush(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        self.write(|_| Ok(()))
    }

    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    pub fn stats(&self) -> Stats {
        self.shared.counters.read()
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage").field("folder", &self.shared.folder).finish_non_exhaustive()
    }
}

impl Shared {
    fn send(&self, queued: Queued) -> Result<()> {
        self.jobs.as_ref().ok_or(Error::Closed)?.send(queued).map_err(|_| Error::Closed)
    }

    fn submit(&self, job: Box<dyn Job>) {
        let queued = Queued { job, room: None };
        match &self.jobs {
            Some(jobs) => {
                if let Err(SendError(unsent)) = jobs.send(queued) {
                    unsent.job.resolve(Err(Error::Closed));
                }
            }
            None => queued.job.resolve(Err(Error::Closed)),
        }
    }
}

impl Drop for Shared {
    /// Waits for the queue to drain: a process that ends in good order loses nothing that was asked for.
    fn drop(&mut self) {
        self.readers.close();
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A job may hold the last clone; the writer cannot wait for itself, and ends on its own.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("the writer of the database panicked");
            }
        }
    }
}

/// Drives one future on this thread. Tokio's own blocking calls panic inside its runtime; this one only blocks.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
