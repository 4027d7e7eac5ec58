//! The table of decided reviews, and the only SQL in this room. What waits is not stored: it is what the ledger says
//! was asked for, less what stands here. No text of a person is in this table; that lies encrypted in the ledger.

use crate::error::{Error, Result};
use crate::review::{Decided, Outcome};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashSet;
use storage::Storage;
use usecase::{Timestamp, TraceId};

const STEPS: &[&str] = &["
    CREATE TABLE governance_reviews (
        trace TEXT PRIMARY KEY,
        use_case TEXT NOT NULL,
        outcome TEXT NOT NULL,
        decided_by TEXT NOT NULL,
        decided_at INTEGER NOT NULL,
        minutes REAL NOT NULL
    ) STRICT;
    CREATE INDEX governance_reviews_by_use_case ON governance_reviews (use_case);
"];

#[derive(Clone)]
pub(crate) struct Store {
    storage: Storage,
}

impl Store {
    pub(crate) fn open(storage: &Storage) -> Result<Self> {
        storage.migrate("governance", STEPS)?;
        Ok(Self { storage: storage.clone() })
    }

    pub(crate) fn decided_traces(&self, use_case: Option<&str>) -> Result<HashSet<TraceId>> {
        let sql = "SELECT trace FROM governance_reviews WHERE ?1 IS NULL OR use_case = ?1";
        let traces: Vec<String> = self.storage.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_map([use_case], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })?;
        // A trace that cannot be read decides nothing: its request goes on waiting.
        Ok(traces.iter().filter_map(|trace| TraceId::parse(trace)).collect())
    }

    /// The decision without its texts.
    pub(crate) fn decided(&self, trace: &TraceId) -> Result<Option<Decided>> {
        self.storage.read(|connection| Ok(find(connection, trace)))?
    }

    /// # Errors
    /// `AlreadyDecided` when another process was quicker.
    pub(crate) fn keep(&self, trace: TraceId, use_case: &str, decided: Decided) -> Result<()> {
        let use_case = use_case.to_owned();
        let keep = move |transaction: &rusqlite::Transaction<'_>| {
            if let Some(before) = find(transaction, &trace).map_err(storage::Error::refuse)? {
                return Err(storage::Error::refuse(Error::already(trace, &before)));
            }
            let sql = "INSERT INTO governance_reviews (trace, use_case, outcome, decided_by, decided_at, minutes)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let outcome = decided.outcome.as_str();
            let row = params![trace.to_string(), use_case, outcome, decided.by, decided.at.0, decided.minutes];
            transaction.execute(sql, row)?;
            Ok(())
        };
        Ok(self.storage.write_blocking(keep)?)
    }
}

fn find(connection: &Connection, trace: &TraceId) -> Result<Option<Decided>> {
    let sql = "SELECT outcome, decided_by, decided_at, minutes FROM governance_reviews WHERE trace = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        let outcome: String = row.get(0)?;
        let found = Outcome::parse(&outcome).map(|outcome| (outcome, row.get(1), row.get(2), row.get(3)));
        let Some((outcome, by, at, minutes)) = found else { return Ok(Err(outcome)) };
        let at = Timestamp(at?);
        Ok(Ok(Decided { outcome, by: by?, at, minutes: minutes?, correction: None, note: None }))
    };
    let found = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([trace.to_string()], read).optional());
    match found.map_err(storage::Error::from)? {
        None => Ok(None),
        Some(Ok(decided)) => Ok(Some(decided)),
        Some(Err(outcome)) => Err(Error::Damaged(*trace, format!("there is no decision `{outcome}`"))),
    }
}
