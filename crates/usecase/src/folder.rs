//! Reading the files of a folder: never outside it, never more than fits, never anything but text.

use crate::meaning::{glob, relative_path};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest config file, template or topics file, in bytes.
pub(crate) const FILE_LIMIT: u64 = 1024 * 1024;
/// The largest file of eval cases, in bytes.
pub(crate) const CASES_LIMIT: u64 = 4 * 1024 * 1024;

/// Reads a text file below `folder`. Line endings become `\n` and a byte order mark goes, so that the same file is the
/// same text, and hashes to the same bundle, on every machine.
///
/// # Errors
/// One sentence without a full stop: what is wrong with the path or the file.
pub(crate) fn read_text(folder: &Path, path: &str, limit: u64) -> Result<String, String> {
    let path = relative_path(path)?;
    let file = inside(folder, &path)?;
    // Asked before it is opened: opening a pipe would wait for ever.
    let metadata = fs::metadata(&file).map_err(|error| format!("`{path}` cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err(format!("`{path}` is not a file"));
    }
    let mut bytes = Vec::new();
    let opened = fs::File::open(&file);
    let read = opened.and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("`{path}` cannot be read: {error}"))?;
    if bytes.len() as u64 > limit {
        return Err(format!("`{path}` is larger than {} MiB", limit / (1024 * 1024)));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("`{path}` is not UTF-8: byte {at}, in line {line}, begins no character")
    })?;
    Ok(normalised(&text))
}

/// The text without a byte order mark and with `\n` at the end of every line.
pub(crate) fn normalised(text: &str) -> String {
    text.strip_prefix('\u{FEFF}').unwrap_or(text).replace("\r\n", "\n")
}

/// The real path of a file, when it lies below the real path of its folder: a symbolic link may not lead out.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let missing = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no file `{path}`"),
        _ => format!("`{path}` cannot be read: {error}"),
    };
    let folder = folder.canonicalize().map_err(missing)?;
    let file = folder.join(path).canonicalize().map_err(missing)?;
    if file.starts_with(&folder) { Ok(file) } else { Err(format!("`{path}` is a link that leads out of its folder")) }
}

/// The files below a folder that a pattern names: relative, `/`-separated, sorted. Names that begin with a dot, and
/// folders behind symbolic links, are left out.
///
/// # Errors
/// One sentence without a full stop: the pattern is wrong, or a folder cannot be read.
pub(crate) fn matching(folder: &Path, pattern: &str) -> Result<Vec<String>, String> {
    let matcher = relative_path(pattern).and_then(|pattern| glob(&pattern))?;
    let visible =
        |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
    let mut paths = Vec::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().filter_entry(visible) {
        let entry = entry.map_err(|error| format!("the folder cannot be searched: {error}"))?;
        let relative = entry.path().strip_prefix(folder).ok().and_then(Path::to_str);
        let Some(relative) = relative.filter(|_| !entry.file_type().is_dir()) else { continue };
        let relative = relative.replace(std::path::MAIN_SEPARATOR, "/");
        if matcher.is_match(&relative) {
            paths.push(relative);
        }
    }
    paths.sort();
    Ok(paths)
}
