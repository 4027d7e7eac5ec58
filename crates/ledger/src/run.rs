//! Which process is alive. Each open ledger is a *run* and holds a locked file `<folder>/runs/<run>.lock`; the
//! operating system lets the lock go when the process ends, however it ends. A run whose lock can be taken is dead, and
//! what it noted beside it as begun (`<run>.begun`) and never recorded was interrupted.

use crate::begun;
use crate::error::{Error, Result};
use crate::seal;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Held while the ledger is being opened: master key, node name and run lock are made by one process at a time.
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join("ledger.lock");
        let file = private().create(true).truncate(false).open(&path);
        let file = file.map_err(|error| Error::folder("opening", &path, &error))?;
        file.lock().map_err(|error| Error::folder("locking", &path, &error))?;
        Ok(Self { _file: file })
    }
}

/// This run, alive as long as the value is.
pub(crate) struct Run {
    /// 16 hex digits.
    pub(crate) id: String,
    _lock: File,
}

/// What stands beside this run in the folder.
pub(crate) struct Others {
    living: Vec<String>,
    /// Files of dead runs, to be removed once their requests are marked.
    pub(crate) dead: Vec<PathBuf>,
}

/// Where the runs' files stand.
pub(crate) fn runs(folder: &Path) -> PathBuf {
    folder.join("runs")
}

/// All files of all runs; none when the folder is not there.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let runs = runs(folder);
    let read = |error| Error::folder("reading", &runs, &error);
    let entries = match fs::read_dir(&runs) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(read)?,
    };
    entries.map(|entry| Ok(entry.map_err(read)?.path())).collect()
}

/// Looks at the other runs, then begins this one. The caller holds the folder's lock.
pub(crate) fn enter(folder: &Path) -> Result<(Run, Others)> {
    let runs = runs(folder);
    fs::create_dir_all(&runs).map_err(|error| Error::folder("creating", &runs, &error))?;
    let mut others = Others { living: Vec::new(), dead: Vec::new() };
    let files = files(folder)?;
    for path in &files {
        if let Some(id) = run_of(path, ".lock")
            && is_held(path)?
        {
            others.living.push(id.to_owned());
        }
    }
    let is_dead = |path: &PathBuf| {
        let run = run_of(path, ".lock").or_else(|| run_of(path, begun::SUFFIX));
        run.is_some_and(|run| !others.living.iter().any(|living| living == run))
    };
    others.dead = files.into_iter().filter(is_dead).collect();
    let id = usecase::ids::hex(&seal::random::<8>());
    let path = runs.join(format!("{id}.lock"));
    let lock = create_private(&path)?;
    lock.lock().map_err(|error| Error::folder("locking", &path, &error))?;
    Ok((Run { id, _lock: lock }, others))
}

fn run_of<'a>(path: &'a Path, suffix: &str) -> Option<&'a str> {
    path.file_name()?.to_str()?.strip_suffix(suffix)
}

/// A fresh file for its owner's eyes only, its name on disk.
pub(crate) fn create_private(path: &Path) -> Result<File> {
    let create = || {
        let file = private().create_new(true).open(path)?;
        sync_folder_of(path)?;
        Ok(file)
    };
    create().map_err(|error| Error::folder("creating", path, &error))
}

/// A new name is on disk only when its folder is.
fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn is_held(path: &Path) -> Result<bool> {
    let file = private().open(path).map_err(|error| Error::folder("opening", path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(Error::folder("locking", path, &error)),
    }
}

/// The name of this node: made once, kept in `<folder>/node`. The caller holds the folder's lock.
pub(crate) fn node(folder: &Path) -> Result<String> {
    let path = folder.join("node");
    if let Some(text) = read_if_there(&path)? {
        let name = text.trim();
        if name.is_empty() || name.len() > 64 || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let reason = "it should hold one word of letters and digits".to_owned();
            return Err(Error::Folder { doing: "reading", path, reason });
        }
        return Ok(name.to_owned());
    }
    let name = usecase::ids::hex(&seal::random::<8>());
    write_new(&path, &name)?;
    Ok(name)
}

/// What is no text comes with replacement characters: whoever reads these files knows better what to say about them.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::folder("reading", path, &error)),
    }
}

/// Writes a small file whole or not at all, for its owner's eyes only, and forces it to the disk.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<()> {
    let draft = path.with_extension("draft");
    let write = || -> std::io::Result<()> {
        let mut file = private().create(true).truncate(true).open(&draft)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        sync_folder_of(path)
    };
    write().map_err(|error| Error::folder("writing", path, &error))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
