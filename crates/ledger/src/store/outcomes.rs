//! Outcomes that apps reported, and the requests that they are about.

use super::events::{self, NewEvent};
use super::{trace_at, word};
use crate::body::{self, OutcomeBody};
use crate::error::Error;
use crate::outcome::{OutcomeId, OutcomeSubject};
use crate::row::OutcomeRow;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use std::collections::HashMap;
use usecase::{Cost, MicroUsd, Timestamp, TraceId};

/// The client's own name for a report: what it typed, for the message, and the pseudonym that is kept.
pub(crate) struct Idempotency {
    pub(crate) typed: String,
    pub(crate) kept: Vec<u8>,
    /// Whether the app said when it happened. If not, the moment is that of recording, which is another one each time
    /// the same report is sent.
    pub(crate) moment_told: bool,
}

/// Records an outcome, or finds the one that was recorded under the same idempotency key. `is_running` says whether a
/// request of its subject runs, for a subject without a record.
///
/// # Errors
/// Refuses with `UnknownSubject` or `IdempotencyConflict`.
pub(crate) fn record(
    transaction: &Transaction<'_>,
    event: &NewEvent,
    outcome: &OutcomeBody,
    idempotency: Option<&Idempotency>,
    is_running: bool,
) -> storage::Result<OutcomeId> {
    if let Some(idempotency) = idempotency
        && let Some(known) = recorded_under(transaction, &outcome.key, &idempotency.kept)?
    {
        let occurred_at = if idempotency.moment_told { outcome.occurred_at } else { known.occurred_at };
        let same = OutcomeBody { id: known.id.clone(), occurred_at, ..outcome.clone() } == known;
        let conflict = || storage::Error::refuse(Error::IdempotencyConflict(idempotency.typed.clone()));
        return same.then_some(known.id).ok_or_else(conflict);
    }
    if !is_recorded(transaction, &outcome.use_case, &outcome.subject)? && !is_running {
        let subject = match &outcome.subject {
            OutcomeSubject::Trace(trace) => format!("request {trace}"),
            OutcomeSubject::Conversation(_) => "such conversation".to_owned(),
        };
        return Err(storage::Error::refuse(Error::UnknownSubject { use_case: outcome.use_case.clone(), subject }));
    }
    let place = events::append(transaction, event)?;
    let (trace, conversation) = split(&outcome.subject);
    let sql = "INSERT INTO ledger_outcomes (outcome_id, event, use_case, trace, conversation, outcome, success, value,
                   human_minutes, occurred_at, recorded_at, key, idempotency)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    transaction.prepare_cached(sql)?.execute(params![
        outcome.id.0,
        place.id,
        outcome.use_case,
        trace,
        conversation,
        outcome.outcome,
        outcome.success,
        outcome.value.map(|value| value.0),
        outcome.human_minutes,
        outcome.occurred_at.0,
        event.at().0,
        outcome.key,
        idempotency.map(|idempotency| &idempotency.kept),
    ])?;
    Ok(outcome.id.clone())
}

fn recorded_under(connection: &Connection, key: &str, kept: &[u8]) -> storage::Result<Option<OutcomeBody>> {
    let sql = "SELECT e.body FROM ledger_outcomes o JOIN ledger_events e ON e.id = o.event
               WHERE o.key = ?1 AND o.idempotency = ?2";
    let text: Option<String> =
        super::first(connection.prepare_cached(sql)?.query_row(params![key, kept], |row| row.get(0)))?;
    text.map(|text| body::parse(&text).map_err(storage::Error::refuse)).transpose()
}

/// Whether a request of this subject has a record.
pub(crate) fn is_recorded(connection: &Connection, use_case: &str, subject: &OutcomeSubject) -> storage::Result<bool> {
    let (sql, name) = match subject {
        OutcomeSubject::Trace(trace) => {
            ("SELECT EXISTS (SELECT 1 FROM ledger_requests WHERE trace = ?1 AND use_case = ?2)", trace.to_string())
        }
        OutcomeSubject::Conversation(pseudonym) => (
            "SELECT EXISTS (SELECT 1 FROM ledger_requests WHERE conversation = ?1 AND use_case = ?2)",
            pseudonym.clone(),
        ),
    };
    Ok(connection.prepare_cached(sql)?.query_row(params![name, use_case], |row| row.get(0))?)
}

fn split(subject: &OutcomeSubject) -> (Option<String>, Option<&str>) {
    match subject {
        OutcomeSubject::Trace(trace) => (Some(trace.to_string()), None),
        OutcomeSubject::Conversation(pseudonym) => (None, Some(pseudonym)),
    }
}

const COLUMNS: &str = "outcome_id, use_case, trace, conversation, outcome, success, value, human_minutes,
    occurred_at, recorded_at, key";

/// In the order of recording, each with its requests.
pub(crate) fn list(connection: &Connection, use_case: &str) -> storage::Result<Vec<OutcomeRow>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger_outcomes WHERE use_case = ?1 ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query_map([use_case], outcome_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut latest: HashMap<OutcomeSubject, (Timestamp, usize)> = HashMap::new();
    for (position, row) in rows.iter().enumerate() {
        let candidate = (row.occurred_at, position);
        let best = latest.entry(row.subject.clone()).or_insert(candidate);
        *best = candidate.max(*best);
    }
    for (position, row) in rows.iter_mut().enumerate() {
        row.superseded = latest.get(&row.subject).is_some_and(|(_, counting)| *counting != position);
        (row.traces, row.cost) = requests_of(connection, use_case, &row.subject)?;
    }
    Ok(rows)
}

fn requests_of(
    connection: &Connection,
    use_case: &str,
    subject: &OutcomeSubject,
) -> storage::Result<(Vec<TraceId>, Cost)> {
    let condition = match subject {
        OutcomeSubject::Trace(_) => "trace = ?1",
        OutcomeSubject::Conversation(_) => "conversation = ?1",
    };
    let (trace, conversation) = split(subject);
    let sql = format!(
        "SELECT trace, cost_micros, cost_part_unknown FROM ledger_requests
         WHERE {condition} AND use_case = ?2 ORDER BY at, trace"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let name = trace.as_deref().or(conversation);
    let rows = statement.query_map(params![name, use_case], |row| {
        Ok((trace_at(row, 0)?, Cost { known: MicroUsd(row.get(1)?), part_unknown: row.get(2)? }))
    })?;
    let requests = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let cost = requests.iter().map(|(_, cost)| *cost).sum();
    Ok((requests.into_iter().map(|(trace, _)| trace).collect(), cost))
}

pub(crate) fn by_event(connection: &Connection, event: i64) -> storage::Result<Option<OutcomeRow>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger_outcomes WHERE event = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([event], outcome_row).optional()?)
}

fn outcome_row(row: &Row<'_>) -> rusqlite::Result<OutcomeRow> {
    let conversation: Option<String> = row.get(3)?;
    let subject = match conversation {
        Some(pseudonym) => OutcomeSubject::Conversation(pseudonym),
        None => OutcomeSubject::Trace(word(row, 2, TraceId::parse)?),
    };
    Ok(OutcomeRow {
        id: OutcomeId(row.get(0)?),
        use_case: row.get(1)?,
        subject,
        outcome: row.get(4)?,
        success: row.get(5)?,
        value: row.get::<_, Option<i64>>(6)?.map(MicroUsd),
        human_minutes: row.get(7)?,
        occurred_at: Timestamp(row.get(8)?),
        recorded_at: Timestamp(row.get(9)?),
        key: row.get(10)?,
        superseded: false,
        traces: Vec::new(),
        cost: Cost::ZERO,
    })
}
