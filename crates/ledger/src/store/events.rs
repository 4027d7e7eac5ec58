//! The chain and the payloads beside it.

use super::{int, optional_word, unreadable};
use crate::body;
use crate::chain::{GENESIS, Hash, Link};
use crate::keyring::Claim;
use crate::row::{EventFilter, EventRow};
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::Value;
use usecase::{Timestamp, TraceId, ids};

/// An event before it has its place in the chain: everything that can be made ready outside the transaction.
pub(crate) struct NewEvent {
    pub(crate) at: Timestamp,
    pub(crate) kind: &'static str,
    pub(crate) trace: Option<TraceId>,
    pub(crate) use_case: Option<String>,
    /// Canonical JSON, stored and hashed to the letter.
    pub(crate) body: String,
    /// The sealed bytes and the key they were sealed with.
    pub(crate) payload: Option<(Vec<u8>, Claim)>,
}

/// Where an event stands: its row and its place in its node's chain.
pub(crate) struct Place {
    pub(crate) id: i64,
    pub(crate) seq: i64,
}

/// Adds an event to the node's chain. The head is read here, inside the write transaction, so that several processes
/// on one folder extend one chain.
pub(crate) fn append(transaction: &Transaction<'_>, node: &str, event: &NewEvent) -> storage::Result<Place> {
    let subject_key = match &event.payload {
        Some((_, claim)) => Some(super::keys::confirm(transaction, claim)?),
        None => None,
    };
    let (last, before) = head(transaction, node)?;
    let trace = event.trace.map(|trace| trace.to_string());
    let link = Link {
        node: node.as_bytes(),
        seq: last + 1,
        at: event.at.0,
        kind: event.kind.as_bytes(),
        trace: trace.as_deref().map(str::as_bytes),
        use_case: event.use_case.as_deref().map(str::as_bytes),
        subject_key,
        body: event.body.as_bytes(),
    };
    let sql = "INSERT INTO ledger_events (node, seq, at, kind, trace, use_case, subject_key, body, hash)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    transaction.prepare_cached(sql)?.execute(params![
        node,
        link.seq,
        link.at,
        event.kind,
        trace,
        event.use_case,
        subject_key,
        event.body,
        link.hash(&before)
    ])?;
    let id = transaction.last_insert_rowid();
    if let Some((sealed, _)) = &event.payload {
        let sql = "INSERT INTO ledger_payloads (event, sealed) VALUES (?1, ?2)";
        transaction.prepare_cached(sql)?.execute(params![id, sealed])?;
    }
    Ok(Place { id, seq: link.seq })
}

/// Number and hash of the node's last event.
fn head(connection: &Connection, node: &str) -> storage::Result<(i64, Hash)> {
    let sql = "SELECT seq, hash FROM ledger_events WHERE node = ?1 ORDER BY seq DESC LIMIT 1";
    let head = connection.prepare_cached(sql)?.query_row([node], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(head.unwrap_or((0, GENESIS)))
}

/// Newest first.
pub(crate) fn list(connection: &Connection, filter: &EventFilter) -> storage::Result<Vec<EventRow>> {
    let mut sql = "SELECT node, seq, at, kind, use_case, trace, body, hash FROM ledger_events WHERE TRUE".to_owned();
    let mut values: Vec<&dyn ToSql> = Vec::new();
    if let Some(kind) = &filter.kind {
        // Said twice so that SQLite may use the index that leaves requests out.
        sql.push_str(if kind == body::REQUEST { " AND kind = ?" } else { " AND kind <> 'request' AND kind = ?" });
        values.push(kind);
    }
    if let Some(use_case) = &filter.use_case {
        sql.push_str(" AND use_case = ?");
        values.push(use_case);
    }
    if let Some(since) = &filter.since {
        sql.push_str(" AND at >= ?");
        values.push(&since.0);
    }
    let limit = filter.limit.map_or(-1, |limit| int(limit as u64));
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(&limit);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values.as_slice(), event_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn event_row(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    let text: String = row.get(6)?;
    let mut body: Value = serde_json::from_str(&text).map_err(|_| unreadable(6, "the body"))?;
    // The facts of a decision are what its writer handed in; the wrapping around them is the ledger's own affair.
    if let Some(facts) = body.get_mut("facts") {
        body = facts.take();
    }
    Ok(EventRow {
        node: row.get(0)?,
        seq: super::count(row, 1)?,
        at: Timestamp(row.get(2)?),
        kind: row.get(3)?,
        use_case: row.get(4)?,
        trace: optional_word(row, 5, TraceId::parse)?,
        body,
        hash: ids::hex(&row.get::<_, Hash>(7)?),
    })
}

/// What is needed to open the payload of an event.
pub(crate) struct StoredPayload {
    pub(crate) body: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) subject_key: i64,
}

pub(crate) fn payload(connection: &Connection, node: &str, seq: u64) -> storage::Result<Option<StoredPayload>> {
    let sql = "SELECT e.body, p.sealed, e.subject_key FROM ledger_events e JOIN ledger_payloads p ON p.event = e.id
               WHERE e.node = ?1 AND e.seq = ?2";
    stored_payload(connection.prepare_cached(sql)?.query_row(params![node, int(seq)], read_payload))
}

pub(crate) fn read_payload(row: &Row<'_>) -> rusqlite::Result<StoredPayload> {
    Ok(StoredPayload { body: row.get(0)?, sealed: row.get(1)?, subject_key: row.get(2)? })
}

pub(crate) fn stored_payload(found: rusqlite::Result<StoredPayload>) -> storage::Result<Option<StoredPayload>> {
    Ok(found.optional()?)
}
