//! All the SQL of this room: files, batches, and the answers of lines until they stand in a file. Names, metadata and
//! answers are sealed before they come here.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use storage::Result;

/// The steps of this room's tables since its first version. Append only.
pub(crate) const STEPS: &[&str] = &["
    CREATE TABLE batches_files (
        id TEXT PRIMARY KEY,
        key TEXT NOT NULL,
        purpose TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        created INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        name BLOB NOT NULL,
        secret BLOB NOT NULL
    ) STRICT;
    CREATE INDEX batches_files_by_key ON batches_files (key, id);
    CREATE TABLE batches_batches (
        id TEXT PRIMARY KEY,
        key TEXT NOT NULL,
        input_file TEXT NOT NULL,
        over INTEGER NOT NULL,
        completed INTEGER NOT NULL DEFAULT 0,
        failed INTEGER NOT NULL DEFAULT 0,
        body BLOB NOT NULL,
        secret BLOB
    ) STRICT;
    CREATE INDEX batches_batches_by_key ON batches_batches (key, id);
    CREATE INDEX batches_batches_open ON batches_batches (id) WHERE over = 0;
    CREATE TABLE batches_results (
        batch TEXT NOT NULL,
        line INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        result BLOB NOT NULL,
        PRIMARY KEY (batch, line)
    ) STRICT;
"];

#[derive(Clone, Debug)]
pub(crate) struct FileRow {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) purpose: String,
    pub(crate) bytes: i64,
    /// µs since 1970, as all moments here.
    pub(crate) created: i64,
    pub(crate) expires: i64,
    pub(crate) name: Vec<u8>,
    pub(crate) secret: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct BatchRow {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) input_file: String,
    pub(crate) over: bool,
    pub(crate) completed: i64,
    pub(crate) failed: i64,
    pub(crate) body: Vec<u8>,
    /// The wrapped key of the answers, until they stand in a file.
    pub(crate) secret: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub(crate) struct ResultRow {
    pub(crate) line: i64,
    pub(crate) failed: bool,
    pub(crate) result: Vec<u8>,
}

/// Which rows of a list, newest first unless `ascending`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Range<'a> {
    /// Only of this key.
    pub(crate) key: Option<&'a str>,
    pub(crate) purpose: Option<&'a str>,
    /// The id that the last page ended with.
    pub(crate) after: Option<&'a str>,
    pub(crate) ascending: bool,
    pub(crate) limit: i64,
}

/// Whether anything is kept that was sealed with the room's key.
pub(crate) fn any(connection: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM batches_files) OR EXISTS (SELECT 1 FROM batches_batches)";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

pub(crate) fn insert_file(transaction: &Transaction<'_>, file: &FileRow) -> Result<()> {
    let sql = "INSERT INTO batches_files (id, key, purpose, bytes, created, expires, name, secret)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let FileRow { id, key, purpose, bytes, created, expires, name, secret } = file;
    transaction.prepare_cached(sql)?.execute(params![id, key, purpose, bytes, created, expires, name, secret])?;
    Ok(())
}

pub(crate) fn file(connection: &Connection, id: &str) -> Result<Option<FileRow>> {
    let sql = "SELECT id, key, purpose, bytes, created, expires, name, secret FROM batches_files WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([id], file_row).optional()?)
}

