//! The end of a request, the one path that every answer waits for. All that can be made ready (JSON, sealing, hashing the
//! text) is made on the caller's thread; then the record stands in a list, and the writer takes the whole list as one
//! job: one look at the head of the chain, two inserts a record, one commit for all.

use crate::begun::{Begun, Place};
use crate::body::{self, RequestBody};
use crate::error::{Error, Result};
use crate::handle::{Inner, Ledger, Open};
use crate::keyring::{DataKey, SealedWith, StaleKey};
use crate::record::{Finished, Started};
use crate::row::RequestRow;
use crate::seal::{self, Owner, Secret};
use crate::store::events::{EventParts, NewEvent};
use crate::store::requests::Recorder;
use rusqlite::Transaction;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use storage::{Job, Storage};
use tokio::sync::oneshot;
use usecase::{Timestamp, TraceId};

/// Sealing again after another process changed the subject's key: twice in a row is rare, four times is a bug.
pub(crate) const MOST_TRIES: usize = 4;
/// Records that one transaction takes at most, which bounds how long the first of them waits.
const MOST_AT_ONCE: usize = 512;

/// Records that make a commit worth its cost.
const WORTH_A_COMMIT: usize = 24;
/// Records that come closer together than this, at a mean, come in a rush.
const RUSH: Duration = Duration::from_micros(300);
/// The longest that a record waits for company.
const LONGEST_PATIENCE: Duration = Duration::from_millis(2);

/// Counts an end that is on its way, until it is on disk or nobody waits for it.
struct Ending<'a>(&'a AtomicUsize);

impl<'a> Ending<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Ledger {
    /// Records the end of a request; resolves when it is on disk. Only then may the answer leave. Needs no particular
    /// runtime, and wakes its task from the writer's thread.
    ///
    /// # Errors
    /// `NotOpen`, or the storage's: then nothing was recorded, and the call is made again or the request given up
    /// ([`Ledger::forget`]). A future that is dropped after its first poll still records (but for a subject whose key
    /// another write changed at that very moment).
    pub async fn finish(&self, finished: Finished) -> Result<()> {
        let trace = finished.trace;
        // Counted before it leaves the open ones, so that at no moment it is in neither number.
        let _ending = Ending::begin(&self.inner.ending);
        let open = self.inner.open().remove(&trace).ok_or(Error::NotOpen(trace))?;
        let result = self.inner.record_end(&open, finished).await;
        if let Err(error) = &result
            && !matches!(error, Error::NotOpen(_))
        {
            self.inner.open().insert(trace, open);
        }
        result
    }

    /// Gives up a request whose end could not be recorded, so that it does not count as running until the process ends.
    ///
    /// Its note is not wiped. The place of a whole answer's is free for another: nothing left, so nothing is lost. That of
    /// a stream stays, because a part of it may have left. What is still noted at the next start is marked as interrupted
    /// there.
    pub fn forget(&self, trace: TraceId) {
        let open = self.inner.open().remove(&trace);
        if let Some(Open { started, place: Some(place) }) = open
            && !started.stream
        {
            self.inner.begun.release(place);
        }
    }
}

impl Inner {
    async fn record_end(&self, open: &Open, finished: Finished) -> Result<()> {
        let started = &open.started;
        let at = finished.at;
        let payload = finished.payload.json();
        let conversation = started.conversation.as_deref().map(|name| self.keyring.conversation(name));
        let mut told = RequestBody::finished(started, &self.run.id, conversation, finished, String::new());
        let owner = owner_of(started);
        for _ in 0..MOST_TRIES {
            let (secret, sealed_with, key) = self.key_for(started, owner.as_ref())?;
            let sealed = seal::seal_payload(&secret, &payload)?;
            told.payload = Some(sealed.digest);
            let written = self.put(open, at, &told, (sealed.bytes, sealed_with)).await;
            let Some(key) = key else { return written };
            if self.settled(key, written)?.is_some() {
                return Ok(());
            }
        }
        Err(Error::Storage(storage::Error::Locked))
    }

    /// What to seal with, what to keep beside it, and the key that the commit will confirm, if it has to.
    fn key_for(&self, started: &Started, owner: Option<&Owner>) -> Result<(Secret, SealedWith, Option<DataKey>)> {
        let Some(owner) = owner else {
            let (secret, salt, key) = self.keyring.key_of_record(&self.storage, &started.trace.to_string())?;
            let unconfirmed = key.as_ref().map(|key| key.claim.clone());
            return Ok((secret, SealedWith::Salt { salt, unconfirmed }, key));
        };
        let key = self.keyring.key_of(&self.storage, owner)?;
        Ok((key.secret, SealedWith::Key(key.claim.clone()), Some(key)))
    }

    /// Puts a record where the writer finds it and waits until it is on disk.
    async fn put(&self, open: &Open, at: Timestamp, told: &RequestBody, payload: (Vec<u8>, SealedWith)) -> Result<()> {
        let parts = EventParts {
            at,
            kind: body::REQUEST,
            trace: Some(open.started.trace.to_string()),
            use_case: Some(told.use_case.clone()),
            body: body::text(told)?,
            payload: Some(payload),
        };
        let event = NewEvent::new(&self.node, parts);
        let (reply, answer) = oneshot::channel();
        let row = RequestRow::of(open.started.trace, told);
        let others = self.open().len();
        self.queue.push(&self.storage, Record { event, row, place: open.place, reply }, others);
        answer.await.map_err(|_| Error::Storage(storage::Error::Closed))?
    }

