//! The room that keeps everything on disk: one SQLite file in the data folder, one handle for all rooms, nobody's SQL.
//!
//! What it promises: when a write resolves, its bytes have been forced to the disk (`fsync`), and a process killed at
//! any later moment still has them. What makes that cheap: one writer thread takes all the jobs that wait, runs each
//! in a savepoint of one transaction, and pays for one `fsync` for all of them (group commit). Readers have their own
//! connections and never wait for the writer.
//!
//! In reading order: `error` (what can go wrong and who must act), `options`, `connection` (how a file is opened),
//! `presence` (whether that file is still there), `job` (a write that waits for its answer), `writer` (the group
//! commit), `readers`, `migration` (each room's tables and their versions), `handle` (`Storage` itself); and beside it
//! `postgres`, for what outgrows one machine.

mod connection;
mod error;
mod handle;
mod job;
mod migration;
mod options;
pub mod postgres;
mod presence;
mod readers;
mod writer;

pub use error::{Blame, Error, Result};
pub use handle::Storage;
pub use job::Job;
pub use options::Options;
pub use writer::Stats;

#[cfg(test)]
mod tests;
