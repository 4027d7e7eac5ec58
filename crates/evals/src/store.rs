//! The runs on disk: one row per run, its results as JSON. The only file of this room with SQL.

use crate::comparison::Comparison;
use crate::error::Error;
use crate::run::Run;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::{Deserialize, Serialize};
use storage::Storage;
use usecase::BundleId;

const STEPS: &[&str] = &["
    CREATE TABLE eval_run (
        number   INTEGER PRIMARY KEY AUTOINCREMENT,
        id       TEXT NOT NULL UNIQUE,
        use_case TEXT NOT NULL,
        bundle   TEXT NOT NULL,
        finished INTEGER NOT NULL,
        passed   INTEGER NOT NULL,
        body     TEXT NOT NULL
    ) STRICT;
    CREATE INDEX eval_run_of_bundle ON eval_run (bundle, number);
    CREATE INDEX eval_run_of_use_case ON eval_run (use_case, number);
"];

/// A run with what was concluded from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) run: Run,
    pub(crate) comparison: Comparison,
    /// Why the gate refused; empty when it passed.
    pub(crate) reasons: Vec<String>,
}

pub(crate) fn open(storage: &Storage) -> Result<(), Error> {
    Ok(storage.migrate("evals", STEPS)?)
}

/// Keeps a run; resolves when it is on disk.
pub(crate) async fn keep(storage: &Storage, kept: &Kept) -> Result<(), Error> {
    let run = &kept.run;
    let body = serde_json::to_string(kept).map_err(|error| Error::Report(error.to_string()))?;
    let (id, use_case, bundle) = (run.id.clone(), run.use_case.clone(), run.bundle.to_string());
    let (finished, passed) = (run.finished.0, kept.reasons.is_empty());
    let insert = move |transaction: &rusqlite::Transaction<'_>| {
        transaction.execute(
            "INSERT INTO eval_run (id, use_case, bundle, finished, passed, body)
             VALUES (:id, :use_case, :bundle, :finished, :passed, :body)",
            named_params! {
                ":id": id, ":use_case": use_case, ":bundle": bundle,
                ":finished": finished, ":passed": passed, ":body": body,
            },
        )?;
        Ok(())
    };
    Ok(storage.write(insert).await?)
}

/// The newest run of a bundle.
pub(crate) fn latest_of_bundle(storage: &Storage, bundle: &BundleId) -> Result<Option<Kept>, Error> {
    newest(storage, "SELECT id, body FROM eval_run WHERE bundle = ?1 ORDER BY number DESC LIMIT 1", bundle.as_str())
}

/// How many runs of a bundle there are, and how many of them passed the gate.
pub(crate) fn runs_of_bundle(storage: &Storage, bundle: &BundleId) -> Result<(usize, usize), Error> {
    let count = |connection: &Connection| {
        let count = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        let sql = "SELECT count(*), coalesce(sum(passed), 0) FROM eval_run WHERE bundle = ?1";
        Ok(connection.query_row(sql, [bundle.as_str()], count)?)
    };
    let (runs, passed) = storage.read(count)?;
    Ok((usize::try_from(runs).unwrap_or_default(), usize::try_from(passed).unwrap_or_default()))
}

fn newest(storage: &Storage, sql: &str, of: &str) -> Result<Option<Kept>, Error> {
    let texts = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let found = storage.read(|connection| Ok(connection.query_row(sql, [of], texts).optional()?))?;
    let parse = |(run, body): (String, String)| {
        serde_json::from_str(&body).map_err(|error| Error::UnreadableRun { run, reason: error.to_string() })
    };
    found.map(parse).transpose()
}
