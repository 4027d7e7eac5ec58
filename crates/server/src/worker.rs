//! One core's share of the server: accepts, serves its connections, and drains them when the server stops.

use crate::app::App;
use crate::routes::Door;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use ledger::Ledger;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long a client may take to send a request's headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the end of the process waits for the last records.
const MOST_SETTLING: Duration = Duration::from_secs(5);

/// Threads that one worker may have beside its own for work that blocks or computes.
const MOST_BESIDE: usize = 64;

/// What a worker works with.
pub(crate) struct Worker {
    pub(crate) app: Arc<App>,
    pub(crate) drain: Duration,
    /// Turns true when the server is to stop.
    pub(crate) stopped: watch::Receiver<bool>,
    pub(crate) draining: Draining,
}

/// Held by everybody who still answers requests.
pub(crate) struct Draining {
    all: Arc<watch::Sender<()>>,
    me: watch::Receiver<()>,
}

impl Draining {
    pub(crate) fn begin() -> Self {
        let (all, me) = watch::channel(());
        Self { all: Arc::new(all), me }
    }

    pub(crate) fn another(&self) -> Self {
        Self { all: Arc::clone(&self.all), me: self.me.clone() }
    }

    /// The holder has answered its last request; resolves when all others have too, or are gone.
    pub(crate) async fn ended(self) {
        drop(self.me);
        self.all.closed().await;
    }
}

/// Serves until the server stops, then drains. Blocks the thread that it is given.
pub(crate) fn run(core: usize, listener: std::net::TcpListener, worker: Worker) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_name(format!("worker-{core}"))
        .max_blocking_threads(MOST_BESIDE)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(core, %error, "a worker cannot begin; the others serve without it"),
    };
    runtime.block_on(serve(listener, worker));
    // Work beside the network may be in the middle of something long; its end is not waited for.
    runtime.shutdown_background();
}

async fn serve(listener: std::net::TcpListener, mut worker: Worker) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "a listener cannot be used"),
    };
    let (ledger, lasting) = (worker.app.parts.ledger.clone(), worker.app.lasting.clone());
    let door = Door::new(worker.app);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = worker.stopped.wait_for(|stopped| *stopped) => break,
            // What has ended is taken out, so that the set holds only what runs.
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, door.clone(), &graceful));
                }
                Err(error) => {
                    // Out of file handles, mostly: wait for some to come back instead of spinning.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    let drained = async {
        graceful.shutdown().await;
        lasting.ended().await;
    };
    tokio::select! {
        () = drained => tracing::info!("drained: every running request was answered"),
        () = tokio::time::sleep(worker.drain) => {
            tracing::warn!("the drain ran out of time; what still runs is cancelled and recorded so");
            lasting.cut();
        }
    }
    connections.shutdown().await;
    worker.draining.ended().await;
    settle(&ledger).await;
}

/// Waits until the records of requests that were cut are on disk: they are written in the background. The ledger counts
/// those of all cores, so this comes after the last of them has answered.
pub(crate) async fn settle(ledger: &Ledger) {
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
    door: Door,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<> {
    // Without it a streamed piece may wait 40 ms for the acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let connection = http.serve_connection(TokioIo::new(stream), service_fn(move |request| door.enter(request)));
    let connection = graceful.watch(connection);
    async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_settles_before_the_last_has_answered() {
        let first = Draining::begin();
        let (second, gone) = (first.another(), first.another());
        let mut ended = std::pin::pin!(first.ended());
        assert!(futures_util::poll!(ended.as_mut()).is_pending());
        drop(gone);
        assert!(futures_util::poll!(ended.as_mut()).is_pending(), "one still answers");
        second.ended().await;
        ended.await;
    }
}
