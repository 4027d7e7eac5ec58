//! Which requests this run has begun and not ended: notes in a plain file `<folder>/runs/<run>.begun`, so that a
//! beginning costs one write to the page cache, which outlives a killed process. Only streams, whose answers leave before their
//! end, also wait for the disk.
//!
//! A note takes one or more slots of [`SLOT_BYTES`]. When its request is recorded, its slots are free for another
//! note of the same size and are not wiped: whoever reads looks which of the noted requests have a record. So the file
//! stays as small as the most requests that were ever open at once.

use crate::error::{Error, Result};
use crate::record::{Arm, Source, Started};
use crate::row::RequestRow;
use crate::run;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use usecase::{BundleId, Cost, Timestamp, TraceId, Usage};

/// A sector: the least that a disk writes whole. Most notes need one slot.
const SLOT_BYTES: usize = 512;
/// Before each note: how many slots it takes and how many bytes it has, as little-endian `u32`.
const HEAD_BYTES: usize = 8;
pub(crate) const SUFFIX: &str = ".begun";

/// What is known of a request at its beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    trace: TraceId,
    at: Timestamp,
    use_case: String,
    bundle: Option<BundleId>,
    arm: Arm,
    source: Source,
    key: String,
    /// Its pseudonym.
    conversation: Option<String>,
    stream: bool,
}

impl Note {
    pub(crate) fn of(started: &Started, conversation: Option<String>) -> Self {
        Self {
            trace: started.trace,
            at: started.at,
            use_case: started.use_case.clone(),
            bundle: started.bundle.clone(),
            arm: started.arm,
            source: started.source,
            key: started.key.clone(),
            conversation,
            stream: started.stream,
        }
    }

    fn running(self, run: &str) -> RequestRow {
        RequestRow {
            trace: self.trace,
            at: self.at,
            use_case: self.use_case,
            bundle: self.bundle,
            arm: self.arm,
            source: self.source,
            key: self.key,
            run: run.to_owned(),
            conversation: self.conversation,
            stream: self.stream,
            status: None,
            error: None,
            model: None,
            usage: Usage::default(),
            cost: Cost::UNKNOWN,
            saved: usecase::MicroUsd::ZERO,
            cache: None,
            own_us: None,
            duration_us: None,
            first_token_us: None,
            review: false,
        }
    }
}

/// Where a note stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    slot: u64,
    slots: u32,
}

#[derive(Default)]
struct Slots {
    /// By the number of slots. What was once the place of a note stays one place, so a reader finds each beginning.
    free: HashMap<u32, Vec<u64>>,
    end: u64,
}

pub(crate) struct Begun {
    path: PathBuf,
    file: File,
    slots: Mutex<Slots>,
    /// Notes written, and how many of them are known to be on disk.
    written: AtomicU64,
    synced: AtomicU64,
}

impl Begun {
    /// A fresh file for this run.
    pub(crate) fn create(folder: &Path, run: &str) -> Result<Self> {
        let path = run::runs(folder).join(format!("{run}{SUFFIX}"));
        let file = run::create_private(&path)?;
        let (written, synced) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self { path, file, slots: Mutex::new(Slots::default()), written, synced })
    }

    /// Writes a note; a killed process leaves it behind. Gives its place, and the number to ask [`Begun::sync`] for.
    pub(crate) fn note(&self, note: &Note) -> Result<(Place, u64)> {
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.extend_from_slice(&[0; HEAD_BYTES]);
        serde_json::to_writer(&mut bytes, note).map_err(|error| Error::Unreadable(error.to_string()))?;
        let too_long = |_| Error::Unreadable("the names in a request are too long".to_owned());
        let slots = u32::try_from(bytes.len().div_ceil(SLOT_BYTES)).map_err(too_long)?;
        let length = u32::try_from(bytes.len() - HEAD_BYTES).map_err(too_long)?;
        bytes[..4].copy_from_slice(&slots.to_le_bytes());
        bytes[4..HEAD_BYTES].copy_from_slice(&length.to_le_bytes());
        bytes.resize(slots as usize * SLOT_BYTES, b' ');
        let place = self.take(slots);
        if let Err(error) = write_at(&self.file, &bytes, place.slot * SLOT_BYTES as u64) {
            self.release(place);
            return Err(Error::folder("writing", &self.path, &error));
        }
        Ok((place, self.written.fetch_add(1, Ordering::SeqCst) + 1))
    }

    fn take(&self, slots: u32) -> Place {
        let mut all = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let free = all.free.get_mut(&slots).and_then(Vec::pop);
        let slot = free.unwrap_or_else(|| {
            let slot = all.end;
            all.end += u64::from(slots);
            slot
        });
        Place { slot, slots }
    }

    /// The request is recorded: another may stand in its place.
    pub(crate) fn release(&self, place: Place) {
        let mut all = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        all.free.entry(place.slots).or_default().push(place.slot);
    }

    /// Forces the file to the disk, unless somebody did since this note was written: of many that wait, one pays.
    pub(crate) fn sync(&self, number: u64) -> Result<()> {
        if self.synced.load(Ordering::SeqCst) >= number {
            return Ok(());
        }
        let written = self.written.load(Ordering::SeqCst);
        self.file.sync_data().map_err(|error| Error::folder("forcing to the disk", &self.path, &error))?;
        self.synced.fetch_max(written, Ordering::SeqCst);
        Ok(())
    }

    /// The number of the last note.
    pub(crate) fn last(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }
}

pub(crate) fn is_notes(path: &Path) -> bool {
    path.to_str().is_some_and(|name| name.ends_with(SUFFIX))
}

/// The requests that a run has noted, as rows of running ones; many of them may have ended since.
pub(crate) fn noted(path: &Path) -> Result<Vec<RequestRow>> {
    let run = path.file_name().and_then(|name| name.to_str()?.strip_suffix(SUFFIX)).unwrap_or_default();
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        // Removed between the listing of the folder and now: its requests are marked.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::folder("reading", path, &error)),
    };
    let mut rows = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((slots, note)) = first(rest) {
        rows.extend(note.map(|note| note.running(run)));
        rest = rest.get(slots * SLOT_BYTES..).unwrap_or_default();
    }
    Ok(rows)
}

/// The note at the beginning of these bytes, if they hold one, and how many slots it takes.
fn first(bytes: &[u8]) -> Option<(usize, Option<Note>)> {
    let number = |from: usize| Some(u32::from_le_bytes(bytes.get(from..from + 4)?.try_into().ok()?) as usize);
    let (slots, length) = (number(0)?, number(4)?);
    let note = bytes.get(HEAD_BYTES..HEAD_BYTES.saturating_add(length));
    let note = note.and_then(|text| serde_json::from_slice(text).ok());
    // What was never written is zeroes.
    Some((slots.max(1), note))
}

/// All noted requests of all runs, the living and the dead.
pub(crate) fn all_noted(folder: &Path) -> Result<Vec<RequestRow>> {
    let mut rows = Vec::new();
    for path in run::files(folder)? {
        if is_notes(&path) {
            rows.extend(noted(&path)?);
        }
    }
    Ok(rows)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut offset: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}
