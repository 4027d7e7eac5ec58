//! The model from the hub that its authors publish it on, at a pinned revision.

use crate::embedder::cache::Pinned;
use reqwest::Client;
use std::error::Error as _;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// The repository and the commit of it.
const REPOSITORY: &str = "sentence-transformers/all-MiniLM-L6-v2";
const REVISION: &str = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf";

/// How long to wait before giving up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For a connection: short, since on a machine without this way out it fails by waiting.
    pub(super) connect: Duration,
    /// Between two pieces of an answer.
    pub(super) idle: Duration,
    /// For everything.
    pub(super) total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), idle: Duration::from_secs(20), total: Duration::from_secs(15 * 60) }
    }
}

/// Downloads each file into the staging folder. Runs on a thread of its own with its own small runtime, so that it may
/// be called from anywhere.
pub(super) fn download(
    hub: &str,
    files: &[Pinned],
    staging: &Path,
    patience: Patience,
    done: &dyn Fn(u64),
) -> Result<(), String> {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let work = scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| error.to_string())?;
            runtime.block_on(async {
                let done = |bytes| {
                    // Nobody listens any more only when the caller's thread is gone.
                    let _ = tell.send(bytes);
                };
                let all = download_all(hub, files, staging, patience, &done);
                match tokio::time::timeout(patience.total, all).await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(format!("it took longer than {} s", patience.total.as_secs())),
                }
            })
        });
        told.iter().for_each(done);
        work.join().unwrap_or_else(|_| Err("the download broke off".to_owned()))
    })
}

async fn download_all(
    hub: &str,
    files: &[Pinned],
    staging: &Path,
    patience: Patience,
    done: &dyn Fn(u64),
) -> Result<(), String> {
    // A process-wide choice; when somebody has made it already, theirs stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .connect_timeout(patience.connect)
        .read_timeout(patience.idle)
        .build()
        .map_err(|error| chain(&error))?;
    let mut before = 0;
    for file in files {
        let address = format!("{hub}/{REPOSITORY}/resolve/{REVISION}/{}", file.name);
        before = download_one(&client, &address, file, staging, before, done).await?;
    }
    Ok(())
}

async fn download_one(
    client: &Client,
    address: &str,
    file: &Pinned,
    staging: &Path,
    before: u64,
    done: &dyn Fn(u64),
) -> Result<u64, String> {
    let unwritable = |error: std::io::Error| format!("{} cannot be written: {error}", file.name);
    let mut answer = client.get(address).send().await.map_err(|error| chain(&error))?;
    if !answer.status().is_success() {
        return Err(format!("it answered {} for {}", answer.status(), file.name));
    }
    let mut to = File::create(staging.join(file.name)).map_err(unwritable)?;
    let mut written = 0;
    while let Some(piece) = answer.chunk().await.map_err(|error| chain(&error))? {
        to.write_all(&piece).map_err(unwritable)?;
        written += piece.len() as u64;
        if written > file.bytes {
            return Err(format!("its {} is longer than the pinned {} bytes", file.name, file.bytes));
        }
        done(before + written);
    }
    to.sync_all().map_err(unwritable)?;
    Ok(before + written)
}

/// An error with what caused it: the outermost alone says only that sending failed.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
