//! One run per feed at a time, over all processes that share the data folder. The lock belongs to an open file, so the
//! system frees it however the process ends.

use crate::error::{Error, Result};
use std::fs::{self, File, TryLockError};
use std::path::Path;

/// Held for the length of a run.
pub(crate) struct FeedLock {
    _file: File,
}

impl FeedLock {
    /// # Errors
    /// `AlreadyRunning` when another run holds it; `Lock` when the file cannot be made.
    pub(crate) fn take(data_folder: &Path, use_case: &str, feed: &str) -> Result<Self> {
        let folder = data_folder.join("feeds");
        let path = folder.join(format!("{}.{}.lock", file_name_part(use_case), file_name_part(feed)));
        let unusable = |cause| Error::Lock { path: path.clone(), cause };
        fs::create_dir_all(&folder).map_err(unusable)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(Error::AlreadyRunning { use_case: use_case.to_owned(), feed: feed.to_owned() })
            }
            Err(TryLockError::Error(cause)) => Err(unusable(cause)),
        }
    }
}

/// A name as part of a file name: what could mean a folder, or join two names into one, is written as its number.
fn file_name_part(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    name.chars().map(|c| if plain(c) { c.to_string() } else { format!("%{:x}", u32::from(c)) }).collect()
}
