//! All that is said to Postgres. `tables` (what there is), `values` (what travels), `filter` (a filter as a condition),
//! `collections` (heads, versions, pins), `changes` (staging and committing), `rows` (documents on their way in), `retire`
//! (deleting), `spaces` (vectors by space), `scopes` (searching), `reading` (what is given out).

pub(crate) mod changes;
pub(crate) mod collections;
mod filter;
pub(crate) mod reading;
pub(crate) mod retire;
mod rows;
pub(crate) mod scopes;
pub(crate) mod spaces;
mod tables;
pub(crate) mod values;

use crate::Error;
use storage::postgres::{Connection, Postgres};

/// Iterative scans, without which a filter over a graph loses results, came with this version of pgvector.
const PGVECTOR: (u32, u32) = (0, 8);

/// Makes sure of the extension and the tables.
pub(crate) fn migrate(postgres: &Postgres) -> Result<(), Error> {
    postgres.demand_extension("vector")?;
    let version: String = read(postgres, |connection| {
        let row = connection.query_one("SELECT extversion FROM pg_extension WHERE extname = 'vector'", &[])?;
        Ok(row.get(0))
    })?;
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < PGVECTOR {
        let reason = format!(
            "it is there in version {version}, and 0.8 is needed: update it on the server, then ALTER EXTENSION vector UPDATE"
        );
        return Err(storage::postgres::Error::Extension { name: "vector".to_owned(), reason }.into());
    }
    Ok(postgres.migrate("retrieval", tables::MIGRATIONS)?)
}

/// A word that nobody else who uses the database has.
pub(crate) fn unique_word(postgres: &Postgres) -> Result<String, Error> {
    read(postgres, |connection| Ok(connection.query_one("SELECT gen_random_uuid()::text", &[])?.get(0)))
}

/// Reads, with errors of this room.
pub(crate) fn read<T>(postgres: &Postgres, job: impl FnMut(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
    carried(job, |job| postgres.read(job))
}

/// Reads several things of one moment, with errors of this room.
pub(crate) fn read_moment<T>(
    postgres: &Postgres,
    job: impl FnMut(&mut Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    carried(job, |job| postgres.read_moment(job))
}

/// Writes all or nothing, with errors of this room.
pub(crate) fn write<T>(postgres: &Postgres, job: impl FnMut(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
    carried(job, |job| postgres.write(job))
}

#[derive(Debug, thiserror::Error)]
#[error("refused")]
struct Carried;

/// Carries an error of this room past `storage`, which knows only its own.
fn carried<T>(
    mut job: impl FnMut(&mut Connection) -> Result<T, Error>,
    run: impl FnOnce(&mut dyn FnMut(&mut Connection) -> storage::postgres::Result<T>) -> storage::postgres::Result<T>,
) -> Result<T, Error> {
    let mut refusal = None;
    let done = run(&mut |connection| {
        job(connection).map_err(|error| match error {
            Error::Postgres(error) => error,
            error => {
                refusal = Some(error);
                storage::postgres::Error::refuse(Carried)
            }
        })
    });
    done.map_err(|error| match error.refusal::<Carried>() {
        Some(_) => refusal.unwrap_or(Error::Postgres(error)),
        None => Error::Postgres(error),
    })
}
