//! `Batches`: the one handle. Everything here blocks on the disk; the door calls it beside its network threads.

use crate::batch::{Batch, NewBatch, Status};
use crate::error::{Error, Result, answer};
use crate::file::{self, Content, FileInfo, NewFile, Upload};
use crate::sealed::{self, OpeningReader, RoomKey, SealingWriter, Secret};
use crate::store::{self, BatchRow, FileRow, Range};
use rusqlite::Transaction;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use storage::Storage;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use usecase::{Principal, PrincipalRole, Timestamp, TraceId};

/// Batches of one key that may be open at a time.
const MOST_OPEN: u64 = 64;
/// Files that are received at the same time: until a file is whole, only this bounds what lies on the disk.
const MOST_UPLOADS: usize = 16;
/// The most that one page of a list holds, and what it holds when nobody said how many.
const LONGEST_PAGE: u32 = 10_000;

/// What was declared under `[server]`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files of one key.
    pub key_bytes: u64,
    /// Bytes of one line.
    pub line_bytes: usize,
    /// Lines that are answered at the same time.
    pub workers: usize,
}

/// Which part of a list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The id that the page before ended with.
    pub after: Option<String>,
    /// How many at the most.
    pub limit: Option<u32>,
    /// The oldest first.
    pub ascending: bool,
    pub purpose: Option<String>,
}

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Batches {
    shared: Arc<Shared>,
}

struct Shared {
    storage: Storage,
    limits: Limits,
    /// Opened, or made, when it is first needed.
    key: OnceLock<RoomKey>,
    wake: Notify,
    uploads: Arc<Semaphore>,
}

impl Batches {
    /// # Errors
    /// The storage's.
    pub fn open(storage: &Storage, limits: Limits) -> Result<Self> {
        storage.migrate("batches", store::STEPS)?;
        let (key, wake, uploads) = (OnceLock::new(), Notify::new(), Arc::new(Semaphore::new(MOST_UPLOADS)));
        let shared = Shared { storage: storage.clone(), limits, key, wake, uploads };
        Ok(Self { shared: Arc::new(shared) })
    }

    pub fn limits(&self) -> Limits {
        self.shared.limits
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.shared.storage
    }

    /// Told when a batch was made or cancelled in this process.
    pub(crate) fn wake(&self) -> &Notify {
        &self.shared.wake
    }

    pub(crate) fn key(&self) -> Result<&RoomKey> {
        if let Some(key) = self.shared.key.get() {
            return Ok(key);
        }
        let sealed = self.storage().read(store::any)?;
        let key = RoomKey::open(self.storage().folder(), sealed)?;
        Ok(self.shared.key.get_or_init(|| key))
    }

    /// Begins a file that `principal` uploads.
    ///
    /// # Errors
    /// `KeyFull`, `TooManyUploads`, or the disk's.
    pub fn upload(&self, principal: &Principal) -> Result<Upload> {
        let held = self.storage().read(|connection| store::bytes_of(connection, &principal.key))?;
        if held.unsigned_abs() >= self.limits().key_bytes {
            return Err(Error::KeyFull(self.limits().key_bytes));
        }
        let place = Arc::clone(&self.shared.uploads).try_acquire_owned();
        let place = place.map_err(|_| Error::TooManyUploads(MOST_UPLOADS))?;
        self.begin(self.limits().file_bytes, Some(place))
    }

    pub(crate) fn begin(&self, most_bytes: u64, place: Option<OwnedSemaphorePermit>) -> Result<Upload> {
        let folder = self.folder();
        std::fs::create_dir_all(&folder).map_err(|cause| Error::folder("making", &folder, cause))?;
        let id = format!("file-{}", TraceId::random());
        let (path, secret) = (folder.join(&id), sealed::fresh());
        let writer = SealingWriter::create(&path, &secret).map_err(|cause| Error::folder("making", &path, cause))?;
        Ok(Upload { id, path, secret, most_bytes, writer: Some(writer), kept: false, _place: place })
    }

