//! Whether the files that were opened still stand under their names. An open file outlives its name: when somebody
//! removes or replaces the database of a running process, its writes go on without any error, into a file that
//! vanishes with the process. So the names are looked at before every commit and every read (two `stat` calls, about
//! a microsecond each).

use crate::connection::{DATABASE, LOG, database_file, log_file};
use crate::error::{Error, Result};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Device and inode: no two files have both in common at one time, and ours cannot be given to another while we hold
/// it open.
#[cfg(unix)]
type Identity = (u64, u64);
/// Elsewhere only the existence is looked at.
#[cfg(not(unix))]
type Identity = ();

#[derive(Debug)]
pub(crate) struct Presence {
    files: Vec<(&'static str, PathBuf, Identity)>,
}

impl Presence {
    /// `database` describes the file as it was before SQLite opened it: a swap in between is found as well. The
    /// write-ahead log is the one that stands beside it now; it is removed only by the last connection to close.
    pub(crate) fn record(folder: &Path, database: &Metadata) -> Self {
        let mut files = vec![(DATABASE, database_file(folder), identity(database))];
        let log = log_file(folder);
        if let Ok(about) = fs::metadata(&log) {
            files.push((LOG, log, identity(&about)));
        }
        Self { files }
    }

    /// # Errors
    /// `Moved` when a file is gone or another one stands in its place; `Io` when that cannot be found out.
    pub(crate) fn check(&self) -> Result<()> {
        for (name, path, recorded) in &self.files {
            match fs::metadata(path) {
                Ok(about) if identity(&about) == *recorded => {}
                Ok(_) => return Err(Error::Moved(name)),
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    return Err(Error::Moved(name));
                }
                Err(error) => return Err(Error::io("looking at", path, &error)),
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn identity(about: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (about.dev(), about.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}
