//! The loop that carries batches from state to state and answers their lines beside the live traffic. One process of a
//! data folder runs it at a time; what it does is on disk step by step, so that the next one goes on where it stood.

use crate::asking::{Again, Asked};
use crate::batch::{Batch, Endpoint, Status};
use crate::conclusion::{conclude, sweep};
use crate::desk::{Desk, Tries, Work};
use crate::error::{Error, Result};
use crate::handle::Batches;
use crate::store;
use crate::validation::{beside, validate};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;
use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use usecase::Timestamp;

/// How often the list of batches is looked at: another process may have made or cancelled one.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How soon a worker asks again whether live traffic leaves room.
const ROOM_EVERY: Duration = Duration::from_millis(25);
/// How often files whose time is over are deleted.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Who answers lines: the wire's side of this room, which makes of each the same as a live request.
pub trait Door: Send + Sync {
    /// Whether this key may call this model, or the reason why it may not.
    fn knows<'a>(&'a self, key: &'a str, model: &'a str) -> BoxFuture<'a, std::result::Result<(), String>>;

    /// Whether live traffic leaves room for one line more.
    fn has_room(&self) -> bool;

    /// Answers one line under the rights of a key.
    fn answer(&self, key: String, endpoint: Endpoint, body: Bytes) -> BoxFuture<'static, LineAnswer>;
}

/// What came of a line, as a live request would have got it.
#[derive(Clone, Debug)]
pub struct LineAnswer {
    pub status: u16,
    pub request_id: Option<String>,
    pub retry_after: Option<Duration>,
    /// JSON.
    pub body: Bytes,
}

impl LineAnswer {
    /// For an answer that cannot be had.
    pub fn broken() -> Self {
        let error = json!({ "message": "a worker of ours stopped in the middle of the request", "code": "internal" });
        let body = Bytes::from(json!({ "error": error }).to_string());
        Self { status: 500, request_id: None, retry_after: None, body }
    }
}

impl Batches {
    /// Works until `stop` resolves, then begins nothing more and waits for the lines under way. Dropping the future
    /// cuts them: they are asked again at the next start.
    pub async fn run(self, door: Arc<dyn Door>, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        let _turn = loop {
            match self.lock() {
                Ok(Some(lock)) => break lock,
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "batches do not run"),
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(LOOK_EVERY * 5) => {}
            }
        };
        let mut runner = Runner::new(self.clone(), door);
        loop {
            let wait = runner.step().await;
            tokio::select! {
                () = &mut stop => break,
                Some(ended) = runner.jobs.join_next() => runner.ended(ended),
                () = self.wake().notified() => runner.look_at = Instant::now(),
                () = tokio::time::sleep(wait) => {}
            }
        }
        while let Some(ended) = runner.jobs.join_next().await {
            runner.ended(ended);
        }
    }

    /// The right to run batches, while the file is held; `None` while another process has it.
    fn lock(&self) -> Result<Option<File>> {
        let path = self.storage().folder().join("batches.lock");
        let at = |cause| Error::folder("locking", &path, cause);
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(at)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(at(cause)),
        }
    }
}

/// A job that ended.
enum Ended {
    Line {
        batch: String,
        again: Option<Again>,
    },
    /// A batch was checked or concluded.
    Step {
        batch: String,
        failed: Option<Error>,
    },
    Swept,
}

struct Runner {
    room: Batches,
    door: Arc<dyn Door>,
    desk: Desk,
    jobs: JoinSet<Ended>,
    /// Lines among the jobs.
    lines: usize,
    /// Batches that are being checked or concluded.
    busy: HashSet<String>,
    look_at: Instant,
    sweep_at: Instant,
}

impl Runner {
    fn new(room: Batches, door: Arc<dyn Door>) -> Self {
        let now = Instant::now();
        let (desk, jobs, busy) = (Desk::default(), JoinSet::new(), HashSet::new());
        Self { room, door, desk, jobs, lines: 0, busy, look_at: now, sweep_at: now }
    }

    /// Does all that can be done now; says after how long to look again when nothing happens before.
    async fn step(&mut self) -> Duration {
        let now = Instant::now();
        if self.sweep_at <= now {
            self.sweep_at = now + SWEEP_EVERY;
            let room = self.room.clone();
            self.jobs.spawn(async move {
                if let Err(error) = beside(move || sweep(&room)).await {
                    tracing::error!(%error, "old files could not be deleted");
                }
                Ended::Swept
            });
        }
        if self.look_at <= now {
            self.look_at = now + LOOK_EVERY;
            if let Err(error) = self.look().await {
                tracing::error!(%error, "the batches cannot be read");
            }
        }
        for batch in self.desk.done() {
            self.conclude(batch, Status::Completed, None);
        }
        let held = self.begin_lines().await;
        let next = [Some(self.look_at), self.desk.resumes(now), held.then(|| now + ROOM_EVERY)];
        next.into_iter().flatten().min().unwrap_or(self.look_at).saturating_duration_since(Instant::now())
    }

