//! A lock that one process of all that use a database holds, and that goes with it when it dies: an advisory lock of a session.

use super::connection::Connection;
use super::error::Result;
use std::sync::Mutex;

/// Held until it is dropped or the server restarts; ask [`Lock::is_held`] before relying on it for long.
#[derive(Debug)]
pub struct Lock {
    connection: Option<Mutex<Connection>>,
    token: String,
}

impl Lock {
    pub(super) fn take(mut connection: Connection, schema: &str, name: &str) -> Result<Option<Self>> {
        const TRY: &str = "SELECT pg_try_advisory_lock(hashtextextended($1, 0)), gen_random_uuid()::text";
        let row = connection.query_one(TRY, &[&format!("{schema}/{name}")])?;
        let (taken, token) = (row.get::<_, bool>(0), row.get(1));
        Ok(taken.then(|| Self { connection: Some(Mutex::new(connection)), token }))
    }

    /// Another for each time that a lock is taken: written beside what the lock guards, it tells whose that is.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Asks the server: whether the session that holds it is still there.
    pub fn is_held(&self) -> bool {
        let connection = self.connection.as_ref().and_then(|connection| connection.lock().ok());
        connection.is_some_and(|mut connection| connection.query("SELECT 1", &[]).is_ok())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing blocks, which a thread of an async runtime may not.
        let connection = self.connection.take();
        if tokio::runtime::Handle::try_current().is_ok() {
            std::thread::spawn(move || drop(connection));
        }
    }
}
