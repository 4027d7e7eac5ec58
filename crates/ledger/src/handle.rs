//! `Ledger`: the one handle, and all that it writes. What can be made ready is made ready on the caller's thread (serialising, sealing); the
//! writer's transaction only looks up the chain's head, hashes and inserts.

use crate::body::{self, DecisionBody, ErasureBody, OutcomeBody, RequestBody};
use crate::error::{Error, Result};
use crate::keyring::{self, DataKey, Keyring, StaleKey};
use crate::outcome::{OutcomeId, OutcomeReport, OutcomeSubject};
use crate::record::{Event, Finished, Payload, Started};
use crate::row::RequestRow;
use crate::run::{self, FolderLock, Run};
use crate::seal::{self, Owner, Sealed};
use crate::store::events::NewEvent;
use crate::store::outcomes::Idempotency;
use crate::store::{self, STEPS};
use rusqlite::Transaction;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use storage::Storage;
use usecase::{Cost, Timestamp, TraceId, Usage};

/// Sealing again after another process changed the subject's key: twice in a row is rare, four times is a bug.
const MOST_TRIES: usize = 4;

#[derive(Clone)]
pub struct Ledger {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) storage: Storage,
    node: String,
    run: Run,
    pub(crate) keyring: Keyring,
    /// Requests that began here and have not ended.
    open: Mutex<HashMap<TraceId, Started>>,
    /// Requests that are not open any more and whose end is on its way to the writer.
    ending: AtomicUsize,
}

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
    /// Opens the ledger of a data folder and begins a run in it. Requests that dead runs left unfinished are marked
    /// `interrupted`, each with an event of its own.
    ///
    /// # Errors
    /// The storage's, and `DatabaseLost`, `MasterKeyMissing`, `MasterKeyMalformed`, `MasterKeyWrong` or `Folder`.
    pub fn open(storage: &Storage) -> Result<Self> {
        // Before the tables are made: a second try must be refused too.
        keyring::refuse_lost_database(storage)?;
        storage.migrate("ledger", STEPS)?;
        let _lock = FolderLock::take(storage.folder())?;
        let keyring = Keyring::open(storage)?;
        let node = run::node(storage.folder())?;
        let (run, others) = run::enter(storage.folder())?;
        let orphans = storage.read(|connection| store::requests::orphans(connection, &others.living))?;
        if !orphans.is_empty() {
            mark_interrupted(storage, &node, orphans)?;
        }
        for path in others.dead {
            fs::remove_file(&path).map_err(|error| Error::folder("removing", &path, &error))?;
        }
        let open = Mutex::new(HashMap::new());
        let ending = AtomicUsize::new(0);
        Ok(Self { inner: Arc::new(Inner { storage: storage.clone(), node, run, keyring, open, ending }) })
    }

    /// Notes that a request began. Not awaited: its row is written before anything that is asked for later, and is on
    /// disk a few ms from now at most. Whoever begins a request finishes it, also when it fails or is cancelled: until
    /// then it counts as running.
    ///
    /// # Errors
    /// `AlreadyBegun` when the trace id is in use.
    pub fn begin(&self, started: Started) -> Result<()> {
        let row = self.opened(started)?;
        self.inner.storage.enqueue(move |transaction| store::requests::begin(transaction, &row));
        Ok(())
    }

    /// As [`Ledger::begin`], and resolves when the row is on disk: for answers whose first byte leaves before their end.
    /// The request is open once this is called, not only once the future is polled: it may end before that.
    ///
    /// # Errors
    /// `AlreadyBegun`, or the storage's; then the request is not open.
    pub fn begin_durable(&self, started: Started) -> impl Future<Output = Result<()>> + Send + use<> {
        let (ledger, trace, opened) = (self.clone(), started.trace, self.opened(started));
        async move {
            let row = opened?;
            let written = ledger.inner.storage.write(move |transaction| store::requests::begin(transaction, &row));
            written.await.map_err(|error| {
                ledger.inner.open().remove(&trace);
                error.into()
            })
        }
    }

    fn opened(&self, started: Started) -> Result<RequestRow> {
        let row = self.inner.running(&started);
        let mut open = self.inner.open();
        if open.contains_key(&started.trace) {
            return Err(Error::AlreadyBegun(started.trace));
        }
        open.insert(started.trace, started);
        Ok(row)
    }

    /// Records the end of a request; resolves when it is on disk. Only then may the answer leave.
    ///
    /// # Errors
    /// `NotOpen`, or the storage's: then nothing was recorded and the call may be made again. A future that is dropped
    /// after its first poll still records.
    pub async fn finish(&self, finished: Finished) -> Result<()> {
        let trace = finished.trace;
        // Counted before it leaves the open ones, so that at no moment it is in neither number.
        let _ending = Ending::begin(&self.inner.ending);
        let started = self.inner.open().remove(&trace).ok_or(Error::NotOpen(trace))?;
        let result = self.record_end(&started, finished).await;
        if let Err(error) = &result
            && !matches!(error, Error::NotOpen(_))
        {
            self.inner.open().insert(trace, started);
        }
        result
    }

    /// Requests whose end is not recorded yet. Zero after the last one was told: the process may end once
    /// [`Ledger::flush`] resolved.
    pub fn unsettled(&self) -> usize {
        // In this order: a request goes from the open ones to the ending ones, never back unless its write failed.
        let open = self.inner.open().len();
        open + self.inner.ending.load(Ordering::SeqCst)
    }

    /// Resolves when everything told so far is on disk.
    ///
    /// # Errors
    /// The storage's.
    pub async fn flush(&self) -> Result<()> {
        Ok(self.inner.storage.flush().await?)
    }

    async fn record_end(&self, started: &Started, mut finished: Finished) -> Result<()> {
        let inner = &self.inner;
        let owner = owner_of(started);
        let payload = serde_json::to_vec(&finished.payload).map_err(|error| Error::Unreadable(error.to_string()))?;
        finished.payload = Payload { request: Value::Null, answer: Value::Null };
        let conversation = started.conversation.as_deref().map(|name| inner.keyring.conversation(name));
        let at = finished.at;
        let mut told = RequestBody::finished(started, &inner.run.id, conversation, finished, String::new());
        for _ in 0..MOST_TRIES {
            let key = match &owner {
                Owner::Trace(_) => inner.keyring.key_of_trace(&owner)?,
                named => inner.keyring.key_of(&inner.storage, named)?,
            };
            let sealed = seal::seal_payload(&key.secret, &payload)?;
            told.payload = Some(sealed.digest);
            let event = NewEvent {
                at,
                kind: body::REQUEST,
                trace: Some(started.trace),
                use_case: Some(started.use_case.clone()),
                body: body::text(&told)?,
                payload: Some((sealed.bytes, key.claim.clone())),
            };
            let row = RequestRow::of(started.trace, &told);
            let (node, attempts, verdicts) = (inner.node.clone(), told.attempts.clone(), told.verdicts.clone());
            let job = move |transaction: &Transaction<'_>| {
                store::requests::finish(transaction, &node, &event, &row, &attempts, &verdicts)
            };
            if inner.settled(Some(key), inner.storage.write(job).await)?.is_some() {
                return Ok(());
            }
            if matches!(owner, Owner::Trace(_)) {
                // A key of its own that exists already: this trace was recorded before.
                return Err(Error::NotOpen(started.trace));
            }
        }
        Err(Error::Storage(storage::Error::Locked))
    }

    /// Records a decision; resolves when it is on disk, with its place in this node's chain.
    ///
    /// # Errors
    /// The storage's.
    pub async fn append(&self, event: Event) -> Result<u64> {
        for _ in 0..MOST_TRIES {
            let (new, key) = self.inner.decision(&event)?;
            let node = self.inner.node.clone();
            let job = move |transaction: &Transaction<'_>| store::events::append(transaction, &node, &new);
            if let Some(place) = self.inner.settled(key, self.inner.storage.write(job).await)? {
                return Ok(place.seq.unsigned_abs());
            }
        }
        Err(Error::Storage(storage::Error::Locked))
    }

    /// [`Ledger::append`] for callers outside async code.
    ///
    /// # Errors
    /// The storage's.
    pub fn append_blocking(&self, event: &Event) -> Result<u64> {
        for _ in 0..MOST_TRIES {
            let (new, key) = self.inner.decision(event)?;
            let node = self.inner.node.clone();
            let job = move |transaction: &Transaction<'_>| store::events::append(transaction, &node, &new);
            if let Some(place) = self.inner.settled(key, self.inner.storage.write_blocking(job))? {
                return Ok(place.seq.unsigned_abs());
            }
        }
        Err(Error::Storage(storage::Error::Locked))
    }

    /// Records what came of a request or a conversation.
    ///
    /// # Errors
    /// `InvalidOutcome`, `UnknownSubject` and `IdempotencyConflict` are the caller's; the rest is the storage's.
    pub async fn outcome(&self, report: OutcomeReport) -> Result<OutcomeId> {
        report.check()?;
        let keyring = &self.inner.keyring;
        let now = Timestamp::now();
        let moment_told = report.occurred_at.is_some();
        let idempotency = report.idempotency_key.map(|typed| {
            let kept = keyring.idempotency(&typed);
            Idempotency { typed, kept, moment_told }
        });
        let subject = match report.subject {
            OutcomeSubject::Conversation(name) => OutcomeSubject::Conversation(keyring.conversation(&name)),
            trace => trace,
        };
        let told = OutcomeBody {
            id: OutcomeId(format!("o-{}", usecase::ids::hex(&seal::random::<8>()))),
            use_case: report.use_case,
            subject,
            outcome: report.outcome,
            success: report.success,
            value: report.value,
            human_minutes: report.human_minutes,
            occurred_at: report.occurred_at.unwrap_or(now),
            key: report.key,
        };
        let trace = match &told.subject {
            OutcomeSubject::Trace(trace) => Some(*trace),
            OutcomeSubject::Conversation(_) => None,
        };
        let event = NewEvent {
            at: now,
            kind: body::OUTCOME,
            trace,
            use_case: Some(told.use_case.clone()),
            body: body::text(&told)?,
            payload: None,
        };
        let node = self.inner.node.clone();
        let job = move |transaction: &Transaction<'_>| {
            store::outcomes::record(transaction, &node, &event, &told, idempotency.as_ref())
        };
        Ok(self.inner.storage.write(job).await?)
    }

    /// Destroys the key of a person, a conversation or a single request: their payloads can be read by nobody any
    /// more, and the chain still verifies. Returns false when there was no such key.
    ///
    /// # Errors
    /// The storage's.
    pub async fn erase(&self, owner: &Owner) -> Result<bool> {
        let handle = self.inner.keyring.handle(owner);
        self.inner.keyring.forget(&handle);
        let node = self.inner.node.clone();
        let job = move |transaction: &Transaction<'_>| {
            let at = Timestamp::now();
            let Some(number) = store::keys::destroy(transaction, &handle, at)? else { return Ok(false) };
            let text = body::text(&ErasureBody { subject_keys: vec![number] }).map_err(storage::Error::refuse)?;
            let event = NewEvent { at, kind: body::ERASURE, trace: None, use_case: None, body: text, payload: None };
            store::events::append(transaction, &node, &event)?;
            Ok(true)
        };
        let erased = self.inner.storage.write(job).await?;
        // A request in flight may have remembered the key again between the two.
        self.inner.keyring.forget(&handle);
        Ok(erased)
    }

    /// This node's name, as it stands in every event it writes.
    pub fn node(&self) -> &str {
        &self.inner.node
    }

    /// This process's run, as it stands in every request row.
    pub fn run(&self) -> &str {
        &self.inner.run.id
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("node", &self.inner.node)
            .field("run", &self.inner.run.id)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, HashMap<TraceId, Started>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self, started: &Started) -> RequestRow {
        RequestRow {
            trace: started.trace,
            at: started.at,
            use_case: started.use_case.clone(),
            bundle: started.bundle.clone(),
            arm: started.arm,
            source: started.source,
            key: started.key.clone(),
            run: self.run.id.clone(),
            conversation: started.conversation.as_deref().map(|name| self.keyring.conversation(name)),
            stream: started.stream,
            status: None,
            error: None,
            model: None,
            usage: Usage::default(),
            cost: Cost::UNKNOWN,
            own_us: None,
            duration_us: None,
            first_token_us: None,
            review: false,
        }
    }

    fn seal(&self, owner: &Owner, json: &[u8]) -> Result<(DataKey, Sealed)> {
        let key = self.keyring.key_of(&self.storage, owner)?;
        let sealed = seal::seal_payload(&key.secret, json)?;
        Ok((key, sealed))
    }

    fn decision(&self, event: &Event) -> Result<(NewEvent, Option<DataKey>)> {
        let mut told = DecisionBody { facts: event.body.clone(), payload: None };
        let (mut payload, mut used) = (None, None);
        if let Some((owner, value)) = &event.payload {
            let (key, sealed) = self.seal(owner, value.to_string().as_bytes())?;
            told.payload = Some(sealed.digest);
            payload = Some((sealed.bytes, key.claim.clone()));
            used = Some(key);
        }
        let (at, body) = (Timestamp::now(), body::text(&told)?);
        let new = NewEvent { at, kind: event.kind, trace: None, use_case: event.use_case.clone(), body, payload };
        Ok((new, used))
    }

    /// The result of a write that used a key: `None` asks for another try with another key.
    fn settled<T>(&self, key: Option<DataKey>, written: storage::Result<T>) -> Result<Option<T>> {
        match (written, key) {
            (Ok(value), key) => {
                key.into_iter().for_each(|key| self.keyring.remember(key));
                Ok(Some(value))
            }
            (Err(error), Some(key)) if error.refusal::<StaleKey>().is_some() => {
                self.keyring.forget(&key.claim.handle);
                Ok(None)
            }
            (Err(error), _) => Err(error.into()),
        }
    }
}

/// Whose key seals a request's payload.
fn owner_of(started: &Started) -> Owner {
    match (&started.subject, &started.conversation) {
        (Some(subject), _) => Owner::Subject(subject.clone()),
        (None, Some(conversation)) => Owner::Conversation(conversation.clone()),
        (None, None) => Owner::Trace(started.trace),
    }
}

fn mark_interrupted(storage: &Storage, node: &str, orphans: Vec<RequestRow>) -> Result<()> {
    let node = node.to_owned();
    storage.write_blocking(move |transaction| {
        for orphan in &orphans {
            let told = RequestBody::interrupted(orphan);
            let event = NewEvent {
                at: Timestamp::now(),
                kind: body::REQUEST,
                trace: Some(orphan.trace),
                use_case: Some(orphan.use_case.clone()),
                body: body::text(&told).map_err(storage::Error::refuse)?,
                payload: None,
            };
            store::requests::finish(transaction, &node, &event, &RequestRow::of(orphan.trace, &told), &[], &[])?;
        }
        Ok(())
    })?;
    Ok(())
}
