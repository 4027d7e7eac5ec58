//! A file, as it is known to the app that uploaded it, and one on its way in or out.

use crate::error::{Error, Result};
use crate::sealed::{OpeningReader, SealingWriter, Secret};
use std::io::Read;
use std::path::PathBuf;
use tokio::sync::OwnedSemaphorePermit;
use usecase::{Period, Timestamp};

/// The one purpose that files have here: the lines of a batch, in or out.
pub(crate) const INPUT: &str = "batch";
/// OpenAI's name for the files that a batch makes.
pub(crate) const OUTPUT: &str = "batch_output";

/// How long a file stays when nobody said otherwise: OpenAI's own thirty days for files of batches.
pub(crate) const KEPT_FOR: Period = Period::from_secs(30 * 86_400);
/// The bounds that OpenAI sets to `expires_after`, in seconds: an hour, thirty days.
const EXPIRY_SECONDS: std::ops::RangeInclusive<u64> = 3_600..=2_592_000;
/// The longest name of a file, in bytes.
const LONGEST_NAME: usize = 255;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    pub id: String,
    /// The public id of the key that it belongs to.
    pub key: String,
    pub name: String,
    pub purpose: String,
    pub bytes: u64,
    pub created: Timestamp,
    pub expires: Timestamp,
}

/// What an app says of a file that it uploads.
#[derive(Clone, Debug, Default)]
pub struct NewFile {
    pub name: String,
    pub purpose: String,
    /// `expires_after`: seconds from its creation on.
    pub expires_after: Option<u64>,
}

impl NewFile {
    /// When it will expire, if all that was said of it can be.
    pub(crate) fn check(&self, now: Timestamp) -> Result<Timestamp> {
        if self.purpose != INPUT {
            return Err(Error::invalid("purpose", "`purpose` must be \"batch\": files are kept for batches only"));
        }
        if self.name.is_empty() || self.name.len() > LONGEST_NAME || self.name.chars().any(char::is_control) {
            let message = format!("`file` needs a name of 1 to {LONGEST_NAME} bytes without control characters");
            return Err(Error::invalid("file", message));
        }
        Ok(now.plus(expiry(self.expires_after, "expires_after")?.unwrap_or(KEPT_FOR)))
    }
}

/// Reads the seconds of an `expires_after`.
pub(crate) fn expiry(seconds: Option<u64>, param: &'static str) -> Result<Option<Period>> {
    if seconds.is_some_and(|seconds| !EXPIRY_SECONDS.contains(&seconds)) {
        let (least, most) = (EXPIRY_SECONDS.start(), EXPIRY_SECONDS.end());
        return Err(Error::invalid(param, format!("`{param}.seconds` must be from {least} to {most}")));
    }
    Ok(seconds.map(Period::from_secs))
}

/// A file on its way in. Dropped before it was finished, it leaves nothing behind.
pub struct Upload {
    pub(crate) id: String,
    pub(crate) path: PathBuf,
    pub(crate) secret: Secret,
    pub(crate) most_bytes: u64,
    /// `None` once finished or failed.
    pub(crate) writer: Option<SealingWriter>,
    /// Set once the file is on record: then it stays.
    pub(crate) kept: bool,
    /// A place among the uploads under way; what a batch writes needs none.
    pub(crate) _place: Option<OwnedSemaphorePermit>,
}

impl Upload {
    /// Takes the next bytes of the content. Blocks on the disk.
    ///
    /// # Errors
    /// `TooLarge`, or the disk's.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(writer) = &mut self.writer else { return Err(Error::WorkerStopped) };
        if writer.bytes + bytes.len() as u64 > self.most_bytes {
            return Err(Error::TooLarge(self.most_bytes));
        }
        writer.write(bytes).map_err(|cause| Error::folder("writing", &self.path, cause))
    }

    /// Plain bytes of the content, all of them on disk.
    pub(crate) fn close(&mut self) -> Result<u64> {
        let writer = self.writer.take().ok_or(Error::WorkerStopped)?;
        writer.finish().map_err(|cause| Error::folder("writing", &self.path, cause))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed now is found by the next sweep.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The content of a file, to be read from its beginning to its end.
pub struct Content {
    pub(crate) reader: OpeningReader,
    pub(crate) path: PathBuf,
}

impl Content {
    /// The next bytes, at most 64 KiB; none at the end. Blocks on the disk.
    ///
    /// # Errors
    /// The disk's, or that the file was changed.
    pub fn piece(&mut self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; 64 * 1024];
        let read = self.reader.read(&mut bytes).map_err(|cause| Error::folder("reading", &self.path, cause))?;
        bytes.truncate(read);
        Ok(bytes)
    }
}
