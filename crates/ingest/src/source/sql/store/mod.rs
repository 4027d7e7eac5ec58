//! The two databases, and what they have in common: the declared query stands in a query of ours.

mod postgres;
mod sqlite;

use super::{Question, TakeRow};
use crate::error::Result;
use serde_json::Value;
use std::path::PathBuf;

/// Rows are fetched in batches of about this size, so that neither small nor large ones fill the memory.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
const FIRST_BATCH: usize = 100;
const LARGEST_BATCH: usize = 5_000;

pub(super) enum Database {
    Postgres {
        url: String,
        /// Where the URL is read from: the URL itself is secret.
        reference: String,
    },
    Sqlite {
        path: PathBuf,
        /// As it was declared.
        shown: String,
    },
}

impl Database {
    /// Asks, and hands over the rows in the order of the cursor's column (NULL first) and the id.
    ///
    /// # Errors
    /// The database cannot be reached or cannot answer the query; or the taker wants no more.
    pub(super) fn read(&self, question: &Question, after: &Value, take: TakeRow<'_>) -> Result<()> {
        match self {
            Self::Postgres { url, reference } => {
                postgres::read(url, &format!("the database of `{reference}`"), question, after, take)
            }
            Self::Sqlite { path, shown } => sqlite::read(path, shown, question, after, take),
        }
    }
}

/// How many rows to fetch next, when `rows` had `bytes`.
fn next_batch(rows: usize, bytes: usize) -> usize {
    (rows.saturating_mul(BATCH_BYTES) / bytes.max(1)).clamp(1, LARGEST_BATCH)
}

/// Whether the query has the columns that were declared, each name once.
fn check_columns(question: &Question, columns: &[&str]) -> std::result::Result<(), String> {
    let needed = [&question.id, &question.text].into_iter().chain(&question.needed);
    for name in needed {
        if !columns.contains(&name.as_str()) {
            return Err(format!("the query gives no column `{name}`, but {}", columns.join(", ")));
        }
    }
    for (index, name) in columns.iter().enumerate() {
        if columns[..index].contains(name) {
            return Err(format!("the query gives two columns `{name}`; rename one with AS"));
        }
    }
    Ok(())
}

/// A name as SQL's own form of quoting has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The declared query as a table called `document`. The line break ends a comment at its end.
fn as_table(question: &Question) -> String {
    format!("(\n{}\n) AS document", question.query)
}

fn parameters_fit(question: &Question, parameters: usize) -> std::result::Result<(), String> {
    match (question.cursor.is_some(), parameters) {
        (false, 0) | (true, 1) => Ok(()),
        (false, _) => Err("the query has a parameter, and no `cursor` says what for".to_owned()),
        (true, 0) => Err("the query does not use `$1`, the last value of the cursor's column".to_owned()),
        (true, _) => Err("the query has more parameters than `$1`, the last value of the cursor's column".to_owned()),
    }
}
