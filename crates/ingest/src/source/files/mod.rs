//! Files below the use case's folder, chosen by a glob: `*` and `?` stay within one folder, `**` crosses folders.
//! Hidden files and folders are passed over. A symbolic link is followed only while it stays inside the folder, so that
//! a link planted in the documents cannot publish the machine's other files.
//!
//! Only the names are held in memory, so that a million of small files is no trouble. A file whose size, time and inode
//! are those of the last run is not opened.

use crate::error::{Error, Result};
use crate::source::{Content, Item, Since, Source, Taker, Walked};
use globset::{GlobBuilder, GlobMatcher};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use walkdir::{DirEntry, WalkDir};

/// A larger file is quarantined: 32 MiB of text is no document that a person wrote.
pub(crate) const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// A file that was written this short a time ago may be written once more without its time changing (file systems count in
/// steps of up to two seconds): its version is not remembered yet.
const SETTLED: Duration = Duration::from_secs(2);

/// How often a file that changes while it is read is begun again.
const ATTEMPTS: usize = 3;

const LEAVES: &str = "it is a symbolic link that leaves the use case's folder; put the file itself there";
const NO_FILE: &str = "it is not an ordinary file";
const NOWHERE: &str = "it is a symbolic link that leads nowhere";

pub(crate) struct FilesSource {
    /// The use case's folder with every link resolved: what a file must lie below.
    root: PathBuf,
    pattern: String,
    matcher: GlobMatcher,
}

/// What the glob chose.
#[derive(Default)]
struct Listing {
    /// Names below the root, with why one may not be read.
    names: Vec<(Box<str>, Option<&'static str>)>,
    warnings: Vec<String>,
    /// A part could not be listed: what is missing may exist.
    partial: bool,
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

    fn list(&self) -> Result<Listing> {
        let start = self.start();
        let mut listing = Listing::default();
        match start.canonicalize() {
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(listing),
            Err(cause) => return Err(Error::Folder { path: start, cause }),
            Ok(real) if !real.starts_with(&self.root) => {
                return Err(Error::LeavesFolder { path: self.name_of(&start).unwrap_or_default() });
            }
            Ok(_) => {}
        }
        // Not sorted as it goes: that would hold all entries of a folder, which are larger than their names.
        let mut walk = WalkDir::new(&start).follow_links(true).into_iter();
        while let Some(entry) = walk.next() {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {
                    if !self.enters(&entry, &mut listing) {
                        walk.skip_current_dir();
                    }
                }
                Ok(entry) if hidden(&entry) => {}
                Ok(entry) => self.take_entry(&entry, &mut listing),
                Err(error) => self.take_error(&error, &mut listing),
            }
        }
        // Path order, not walk order: `a/z.md` and `a.md` sort the same on every system.
        listing.names.sort_unstable();
        Ok(listing)
    }

    fn enters(&self, folder: &DirEntry, listing: &mut Listing) -> bool {
        let leaves = folder.path_is_symlink() && !self.stays_inside(folder.path());
        if leaves && !hidden(folder) {
            let shown = self.name_of(folder.path()).unwrap_or_default();
            listing.warnings.push(format!("{shown} was not followed: {LEAVES}"));
        }
        !leaves && !hidden(folder)
    }

    fn take_entry(&self, entry: &DirEntry, listing: &mut Listing) {
        let Some(name) = self.name_of(entry.path()) else {
            let shown = entry.path().strip_prefix(&self.root).unwrap_or(entry.path()).to_string_lossy().into_owned();
            listing.warnings.push(format!("{shown} was passed over: its name is not Unicode"));
            return;
        };
        if !self.matcher.is_match(&name) {
            return;
        }
        let refused = if !entry.file_type().is_file() {
            Some(NO_FILE)
        } else if entry.path_is_symlink() && !self.stays_inside(entry.path()) {
            Some(LEAVES)
        } else {
            None
        };
        listing.names.push((name.into(), refused));
    }

    /// A walk goes on after an error; what the error may have hidden decides whether the listing is whole.
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
        if !dangling {
            listing.partial = true;
            listing.warnings.push(format!("{shown} could not be listed ({reason}); nothing is deleted in this run"));
        } else if self.matcher.is_match(&shown) {
            listing.names.push((shown.into(), Some(NOWHERE)));
        }
    }

    fn read(&self, name: &str, remembered: Option<&str>) -> (Option<String>, Content) {
        let whole = |file: &File| {
            let mut bytes = Vec::new();
            file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map(|_| bytes)
        };
        match self.open(&self.root.join(name), remembered, whole) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => (None, Content::Vanished),
            Err(error) => (None, Content::Refused(format!("it cannot be read: {error}"))),
        }
    }

    fn open(
        &self,
        path: &Path,
        remembered: Option<&str>,
        read: impl Fn(&File) -> io::Result<Vec<u8>>,
    ) -> io::Result<(Option<String>, Content)> {
        let refused = |reason: &str| Ok((None, Content::Refused(reason.to_owned())));
        for _ in 0..ATTEMPTS {
            // Looked at again, because a file can turn into a link (or a pipe, which would never end) after the listing.
            let real = path.canonicalize()?;
            let before = real.metadata()?;
            if !real.starts_with(&self.root) {
                return refused(LEAVES);
            }
            if !before.is_file() {
                return refused(NO_FILE);
            }
            if before.len() > MAX_FILE_BYTES {
                let limit = MAX_FILE_BYTES / 1024 / 1024;
                return refused(&format!("it is larger than {limit} MiB; split it into several documents"));
            }
            let version = version(&before);
            if version.is_some() && version.as_deref() == remembered {
                return Ok((version, Content::Unchanged));
            }
            let file = File::open(&real)?;
            let bytes = read(&file)?;
            let same = bytes.len() as u64 == before.len() && self::version(&file.metadata()?) == version;
            if same {
                let version = version.filter(|_| settled(&before));
                return Ok((version, Content::Bytes { bytes, media: None, url: None }));
            }
        }
        refused("it changes while it is read; the next run tries again")
    }
}

/// Size, time of the last change in nanoseconds, and inode: what changes when somebody writes or replaces the file.
/// `None` where the system tells no time.
fn version(found: &Metadata) -> Option<String> {
    let changed = found.modified().ok()?;
    // A time before 1970 is as good as any other, as long as it stays the same.
    let nanoseconds = changed
        .duration_since(UNIX_EPOCH)
        .map_or_else(|before| format!("-{}", before.duration().as_nanos()), |after| after.as_nanos().to_string());
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(found);
    #[cfg(not(unix))]
    let inode = 0;
    Some(format!("{}:{nanoseconds}:{inode}", found.len()))
}

fn settled(found: &Metadata) -> bool {
    let age = found.modified().ok().and_then(|changed| SystemTime::now().duration_since(changed).ok());
    age.is_some_and(|age| age > SETTLED)
}

fn hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.')
}

impl Source for FilesSource {
    fn walk(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        let listing = self.list()?;
        taker.expect(listing.names.len());
        for (name, refused) in listing.names {
            let (version, content) = match refused {
                Some(reason) => (None, Content::Refused(reason.to_owned())),
                None => self.read(&name, (since.version_of)(&name).as_deref()),
            };
            taker.take(Item { name: name.into(), version, content })?;
        }
        Ok(Walked { whole: !listing.partial, warnings: listing.warnings, ..Walked::default() })
    }
}

#[cfg(test)]
mod tests;
