//! Requests in columns. What is not in columns is read from the body of the request's event.

use super::events::{self, Head, NewEvent, StoredPayload};
use super::{count, int, optional_count, trace_at, word};
use crate::error::Error;
use crate::record::{Arm, Source, Status};
use crate::row::{RequestFilter, RequestRow, Spent};
use rusqlite::types::ToSql;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Transaction, params};
use usecase::{BundleId, Cost, MicroUsd, Timestamp, TraceId, Usage};

/// In the order of [`request_row`].
const COLUMNS: &str = "trace, at, use_case, bundle, arm, source, key, run, conversation, stream, status, error, model,
    input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, tokens_estimated,
    cost_micros, cost_part_unknown, saved_micros, cache, own_us, duration_us, first_token_us, review";

const RECORD: &str = "INSERT INTO ledger_requests
    (trace, at, use_case, bundle, arm, source, key, run, conversation, stream, status, error, model,
     input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, tokens_estimated,
     cost_micros, cost_part_unknown, saved_micros, cache, own_us, duration_us, first_token_us, review, event)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
            ?23, ?24, ?25, ?26, ?27, ?28)
    ON CONFLICT DO NOTHING";

/// Writes requests that ended, one after another in one transaction, with the statements made ready once.
pub(crate) struct Recorder<'t> {
    head: Head<'t>,
    insert: CachedStatement<'t>,
}

impl<'t> Recorder<'t> {
    pub(crate) fn new(transaction: &'t Transaction<'t>, node: &str) -> storage::Result<Self> {
        Ok(Self { head: Head::read(transaction, node)?, insert: transaction.prepare_cached(RECORD)? })
    }

    /// Event and row of a request that ended.
    ///
    /// # Errors
    /// Refuses with [`Error::NotOpen`] when the request is recorded already, and as [`Head::confirm`]; then nothing of
    /// the request was written.
    pub(crate) fn record(&mut self, event: &NewEvent, row: &RequestRow) -> storage::Result<()> {
        let key = self.head.confirm(event)?;
        let rows = self.insert.execute(params![
            event.trace(),
            row.at.0,
            row.use_case,
            row.bundle.as_ref().map(BundleId::as_str),
            row.arm.as_str(),
            row.source.as_str(),
            row.key,
            row.run,
            row.conversation,
            row.stream,
            row.status.map(Status::as_str),
            row.error,
            row.model,
            int(row.usage.input_tokens),
            int(row.usage.output_tokens),
            int(row.usage.cached_input_tokens),
            int(row.usage.cache_write_tokens),
            int(row.usage.reasoning_tokens),
            row.usage.estimated,
            row.cost.known.0,
            row.cost.part_unknown,
            row.saved.0,
            row.cache,
            row.own_us.map(int),
            row.duration_us.map(int),
            row.first_token_us.map(int),
            row.review,
            self.head.next_id(),
        ])?;
        if rows == 0 {
            return Err(storage::Error::refuse(Error::NotOpen(row.trace)));
        }
        self.head.append(event, key).map(drop)
    }
}

pub(crate) fn is_recorded(connection: &Connection, trace: TraceId) -> storage::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM ledger_requests WHERE trace = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([trace.to_string()], |row| row.get(0))?)
}

/// Newest first. `conversation` is the pseudonym of the one that the filter names.
pub(crate) fn list(
    connection: &Connection,
    filter: &RequestFilter,
    conversation: Option<&str>,
) -> storage::Result<Vec<RequestRow>> {
    let bundle = filter.bundle.as_ref().map(BundleId::as_str);
    let conditions: [(&str, Option<&dyn ToSql>); 10] = [
        ("use_case = ?", filter.use_case.as_ref().map(|value| value as &dyn ToSql)),
        ("at >= ?", filter.since.as_ref().map(|since| &since.0 as &dyn ToSql)),
        ("at < ?", filter.until.as_ref().map(|until| &until.0 as &dyn ToSql)),
        ("bundle = ?", bundle.as_ref().map(|value| value as &dyn ToSql)),
        ("arm = ?", filter.arm.as_ref().map(|value| value as &dyn ToSql)),
        ("source = ?", filter.source.as_ref().map(|value| value as &dyn ToSql)),
        ("status = ?", filter.status.as_ref().map(|value| value as &dyn ToSql)),
        ("key = ?", filter.key.as_ref().map(|value| value as &dyn ToSql)),
        ("conversation = ?", conversation.as_ref().map(|value| value as &dyn ToSql)),
        ("review = ?", filter.review.as_ref().map(|value| value as &dyn ToSql)),
    ];
    let (mut sql, mut values) = (format!("SELECT {COLUMNS} FROM ledger_requests WHERE TRUE"), Vec::new());
    for (condition, value) in conditions {
        if let Some(value) = value {
            sql.push_str(" AND ");
            sql.push_str(condition);
            values.push(value);
        }
    }
    let limit = filter.limit.map_or(-1, |limit| int(limit as u64));
    sql.push_str(" ORDER BY at DESC, trace DESC LIMIT ?");
    values.push(&limit);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values.as_slice(), request_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn one(connection: &Connection, trace: TraceId) -> storage::Result<Option<RequestRow>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger_requests WHERE trace = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([trace.to_string()], request_row).optional()?)
}

