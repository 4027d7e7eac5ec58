//! Postgres. It makes the JSON itself (`row_to_json`), because only it knows all of its types: times come as ISO 8601,
//! numbers as numbers, arrays as lists, `jsonb` as what it holds. Rows are fetched from a portal, within one read-only
//! transaction that sees one moment.

use super::{FIRST_BATCH, as_table, check_columns, next_batch, parameters_fit, quoted};
use crate::error::{Error, Result};
use crate::source::sql::{Question, Row, TakeRow};
use bytes::BytesMut;
use postgres::error::SqlState;
use postgres::types::{Format, IsNull, Kind, ToSql, Type, to_sql_checked};
use postgres::{IsolationLevel, Statement, Transaction};
use serde_json::Value;
use std::time::Duration;
use storage::postgres::Options;

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);

pub(super) fn read(url: &str, place: &str, question: &Question, after: &Value, take: TakeRow<'_>) -> Result<()> {
    let fail = |reason: String| Error::Source { place: place.to_owned(), reason };
    let told = |error: postgres::Error| fail(reason(&error, question.timeout));
    let options = Options { connect_timeout: CONNECT, statement_timeout: question.timeout, ..Options::default() };
    let mut client = storage::postgres::connect(url, &options).map_err(|error| fail(error.to_string()))?;
    let begun = client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead).start();
    let mut transaction = begun.map_err(told)?;
    transaction.batch_execute(&settings(question.timeout)).map_err(told)?;
    let statement = prepare(&mut transaction, question).map_err(|error| match error {
        Unfit::Database(error) => told(error),
        Unfit::Declared(reason) => fail(reason),
    })?;
    let after = Written(after.as_str().map_or_else(|| after.to_string(), str::to_owned));
    let parameters: &[&(dyn ToSql + Sync)] = if question.cursor.is_some() { &[&after] } else { &[] };
    let portal = transaction.bind(&statement, parameters).map_err(told)?;
    let mut batch = FIRST_BATCH;
    loop {
        let rows = transaction.query_portal(&portal, i32::try_from(batch).unwrap_or(i32::MAX)).map_err(told)?;
        let (fetched, mut bytes) = (rows.len(), 0);
        for row in rows {
            let text: String = row.try_get(0).map_err(told)?;
            bytes += text.len();
            let columns = serde_json::from_str(&text).map_err(|error| format!("it cannot be read as JSON ({error})"));
            let after = row.try_get::<_, Option<String>>(2).map_err(told)?.map_or(Value::Null, Value::String);
            take(Row { id: row.try_get(1).map_err(told)?, after, columns })?;
        }
        if fetched < batch {
            return Ok(());
        }
        batch = next_batch(fetched, bytes);
    }
}

/// Why a query cannot be asked.
enum Unfit {
    Database(postgres::Error),
    Declared(String),
}

impl From<postgres::Error> for Unfit {
    fn from(error: postgres::Error) -> Self {
        Self::Database(error)
    }
}

/// Looks at the declared query alone, to say what is wrong with it in its own words, and then prepares ours around it:
/// the document, its id and its cursor as texts, which no type of Postgres is without.
fn prepare(transaction: &mut Transaction<'_>, question: &Question) -> std::result::Result<Statement, Unfit> {
    let table = as_table(question);
    let alone = transaction.prepare(&format!("SELECT * FROM {table}"))?;
    let names: Vec<&str> = alone.columns().iter().map(postgres::Column::name).collect();
    check_columns(question, &names).map_err(Unfit::Declared)?;
    parameters_fit(question, alone.params().len()).map_err(Unfit::Declared)?;
    if let Some(column) = alone.columns().iter().find(|column| is_binary(column.type_())) {
        let name = column.name();
        let advice = "leave it out of the query, or give it as text (convert_from, encode)";
        return Err(Unfit::Declared(format!("the column `{name}` is of type bytea, which is no text; {advice}")));
    }
    let id = format!("document.{}", quoted(&question.id));
    let cursor = question.cursor.as_ref().map(|cursor| format!("document.{}", quoted(cursor)));
    let order = cursor.as_ref().map(|cursor| format!("{cursor} NULLS FIRST, ")).unwrap_or_default();
    let after = cursor.unwrap_or_else(|| "NULL".to_owned());
    let ours = format!(
        "SELECT row_to_json(document)::text, {id}::text, {after}::text FROM {table} ORDER BY {order}{id}::text COLLATE \"C\""
    );
    Ok(transaction.prepare(&ours)?)
}

fn is_binary(kind: &Type) -> bool {
    match kind.kind() {
        Kind::Array(inner) | Kind::Domain(inner) => is_binary(inner),
        _ => *kind == Type::BYTEA,
    }
}

/// Every value has one written form, whatever the server's settings are: the cursor is compared with it next time.
fn settings(timeout: Duration) -> String {
    format!(
        "SET LOCAL statement_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = 0;
         SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'iso_8601';
         SET LOCAL extra_float_digits = 1",
        timeout.as_millis().clamp(1, i32::MAX as u128)
    )
}

/// A value in its written form, which Postgres reads by itself as the type that it takes the parameter for.
#[derive(Debug)]
struct Written(String);

impl ToSql for Written {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

fn reason(error: &postgres::Error, timeout: Duration) -> String {
    let Some(told) = error.as_db_error() else { return chain(error) };
    if *told.code() == SqlState::QUERY_CANCELED {
        let seconds = timeout.as_secs_f64();
        return format!("the query took longer than {seconds} s; give it an index, or raise `timeout`");
    }
    let hint = told.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("it answers: {}{hint} ({})", told.message(), told.code().code())
}

/// An error with what caused it: the outermost alone says only that connecting failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
