//! A small pool of connections that only read. In WAL mode a reader sees the last commit at the moment it begins and
//! neither waits for the writer nor holds it up.

use crate::connection;
use crate::error::Result;
use crate::presence::Presence;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// More may be open for a moment, when more read at once; they are closed afterwards.
const KEPT_OPEN: usize = 8;

pub(crate) struct Readers {
    idle: Mutex<Vec<Connection>>,
    busy_timeout: Duration,
    presence: Arc<Presence>,
}

impl Readers {
    pub(crate) fn new(busy_timeout: Duration, presence: Arc<Presence>) -> Self {
        Self { idle: Mutex::new(Vec::new()), busy_timeout, presence }
    }

    /// Runs the job in a read transaction, so that all its queries see the same moment.
    pub(crate) fn read<T>(&self, folder: &Path, job: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.presence.check()?;
        let idle = self.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::reader(folder, self.busy_timeout)?,
        };
        let moment = Transaction::new_unchecked(&connection, TransactionBehavior::Deferred)?;
        let result = job(&moment);
        // A panicking job never comes here: its connection is closed rather than kept in an unknown state.
        if moment.finish().is_ok() {
            let mut idle = self.lock();
            if idle.len() < KEPT_OPEN {
                idle.push(connection);
            }
        }
        result
    }

    /// Closes the idle connections, so that the writer, closing last, can fold the log into the database file.
    pub(crate) fn close(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // The list is whole at every moment, so a panic elsewhere while it was held does no harm.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
