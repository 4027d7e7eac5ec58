//! Files below the use case's folder, chosen by a glob: `*` and `?` stay within one folder, `**` crosses folders.
//! Hidden files and folders are passed over. A symbolic link is followed only while it stays inside the folder, so that
//! a link planted in the documents cannot publish the machine's other files.

use crate::error::{Error, Result};
use crate::source::{Content, Listing, Source};
use globset::{GlobBuilder, GlobMatcher};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// A larger file is quarantined: 32 MiB of text is no document that a person wrote.
pub(crate) const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

pub(crate) struct FilesSource {
    /// The use case's folder with every link resolved: what a file must lie below.
    root: PathBuf,
    pattern: String,
    matcher: GlobMatcher,
}

impl FilesSource {
    /// # Errors
    /// The glob is malformed or points out of the folder, or the folder is not there.
    pub(crate) fn new(folder: &Path, pattern: &str) -> Result<Self> {
        let refuse = |reason: String| Error::Pattern { files: pattern.to_owned(), reason };
        let below =
            Path::new(pattern).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if pattern.is_empty() || !below {
            return Err(refuse("it must name files below the use case's folder, without `..`".to_owned()));
        }
        let plain = pattern.trim_start_matches("./");
        let glob = GlobBuilder::new(plain).literal_separator(true).build();
        let matcher = glob.map_err(|error| refuse(error.kind().to_string()))?.compile_matcher();
        let root = folder.canonicalize().map_err(|cause| Error::Folder { path: folder.to_owned(), cause })?;
        Ok(Self { root, pattern: plain.to_owned(), matcher })
    }

    /// The deepest folder that the glob names without a wildcard: nothing outside it can match.
    fn start(&self) -> PathBuf {
        let folders = self.pattern.rsplit_once('/').map_or("", |(folders, _)| folders);
        let literal = folders.split('/').take_while(|part| !part.contains(['*', '?', '[', '{', '\\']));
        literal.fold(self.root.clone(), |path, part| path.join(part))
    }

    fn stays_inside(&self, path: &Path) -> bool {
        path.canonicalize().is_ok_and(|real| real.starts_with(&self.root))
    }

    /// The path below the root as the feed's author writes it; `None` for a name that is not Unicode.
    fn name_of(&self, path: &Path) -> Option<String> {
        let parts = path.strip_prefix(&self.root).ok()?.components();
        let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
        parts.map(|parts| parts.join("/"))
    }

    fn take_entry(&self, entry: &DirEntry, listing: &mut Listing) {
        if entry.file_type().is_dir() {
            return;
        }
        let Some(name) = self.name_of(entry.path()) else {
            let shown = entry.path().strip_prefix(&self.root).unwrap_or(entry.path()).to_string_lossy().into_owned();
            listing.warnings.push(format!("{shown} was passed over: its name is not Unicode"));
            return;
        };
        if !self.matcher.is_match(&name) {
            return;
        }
        if !entry.file_type().is_file() {
            listing.refused.push((name, "it is not an ordinary file".to_owned()));
        } else if entry.path_is_symlink() && !self.stays_inside(entry.path()) {
            listing.refused.push((name, LEAVES.to_owned()));
        } else {
            listing.items.push(name);
        }
    }

    /// A walk goes on after an error; what the error may have hidden decides whether the listing is complete.
    fn take_error(&self, error: &walkdir::Error, listing: &mut Listing) {
        let path = error.path().unwrap_or(&self.root);
        let shown = self.name_of(path).unwrap_or_else(|| path.to_string_lossy().into_owned());
        if error.loop_ancestor().is_some() {
            listing.warnings.push(format!("{shown} was not followed: the link leads back to a folder above it"));
            return;
        }
        // A dangling link is there by name only; whatever it once led to is out of the source.
        let dangling = path.symlink_metadata().is_ok_and(|found| found.file_type().is_symlink());
        let reason = error.io_error().map_or_else(|| "it cannot be read".to_owned(), ToString::to_string);
        if dangling {
            if self.matcher.is_match(&shown) {
                listing.refused.push((shown, "it is a symbolic link that leads nowhere".to_owned()));
            }
        } else {
            listing.complete = false;
            listing.warnings.push(format!("{shown} could not be listed ({reason}); nothing is deleted in this run"));
        }
    }
}

const LEAVES: &str = "it is a symbolic link that leaves the use case's folder; put the file itself there";

fn hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.')
}

impl Source for FilesSource {
    fn list(&self) -> Result<Listing> {
        let start = self.start();
        let mut listing = Listing { complete: true, ..Listing::default() };
        match start.canonicalize() {
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(listing),
            Err(cause) => return Err(Error::Folder { path: start, cause }),
            Ok(real) if !real.starts_with(&self.root) => {
                return Err(Error::LeavesFolder { path: self.name_of(&start).unwrap_or_default() });
            }
            Ok(_) => {}
        }
        let mut walk = WalkDir::new(&start).follow_links(true).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            match entry {
                Ok(entry) if hidden(&entry) => {
                    if entry.file_type().is_dir() {
                        walk.skip_current_dir();
                    }
                }
                Ok(entry)
                    if entry.file_type().is_dir() && entry.path_is_symlink() && !self.stays_inside(entry.path()) =>
                {
                    let shown = self.name_of(entry.path()).unwrap_or_default();
                    listing.warnings.push(format!("{shown} was not followed: {LEAVES}"));
                    walk.skip_current_dir();
                }
                Ok(entry) => self.take_entry(&entry, &mut listing),
                Err(error) => self.take_error(&error, &mut listing),
            }
        }
        // Path order, not walk order: `a/z.md` and `a.md` sort the same on every system.
        listing.items.sort_unstable();
        listing.refused.sort_unstable();
        Ok(listing)
    }

    fn read(&self, item: &str) -> Content {
        let path = self.root.join(item);
        match self.open(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => Content::Vanished,
            Err(error) => Content::Refused(format!("it cannot be read: {error}")),
        }
    }
}

impl FilesSource {
    fn open(&self, path: &Path) -> std::io::Result<Content> {
        // Looked at again, because a file can turn into a link (or a pipe, which would never end) after the listing.
        let real = path.canonicalize()?;
        if !real.starts_with(&self.root) {
            return Ok(Content::Refused(LEAVES.to_owned()));
        }
        if !real.metadata()?.is_file() {
            return Ok(Content::Refused("it is not an ordinary file".to_owned()));
        }
        let mut bytes = Vec::new();
        File::open(&real)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            let limit = MAX_FILE_BYTES / 1024 / 1024;
            return Ok(Content::Refused(format!("it is larger than {limit} MiB; split it into several documents")));
        }
        Ok(Content::Bytes(bytes))
    }
}

#[cfg(test)]
mod tests;
