//! How a database file is opened, for the one writer and for the readers.

use crate::error::{Error, Result};
use crate::options::Options;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, Metadata, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Of a new file; one that was made with another size keeps it. The usual record of a request is 3 to 4 KB: with pages of
/// 8 KB instead of SQLite's 4 it takes a third fewer writes, and with 16 a lone one writes more than it saves.
const PAGE_BYTES: u64 = 8192;
/// SQLite's largest page count: no limit of ours.
const MOST_PAGES: u64 = 4_294_967_294;
/// Statements of all rooms together; the cache must hold them all, or the hot path compiles SQL again and again.
const CACHED_STATEMENTS: usize = 256;

pub(crate) const DATABASE: &str = "shipway.db";
/// The write-ahead log, where SQLite puts it.
pub(crate) const LOG: &str = "shipway.db-wal";

pub(crate) fn database_file(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

pub(crate) fn log_file(folder: &Path) -> PathBuf {
    folder.join(LOG)
}

/// Makes the folder and an empty file that only its owner may read: SQLite gives its `-wal` and `-shm` files the
/// permissions of the database file. Tells which file it is.
pub(crate) fn prepare(folder: &Path) -> Result<Metadata> {
    fs::create_dir_all(folder).map_err(|error| Error::io("creating the folder", folder, &error))?;
    let file = database_file(folder);
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let about = options.open(&file).and_then(|opened| opened.metadata());
    about.map_err(|error| Error::io("opening", &file, &error))
}

pub(crate) fn writer(folder: &Path, options: &Options) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database_file(folder), flags)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.execute_batch(&format!("PRAGMA page_size = {PAGE_BYTES}"))?;
    enter_wal(&connection, options.busy_timeout)?;
    // FULL: every commit is forced to the disk before it is reported. secure_delete: what was erased is overwritten.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 500;",
    )?;
    limit(&connection, options.max_bytes)?;
    // The first look at a table opens the write-ahead log, which then stays until the last connection closes.
    connection.query_row("SELECT COUNT(*) FROM sqlite_master", [], |_| Ok(()))?;
    Ok(connection)
}

pub(crate) fn reader(folder: &Path, busy_timeout: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database_file(folder), flags)?;
    connection.busy_timeout(busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;")?;
    Ok(connection)
}

pub(crate) fn limit(connection: &Connection, max_bytes: Option<u64>) -> Result<()> {
    let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = max_bytes.map_or(MOST_PAGES, |bytes| (bytes / page.unsigned_abs().max(1)).clamp(1, MOST_PAGES));
    // The pragma answers with the limit now in force, hence a query.
    connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    Ok(())
}

/// SQLite does not wait (its busy handler is not asked) when two processes turn the same new file into WAL mode at
/// once, so the waiting is done here.
fn enter_wal(connection: &Connection, patience: Duration) -> Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(Error::Io(format!("its file system cannot hold a write-ahead log (mode stays {mode:?})")));
            }
            Err(error) => match Error::from(error) {
                Error::Locked if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                error => return Err(error),
            },
        }
    }
}
