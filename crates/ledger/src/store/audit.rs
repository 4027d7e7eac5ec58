//! What `verify` reads. Columns come as raw bytes: a record that somebody changed may be no text and no number any
//! more, and that is a finding, not a failure.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::ops::ControlFlow;

/// One event as it lies in the file, with its payload.
pub(crate) struct StoredEvent {
    pub(crate) id: i64,
    pub(crate) node: Vec<u8>,
    /// `None` where a column does not even hold its type.
    pub(crate) fields: Option<Fields>,
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) salt: Option<Vec<u8>>,
}

pub(crate) struct Fields {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) kind: Vec<u8>,
    pub(crate) trace: Option<Vec<u8>>,
    pub(crate) use_case: Option<Vec<u8>>,
    pub(crate) subject_key: Option<i64>,
    pub(crate) body: Vec<u8>,
    pub(crate) hash: Vec<u8>,
}

/// Walks all events in the order of writing, which is that of each node's chain, until `visit` breaks.
pub(crate) fn walk(
    connection: &Connection,
    mut visit: impl FnMut(StoredEvent) -> storage::Result<ControlFlow<()>>,
) -> storage::Result<()> {
    let sql = "SELECT id, node, seq, at, kind, trace, use_case, subject_key, body, hash, sealed, salt
               FROM ledger_events ORDER BY id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let node = bytes(row.get_ref(1)?).unwrap_or_default();
        let event = StoredEvent {
            id: row.get(0)?,
            node,
            fields: fields(row),
            sealed: bytes(row.get_ref(10)?),
            salt: bytes(row.get_ref(11)?),
        };
        if visit(event)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn fields(row: &Row<'_>) -> Option<Fields> {
    Some(Fields {
        seq: integer(row, 2)?,
        at: integer(row, 3)?,
        kind: bytes(row.get_ref(4).ok()?)?,
        trace: bytes(row.get_ref(5).ok()?),
        use_case: bytes(row.get_ref(6).ok()?),
        subject_key: integer(row, 7),
        body: bytes(row.get_ref(8).ok()?)?,
        hash: bytes(row.get_ref(9).ok()?)?,
    })
}

fn integer(row: &Row<'_>, column: usize) -> Option<i64> {
    match row.get_ref(column).ok()? {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

fn bytes(value: ValueRef<'_>) -> Option<Vec<u8>> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes.to_vec()),
        _ => None,
    }
}

/// How many rows each table has that an event must account for.
pub(crate) struct RowCounts {
    pub(crate) requests: u64,
    pub(crate) outcomes: u64,
}

pub(crate) fn count_rows(connection: &Connection) -> storage::Result<RowCounts> {
    let count = |sql: &str| connection.query_row(sql, [], |row| super::count(row, 0));
    Ok(RowCounts {
        requests: count("SELECT COUNT(*) FROM ledger_requests")?,
        outcomes: count("SELECT COUNT(*) FROM ledger_outcomes")?,
    })
}
