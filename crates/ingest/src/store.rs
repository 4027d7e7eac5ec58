//! The tables of this room and the only SQL in it: the history of runs, what is quarantined, and from which file each
//! served document came.

pub(crate) mod twins;

use crate::contract::Groups;
use crate::plan::{Known, Remembered};
use crate::report::{Quarantined, RunReport, RunRow, RunState};
use crate::twins::{Sketch, TwinDocument};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use storage::{Error, Result, Storage};
use usecase::Timestamp;

/// Older runs of a feed are forgotten here (the ledger keeps their events); the last good one never is.
const RUNS_KEPT: u64 = 200;

const STEPS: &[&str] = &[
    "
CREATE TABLE ingest_run (
    run      INTEGER PRIMARY KEY AUTOINCREMENT,
    use_case TEXT NOT NULL,
    feed     TEXT NOT NULL,
    started  INTEGER NOT NULL,
    finished INTEGER,
    state    TEXT NOT NULL,
    reason   TEXT,
    report   TEXT
) STRICT;
CREATE INDEX ingest_run_of_feed ON ingest_run (use_case, feed, run);
CREATE TABLE ingest_quarantine (
    use_case TEXT NOT NULL,
    feed     TEXT NOT NULL,
    document TEXT NOT NULL,
    path     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    old_version_serves INTEGER NOT NULL,
    since    INTEGER NOT NULL
) STRICT;
CREATE INDEX ingest_quarantine_of_feed ON ingest_quarantine (use_case, feed);
CREATE TABLE ingest_document (
    use_case TEXT NOT NULL,
    feed     TEXT NOT NULL,
    document TEXT NOT NULL,
    path     TEXT NOT NULL,
    access_groups TEXT,
    PRIMARY KEY (use_case, feed, document)
) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE ingest_item (
    use_case TEXT NOT NULL,
    feed     TEXT NOT NULL,
    item     TEXT NOT NULL,
    version  TEXT NOT NULL,
    PRIMARY KEY (use_case, feed, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE ingest_state (
    use_case TEXT NOT NULL,
    feed     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    contract TEXT NOT NULL,
    PRIMARY KEY (use_case, feed)
) STRICT, WITHOUT ROWID;
",
    twins::STEP,
];

pub(crate) fn migrate(storage: &Storage) -> Result<()> {
    storage.migrate("ingest", STEPS)
}

/// Which feed a row belongs to.
#[derive(Clone, Debug)]
pub(crate) struct FeedKey {
    pub(crate) use_case: String,
    pub(crate) feed: String,
}

/// What a good run leaves behind.
pub(crate) struct Ended {
    pub(crate) report: RunReport,
    pub(crate) remember: BTreeMap<String, Known>,
    pub(crate) forget: Vec<String>,
    /// Every item that was seen with its version, where the source can tell one.
    pub(crate) items: BTreeMap<String, Option<String>>,
    /// Whether an item that was not seen is gone.
    pub(crate) whole: bool,
    /// The hash of the contract under which all this holds.
    pub(crate) contract: String,
    /// Sketches of the documents that were put.
    pub(crate) sketches: Vec<(String, Option<Sketch>)>,
}

/// Under what the remembered versions of items hold.
pub(crate) struct State {
    /// The collection's version after the last good run.
    pub(crate) version: u64,
    pub(crate) contract: String,
}

/// Opens a run and gives its number. Whoever calls this holds the feed's lock, so a run of the feed that is still open
/// belongs to a process that died.
pub(crate) fn begin(storage: &Storage, key: FeedKey, started: Timestamp) -> Result<u64> {
    storage.write_blocking(move |transaction| {
        let FeedKey { use_case, feed } = key;
        transaction.execute(
            "UPDATE ingest_run SET state = 'interrupted', finished = ?3, reason = 'the process ended during the run'
             WHERE use_case = ?1 AND feed = ?2 AND state = 'running'",
            params![use_case, feed, started.0],
        )?;
        transaction.execute(
            "INSERT INTO ingest_run (use_case, feed, started, state) VALUES (?1, ?2, ?3, 'running')",
            params![use_case, feed, started.0],
        )?;
        Ok(transaction.last_insert_rowid().unsigned_abs())
    })
}

pub(crate) fn end_good(storage: &Storage, key: FeedKey, ended: &Arc<Ended>) -> Result<()> {
    let ended = Arc::clone(ended);
    storage.write_blocking(move |transaction| {
        let Ended { report, remember, forget, items, whole, contract, sketches } = &*ended;
        let json = serde_json::to_string(report).map_err(Error::refuse)?;
        transaction.execute(
            "UPDATE ingest_run SET state = 'good', finished = ?2, report = ?3 WHERE run = ?1",
            params![report.run.cast_signed(), report.finished.0, json],
        )?;
        replace_quarantine(transaction, &key, &report.quarantined)?;
        remember_documents(transaction, &key, remember, forget)?;
        remember_items(transaction, &key, items, *whole)?;
        twins::sketched(transaction, &key, sketches, forget)?;
        transaction.execute(
            "INSERT OR REPLACE INTO ingest_state (use_case, feed, version, contract) VALUES (?1, ?2, ?3, ?4)",
            params![key.use_case, key.feed, report.snapshot.cast_signed(), contract],
        )?;
        forget_old_runs(transaction, &key)
    })
}

pub(crate) fn end_failed(storage: &Storage, key: FeedKey, run: u64, finished: Timestamp, reason: String) -> Result<()> {
    storage.write_blocking(move |transaction| {
        transaction.execute(
            "UPDATE ingest_run SET state = 'failed', finished = ?2, reason = ?3 WHERE run = ?1",
            params![run.cast_signed(), finished.0, reason],
        )?;
        forget_old_runs(transaction, &key)
    })
}

fn replace_quarantine(transaction: &Transaction<'_>, key: &FeedKey, all: &[Quarantined]) -> Result<()> {
    transaction
        .execute("DELETE FROM ingest_quarantine WHERE use_case = ?1 AND feed = ?2", params![key.use_case, key.feed])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO ingest_quarantine (use_case, feed, document, path, reason, old_version_serves, since)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for one in all {
        let Quarantined { feed: _, document, path, reason, old_version_serves, since } = one;
        insert.execute(params![key.use_case, key.feed, document, path, reason, old_version_serves, since.0])?;
    }
    Ok(())
}

fn remember_documents(
    transaction: &Transaction<'_>,
    key: &FeedKey,
    remember: &BTreeMap<String, Known>,
    forget: &[String],
) -> Result<()> {
    let mut delete = transaction
        .prepare_cached("DELETE FROM ingest_document WHERE use_case = ?1 AND feed = ?2 AND document = ?3")?;
    for document in forget {
        delete.execute(params![key.use_case, key.feed, document])?;
    }
    let mut insert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO ingest_document (use_case, feed, document, path, access_groups)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (document, Known { path, groups }) in remember {
        let groups = groups.as_ref().map(serde_json::to_string).transpose().map_err(Error::refuse)?;
        insert.execute(params![key.use_case, key.feed, document, path, groups])?;
    }
    Ok(())
}

fn remember_items(
    transaction: &Transaction<'_>,
    key: &FeedKey,
    items: &BTreeMap<String, Option<String>>,
    whole: bool,
) -> Result<()> {
    if whole {
        transaction
            .execute("DELETE FROM ingest_item WHERE use_case = ?1 AND feed = ?2", params![key.use_case, key.feed])?;
    }
    let mut delete =
        transaction.prepare_cached("DELETE FROM ingest_item WHERE use_case = ?1 AND feed = ?2 AND item = ?3")?;
    let mut insert = transaction
        .prepare_cached("INSERT OR REPLACE INTO ingest_item (use_case, feed, item, version) VALUES (?1, ?2, ?3, ?4)")?;
    for (item, version) in items {
        match version {
            Some(version) => insert.execute(params![key.use_case, key.feed, item, version])?,
            None if whole => 0,
            None => delete.execute(params![key.use_case, key.feed, item])?,
        };
    }
    Ok(())
}

/// Forgets documents (`None`: all of the feed), and the versions of their items, so that these are read again.
pub(crate) fn forget(storage: &Storage, key: FeedKey, documents: Option<Vec<String>>) -> Result<()> {
    storage.write_blocking(move |transaction| {
        let gone = match &documents {
            Some(documents) => documents.clone(),
            None => every_document(transaction, &key)?,
        };
        for document in &gone {
            for step in [
                "DELETE FROM ingest_item WHERE use_case = ?1 AND feed = ?2 AND item IN (
                    SELECT path FROM ingest_document WHERE use_case = ?1 AND feed = ?2 AND document = ?3
                    UNION SELECT path FROM ingest_quarantine WHERE use_case = ?1 AND feed = ?2 AND document = ?3)",
                "DELETE FROM ingest_quarantine WHERE use_case = ?1 AND feed = ?2 AND document = ?3",
            ] {
                transaction.prepare_cached(step)?.execute(params![key.use_case, key.feed, document])?;
            }
        }
        remember_documents(transaction, &key, &BTreeMap::new(), &gone)?;
        twins::sketched(transaction, &key, &[], &gone)?;
        if documents.is_none() {
            remember_items(transaction, &key, &BTreeMap::new(), true)?;
            transaction.execute(
                "DELETE FROM ingest_state WHERE use_case = ?1 AND feed = ?2",
                params![key.use_case, key.feed],
            )?;
        }
        Ok(())
    })
}

/// The id of every document of which something is known.
fn every_document(connection: &Connection, key: &FeedKey) -> Result<Vec<String>> {
    let mut select = connection.prepare_cached(
        "SELECT document FROM ingest_document WHERE use_case = ?1 AND feed = ?2
         UNION SELECT document FROM ingest_quarantine WHERE use_case = ?1 AND feed = ?2
         UNION SELECT document FROM ingest_sketch WHERE use_case = ?1 AND feed = ?2",
    )?;
    let rows = select.query_map(params![key.use_case, key.feed], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn forget_old_runs(transaction: &Transaction<'_>, key: &FeedKey) -> Result<()> {
    transaction.execute(
        "DELETE FROM ingest_run WHERE use_case = ?1 AND feed = ?2
         AND run NOT IN (SELECT run FROM ingest_run WHERE use_case = ?1 AND feed = ?2 ORDER BY run DESC LIMIT ?3)
         AND run NOT IN (SELECT max(run) FROM ingest_run WHERE use_case = ?1 AND feed = ?2 AND state = 'good')",
        params![key.use_case, key.feed, RUNS_KEPT.cast_signed()],
    )?;
    Ok(())
}

/// What the feed's last good run left behind, and under what it holds, if there ever was one.
pub(crate) fn remembered(connection: &Connection, key: &FeedKey) -> Result<(Remembered, Option<State>)> {
    let (known, items) = (known_documents(connection, key)?, items(connection, key)?);
    let quarantined = quarantined(connection, &key.use_case, Some(&key.feed))?;
    Ok((Remembered { known, items, quarantined, ..Remembered::default() }, state(connection, key)?))
}

/// Where each document of the feed came from, by its id.
fn known_documents(connection: &Connection, key: &FeedKey) -> Result<BTreeMap<String, Known>> {
    let mut select = connection.prepare_cached(
        "SELECT document, path, access_groups FROM ingest_document WHERE use_case = ?1 AND feed = ?2",
    )?;
    let rows = select.query_map(params![key.use_case, key.feed], |row| {
        let groups: Option<String> = row.get(2)?;
        let groups =
            groups.map(|json| serde_json::from_str(&json).map_err(|error| unreadable(2, error))).transpose()?;
        Ok((row.get(0)?, Known { path: row.get(1)?, groups }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Who may see a document, as its last good run read it.
pub(crate) fn groups_of(connection: &Connection, use_case: &str, document: &TwinDocument) -> Result<Groups> {
    let mut select = connection.prepare_cached(
        "SELECT access_groups FROM ingest_document WHERE use_case = ?1 AND feed = ?2 AND document = ?3",
    )?;
    let row = select.query_row(params![use_case, document.feed, document.document], |row| row.get(0)).optional()?;
    let groups: Option<String> = row.flatten();
    Ok(groups.map(|json| serde_json::from_str(&json).map_err(|error| unreadable(0, error))).transpose()?)
}

/// The remembered version of every item of the feed.
fn items(connection: &Connection, key: &FeedKey) -> Result<BTreeMap<String, String>> {
    let mut select =
        connection.prepare_cached("SELECT item, version FROM ingest_item WHERE use_case = ?1 AND feed = ?2")?;
    let rows = select.query_map(params![key.use_case, key.feed], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Under what the remembered versions hold; `None` before the first good run.
fn state(connection: &Connection, key: &FeedKey) -> Result<Option<State>> {
    let mut select =
        connection.prepare_cached("SELECT version, contract FROM ingest_state WHERE use_case = ?1 AND feed = ?2")?;
    let state = select.query_row(params![key.use_case, key.feed], |row| {
        Ok(State { version: row.get::<_, i64>(0)?.unsigned_abs(), contract: row.get(1)? })
    });
    Ok(state.optional()?)
}

/// What is quarantined, of one feed or of all feeds of the use case, by feed and path.
pub(crate) fn quarantined(connection: &Connection, use_case: &str, feed: Option<&str>) -> Result<Vec<Quarantined>> {
    let mut select = connection.prepare_cached(
        "SELECT feed, document, path, reason, old_version_serves, since FROM ingest_quarantine
         WHERE use_case = ?1 AND (?2 IS NULL OR feed = ?2) ORDER BY feed, path, rowid",
    )?;
    let rows = select.query_map(params![use_case, feed], |row| {
        Ok(Quarantined {
            feed: row.get(0)?,
            document: row.get(1)?,
            path: row.get(2)?,
            reason: row.get(3)?,
            old_version_serves: row.get(4)?,
            since: Timestamp(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The newest runs of a use case's feeds, newest first.
pub(crate) fn last_runs(connection: &Connection, use_case: &str, most: usize) -> Result<Vec<RunRow>> {
    let mut select = connection.prepare_cached(
        "SELECT run, feed, started, finished, state, reason, report FROM ingest_run
         WHERE use_case = ?1 ORDER BY run DESC LIMIT ?2",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = select.query_map(params![use_case, most], run_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When a feed's last run began: the last good one, or the last of any kind.
pub(crate) fn last_started(connection: &Connection, key: &FeedKey, good: bool) -> Result<Option<Timestamp>> {
    let mut select = connection.prepare_cached(
        "SELECT started FROM ingest_run WHERE use_case = ?1 AND feed = ?2 AND (state = 'good' OR NOT ?3)
         ORDER BY run DESC LIMIT 1",
    )?;
    let started = select.query_row(params![key.use_case, key.feed, good], |row| row.get(0)).optional()?;
    Ok(started.map(Timestamp))
}

fn run_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let state: String = row.get(4)?;
    let report: Option<String> = row.get(6)?;
    Ok(RunRow {
        run: row.get::<_, i64>(0)?.unsigned_abs(),
        feed: row.get(1)?,
        started: Timestamp(row.get(2)?),
        finished: row.get::<_, Option<i64>>(3)?.map(Timestamp),
        state: match state.as_str() {
            "running" => RunState::Running,
            "good" => RunState::Good,
            "failed" => RunState::Failed,
            _ => RunState::Interrupted,
        },
        reason: row.get(5)?,
        report: report.map(|json| serde_json::from_str(&json).map_err(|error| unreadable(6, error))).transpose()?,
    })
}

fn unreadable(column: usize, error: impl fmt::Display) -> rusqlite::Error {
    let reason = format!("what this room wrote cannot be read back: {error}");
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, reason.into())
}