    /// Reads which batches there are and gives each what its state asks for.
    async fn look(&mut self) -> Result<()> {
        let room = self.room.clone();
        let open = beside(move || {
            let rows = room.storage().read(store::open_batches)?;
            let read = |row: &store::BatchRow| {
                let batch = room.batch(row);
                batch.inspect_err(|error| tracing::error!(batch = row.id, %error, "a batch cannot be read")).ok()
            };
            Ok(rows.iter().filter_map(read).collect::<Vec<Batch>>())
        });
        for batch in open.await? {
            if self.busy.contains(&batch.id) {
                continue;
            }
            let over = batch.expires <= Timestamp::now();
            match batch.status {
                Status::Cancelling => self.stop(batch, Status::Cancelled),
                Status::Finalizing => self.conclude(batch, Status::Completed, None),
                Status::Validating | Status::InProgress if over => self.stop(batch, Status::Expired),
                Status::Validating => self.validate(batch),
                Status::InProgress if self.desk.takes(&batch) => self.open(batch).await,
                _ => {}
            }
        }
        Ok(())
    }

    async fn open(&mut self, batch: Batch) {
        let (room, opened) = (self.room.clone(), batch.clone());
        match beside(move || Work::open(&room, opened)).await {
            Ok(work) => self.desk.put(work),
            Err(Error::Storage(error)) => tracing::error!(batch = batch.id, %error, "a batch cannot be read now"),
            Err(error) => self.conclude(batch, Status::Failed, Some(error)),
        }
    }

    /// Begins no line more of it, and concludes it once those under way have ended.
    fn stop(&mut self, batch: Batch, end: Status) {
        let done = self.desk.get(&batch.id).is_none_or(|work| {
            work.stopped = true;
            work.is_done()
        });
        if done {
            self.conclude(batch, end, None);
        }
    }

    fn validate(&mut self, batch: Batch) {
        self.busy.insert(batch.id.clone());
        let (room, door) = (self.room.clone(), Arc::clone(&self.door));
        self.jobs.spawn(async move {
            let id = batch.id.clone();
            let failed = AssertUnwindSafe(validate(room, &*door, batch)).catch_unwind().await;
            Ended::Step { batch: id, failed: failed.unwrap_or(Err(Error::WorkerStopped)).err() }
        });
    }

    fn conclude(&mut self, batch: Batch, end: Status, why: Option<Error>) {
        self.desk.clear(&batch.id);
        self.busy.insert(batch.id.clone());
        let room = self.room.clone();
        self.jobs.spawn(async move {
            let id = batch.id.clone();
            let failed = beside(move || conclude(&room, &batch, end, why.as_ref())).await.err();
            Ended::Step { batch: id, failed }
        });
    }

    /// Begins lines as long as workers are free and live traffic leaves room. True when only the latter was missing.
    async fn begin_lines(&mut self) -> bool {
        while self.lines < self.room.limits().workers {
            let Some(work) = self.desk.next(Instant::now()) else { return false };
            if !self.door.has_room() {
                return true;
            }
            if work.in_doubt {
                // The same row once more: a write like any other, which changes nothing.
                let (room, id) = (self.room.clone(), work.batch.id.clone());
                if let Err(error) = beside(move || room.change(&id, |_| Ok(()))).await {
                    tracing::error!(batch = work.batch.id, %error, "no line is begun while answers cannot be recorded");
                    work.pace.too_much(None, Instant::now());
                    continue;
                }
                work.in_doubt = false;
            }
            match work.next().await {
                Ok(Some(line)) => {
                    work.under_way += 1;
                    let tries = work.tries.get(&line.number).copied().unwrap_or_default();
                    let asked = Asked { batch: work.batch.clone(), secret: work.secret, line, tries };
                    self.lines += 1;
                    let (room, door, batch) = (self.room.clone(), Arc::clone(&self.door), work.batch.id.clone());
                    self.jobs.spawn(async move { Ended::Line { batch, again: asked.answer(room, door).await } });
                }
                Ok(None) if work.is_done() => {
                    let batch = work.batch.clone();
                    self.conclude(batch, Status::Completed, None);
                }
                Ok(None) => {}
                Err(error) => {
                    let batch = work.batch.clone();
                    self.conclude(batch, Status::Failed, Some(error));
                }
            }
        }
        false
    }

    fn ended(&mut self, ended: std::result::Result<Ended, tokio::task::JoinError>) {
        match ended {
            Ok(Ended::Line { batch, again }) => {
                self.lines -= 1;
                let Some(work) = self.desk.get(&batch) else { return };
                work.under_way -= 1;
                match again {
                    None => work.pace.answered(),
                    Some(Again { line, wait, tries }) => {
                        work.pace.too_much(wait, Instant::now());
                        work.in_doubt |= tries.unavailable > 0;
                        if tries != Tries::default() {
                            work.tries.insert(line.number, tries);
                        }
                        work.put_back(line);
                    }
                }
                if work.stopped {
                    self.look_at = Instant::now();
                }
            }
            Ok(Ended::Step { batch, failed }) => {
                self.busy.remove(&batch);
                match failed {
                    Some(error) => tracing::error!(batch, %error, "a batch's step failed and is tried again"),
                    None => self.look_at = Instant::now(),
                }
            }
            Ok(Ended::Swept) => {}
            Err(error) => tracing::error!(%error, "a job of the batches stopped"),
        }
    }
}
