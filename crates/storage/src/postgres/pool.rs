//! The connections there are: made when they are needed, given back when a job ends, thrown away when they broke.

use super::address::Address;
use super::connection::{Connection, Settings};
use super::error::{Error, Result};
use super::options::Options;
use super::tls;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio_postgres_rustls::MakeRustlsConnect;

pub(super) struct Pool {
    address: Address,
    connector: MakeRustlsConnect,
    options: Options,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    /// Idle ones and those that are lent.
    open: usize,
}

impl Pool {
    pub(super) fn new(url: &str, options: Options) -> Result<Self> {
        let address = Address::read(url, &options)?;
        if !is_plain_name(&options.schema) {
            return Err(Error::Schema(options.schema));
        }
        let connector = tls::connector(&address.server, address.roots.as_deref())?;
        Ok(Self { address, connector, options, state: Mutex::default(), freed: Condvar::new() })
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn server(&self) -> &str {
        &self.address.server
    }

    /// A connection of its own, outside the count.
    pub(super) fn connect(&self) -> Result<Connection> {
        let client = self.address.config.connect(self.connector.clone());
        let client = client.map_err(|error| Error::connecting(&self.address.server, &error))?;
        let mut connection = Connection::new(client);
        let Options { schema, statement_timeout, lock_timeout, .. } = &self.options;
        // What an extension brought may lie in a schema of its own; ours comes first. The name needs no quotes.
        connection.batch(&format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = 120000; SELECT \
             set_config('search_path', concat_ws(', ', '{schema}', (SELECT string_agg(DISTINCT quote_ident(nspname), ', ') FROM \
             pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname <> 'plpgsql'), 'public'), false)",
            statement_timeout.as_millis(),
            lock_timeout.as_millis(),
        ))?;
        Ok(connection)
    }

    /// A connection whose session has these settings. Waits for one while all are lent.
    pub(super) fn lend(&self, settings: &Settings) -> Result<Lent<'_>> {
        let until = Instant::now() + self.options.wait;
        let mut state = self.state();
        loop {
            let same = state.idle.iter().rposition(|connection| connection.has(settings));
            if let Some(connection) = same.map(|index| state.idle.swap_remove(index)).or_else(|| state.idle.pop()) {
                drop(state);
                return self.prepare(connection, settings);
            }
            if state.open < self.options.connections.max(1) {
                state.open += 1;
                drop(state);
                let made = self.connect();
                if made.is_err() {
                    self.forget();
                }
                return self.prepare(made?, settings);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Busy(self.options.wait));
            }
            state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn prepare(&self, connection: Connection, settings: &Settings) -> Result<Lent<'_>> {
        let mut lent = Lent { pool: self, connection: Some(connection), sound: false };
        lent.set(settings)?;
        Ok(lent)
    }

    /// Throws away all that wait: after one was lost, so are most likely all.
    pub(super) fn clear(&self) {
        let idle = {
            let mut state = self.state();
            state.open -= state.idle.len();
            mem::take(&mut state.idle)
        };
        self.freed.notify_all();
        close(idle);
    }

    fn forget(&self) {
        self.state().open -= 1;
        self.freed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        close(mem::take(&mut self.state().idle));
    }
}

/// Closing says goodbye to the server, which blocks; the client panics where a runtime forbids that.
fn close(connections: Vec<Connection>) {
    if !connections.is_empty() && tokio::runtime::Handle::try_current().is_ok() {
        std::thread::spawn(move || drop(connections));
    }
}

/// A connection as long as a job has it.
pub(super) struct Lent<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
    sound: bool,
}

impl Lent<'_> {
    /// The session is as it was: no transaction is open.
    pub(super) fn give_back(mut self) {
        self.sound = true;
    }
}

impl Deref for Lent<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("only dropping takes it")
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("only dropping takes it")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let connection = self.connection.take().filter(|connection| self.sound && !connection.is_closed());
        match connection {
            Some(connection) => {
                self.pool.state().idle.push(connection);
                self.pool.freed.notify_one();
            }
            None => self.pool.forget(),
        }
    }
}

/// A name that means the same with and without quotes.
fn is_plain_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
