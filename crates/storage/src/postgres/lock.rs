//! A lock that one process of all that use a database holds, and that goes with it when it dies: an advisory lock of a session.

use super::connection::Connection;
use super::error::Result;
use std::sync::Mutex;

/// Held until it is dropped or the server restarts; ask [`Lock::is_held`] before relying on it for long.
#[derive(Debug)]
pub struct Lock {
    connection: Option<Mutex<Connection>>,
}

impl Lock {
    pub(super) fn take(mut connection: Connection, schema: &str, name: &str) -> Result<Option<Self>> {
        const TRY: &str = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
        let taken: bool = connection.query_one(TRY, &[&format!("{schema}/{name}")])?.get(0);
        Ok(taken.then(|| Self { connection: Some(Mutex::new(connection)) }))
    }

    /// Asks the server: whether the session that holds it is still there.
    pub fn is_held(&self) -> bool {
        let connection = self.connection.as_ref().and_then(|connection| connection.lock().ok());
        connection.is_some_and(|mut connection| connection.query("SELECT 1", &[]).is_ok())
    }
}

impl Drop for Lock {
    /// Waits until the server has freed it: who takes it next in this process must find it free.
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let free = move || {
            // By name, since the server notices the end of a session only a moment later. One that is lost frees it anyway.
            if let Ok(mut connection) = connection.into_inner() {
                let _freed = connection.query("SELECT pg_advisory_unlock_all()", &[]);
            }
        };
        // A thread of an async runtime may not speak to the server itself.
        if tokio::runtime::Handle::try_current().is_ok() {
            let _freed = std::thread::spawn(free).join();
        } else {
            free();
        }
    }
}
