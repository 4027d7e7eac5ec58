//! `Postgres`: the one handle to a database. Cheap to clone; clones share the connections.

use super::connection::Connection;
use super::error::{Error, Result};
use super::lock::Lock;
use super::migration;
use super::options::Options;
use super::pool::Pool;
use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How often a write is tried that collides with others, before its caller hears of it.
const ATTEMPTS: u32 = 6;

#[derive(Clone)]
pub struct Postgres {
    pool: Arc<Pool>,
    settings: Arc<[(String, String)]>,
}

impl Postgres {
    /// Connects once, so that what is wrong with an address shows now. Blocks, as everything here does: for threads that may wait,
    /// never for those of an async runtime.
    ///
    /// # Errors
    /// `Address`, `Schema`, `Unreachable`, `Login` or `Tls`, each with what to do.
    pub fn connect(url: &str, options: Options) -> Result<Self> {
        let postgres = Self { pool: Arc::new(Pool::new(url, options)?), settings: Arc::default() };
        postgres.read(|_| Ok(()))?;
        Ok(postgres)
    }

    /// The same database, where every job's session has these settings (`SET name = value`) and no others.
    #[must_use]
    pub fn with_settings(&self, settings: Vec<(String, String)>) -> Self {
        Self { pool: Arc::clone(&self.pool), settings: settings.into() }
    }

    /// Reads; each statement sees the last commit. After a lost connection the job is begun again once, on a new one: it must
    /// change nothing.
    ///
    /// # Errors
    /// What the job returns, or why nothing can be read.
    pub fn read<T>(&self, mut job: impl FnMut(&mut Connection) -> Result<T>) -> Result<T> {
        match self.attempt(&mut job) {
            Err(Error::Lost(_)) => {
                self.pool.clear();
                self.attempt(&mut job)
            }
            other => other,
        }
    }

    /// Reads several things of one moment.
    ///
    /// # Errors
    /// As [`Postgres::read`].
    pub fn read_moment<T>(&self, mut job: impl FnMut(&mut Connection) -> Result<T>) -> Result<T> {
        self.read(|connection| within(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &mut job))
    }

    /// Runs the job in a transaction and commits it: all of it or nothing. A job that collides with others begins again.
    ///
    /// # Errors
    /// The job's own error, or that of its commit: then nothing was kept. Only after `Lost` it is not known.
    pub fn write<T>(&self, mut job: impl FnMut(&mut Connection) -> Result<T>) -> Result<T> {
        let mut fresh = false;
        let mut attempt = 0;
        loop {
            // A connection that broke unnoticed while it waited shows here, when nothing was written yet.
            let mut begun = false;
            let done = self.attempt(&mut |connection: &mut Connection| {
                within(connection, "BEGIN", &mut |connection: &mut Connection| {
                    begun = true;
                    job(connection)
                })
            });
            match done {
                Err(Error::Lost(_)) if !begun && !fresh => {
                    fresh = true;
                    self.pool.clear();
                }
                Err(Error::Conflict) if attempt + 1 < ATTEMPTS => {
                    attempt += 1;
                    thread::sleep(Duration::from_millis(5 << attempt));
                }
                Err(Error::Lost(reason)) => {
                    self.pool.clear();
                    return Err(Error::Lost(reason));
                }
                other => return other,
            }
        }
    }

    /// Takes a lock by name, on a connection of its own; `None` while another holds it.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn lock(&self, name: &str) -> Result<Option<Lock>> {
        Lock::take(self.pool.connect()?, &self.pool.options().schema, name)
    }

    /// Brings a room's tables up to date, within the schema. `steps` is the whole list since the first version; a step is a batch
    /// of SQL and is never edited once released. Processes that do this at once take turns.
    ///
    /// # Errors
    /// `Migration` when the schema belongs to a newer or another program, `Permission` when it may not be made.
    pub fn migrate(&self, room: &str, steps: &[&str]) -> Result<()> {
        let schema = &self.pool.options().schema;
        if self.read(|connection| migration::applied(connection, schema, room, steps))? == steps.len() {
            return Ok(());
        }
        self.write(|connection| migration::apply(connection, schema, room, steps))
    }

    /// Makes sure of an extension: creates it when it is missing and we may.
    ///
    /// # Errors
    /// `Extension`, with what an administrator must do.
    pub fn demand_extension(&self, name: &str) -> Result<()> {
        const PRESENT: &str = "SELECT count(*) > 0 FROM pg_extension WHERE extname = $1";
        if self.read(|connection| Ok(connection.query_one(PRESENT, &[&name])?.get(0)))? {
            return Ok(());
        }
        let made = self.write(|connection| {
            connection
                .query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", &[&format!("extension/{name}")])?;
            // In `public`, not in our schema: an extension is there once for a whole database.
            connection.batch(&format!("CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA public"))
        });
        self.pool.clear();
        match made {
            Err(Error::Permission(reason) | Error::Query(reason)) => {
                Err(Error::Extension { name: name.to_owned(), reason })
            }
            other => other,
        }
    }

    /// Forgets our whole schema and all that is in it: for a home that was made to measure something.
    ///
    /// # Errors
    /// When the database cannot be reached, or somebody reads there still.
    pub fn drop_schema(&self) -> Result<()> {
        let schema = self.schema();
        self.write(|connection| connection.batch(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")))
    }

    pub fn schema(&self) -> &str {
        &self.pool.options().schema
    }

    /// Host, port and database, for messages.
    pub fn server(&self) -> &str {
        self.pool.server()
    }

    fn attempt<T>(&self, job: &mut impl FnMut(&mut Connection) -> Result<T>) -> Result<T> {
        let mut lent = self.pool.lend(&self.settings)?;
        let done = job(&mut lent);
        if !matches!(done, Err(Error::Lost(_))) {
            lent.give_back();
        }
        done
    }
}

/// The job between this beginning and a commit, or a rollback when it failed.
fn within<T>(
    connection: &mut Connection,
    begin: &str,
    job: &mut impl FnMut(&mut Connection) -> Result<T>,
) -> Result<T> {
    connection.batch(begin)?;
    match job(connection) {
        Ok(done) => connection.batch("COMMIT").map(|()| done),
        Err(Error::Lost(reason)) => Err(Error::Lost(reason)),
        Err(error) => connection.batch("ROLLBACK").and(Err(error)),
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("server", &self.server())
            .field("schema", &self.schema())
            .finish_non_exhaustive()
    }
}
