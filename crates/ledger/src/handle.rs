//! `Ledger`: the one handle, the beginning of requests, and the writes that are not on every request's path: decisions,
//! outcomes, erasures.

use crate::begun::{self, Begun, Note, Place};
use crate::body::{self, DecisionBody, ErasureBody, OutcomeBody, RequestBody};
use crate::error::{Error, Result};
use crate::finishing::{MOST_TRIES, Queue};
use crate::keyring::{self, DataKey, Keyring, SealedWith};
use crate::outcome::{OutcomeId, OutcomeReport, OutcomeSubject};
use crate::record::{Event, Started};
use crate::row::RequestRow;
use crate::run::{self, FolderLock, Run};
use crate::seal::{self, Owner};
use crate::store::events::{EventParts, NewEvent};
use crate::store::outcomes::Idempotency;
use crate::store::requests::Recorder;
use crate::store::{self, STEPS};
use rusqlite::Transaction;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use storage::Storage;
use usecase::{Timestamp, TraceId};

#[derive(Clone)]
pub struct Ledger {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) storage: Storage,
    pub(crate) node: Arc<str>,
    pub(crate) run: Run,
    pub(crate) keyring: Keyring,
    pub(crate) begun: Arc<Begun>,
    pub(crate) queue: Queue,
    /// Requests that began here and have not ended.
    open: Mutex<HashMap<TraceId, Open>>,
    /// Requests that are not open any more and whose end is on its way to the writer.
    pub(crate) ending: AtomicUsize,
    /// Held by whoever reads the notes of all processes.
    looking: tokio::sync::Mutex<()>,
}

/// A request that has begun.
pub(crate) struct Open {
    pub(crate) started: Started,
    /// Of its note, once that is written.
    pub(crate) place: Option<Place>,
}

impl Ledger {
    /// A key that only this data folder has, for stand-ins that mean the same throughout a conversation. Never recorded.
    pub fn vault_key(&self) -> [u8; 32] {
        self.inner.keyring.of_vaults()
    }

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
        let node = run::node(storage.folder())?.into();
        let (run, others) = run::enter(storage.folder())?;
        mark_interrupted(storage, &node, &others.dead)?;
        for path in others.dead {
            fs::remove_file(&path).map_err(|error| Error::folder("removing", &path, &error))?;
        }
        let begun = Arc::new(Begun::create(storage.folder(), &run.id)?);
        let queue = Queue::new(Arc::clone(&node), Arc::clone(&begun));
        let (open, ending, looking) = Default::default();
        let inner = Inner { storage: storage.clone(), node, run, keyring, begun, queue, open, ending, looking };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Notes that a request began, so that it is seen while it runs, and found as interrupted should this process be
    /// killed. Not forced to the disk: a power cut may lose it. Whoever begins a request finishes it, also when it fails or is
    /// cancelled: until then it counts as running.
    ///
    /// # Errors
    /// `AlreadyBegun` when the trace id is in use. A note that cannot be written is only logged: the record of a whole
    /// answer tells everything by itself.
    pub fn begin(&self, started: Started) -> Result<()> {
        let trace = started.trace;
        if let Err(error) = self.opened(started)? {
            tracing::error!(%trace, %error, "the beginning of a request could not be noted");
        }
        Ok(())
    }

    /// As [`Ledger::begin`], and resolves when the note is on disk: for answers whose first byte leaves before their end.
    /// The request is open once this is called, not only once the future is polled: it may end before that.
    ///
    /// # Errors
    /// `AlreadyBegun`, or the folder's; then the request is not open.
    pub fn begin_durable(&self, started: Started) -> impl Future<Output = Result<()>> + Send + use<> {
        let (ledger, trace, noted) = (self.clone(), started.trace, self.opened(started));
        async move {
            let result = match noted? {
                Ok(number) => ledger.synced(number).await,
                Err(error) => Err(error),
            };
            if result.is_err()
                && let Some(Open { place: Some(place), .. }) = ledger.inner.open().remove(&trace)
            {
                // Nothing of its answer has left, and nothing will.
                ledger.inner.begun.release(place);
            }
            result
        }
    }

