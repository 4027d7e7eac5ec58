//! What the one who names a Postgres may decide.

use std::time::Duration;

/// How to use a Postgres. `Options::default()` suits a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where our tables are; made when it is missing.
    pub schema: String,
    /// Connections at once at most; they are made when they are needed.
    pub connections: usize,
    /// How long a job waits for a connection to become free.
    pub wait: Duration,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long one statement may take. The database watches over it; a server that stopped answering is given up a little later.
    pub statement_timeout: Duration,
    /// How long one statement may wait for a lock.
    pub lock_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            schema: "shipway".to_owned(),
            connections: 16,
            wait: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(10),
        }
    }
}
