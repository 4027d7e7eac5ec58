//! All the SQL of the ledger: `events` (the chain, with its payloads), `keys` (the subjects' keys), `requests`,
//! `outcomes`, and `audit` (what `verify` reads).

pub(crate) mod audit;
pub(crate) mod events;
pub(crate) mod keys;
pub(crate) mod outcomes;
pub(crate) mod requests;

use crate::error::Error;
use rusqlite::types::{FromSql, Type};
use rusqlite::{Connection, Row};
use usecase::TraceId;

/// The steps of this room's tables since its first version. Append only.
///
/// A request writes two rows: its event, appended at the end of one tree with the payload in the same row, and its
/// columns, of which the primary key and the one index grow at their end too, since traces are in the order of time. An
/// index more would cost every request a page more in a small commit.
pub(crate) const STEPS: &[&str] = &[r"
CREATE TABLE ledger_events (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    trace TEXT,
    use_case TEXT,
    subject_key INTEGER,
    hash BLOB NOT NULL,
    -- Of a payload under no subject's key: its own key is made of this, and erased with this.
    salt BLOB,
    body TEXT NOT NULL,
    sealed BLOB
);
-- Requests are found through their own table; the few other events by kind.
CREATE INDEX ledger_events_decisions ON ledger_events (kind, id) WHERE kind <> 'request';
-- A guard against accidents, not against the holder of the file: that is what the chain is for.
CREATE TRIGGER ledger_events_keep BEFORE DELETE ON ledger_events BEGIN
    SELECT RAISE(ABORT, 'events of the ledger are never deleted');
END;
CREATE TRIGGER ledger_events_stand
BEFORE UPDATE OF id, node, seq, at, kind, trace, use_case, subject_key, hash, body, sealed ON ledger_events BEGIN
    SELECT RAISE(ABORT, 'events of the ledger are never changed');
END;

CREATE TABLE ledger_subject_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    handle BLOB UNIQUE,
    wrapped BLOB,
    destroyed INTEGER
);

CREATE TABLE ledger_requests (
    at INTEGER NOT NULL,
    trace TEXT NOT NULL,
    event INTEGER NOT NULL,
    use_case TEXT NOT NULL,
    bundle TEXT,
    arm TEXT NOT NULL,
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    run TEXT NOT NULL,
    conversation TEXT,
    stream INTEGER NOT NULL,
    status TEXT NOT NULL,
    error TEXT,
    model TEXT,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_input_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    tokens_estimated INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    cost_part_unknown INTEGER NOT NULL,
    saved_micros INTEGER NOT NULL,
    cache TEXT,
    own_us INTEGER,
    duration_us INTEGER,
    first_token_us INTEGER,
    review INTEGER NOT NULL,
    PRIMARY KEY (at, trace)
) WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_requests_trace ON ledger_requests (trace);
CREATE INDEX ledger_requests_conversation ON ledger_requests (conversation) WHERE conversation IS NOT NULL;

CREATE TABLE ledger_outcomes (
    id INTEGER PRIMARY KEY,
    outcome_id TEXT NOT NULL UNIQUE,
    event INTEGER NOT NULL UNIQUE,
    use_case TEXT NOT NULL,
    trace TEXT,
    conversation TEXT,
    outcome TEXT NOT NULL,
    success INTEGER,
    value INTEGER,
    human_minutes REAL NOT NULL,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    key TEXT NOT NULL,
    idempotency BLOB
);
CREATE UNIQUE INDEX ledger_outcomes_idempotency ON ledger_outcomes (key, idempotency) WHERE idempotency IS NOT NULL;
CREATE INDEX ledger_outcomes_use_case ON ledger_outcomes (use_case, id);
"];

/// Whether this room's tables were ever made in this database.
pub(crate) fn tables_exist(connection: &Connection) -> storage::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'ledger_events')";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// SQLite's integers are signed; counts of ours beyond 2^63 do not occur, and are capped rather than wrapped.
pub(crate) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count read back; a negative one (somebody changed it) is refused.
fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

fn optional_count(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => count(row, column).map(Some),
    }
}

/// A text that must be one of ours.
fn word<T>(row: &Row<'_>, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| unreadable(column, &text))
}

fn optional_word<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parse(&text).ok_or_else(|| unreadable(column, &text))).transpose()
}

fn unreadable(column: usize, text: &str) -> rusqlite::Error {
    let problem = Error::Unreadable(format!("{text:?} is not a word of this column"));
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(problem))
}

fn trace_at(row: &Row<'_>, column: usize) -> rusqlite::Result<TraceId> {
    word(row, column, TraceId::parse)
}

/// The first column of the first row, if there is one.
fn first<T: FromSql>(rows: rusqlite::Result<T>) -> storage::Result<Option<T>> {
    use rusqlite::OptionalExtension;
    Ok(rows.optional()?)
}
