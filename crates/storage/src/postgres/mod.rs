//! A Postgres beside the data folder, for what outgrows one machine: one handle, one pool of connections, nobody's SQL.
//!
//! What it promises: a job runs whole or not at all; a server that restarts is met again by the next job without anybody's
//! help; several processes that bring the tables up to date at once do it one after the other; a password is never printed.
//! Needs a connection of its own to the server or a pooler that keeps sessions: settings and prepared statements live there.
//!
//! In reading order: `error`, `options`, `address` (what a URL says), `tls`, `connection` (what a job speaks to), `pool`,
//! `migration`, `lock` (held by one process at a time), `handle` (`Postgres` itself); and `foreign`, for other people's databases.

mod address;
mod connection;
mod error;
mod foreign;
mod handle;
mod lock;
mod migration;
mod options;
mod pool;
mod tls;

pub use connection::Connection;
pub use error::{Error, Result};
pub use foreign::connect;
pub use handle::Postgres;
pub use lock::Lock;
pub use options::Options;

#[cfg(test)]
mod tests;
