//! The chain, with the payloads beside the hashed columns.

use super::{int, optional_word, unreadable};
use crate::body;
use crate::chain::{self, Content, GENESIS, Hash};
use crate::keyring::SealedWith;
use crate::row::{EventFilter, EventRow};
use rusqlite::types::ToSql;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Transaction, params};
use serde_json::Value;
use std::sync::Arc;
use usecase::{Timestamp, TraceId, ids};

/// What an event is made of.
pub(crate) struct EventParts {
    pub(crate) at: Timestamp,
    pub(crate) kind: &'static str,
    pub(crate) trace: Option<String>,
    pub(crate) use_case: Option<String>,
    /// JSON, stored and hashed to the letter.
    pub(crate) body: String,
    /// The sealed bytes and the key they were sealed with.
    pub(crate) payload: Option<(Vec<u8>, SealedWith)>,
}

/// An event before it has its place in the chain: everything that can be made ready outside the transaction.
pub(crate) struct NewEvent {
    node: Arc<str>,
    parts: EventParts,
    content: Hash,
}

impl NewEvent {
    pub(crate) fn new(node: &Arc<str>, parts: EventParts) -> Self {
        let content = Content {
            node: node.as_bytes(),
            at: parts.at.0,
            kind: parts.kind.as_bytes(),
            trace: parts.trace.as_deref().map(str::as_bytes),
            use_case: parts.use_case.as_deref().map(str::as_bytes),
            body: parts.body.as_bytes(),
        };
        Self { node: Arc::clone(node), content: content.hash(), parts }
    }

    pub(crate) fn at(&self) -> Timestamp {
        self.parts.at
    }

    pub(crate) fn trace(&self) -> Option<&str> {
        self.parts.trace.as_deref()
    }
}

/// Where an event stands: its row and its place in its node's chain.
pub(crate) struct Place {
    pub(crate) id: i64,
    pub(crate) seq: i64,
}

/// The end of a node's chain, as this transaction has it, with the statement that extends it.
pub(crate) struct Head<'t> {
    transaction: &'t Transaction<'t>,
    insert: CachedStatement<'t>,
    id: i64,
    seq: i64,
    hash: Hash,
}

/// The number of the key that an event's payload is sealed with, once the store has it.
pub(crate) struct Confirmed(Option<i64>);

impl<'t> Head<'t> {
    /// Read inside the write transaction, so that several processes on one folder extend one chain.
    pub(crate) fn read(transaction: &'t Transaction<'t>, node: &str) -> storage::Result<Self> {
        let last = "SELECT seq, hash FROM ledger_events WHERE node = ?1 ORDER BY id DESC LIMIT 1";
        let mut statement = transaction.prepare_cached(last)?;
        let head = statement.query_row([node], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (seq, hash) = head.unwrap_or((0, GENESIS));
        let mut newest = transaction.prepare_cached("SELECT COALESCE(MAX(id), 0) FROM ledger_events")?;
        let id = newest.query_row([], |row| row.get(0))?;
        let sql = "INSERT INTO ledger_events
                       (id, node, seq, at, kind, trace, use_case, subject_key, hash, salt, body, sealed)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        Ok(Self { transaction, insert: transaction.prepare_cached(sql)?, id, seq, hash })
    }

    /// The row that the next event will have.
    pub(crate) fn next_id(&self) -> i64 {
        self.id + 1
    }

    /// # Errors
    /// Refuses with [`StaleKey`](crate::keyring::StaleKey) when the payload's key is not its subject's.
    pub(crate) fn confirm(&self, event: &NewEvent) -> storage::Result<Confirmed> {
        let confirm = |claim| super::keys::confirm(self.transaction, claim);
        match event.parts.payload.as_ref().map(|(_, sealed_with)| sealed_with) {
            Some(SealedWith::Key(claim)) => Ok(Confirmed(Some(confirm(claim)?))),
            Some(SealedWith::Salt { unconfirmed: Some(claim), .. }) => confirm(claim).map(|_| Confirmed(None)),
            _ => Ok(Confirmed(None)),
        }
    }

    /// Adds an event to the chain.
    pub(crate) fn append(&mut self, event: &NewEvent, Confirmed(subject_key): Confirmed) -> storage::Result<Place> {
        let parts = &event.parts;
        let place = Place { id: self.id + 1, seq: self.seq + 1 };
        let hash = chain::link(&self.hash, place.seq, subject_key, &event.content);
        let salt = match &parts.payload {
            Some((_, SealedWith::Salt { salt, .. })) => Some(salt.as_slice()),
            _ => None,
        };
        self.insert.execute(params![
            place.id,
            &*event.node,
            place.seq,
            parts.at.0,
            parts.kind,
            parts.trace,
            parts.use_case,
            subject_key,
            hash.as_slice(),
            salt,
            parts.body,
            parts.payload.as_ref().map(|(sealed, _)| sealed),
        ])?;
        (self.id, self.seq, self.hash) = (place.id, place.seq, hash);
        Ok(place)
    }
}

/// Adds a single event.
///
/// # Errors
/// As [`Head::confirm`].
pub(crate) fn append(transaction: &Transaction<'_>, event: &NewEvent) -> storage::Result<Place> {
    let mut head = Head::read(transaction, &event.node)?;
    let key = head.confirm(event)?;
    head.append(event, key)
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
    pub(crate) trace: Option<String>,
    pub(crate) subject_key: Option<i64>,
    pub(crate) salt: Option<Vec<u8>>,
}

/// The payload of a decision.
pub(crate) fn payload(connection: &Connection, event: &EventRow) -> storage::Result<Option<StoredPayload>> {
    // The kind twice, so that SQLite may use the index that leaves requests out.
    let sql = "SELECT body, sealed, trace, subject_key, salt FROM ledger_events
               WHERE kind = ?1 AND kind <> 'request' AND node = ?2 AND seq = ?3 AND sealed IS NOT NULL";
    let found = params![event.kind, event.node, int(event.seq)];
    Ok(connection.prepare_cached(sql)?.query_row(found, read_payload).optional()?)
}

pub(crate) fn read_payload(row: &Row<'_>) -> rusqlite::Result<StoredPayload> {
    Ok(StoredPayload {
        body: row.get(0)?,
        sealed: row.get(1)?,
        trace: row.get(2)?,
        subject_key: row.get(3)?,
        salt: row.get(4)?,
    })
}

/// Destroys the salt of a single request's payload; tells whether there was one. `secure_delete` overwrites the old
/// bytes in the file.
pub(crate) fn destroy_salt(transaction: &Transaction<'_>, trace: TraceId) -> storage::Result<bool> {
    let sql = "UPDATE ledger_events SET salt = NULL
               WHERE id = (SELECT event FROM ledger_requests WHERE trace = ?1) AND salt IS NOT NULL";
    Ok(transaction.prepare_cached(sql)?.execute([trace.to_string()])? > 0)
}
