//! Load on a server, and what it did to it: requests at a rate that does not wait for the answers (so that a server that
//! falls behind cannot hide it), or as fast as a number of connections carries them; latencies, streams, errors by
//! kind, cost, and the resources of the server's process.
//!
//! In reading order: `plan` (what to send where) → `arrivals` (when) → `connection` (one request over one connection
//! that is kept alive) and `frames` (its stream) → `run` (all of it together) → `measured` (what was found) → `knee`
//! (the rate that still holds) → `profile` (the process) → `projection` (what a month costs) → `report` (all as text).

mod arrivals;
mod connection;
mod error;
mod frames;
mod knee;
mod measured;
mod plan;
mod profile;
mod projection;
mod report;
mod run;

#[cfg(test)]
mod tests;

pub use arrivals::Pace;
pub use error::Error;
pub use knee::{Search, Step};
pub use measured::{Measured, Summary, Times};
pub use plan::{Plan, Request, Target};
pub use profile::{Profile, Snapshot};
pub use projection::{Projection, Volume};
pub use report::{histogram, steps, table};
pub use run::{Progress, run};