    /// Puts a file that was received whole on record.
    ///
    /// # Errors
    /// `Invalid`, `KeyFull`, or the disk's.
    pub fn keep(&self, mut upload: Upload, principal: &Principal, new: &NewFile) -> Result<FileInfo> {
        let now = Timestamp::now();
        let expires = new.check(now)?;
        let bytes = upload.close()?;
        if bytes == 0 {
            return Err(Error::invalid("file", "the file is empty"));
        }
        let info = FileInfo {
            id: upload.id.clone(),
            key: principal.key.clone(),
            name: new.name.clone(),
            purpose: new.purpose.clone(),
            bytes,
            created: now,
            expires,
        };
        let (row, limit) = (self.file_row(&info, &upload.secret)?, self.limits().key_bytes);
        let full = move |transaction: &Transaction<'_>| -> Result<()> {
            if store::bytes_of(transaction, &row.key)?.unsigned_abs() + bytes > limit {
                return Err(Error::KeyFull(limit));
            }
            Ok(store::insert_file(transaction, &row)?)
        };
        self.storage().write_blocking(move |transaction| answer(full(transaction)))??;
        upload.kept = true;
        Ok(info)
    }

    pub(crate) fn file_row(&self, info: &FileInfo, secret: &Secret) -> Result<FileRow> {
        let key = self.key()?;
        Ok(FileRow {
            id: info.id.clone(),
            key: info.key.clone(),
            purpose: info.purpose.clone(),
            bytes: i64::try_from(info.bytes).unwrap_or(i64::MAX),
            created: info.created.0,
            expires: info.expires.0,
            name: key.seal(&info.id, info.name.as_bytes()),
            secret: key.seal(&info.id, secret),
        })
    }

    /// The files that `principal` may see: its own, an admin's key all.
    ///
    /// # Errors
    /// The storage's.
    pub fn files(&self, principal: &Principal, page: &Page) -> Result<(Vec<FileInfo>, bool)> {
        let (range, limit) = range(principal, page);
        let rows = self.storage().read(|connection| store::files(connection, range))?;
        let more = rows.len() > limit;
        let rows = rows.into_iter().take(limit).map(|row| self.info(row).map(|(info, _)| info));
        Ok((rows.collect::<Result<_>>()?, more))
    }

    /// # Errors
    /// `NoSuchFile`, also for a file that is another key's.
    pub fn file(&self, principal: &Principal, id: &str) -> Result<FileInfo> {
        self.find(principal, id).map(|(info, _)| info)
    }

    /// # Errors
    /// `NoSuchFile`, or the disk's.
    pub fn content(&self, principal: &Principal, id: &str) -> Result<Content> {
        let (info, secret) = self.find(principal, id)?;
        self.content_of(&info.id, &secret)
    }

    fn content_of(&self, id: &str, secret: &Secret) -> Result<Content> {
        let path = self.folder().join(id);
        let reader = OpeningReader::open(&path, secret).map_err(|cause| Error::folder("opening", &path, cause))?;
        Ok(Content { reader, path })
    }

    /// Deletes a file and its key.
    ///
    /// # Errors
    /// `NoSuchFile`, `InUse`, or the disk's.
    pub fn delete(&self, principal: &Principal, id: &str) -> Result<()> {
        let file = self.find(principal, id)?.0.id;
        let in_use = {
            let file = file.clone();
            move |transaction: &Transaction<'_>| -> Result<()> {
                if let Some(batch) = store::reader_of(transaction, &file)? {
                    return Err(Error::InUse { file, batch });
                }
                Ok(store::delete_file(transaction, &file)?)
            }
        };
        self.storage().write_blocking(move |transaction| answer(in_use(transaction)))??;
        self.remove(&file);
        Ok(())
    }

    /// Takes a file's content away. Without its key it is of no use to anybody; the next sweep tries again.
    pub(crate) fn remove(&self, id: &str) {
        if let Err(error) = std::fs::remove_file(self.folder().join(id)) {
            tracing::warn!(file = id, %error, "the content of a deleted file could not be removed");
        }
    }

    fn find(&self, principal: &Principal, id: &str) -> Result<(FileInfo, Secret)> {
        let row = self.storage().read(|connection| store::file(connection, id))?;
        let row = row.filter(|row| sees(principal, &row.key) && row.expires > Timestamp::now().0);
        self.info(row.ok_or_else(|| Error::NoSuchFile(id.to_owned()))?)
    }

    fn info(&self, row: FileRow) -> Result<(FileInfo, Secret)> {
        let key = self.key()?;
        let name = String::from_utf8_lossy(&key.open_sealed(&row.id, &row.name)?).into_owned();
        let secret = key.unwrap(&row.id, &row.secret)?;
        let (created, expires) = (Timestamp(row.created), Timestamp(row.expires));
        let (id, bytes) = (row.id, row.bytes.unsigned_abs());
        Ok((FileInfo { id, key: row.key, name, purpose: row.purpose, bytes, created, expires }, secret))
    }

    /// What a batch reads, whoever asks and however old it is.
    pub(crate) fn input(&self, file: &str) -> Result<Content> {
        let row = self.storage().read(|connection| store::file(connection, file))?;
        let (info, secret) = self.info(row.ok_or_else(|| Error::NoSuchFile(file.to_owned()))?)?;
        self.content_of(&info.id, &secret)
    }

    /// Makes a batch. Its lines are checked, and then answered, by whichever server runs on the data folder.
    ///
    /// # Errors
    /// `Invalid`, `NoSuchFile`, `TooManyOpen`, or the storage's.
    pub fn create(&self, principal: &Principal, new: NewBatch) -> Result<Batch> {
        self.create_at(principal, new, Timestamp::now())
    }

    pub(crate) fn create_at(&self, principal: &Principal, new: NewBatch, now: Timestamp) -> Result<Batch> {
        let batch = new.check(format!("batch_{}", TraceId::random()), principal.key.clone(), now)?;
        let file = self.file(principal, &batch.input_file)?;
        if file.purpose != file::INPUT {
            let message = format!("`{}` has the purpose `{}`, not `{}`", file.id, file.purpose, file::INPUT);
            return Err(Error::invalid("input_file_id", message));
        }
        let row = BatchRow {
            id: batch.id.clone(),
            key: batch.key.clone(),
            input_file: batch.input_file.clone(),
            over: false,
            completed: 0,
            failed: 0,
            body: self.body(&batch)?,
            secret: Some(self.key()?.seal(&batch.id, &sealed::fresh())),
        };
        let insert = move |transaction: &Transaction<'_>| -> Result<()> {
            if store::count_open(transaction, &row.key)?.unsigned_abs() >= MOST_OPEN {
                return Err(Error::TooManyOpen(MOST_OPEN));
            }
            // It may have been deleted since it was looked at.
            store::file(transaction, &row.input_file)?.ok_or_else(|| Error::NoSuchFile(row.input_file.clone()))?;
            Ok(store::insert_batch(transaction, &row)?)
        };
        self.storage().write_blocking(move |transaction| answer(insert(transaction)))??;
        self.wake().notify_one();
        Ok(batch)
    }

    /// The batches that `principal` may see, the newest first, and whether there are more.
    ///
    /// # Errors
    /// The storage's.
    pub fn list(&self, principal: &Principal, page: &Page) -> Result<(Vec<Batch>, bool)> {
        let (range, limit) = range(principal, page);
        let rows = self.storage().read(|connection| store::batches(connection, range))?;
        let more = rows.len() > limit;
        let rows = rows.into_iter().take(limit).map(|row| self.batch(&row));
        Ok((rows.collect::<Result<_>>()?, more))
    }

    /// # Errors
    /// `NoSuchBatch`, also for a batch that is another key's.
    pub fn get(&self, principal: &Principal, id: &str) -> Result<Batch> {
        let row = self.storage().read(|connection| store::batch(connection, id))?;
        let row = row.filter(|row| sees(principal, &row.key));
        self.batch(&row.ok_or_else(|| Error::NoSuchBatch(id.to_owned()))?)
    }

    /// Lets a batch come to its end: no line is begun any more. Asked again, it changes nothing.
    ///
    /// # Errors
    /// `NoSuchBatch`, `NotCancellable`, or the storage's.
    pub fn cancel(&self, principal: &Principal, id: &str) -> Result<Batch> {
        let batch = self.get(principal, id)?;
        if batch.status == Status::Cancelling {
            return Ok(batch);
        }
        let status = batch.status.as_str();
        let cancelled = self.change(id, |batch| batch.become_now(Status::Cancelling, Timestamp::now()));
        self.wake().notify_one();
        cancelled.map_err(|error| match error {
            Error::WrongTurn { id, .. } => Error::NotCancellable { id, status },
            other => other,
        })
    }

    /// Changes a batch within one transaction, from what it is by then.
    pub(crate) fn change(
        &self,
        id: &str,
        change: impl FnOnce(&mut Batch) -> Result<()> + Send + 'static,
    ) -> Result<Batch> {
        let (room, id) = (self.clone(), id.to_owned());
        let work = move |transaction: &Transaction<'_>| room.change_within(transaction, &id, change);
        self.storage().write_blocking(move |transaction| answer(work(transaction)))?
    }

    pub(crate) fn change_within(
        &self,
        transaction: &Transaction<'_>,
        id: &str,
        change: impl FnOnce(&mut Batch) -> Result<()>,
    ) -> Result<Batch> {
        let row = store::batch(transaction, id)?.ok_or_else(|| Error::NoSuchBatch(id.to_owned()))?;
        let mut batch = self.batch(&row)?;
        change(&mut batch)?;
        store::put_batch(transaction, id, batch.status.is_over(), &self.body(&batch)?)?;
        Ok(batch)
    }

    pub(crate) fn batch(&self, row: &BatchRow) -> Result<Batch> {
        let json = self.key()?.open_sealed(&row.id, &row.body)?;
        let mut batch: Batch = serde_json::from_slice(&json).map_err(|_| Error::Damaged(row.id.clone()))?;
        (batch.counts.completed, batch.counts.failed) = (row.completed.unsigned_abs(), row.failed.unsigned_abs());
        Ok(batch)
    }

    fn body(&self, batch: &Batch) -> Result<Vec<u8>> {
        let json = serde_json::to_vec(batch).map_err(|_| Error::Damaged(batch.id.clone()))?;
        Ok(self.key()?.seal(&batch.id, &json))
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.storage().folder().join("files")
    }
}

/// An admin's key sees what belongs to all keys.
fn sees(principal: &Principal, owner: &str) -> bool {
    principal.role == PrincipalRole::Admin || principal.key == owner
}

/// The rows of a page and one more, which tells whether it is the last; and how many the page holds.
fn range<'a>(principal: &'a Principal, page: &'a Page) -> (Range<'a>, usize) {
    let limit = page.limit.unwrap_or(LONGEST_PAGE).clamp(1, LONGEST_PAGE);
    let range = Range {
        key: (principal.role != PrincipalRole::Admin).then_some(principal.key.as_str()),
        purpose: page.purpose.as_deref(),
        after: page.after.as_deref(),
        ascending: page.ascending,
        limit: i64::from(limit) + 1,
    };
    (range, limit as usize)
}
