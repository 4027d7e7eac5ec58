//! One connection, as a job speaks to it: statements prepared once, and the settings that its session has.

use super::error::Result;
use ::postgres::types::ToSql;
use ::postgres::{Client, Row, Statement};
use std::collections::HashMap;
use std::fmt;

/// Filters make statements of many shapes; more than this are not worth the server's memory.
const MOST_STATEMENTS: usize = 200;

/// Settings of a session by name, as in `SET name = value`.
pub(super) type Settings = [(String, String)];

pub struct Connection {
    client: Client,
    statements: HashMap<String, Statement>,
    settings: Vec<(String, String)>,
}

impl Connection {
    pub(super) fn new(client: Client) -> Self {
        Self { client, statements: HashMap::new(), settings: Vec::new() }
    }

    /// # Errors
    /// What the server says; so for all that follow.
    pub fn query(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let statement = self.prepared(sql)?;
        Ok(self.client.query(&statement, values)?)
    }

    /// The one row there may be.
    ///
    /// # Errors
    /// As [`Connection::query`], or when there is more than one.
    pub fn query_opt(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>> {
        let statement = self.prepared(sql)?;
        Ok(self.client.query_opt(&statement, values)?)
    }

    /// The one row there must be.
    ///
    /// # Errors
    /// As [`Connection::query`], or when there is not exactly one.
    pub fn query_one(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Row> {
        let statement = self.prepared(sql)?;
        Ok(self.client.query_one(&statement, values)?)
    }

    /// Gives how many rows were changed.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub fn execute(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<u64> {
        let statement = self.prepared(sql)?;
        Ok(self.client.execute(&statement, values)?)
    }

    /// Several statements without values, and those that cannot be prepared.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        Ok(self.client.batch_execute(sql)?)
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        if self.statements.len() >= MOST_STATEMENTS {
            // Dropping a statement closes it on the server.
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn has(&self, settings: &Settings) -> bool {
        self.settings == settings
    }

    /// Gives the session these settings and takes back all that it had before.
    pub(super) fn set(&mut self, settings: &Settings) -> Result<()> {
        if self.has(settings) {
            return Ok(());
        }
        let (mut names, mut values): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for (name, value) in settings {
            names.push(name);
            values.push(value);
        }
        let before: Vec<&str> = self.settings.iter().map(|(name, _)| name.as_str()).collect();
        let reset: String =
            before.iter().filter(|name| !names.contains(name)).map(|name| format!("RESET {name};")).collect();
        // The statement is sent before anything is remembered: a connection that failed here is thrown away.
        if !reset.is_empty() {
            self.client.batch_execute(&reset)?;
        }
        if !names.is_empty() {
            const SET: &str =
                "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS one (name, value)";
            self.query(SET, &[&names, &values])?;
        }
        self.settings = settings.to_vec();
        Ok(())
    }

    /// Whether what was sent last was the last that can be sent.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
