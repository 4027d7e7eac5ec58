//! SQLite: one file, opened for reading only. It has no lists; a text that is a JSON array or object (as `json_group_array`
//! makes) is taken for what it says, except in the columns of id, title and text.

use super::{FIRST_BATCH, as_table, check_columns, next_batch, parameters_fit, quoted};
use crate::error::{Error, Result};
use crate::source::sql::{Question, Row, TakeRow};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

pub(super) fn read(path: &Path, shown: &str, question: &Question, after: &Value, take: TakeRow<'_>) -> Result<()> {
    let fail = |reason: String| Error::Source { place: format!("the SQLite file `{shown}`"), reason };
    let told = |error: rusqlite::Error| fail(reason(&error, question.timeout));
    let connection = open(path, question.timeout).map_err(told)?;
    let interrupt = connection.get_interrupt_handle();
    let table = as_table(question);
    let alone = connection.prepare(&format!("SELECT * FROM {table}")).map_err(told)?;
    let names: Vec<String> = alone.column_names().map(str::to_owned).collect();
    check_columns(question, &names.iter().map(String::as_str).collect::<Vec<_>>()).map_err(fail)?;
    parameters_fit(question, alone.parameter_count()).map_err(fail)?;
    let id = quoted(&question.id);
    let order = question.cursor.as_ref().map(|cursor| format!("{}, ", quoted(cursor))).unwrap_or_default();
    let ours = format!("SELECT * FROM {table} ORDER BY {order}CAST({id} AS TEXT)");
    let mut statement = connection.prepare(&ours).map_err(told)?;
    if question.cursor.is_some() {
        statement.raw_bind_parameter(1, bound(after)).map_err(told)?;
    }
    let mut rows = statement.raw_query();
    let mut batch = FIRST_BATCH;
    loop {
        // The rows of a batch are taken over after it, so that only the database's own time counts.
        let (fetched, bytes, ended) = within(question.timeout, &interrupt, || {
            let (mut fetched, mut bytes) = (Vec::new(), 0);
            while fetched.len() < batch {
                let Some(row) = rows.next()? else { return Ok((fetched, bytes, true)) };
                let (row, size) = read_row(row, &names, question)?;
                fetched.push(row);
                bytes += size;
            }
            Ok((fetched, bytes, false))
        })
        .map_err(told)?;
        batch = next_batch(fetched.len(), bytes);
        fetched.into_iter().try_for_each(&mut *take)?;
        if ended {
            return Ok(());
        }
    }
}

fn open(path: &Path, timeout: Duration) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(timeout)?;
    connection.pragma_update(None, "query_only", true)?;
    // A view or an index of a foreign file calls no function that could do more than compute.
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Runs this and interrupts the database when it takes too long.
fn within<T>(
    timeout: Duration,
    interrupt: &InterruptHandle,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    std::thread::scope(|scope| {
        let (done, waits) = channel::<()>();
        scope.spawn(move || {
            if waits.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout) {
                interrupt.interrupt();
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// A number that was declared as text is bound as a number: SQLite counts any number as smaller than any text.
fn bound(after: &Value) -> rusqlite::types::Value {
    let number = match after {
        Value::String(text) => text.parse().ok().map(Value::Number),
        other => Some(other.clone()),
    };
    match (number, after) {
        (Some(Value::Number(number)), _) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        (_, Value::String(text)) => text.clone().into(),
        _ => rusqlite::types::Value::Null,
    }
}

/// The row and about how many bytes it has.
fn read_row(row: &rusqlite::Row<'_>, names: &[String], question: &Question) -> rusqlite::Result<(Row, usize)> {
    let (mut columns, mut binary, mut bytes) = (Map::new(), None, 0);
    for (index, name) in names.iter().enumerate() {
        let value = match row.get_ref(index)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Real(number) => number.into(),
            ValueRef::Text(text) => {
                bytes += text.len();
                Value::String(String::from_utf8_lossy(text).into_owned())
            }
            ValueRef::Blob(_) => {
                binary = Some(format!("the column `{name}` holds bytes, which are no text"));
                Value::Null
            }
        };
        columns.insert(name.clone(), value);
    }
    let id = columns.get(&question.id).filter(|id| !id.is_null());
    let id = id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    let after = question.cursor.as_ref().and_then(|cursor| columns.get(cursor)).cloned().unwrap_or_default();
    for (name, value) in &mut columns {
        if !name.eq(&question.id) && !name.eq(&question.text) && !name.eq(&question.title) {
            read_structure(value);
        }
    }
    Ok((Row { id, after, columns: binary.map_or(Ok(columns), Err) }, bytes + 16 * names.len()))
}

fn read_structure(value: &mut Value) {
    let text = value.as_str().unwrap_or_default();
    if text.starts_with(['[', '{'])
        && let Ok(structure) = serde_json::from_str(text)
    {
        *value = structure;
    }
}

fn reason(error: &rusqlite::Error, timeout: Duration) -> String {
    if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
        let seconds = timeout.as_secs_f64();
        return format!("the query took longer than {seconds} s; give it an index, or raise `timeout`");
    }
    error.to_string()
}
