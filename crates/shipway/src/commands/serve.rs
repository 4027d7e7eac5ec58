//! `shipway serve`: the API and the feeds, in one process, until SIGTERM or Ctrl-C; then a drain.

use super::Ground;
use crate::cli::Serve;
use crate::house::{self, House};
use crate::paint;
use anyhow::Context;
use serde_json::json;
use server::Server;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) fn run(ground: &Ground<'_>, serve: &Serve) -> anyhow::Result<ExitCode> {
    let house = House::open(ground.project)?;
    let listen = serve.listen.clone().unwrap_or_else(|| house.parts.project.file.server.listen.clone());
    let embedder = house.embedder.identity().to_owned();
    house::serve_until_done(async {
        let server = Server::bind(house.parts, &listen).await?;
        announce(ground, &server, &embedder)?;
        until_stopped(server).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Runs a server until the process is told to stop, and lets running answers come to their end.
pub(crate) async fn until_stopped(server: Server) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    let longest = server.drain() + AFTER_DRAIN;
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        std::thread::spawn(move || end_at_last(longest));
    };
    server.run(stop).await;
    Ok(())
}

/// How long after the drain's limit the process may take to record and close.
const AFTER_DRAIN: Duration = Duration::from_secs(15);

/// Ends the process when its drain does not: a thread of its own, since whatever keeps the others busy may be why.
#[expect(clippy::disallowed_methods, reason = "the last resort: every orderly end had its time")]
fn end_at_last(patience: Duration) {
    std::thread::sleep(patience);
    tracing::error!("the server did not end in time and is ended now; what still ran shows as interrupted");
    std::process::exit(1);
}

fn announce(ground: &Ground<'_>, server: &Server, embedder: &str) -> anyhow::Result<()> {
    let (address, developer_mode) = (server.address(), server.developer_mode());
    if ground.json {
        // One line: whoever starts the server as a child reads exactly one.
        let line = json!({ "address": address.to_string(), "developer_mode": developer_mode, "embedder": embedder });
        paint::line(line);
        return Ok(());
    }
    paint::line(format!("{} http://{address}", paint::good("serving on")));
    paint::line(paint::quiet(format!("embedder {embedder}; stop with Ctrl-C")));
    if developer_mode {
        paint::line(paint::care(
            "developer mode: no API key exists yet, so every caller on this machine is let in as an admin.\n\
             `shipway key create NAME` ends it.",
        ));
    }
    Ok(())
}