    /// Opens the request and notes it; the inner result is the note's.
    fn opened(&self, started: Started) -> Result<Result<u64>> {
        let trace = started.trace;
        let conversation = started.conversation.as_deref().map(|name| self.inner.keyring.conversation(name));
        let note = Note::of(&started, conversation);
        if self.inner.open().contains_key(&trace) {
            return Err(Error::AlreadyBegun(trace));
        }
        let noted = self.inner.begun.note(&note);
        let place = noted.as_ref().ok().map(|(place, _)| *place);
        self.inner.open().insert(trace, Open { started, place });
        Ok(noted.map(|(_, number)| number))
    }

    /// Resolves when this note and all before it are on disk. The writer's thread does it, since it may wait.
    async fn synced(&self, number: u64) -> Result<()> {
        let begun = Arc::clone(&self.inner.begun);
        let job = move |_: &Transaction<'_>| begun.sync(number).map_err(storage::Error::refuse);
        Ok(self.inner.storage.write(job).await?)
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
        self.synced(self.inner.begun.last()).await
    }

    /// Records a decision; resolves when it is on disk, with its place in this node's chain.
    ///
    /// # Errors
    /// The storage's.
    pub async fn append(&self, event: Event) -> Result<u64> {
        for _ in 0..MOST_TRIES {
            let (new, key) = self.inner.decision(&event)?;
            let written = self.inner.storage.write(move |transaction| store::events::append(transaction, &new)).await;
            if let Some(place) = self.inner.placed(key, written)? {
                return Ok(place);
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
            let written =
                self.inner.storage.write_blocking(move |transaction| store::events::append(transaction, &new));
            if let Some(place) = self.inner.placed(key, written)? {
                return Ok(place);
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
        let runs_here = self.inner.is_open(&report.use_case, &report.subject);
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
        let parts = EventParts {
            at: now,
            kind: body::OUTCOME,
            trace: trace.map(|trace| trace.to_string()),
            use_case: Some(told.use_case.clone()),
            body: body::text(&told)?,
            payload: None,
        };
        let event = NewEvent::new(&self.inner.node, parts);
        let is_running = runs_here || self.runs_unrecorded(&told).await?;
        let job = move |transaction: &Transaction<'_>| {
            store::outcomes::record(transaction, &event, &told, idempotency.as_ref(), is_running)
        };
        Ok(self.inner.storage.write(job).await?)
    }

    /// Whether a request of this outcome's subject has begun in any process and has no record yet. The notes are read
    /// before the transaction and beside the caller's thread, by one at a time: an app that reports on requests that
    /// never were holds up nobody's commit.
    async fn runs_unrecorded(&self, told: &OutcomeBody) -> Result<bool> {
        let (use_case, subject) = (told.use_case.clone(), told.subject.clone());
        let recorded =
            self.inner.storage.read(|connection| store::outcomes::is_recorded(connection, &use_case, &subject))?;
        if recorded {
            return Ok(false);
        }
        let _alone = self.inner.looking.lock().await;
        let folder = self.inner.storage.folder().to_owned();
        let looked = tokio::task::spawn_blocking(move || is_noted(&folder, &use_case, &subject));
        looked.await.map_err(|_| Error::Storage(storage::Error::Closed))?
    }

    /// Destroys the key of a person, a conversation or a single request: their payloads can be read by nobody any
    /// more, and the chain still verifies. Returns false when there was no such key.
    ///
    /// # Errors
    /// The storage's.
    pub async fn erase(&self, owner: &Owner) -> Result<bool> {
        let (node, handle) = (Arc::clone(&self.inner.node), self.inner.keyring.handle(owner));
        let trace = match owner {
            Owner::Trace(trace) => Some(*trace),
            Owner::Subject(_) | Owner::Conversation(_) => None,
        };
        self.inner.keyring.forget(&handle);
        let job = move |transaction: &Transaction<'_>| {
            let at = Timestamp::now();
            let mut erased = ErasureBody::default();
            match trace {
                Some(trace) if store::events::destroy_salt(transaction, trace)? => erased.traces.push(trace),
                Some(_) => {}
                None => erased.subject_keys.extend(store::keys::destroy(transaction, &handle, at)?),
            }
            if erased == ErasureBody::default() {
                return Ok(false);
            }
            let body = body::text(&erased).map_err(storage::Error::refuse)?;
            let parts = EventParts { at, kind: body::ERASURE, trace: None, use_case: None, body, payload: None };
            store::events::append(transaction, &NewEvent::new(&node, parts))?;
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
    pub(crate) fn open(&self) -> MutexGuard<'_, HashMap<TraceId, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request of this subject, as the app names it, runs in this process.
    fn is_open(&self, use_case: &str, subject: &OutcomeSubject) -> bool {
        let open = self.open();
        let fits = |open: &Open| open.started.use_case == use_case;
        match subject {
            OutcomeSubject::Trace(trace) => open.get(trace).is_some_and(fits),
            OutcomeSubject::Conversation(name) => {
                open.values().any(|open| fits(open) && open.started.conversation.as_ref() == Some(name))
            }
        }
    }

    fn decision(&self, event: &Event) -> Result<(NewEvent, Option<DataKey>)> {
        let mut told = DecisionBody { facts: event.body.clone(), payload: None };
        let (mut payload, mut used) = (None, None);
        if let Some((owner, value)) = &event.payload {
            let key = self.keyring.key_of(&self.storage, owner)?;
            let sealed = seal::seal_payload(&key.secret, value.to_string().as_bytes())?;
            told.payload = Some(sealed.digest);
            payload = Some((sealed.bytes, SealedWith::Key(key.claim.clone())));
            used = Some(key);
        }
        let (at, use_case, body) = (Timestamp::now(), event.use_case.clone(), body::text(&told)?);
        let parts = EventParts { at, kind: event.kind, trace: None, use_case, body, payload };
        Ok((NewEvent::new(&self.node, parts), used))
    }

    /// The place of a decision that was written; `None` asks for another try with another key.
    fn placed(&self, key: Option<DataKey>, written: storage::Result<store::events::Place>) -> Result<Option<u64>> {
        let written = written.map(|place| place.seq.unsigned_abs()).map_err(Error::from);
        match key {
            Some(key) => self.settled(key, written),
            None => written.map(Some),
        }
    }
}

/// Whether any process has noted a request of this subject. It reads no more than was once open at the same time.
fn is_noted(folder: &Path, use_case: &str, subject: &OutcomeSubject) -> Result<bool> {
    let fits = |row: &RequestRow| match subject {
        OutcomeSubject::Trace(trace) => row.trace == *trace,
        OutcomeSubject::Conversation(pseudonym) => row.conversation.as_ref() == Some(pseudonym),
    };
    Ok(begun::all_noted(folder)?.iter().any(|row| row.use_case == use_case && fits(row)))
}

/// Records every request that these files of dead runs note and nobody recorded.
fn mark_interrupted(storage: &Storage, node: &Arc<str>, dead: &[std::path::PathBuf]) -> Result<()> {
    let mut noted = Vec::new();
    for path in dead.iter().filter(|path| begun::is_notes(path)) {
        noted.extend(begun::noted(path)?);
    }
    if noted.is_empty() {
        return Ok(());
    }
    let node = Arc::clone(node);
    storage.write_blocking(move |transaction| {
        let mut recorder = Recorder::new(transaction, &node)?;
        for row in noted {
            if store::requests::is_recorded(transaction, row.trace)? {
                continue;
            }
            let (trace, told) = (row.trace, RequestBody::interrupted(row));
            let parts = EventParts {
                at: Timestamp::now(),
                kind: body::REQUEST,
                trace: Some(trace.to_string()),
                use_case: Some(told.use_case.clone()),
                body: body::text(&told).map_err(storage::Error::refuse)?,
                payload: None,
            };
            let event = NewEvent::new(&node, parts);
            recorder.record(&event, &RequestRow::of(trace, &told))?;
        }
        Ok(())
    })?;
    Ok(())
}
