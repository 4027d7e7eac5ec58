//! Requests in columns, their attempts and their verdicts.

use super::events::{self, NewEvent, StoredPayload};
use super::{count, int, optional_count, optional_word, trace_at, word};
use crate::error::Error;
use crate::record::{Arm, Source, Status};
use crate::row::{RequestFilter, RequestRow, Spent};
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use usecase::{
    Attempt, AttemptEnd, BundleId, Cost, Decision, MicroUsd, Timestamp, TraceId, Usage, Verdict, verdict::Stage,
};

/// In the order of [`request_row`].
const COLUMNS: &str = "trace, at, use_case, bundle, arm, source, key, run, conversation, stream, status, error, model, input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, tokens_estimated, cost_micros,
    cost_part_unknown, own_us, duration_us, first_token_us, review";

const BEGIN: &str = "INSERT INTO ledger_requests
    (trace, at, use_case, bundle, arm, source, key, run, conversation, stream)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

/// The row is there since `begin`, unless that write failed: then it is made here, whole.
const FINISH: &str = "INSERT INTO ledger_requests
    (trace, at, use_case, bundle, arm, source, key, run, conversation, stream, status, error, model,
     input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, tokens_estimated, cost_micros,
     cost_part_unknown, own_us, duration_us, first_token_us, review, event)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
            ?23, ?24, ?25)
    ON CONFLICT (trace) DO UPDATE SET
        status = excluded.status, error = excluded.error, model = excluded.model,
        input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
        cached_input_tokens = excluded.cached_input_tokens, reasoning_tokens = excluded.reasoning_tokens,
        tokens_estimated = excluded.tokens_estimated, cost_micros = excluded.cost_micros,
        cost_part_unknown = excluded.cost_part_unknown, own_us = excluded.own_us,
        duration_us = excluded.duration_us, first_token_us = excluded.first_token_us, review = excluded.review,
        event = excluded.event
    WHERE status IS NULL AND event IS NULL
    RETURNING id";

pub(crate) fn begin(transaction: &Transaction<'_>, row: &RequestRow) -> storage::Result<()> {
    transaction.prepare_cached(BEGIN)?.execute(params![
        row.trace.to_string(),
        row.at.0,
        row.use_case,
        row.bundle.as_ref().map(BundleId::as_str),
        row.arm.as_str(),
        row.source.as_str(),
        row.key,
        row.run,
        row.conversation,
        row.stream,
    ])?;
    Ok(())
}

/// Event, row, attempts and verdicts of a request that ended.
///
/// # Errors
/// Refuses with [`Error::NotOpen`] when the request is finished already.
pub(crate) fn finish(
    transaction: &Transaction<'_>,
    node: &str,
    event: &NewEvent,
    row: &RequestRow,
    attempts: &[Attempt],
    verdicts: &[Verdict],
) -> storage::Result<()> {
    let place = events::append(transaction, node, event)?;
    let mut statement = transaction.prepare_cached(FINISH)?;
    let id: Option<i64> = super::first(statement.query_row(
        params![
            row.trace.to_string(),
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
            int(row.usage.reasoning_tokens),
            row.usage.estimated,
            row.cost.known.0,
            row.cost.part_unknown,
            row.own_us.map(int),
            row.duration_us.map(int),
            row.first_token_us.map(int),
            row.review,
            place.id,
        ],
        |row| row.get(0),
    ))?;
    let id = id.ok_or_else(|| storage::Error::refuse(Error::NotOpen(row.trace)))?;
    attempts.iter().zip(0..).try_for_each(|(attempt, ordinal)| add_attempt(transaction, id, ordinal, attempt))?;
    verdicts.iter().zip(0..).try_for_each(|(verdict, ordinal)| add_verdict(transaction, id, ordinal, verdict))
}

fn add_attempt(transaction: &Transaction<'_>, request: i64, ordinal: i64, attempt: &Attempt) -> storage::Result<()> {
    let (ended, reason) = match &attempt.end {
        AttemptEnd::Answered => ("answered", None),
        AttemptEnd::Cancelled => ("cancelled", None),
        AttemptEnd::Failed(reason) => ("failed", Some(reason)),
    };
    let sql = "INSERT INTO ledger_attempts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
    transaction.prepare_cached(sql)?.execute(params![
        request,
        ordinal,
        attempt.model,
        attempt.started.0,
        attempt.first_token_us.map(int),
        int(attempt.duration_us),
        ended,
        reason,
        int(attempt.usage.input_tokens),
        int(attempt.usage.output_tokens),
        int(attempt.usage.cached_input_tokens),
        int(attempt.usage.reasoning_tokens),
        attempt.usage.estimated,
        attempt.cost.known.0,
        attempt.cost.part_unknown,
    ])?;
    Ok(())
}

fn add_verdict(transaction: &Transaction<'_>, request: i64, ordinal: i64, verdict: &Verdict) -> storage::Result<()> {
    let sql = "INSERT INTO ledger_verdicts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    transaction.prepare_cached(sql)?.execute(params![
        request,
        ordinal,
        verdict.guard,
        verdict.rule,
        stage_word(verdict.stage),
        verdict.decision.to_string(),
        verdict.score,
        verdict.reason,
    ])?;
    Ok(())
}

