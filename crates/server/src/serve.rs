//! Listening, accepting, draining. A connection is served until its client or a drain ends it; SIGTERM stops accepting
//! and lets running answers, streams among them, come to their end.

use crate::ServeError;
use crate::app::{App, Parts};
use crate::feeds;
use crate::routes::router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use ledger::Ledger;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How long a client may take to send a request's headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the end of the process waits for the last records.
const MOST_SETTLING: Duration = Duration::from_secs(5);

/// A server that listens and is ready to run.
pub struct Server {
    listener: TcpListener,
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
        let listener = TcpListener::bind(wanted).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => ServeError::PortInUse { listen: listen.to_owned() },
            _ => ServeError::Listen { listen: listen.to_owned(), error },
        })?;
        let address = listener.local_addr().map_err(|error| ServeError::Listen { listen: listen.to_owned(), error })?;
        let drain = parts.project.file.server.drain.as_duration();
        let app = Arc::new(App::new(parts, loopback));
        app.warm().await;
        Ok(Self { listener, address, app, drain, developer_mode: !any_key })
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
        let ledger = self.app.parts.ledger.clone();
        let router = router(self.app);
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                // What has ended is taken out, so that the set holds only what runs.
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(serve_connection(stream, router.clone(), &graceful));
                    }
                    Err(error) => {
                        // Out of file handles, mostly: wait for some to come back instead of spinning.
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
            }
        }
        drop(self.listener);
        feeds.abort();
        tokio::select! {
            () = graceful.shutdown() => tracing::info!("drained: every running request was answered"),
            () = tokio::time::sleep(self.drain) => {
                tracing::warn!("the drain ran out of time; what still runs is cancelled and recorded so");
            }
        }
        connections.shutdown().await;
        settle(&ledger).await;
    }
}

/// Waits until the records of requests that were cut are on disk: they are written in the background.
async fn settle(ledger: &Ledger) {
    let settled = async {
        while ledger.unsettled() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        ledger.flush().await
    };
    match tokio::time::timeout(MOST_SETTLING, settled).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the last records may not be on disk"),
        Err(_) => tracing::error!(
            requests = ledger.unsettled(),
            "the records of some requests could not be written in time; the next start marks them as interrupted"
        ),
    }
}

/// The connection, from its first request to its end.
fn serve_connection(
    stream: TcpStream,
    router: axum::Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<> {
    // Without it a streamed piece may wait 40 ms for the acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let connection = graceful.watch(connection);
    async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

async fn resolve(listen: &str) -> Result<SocketAddr, ServeError> {
    let found = tokio::net::lookup_host(listen).await.ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| ServeError::NotAnAddress { listen: listen.to_owned() })
}
