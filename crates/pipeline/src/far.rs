//! Calls of a provider by code that blocks: the search and the feeds run on threads that may wait, and the network runs on
//! a thread of its own.

use std::sync::LazyLock;
use std::sync::mpsc::sync_channel;
use tokio::runtime::{Builder, Runtime};

/// Started by the first call, and never ended: the process's end is its own.
static NETWORK: LazyLock<std::io::Result<Runtime>> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).thread_name("far").enable_all().build());

/// Waits for a call; `None` when it could not be run to its end. Blocks: never call it on a network thread.
pub(crate) fn wait_for<T: Send + 'static>(call: impl Future<Output = T> + Send + 'static) -> Option<T> {
    let network = NETWORK.as_ref().inspect_err(|error| tracing::error!(%error, "no thread for the network")).ok()?;
    let (tell, told) = sync_channel(1);
    network.spawn(async move {
        // Nobody may wait any more.
        let _ = tell.send(call.await);
    });
    told.recv().ok()
}
