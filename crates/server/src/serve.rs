//! Listening and draining. One worker per core, each with its own listener on the same address (`SO_REUSEPORT`), its own
//! single-threaded runtime and its own connections to the providers: a request lives and ends on one core, and no lock
//! stands between two of them. SIGTERM stops accepting and lets running answers, streams among them, come to their end.

use crate::ServeError;
use crate::app::{App, Parts};
use crate::batching;
use crate::feeds;
use crate::worker::{self, Draining, Worker};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;

/// Connections that wait to be accepted, for each worker.
const BACKLOG: u32 = 4096;

/// A server that listens and is ready to run.
pub struct Server {
    listeners: Vec<std::net::TcpListener>,
    address: SocketAddr,
    app: Arc<App>,
    drain: Duration,
    developer_mode: bool,
}

impl Server {
    /// Binds the address. Any address but a loopback one needs an API key to exist: whoever reaches it could spend
    /// money and read answers.
    ///
    /// # Errors
    /// The operator's: an address that is not one, a port that is taken, no key.
    pub async fn bind(parts: Parts, listen: &str) -> Result<Self, ServeError> {
        let wanted = resolve(listen).await?;
        let loopback = wanted.ip().is_loopback();
        let any_key = parts.admission.any()?;
        if !loopback && !any_key {
            return Err(ServeError::NoKeys { listen: listen.to_owned() });
        }
        let (address, listeners) = listeners(wanted).map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => ServeError::PortInUse { listen: listen.to_owned() },
            _ => ServeError::Listen { listen: listen.to_owned(), error },
        })?;
        let drain = parts.project.file.server.drain.as_duration();
        let app = Arc::new(App::new(parts, loopback));
        app.warm().await;
        Ok(Self { listeners, address, app, drain, developer_mode: !any_key })
    }

    /// Where it listens; the port is the real one when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether callers need no key: on a loopback address, while none exists.
    pub fn developer_mode(&self) -> bool {
        self.developer_mode
    }

    /// How long a drain waits for running answers.
    pub fn drain(&self) -> Duration {
        self.drain
    }

    /// Serves until `stop` resolves, then drains. When it returns, every request that it took has its record on disk.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let feeds = tokio::spawn(feeds::keep_fresh(Arc::clone(&self.app)));
        let (stopping, stopped) = watch::channel(false);
        let draining = Draining::begin();
        let workers = self.listeners.into_iter().enumerate().map(|(core, listener)| {
            let (stopped, draining) = (stopped.clone(), draining.another());
            let worker = Worker { app: Arc::clone(&self.app), drain: self.drain, stopped, draining };
            tokio::task::spawn_blocking(move || worker::run(core, listener, worker))
        });
        // Collected, so that they run: what is mapped lazily would begin when it is waited for.
        let workers: Vec<_> = workers.collect();
        let batches = tokio::spawn(batching::run(Arc::clone(&self.app), stopped, self.drain, draining));
        stop.await;
        feeds.abort();
        // Nobody listens any more only when every worker has gone, which is fine too.
        let _ = stopping.send(true);
        for worker in workers {
            if worker.await.is_err() {
                tracing::error!("a worker stopped in the middle of its work");
            }
        }
        if batches.await.is_err() {
            tracing::error!("the batches stopped in the middle of their work");
        }
    }
}

/// One listener for each core, all on one address.
fn listeners(wanted: SocketAddr) -> std::io::Result<(SocketAddr, Vec<std::net::TcpListener>)> {
    // Shared ports could be shared with another program of ours by mistake: only who can have it alone may share it.
    let alone = std::net::TcpListener::bind(wanted)?;
    drop(alone);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut address = wanted;
    let mut listeners = Vec::with_capacity(cores);
    for _ in 0..cores {
        let listener = listen(address)?;
        address = listener.local_addr()?;
        listeners.push(listener.into_std()?);
    }
    Ok((address, listeners))
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn resolve(listen: &str) -> Result<SocketAddr, ServeError> {
    let found = tokio::net::lookup_host(listen).await.ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| ServeError::NotAnAddress { listen: listen.to_owned() })
}