pub(crate) fn files(connection: &Connection, range: Range<'_>) -> Result<Vec<FileRow>> {
    let newest = "SELECT id, key, purpose, bytes, created, expires, name, secret FROM batches_files
                  WHERE (?1 IS NULL OR key = ?1) AND (?2 IS NULL OR purpose = ?2) AND (?3 IS NULL OR id < ?3)
                  ORDER BY id DESC LIMIT ?4";
    let oldest = "SELECT id, key, purpose, bytes, created, expires, name, secret FROM batches_files
                  WHERE (?1 IS NULL OR key = ?1) AND (?2 IS NULL OR purpose = ?2) AND (?3 IS NULL OR id > ?3)
                  ORDER BY id LIMIT ?4";
    let mut statement = connection.prepare_cached(if range.ascending { oldest } else { newest })?;
    let rows = statement.query_map(params![range.key, range.purpose, range.after, range.limit], file_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn delete_file(transaction: &Transaction<'_>, id: &str) -> Result<()> {
    transaction.prepare_cached("DELETE FROM batches_files WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Bytes of all files of a key.
pub(crate) fn bytes_of(connection: &Connection, key: &str) -> Result<i64> {
    let sql = "SELECT COALESCE(SUM(bytes), 0) FROM batches_files WHERE key = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([key], |row| row.get(0))?)
}

/// The batch that still reads a file.
pub(crate) fn reader_of(connection: &Connection, file: &str) -> Result<Option<String>> {
    let sql = "SELECT id FROM batches_batches WHERE over = 0 AND input_file = ?1 LIMIT 1";
    Ok(connection.prepare_cached(sql)?.query_row([file], |row| row.get(0)).optional()?)
}

/// Files whose time is over and that no batch reads any more.
pub(crate) fn expired_files(connection: &Connection, now: i64) -> Result<Vec<String>> {
    let sql = "SELECT id FROM batches_files WHERE expires <= ?1
               AND id NOT IN (SELECT input_file FROM batches_batches WHERE over = 0)";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([now], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn insert_batch(transaction: &Transaction<'_>, batch: &BatchRow) -> Result<()> {
    let sql = "INSERT INTO batches_batches (id, key, input_file, over, body, secret) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let BatchRow { id, key, input_file, over, body, secret, .. } = batch;
    transaction.prepare_cached(sql)?.execute(params![id, key, input_file, over, body, secret])?;
    Ok(())
}

pub(crate) fn batch(connection: &Connection, id: &str) -> Result<Option<BatchRow>> {
    let sql = "SELECT id, key, input_file, over, completed, failed, body, secret FROM batches_batches WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([id], batch_row).optional()?)
}

pub(crate) fn batches(connection: &Connection, range: Range<'_>) -> Result<Vec<BatchRow>> {
    let sql = "SELECT id, key, input_file, over, completed, failed, body, secret FROM batches_batches
               WHERE (?1 IS NULL OR key = ?1) AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![range.key, range.after, range.limit], batch_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All that are not over, the oldest first.
pub(crate) fn open_batches(connection: &Connection) -> Result<Vec<BatchRow>> {
    let sql = "SELECT id, key, input_file, over, completed, failed, body, secret FROM batches_batches
               WHERE over = 0 ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], batch_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn count_open(connection: &Connection, key: &str) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM batches_batches WHERE over = 0 AND key = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([key], |row| row.get(0))?)
}

pub(crate) fn put_batch(transaction: &Transaction<'_>, id: &str, over: bool, body: &[u8]) -> Result<()> {
    let sql = "UPDATE batches_batches SET over = ?2, body = ?3 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![id, over, body])?;
    Ok(())
}

/// Keeps the answer of a line, unless there is one: then the first stays.
pub(crate) fn insert_result(transaction: &Transaction<'_>, batch: &str, result: &ResultRow) -> Result<()> {
    let sql = "INSERT INTO batches_results (batch, line, failed, result) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (batch, line) DO NOTHING";
    let row = params![batch, result.line, result.failed, result.result];
    if transaction.prepare_cached(sql)?.execute(row)? == 1 {
        let count = "UPDATE batches_batches SET completed = completed + 1 - ?2, failed = failed + ?2 WHERE id = ?1";
        transaction.prepare_cached(count)?.execute(params![batch, result.failed])?;
    }
    Ok(())
}

/// Answers in the order of their lines, from behind `line` on.
pub(crate) fn results(connection: &Connection, batch: &str, line: i64, limit: i64) -> Result<Vec<ResultRow>> {
    let sql = "SELECT line, failed, result FROM batches_results WHERE batch = ?1 AND line > ?2 ORDER BY line LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![batch, line, limit], |row| {
        Ok(ResultRow { line: row.get(0)?, failed: row.get(1)?, result: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The lines that have their answer.
pub(crate) fn answered(connection: &Connection, batch: &str) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT line FROM batches_results WHERE batch = ?1")?;
    let rows = statement.query_map([batch], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The answers stand in files now: their rows and their key go. `failed` counts the lines that never had an answer, too.
pub(crate) fn settle(transaction: &Transaction<'_>, batch: &str, failed: i64) -> Result<()> {
    transaction.prepare_cached("DELETE FROM batches_results WHERE batch = ?1")?.execute([batch])?;
    let sql = "UPDATE batches_batches SET secret = NULL, failed = ?2 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![batch, failed])?;
    Ok(())
}

fn file_row(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    Ok(FileRow {
        id: row.get(0)?,
        key: row.get(1)?,
        purpose: row.get(2)?,
        bytes: row.get(3)?,
        created: row.get(4)?,
        expires: row.get(5)?,
        name: row.get(6)?,
        secret: row.get(7)?,
    })
}

fn batch_row(row: &Row<'_>) -> rusqlite::Result<BatchRow> {
    Ok(BatchRow {
        id: row.get(0)?,
        key: row.get(1)?,
        input_file: row.get(2)?,
        over: row.get(3)?,
        completed: row.get(4)?,
        failed: row.get(5)?,
        body: row.get(6)?,
        secret: row.get(7)?,
    })
}