pub(crate) fn event_of(connection: &Connection, trace: TraceId) -> storage::Result<Option<i64>> {
    let sql = "SELECT event FROM ledger_requests WHERE trace = ?1";
    super::first(connection.prepare_cached(sql)?.query_row([trace.to_string()], |row| row.get(0)))
}

/// The body of the request's event.
pub(crate) fn body(connection: &Connection, trace: TraceId) -> storage::Result<Option<String>> {
    let sql = "SELECT e.body FROM ledger_requests r JOIN ledger_events e ON e.id = r.event WHERE r.trace = ?1";
    super::first(connection.prepare_cached(sql)?.query_row([trace.to_string()], |row| row.get(0)))
}

pub(crate) fn payload(connection: &Connection, trace: TraceId) -> storage::Result<Option<StoredPayload>> {
    let sql = "SELECT e.body, e.sealed, e.trace, e.subject_key, e.salt
               FROM ledger_requests r JOIN ledger_events e ON e.id = r.event
               WHERE r.trace = ?1 AND e.sealed IS NOT NULL";
    Ok(connection.prepare_cached(sql)?.query_row([trace.to_string()], events::read_payload).optional()?)
}

pub(crate) fn spent_since(connection: &Connection, since: Timestamp) -> storage::Result<Vec<Spent>> {
    let sql = "SELECT key, use_case, source, SUM(cost_micros), MAX(cost_part_unknown) FROM ledger_requests
               WHERE at >= ?1 GROUP BY key, use_case, source ORDER BY key, use_case, source";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([since.0], |row| {
        Ok(Spent {
            key: row.get(0)?,
            use_case: row.get(1)?,
            source: word(row, 2, Source::parse)?,
            cost: Cost { known: MicroUsd(row.get(3)?), part_unknown: row.get(4)? },
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Six columns from `first` on.
fn usage(row: &Row<'_>, first: usize) -> rusqlite::Result<Usage> {
    Ok(Usage {
        input_tokens: count(row, first)?,
        output_tokens: count(row, first + 1)?,
        cached_input_tokens: count(row, first + 2)?,
        cache_write_tokens: count(row, first + 3)?,
        reasoning_tokens: count(row, first + 4)?,
        estimated: row.get(first + 5)?,
    })
}

fn request_row(row: &Row<'_>) -> rusqlite::Result<RequestRow> {
    Ok(RequestRow {
        trace: trace_at(row, 0)?,
        at: Timestamp(row.get(1)?),
        use_case: row.get(2)?,
        bundle: row.get::<_, Option<String>>(3)?.map(BundleId::from_stored),
        arm: word(row, 4, Arm::parse)?,
        source: word(row, 5, Source::parse)?,
        key: row.get(6)?,
        run: row.get(7)?,
        conversation: row.get(8)?,
        stream: row.get(9)?,
        status: Some(word(row, 10, Status::parse)?),
        error: row.get(11)?,
        model: row.get(12)?,
        usage: usage(row, 13)?,
        cost: Cost { known: MicroUsd(row.get(19)?), part_unknown: row.get(20)? },
        saved: MicroUsd(row.get(21)?),
        cache: row.get(22)?,
        own_us: optional_count(row, 23)?,
        duration_us: optional_count(row, 24)?,
        first_token_us: optional_count(row, 25)?,
        review: row.get(26)?,
    })
}

/// Words are bound as they are written.
macro_rules! bind_as_word {
    ($($name:ty),+) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }
    )+};
}
bind_as_word!(Arm, Source, Status);