    /// The result of a write that used a subject's key: `None` asks for another try with another key.
    pub(crate) fn settled<T>(&self, key: DataKey, written: Result<T>) -> Result<Option<T>> {
        match written {
            Ok(value) => {
                self.keyring.remember(key);
                Ok(Some(value))
            }
            Err(Error::Storage(error)) if error.refusal::<StaleKey>().is_some() => {
                self.keyring.forget(&key.claim.handle);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whose key seals a request's payload; `None` when it names nobody.
fn owner_of(started: &Started) -> Option<Owner> {
    match (&started.subject, &started.conversation) {
        (Some(subject), _) => Some(Owner::Subject(subject.clone())),
        (None, Some(conversation)) => Some(Owner::Conversation(conversation.clone())),
        (None, None) => None,
    }
}

/// A request that ended, ready to be written.
struct Record {
    event: NewEvent,
    row: RequestRow,
    /// Its note in the file of open requests, if that could be written.
    place: Option<Place>,
    reply: oneshot::Sender<Result<()>>,
}

/// The records that wait for the writer.
pub(crate) struct Queue {
    node: Arc<str>,
    begun: Arc<Begun>,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    records: Vec<Record>,
    /// A job that will take them stands in the writer's queue already.
    called: bool,
    /// When the last record came, and how far apart they come: a moving mean over about the last eight, in seconds.
    last: Option<Instant>,
    apart: f64,
    /// Requests that were still open when the last record came.
    open: usize,
}

impl Waiting {
    fn note(&mut self, open: usize) {
        let now = Instant::now();
        let apart = self.last.map_or(1.0, |last| now.duration_since(last).as_secs_f64());
        (self.last, self.apart, self.open) = (Some(now), self.apart + (apart - self.apart) / 8.0, open);
    }

    /// A commit costs about 150 µs of CPU time whether it holds one record or twenty. Where records come faster than
    /// commits could follow each other, and come from many requests at once, waiting for company costs nobody: those
    /// who wait would stand in line anyway.
    fn patience(&self) -> Duration {
        let missing = WORTH_A_COMMIT.saturating_sub(self.records.len());
        if self.apart > RUSH.as_secs_f64() || self.open < missing {
            return Duration::ZERO;
        }
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        (Duration::from_secs_f64(self.apart) * missing).min(LONGEST_PATIENCE)
    }
}

impl Queue {
    pub(crate) fn new(node: Arc<str>, begun: Arc<Begun>) -> Self {
        Self { node, begun, waiting: Arc::default() }
    }

    fn push(&self, storage: &Storage, record: Record, open: usize) {
        let mut waiting = lock(&self.waiting);
        waiting.note(open);
        waiting.records.push(record);
        let full = waiting.records.len().is_multiple_of(MOST_AT_ONCE);
        if waiting.called && !full {
            return;
        }
        waiting.called = true;
        drop(waiting);
        storage.submit(Box::new(Batch {
            node: Arc::clone(&self.node),
            begun: Arc::clone(&self.begun),
            waiting: Arc::clone(&self.waiting),
            taken: Vec::new(),
        }));
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    // The list is whole at every moment, so a panic elsewhere while it was held does no harm.
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All records that wait when the writer comes to it, as one job.
struct Batch {
    node: Arc<str>,
    begun: Arc<Begun>,
    waiting: Arc<Mutex<Waiting>>,
    /// Each with the reason why it was refused, which concerns no other.
    taken: Vec<(Record, Option<storage::Error>)>,
}

impl Batch {
    /// The oldest records, in the order in which they came.
    fn take(&mut self) {
        let mut waiting = lock(&self.waiting);
        let count = waiting.records.len().min(MOST_AT_ONCE);
        let rest = waiting.records.split_off(count);
        let taken = std::mem::replace(&mut waiting.records, rest);
        waiting.called = !waiting.records.is_empty();
        drop(waiting);
        self.taken = taken.into_iter().map(|record| (record, None)).collect();
    }
}

impl Job for Batch {
    fn run(&mut self, transaction: &Transaction<'_>) -> storage::Result<()> {
        self.take();
        if self.taken.is_empty() {
            return Ok(());
        }
        let mut recorder = Recorder::new(transaction, &self.node)?;
        for (record, refused) in &mut self.taken {
            match recorder.record(&record.event, &record.row) {
                Err(error @ storage::Error::Refused(_)) => *refused = Some(error),
                result => result?,
            }
        }
        Ok(())
    }

    fn patience(&self) -> Duration {
        lock(&self.waiting).patience()
    }

    fn resolve(mut self: Box<Self>, outcome: storage::Result<()>) {
        if self.taken.is_empty() && outcome.is_err() {
            // It never ran: there was no transaction to run it in.
            self.take();
        }
        for (record, refused) in self.taken {
            let told = match (&outcome, refused) {
                (Err(error), _) => Err(Error::from(error.clone())),
                (Ok(()), Some(refusal)) => Err(Error::from(refusal)),
                (Ok(()), None) => Ok(()),
            };
            // Nobody waits who could make the call again: as in [`Ledger::forget`].
            let given_up = record.reply.is_closed() && !record.row.stream;
            if let Some(place) = record.place
                && (given_up || matches!(told, Ok(()) | Err(Error::NotOpen(_))))
            {
                self.begun.release(place);
            }
            // Whoever waited may be gone; the record stands all the same.
            let _ = record.reply.send(told);
        }
    }
}
