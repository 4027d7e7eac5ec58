//! The binary: reads the command line, composes the rooms, prints what they say. It owns no logic of its own: what a
//! command does lives in the room it calls.

mod cli;
mod commands;
mod house;
mod paint;

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::process::ExitCode;

/// Small allocations are much of what a request costs, and a thread of this allocator gives memory back after a burst.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    // The process's TLS is chosen here, once; it is an error only when it was chosen before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    start_log(arguments.log.as_deref());
    allow_many_connections();
    match commands::run(arguments) {
        Ok(code) => code,
        Err(error) => {
            paint::failure(&error);
            ExitCode::from(1)
        }
    }
}

/// Logs go to standard error, so that standard output stays what a command was asked for.
fn start_log(wanted: Option<&str>) {
    let filter = tracing_subscriber::EnvFilter::try_new(wanted.unwrap_or("warn"));
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

/// Every open stream holds two sockets, and the usual soft limit of 1,024 is there for programs that use `select`. Where
/// it cannot be raised, fewer connections are served.
fn allow_many_connections() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}
