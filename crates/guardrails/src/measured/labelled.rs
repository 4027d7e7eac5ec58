//! Reads labelled rows: one JSON object a line.

use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A file that cannot be used. The operator's: it names the place.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("cannot read {}: {reason}", path.display())]
    File { path: PathBuf, reason: String },
    #[error("{}, line {line}: {reason}", path.display())]
    Row { path: PathBuf, line: usize, reason: String },
}

/// Longest line, in bytes: labelled texts are documents at the most.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// The rows of a file in the folder; `None` when there is no such file.
///
/// # Errors
/// A file that cannot be read, or a line that is no such row.
pub(crate) fn rows<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<Vec<T>>, Unreadable> {
    let path = folder.join(name);
    let failed = |reason: String| Unreadable::File { path: path.clone(), reason };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound && folder.is_dir() => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
    };
    let mut reader = BufReader::new(file);
    let (mut rows, mut line) = (Vec::new(), String::new());
    for number in 1.. {
        line.clear();
        let read =
            reader.by_ref().take(LONGEST_LINE).read_line(&mut line).map_err(|error| failed(error.to_string()))?;
        if read == 0 {
            break;
        }
        if !line.trim().is_empty() {
            let row = |error: serde_json::Error| Unreadable::Row {
                path: path.clone(),
                line: number,
                reason: error.to_string(),
            };
            rows.push(serde_json::from_str(&line).map_err(row)?);
        }
    }
    Ok(Some(rows))
}