/// Requests still running whose run is none of these.
pub(crate) fn orphans(connection: &Connection, living: &[String]) -> storage::Result<Vec<RequestRow>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger_requests WHERE status IS NULL AND event IS NULL ORDER BY id");
    let mut statement = connection.prepare(&sql)?;
    let running = statement.query_map([], request_row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(running.into_iter().filter(|row| !living.contains(&row.run)).collect())
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
    sql.push_str(" ORDER BY at DESC, id DESC LIMIT ?");
    values.push(&limit);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values.as_slice(), request_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn one(connection: &Connection, trace: TraceId) -> storage::Result<Option<RequestRow>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger_requests WHERE trace = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([trace.to_string()], request_row).optional()?)
}

/// The body of the request's event.
pub(crate) fn body(connection: &Connection, trace: TraceId) -> storage::Result<Option<String>> {
    let sql = "SELECT e.body FROM ledger_requests r JOIN ledger_events e ON e.id = r.event WHERE r.trace = ?1";
    super::first(connection.prepare_cached(sql)?.query_row([trace.to_string()], |row| row.get(0)))
}

pub(crate) fn payload(connection: &Connection, trace: TraceId) -> storage::Result<Option<StoredPayload>> {
    let sql = "SELECT e.body, p.sealed, e.subject_key FROM ledger_requests r JOIN ledger_events e ON e.id = r.event
               JOIN ledger_payloads p ON p.event = e.id WHERE r.trace = ?1";
    events::stored_payload(connection.prepare_cached(sql)?.query_row([trace.to_string()], events::read_payload))
}

pub(crate) fn attempts(connection: &Connection, trace: TraceId) -> storage::Result<Vec<Attempt>> {
    let sql = "SELECT a.model, a.started, a.first_token_us, a.duration_us, a.ended, a.reason, a.input_tokens,
                   a.output_tokens, a.cached_input_tokens, a.reasoning_tokens, a.tokens_estimated, a.cost_micros,
                   a.cost_part_unknown
               FROM ledger_requests r JOIN ledger_attempts a ON a.request = r.id WHERE r.trace = ?1 ORDER BY ordinal";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([trace.to_string()], |row| {
        let reason: Option<String> = row.get(5)?;
        Ok(Attempt {
            model: row.get(0)?,
            started: Timestamp(row.get(1)?),
            first_token_us: optional_count(row, 2)?,
            duration_us: count(row, 3)?,
            end: word(row, 4, |ended| match ended {
                "answered" => Some(AttemptEnd::Answered),
                "cancelled" => Some(AttemptEnd::Cancelled),
                "failed" => Some(AttemptEnd::Failed(reason.unwrap_or_default())),
                _ => None,
            })?,
            usage: usage(row, 6)?,
            cost: Cost { known: MicroUsd(row.get(11)?), part_unknown: row.get(12)? },
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn verdicts(connection: &Connection, trace: TraceId) -> storage::Result<Vec<Verdict>> {
    let sql = "SELECT v.guard, v.rule, v.stage, v.decision, v.score, v.reason
               FROM ledger_requests r JOIN ledger_verdicts v ON v.request = r.id WHERE r.trace = ?1 ORDER BY ordinal";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([trace.to_string()], |row| {
        Ok(Verdict {
            guard: row.get(0)?,
            rule: row.get(1)?,
            stage: word(row, 2, |text| STAGES.into_iter().find(|stage| stage_word(*stage) == text))?,
            decision: word(row, 3, |text| DECISIONS.into_iter().find(|decision| decision.to_string() == text))?,
            score: row.get(4)?,
            reason: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn spent_since(connection: &Connection, since: Timestamp) -> storage::Result<Vec<Spent>> {
    let sql = "SELECT key, use_case, source, SUM(cost_micros), MAX(cost_part_unknown) FROM ledger_requests
               WHERE at >= ?1 AND status IS NOT NULL GROUP BY key, use_case, source ORDER BY key, use_case, source";
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

const STAGES: [Stage; 3] = [Stage::Input, Stage::Passage, Stage::Output];
const DECISIONS: [Decision; 5] =
    [Decision::Allow, Decision::Mask, Decision::Review, Decision::Abstain, Decision::Refuse];

fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Input => "input",
        Stage::Passage => "passage",
        Stage::Output => "output",
    }
}

/// Five columns from `first` on.
fn usage(row: &Row<'_>, first: usize) -> rusqlite::Result<Usage> {
    Ok(Usage {
        input_tokens: count(row, first)?,
        output_tokens: count(row, first + 1)?,
        cached_input_tokens: count(row, first + 2)?,
        reasoning_tokens: count(row, first + 3)?,
        estimated: row.get(first + 4)?,
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
        status: optional_word(row, 10, Status::parse)?,
        error: row.get(11)?,
        model: row.get(12)?,
        usage: usage(row, 13)?,
        cost: Cost { known: MicroUsd(row.get(18)?), part_unknown: row.get(19)? },
        own_us: optional_count(row, 20)?,
        duration_us: optional_count(row, 21)?,
        first_token_us: optional_count(row, 22)?,
        review: row.get(23)?,
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
