//! Segment files: what was indexed once is read back at the next start. They are derived: one that is missing, damaged or
//! of another time is made again from the store, and nobody is told.
//!
//! A file's name is `<collection key>-<edition>-<checksum>.segment`. Its content: [`MAGIC`], the CRC-32 of what follows,
//! the length of the embedder's identity and the identity, then the segment.

use super::part::{Indexed, Part};
use super::segment::Segment;
use super::store::Pointer;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Says that it is a segment file, and of which form: the last digit counts forms.
const MAGIC: &[u8; 8] = b"SHIPSEG1";
const ENDING: &str = "segment";

pub(super) struct Files {
    folder: PathBuf,
}

impl Files {
    pub(super) fn in_data_folder(data: &Path) -> Self {
        Self { folder: data.join("collections") }
    }

    /// All segments of a collection as it stands, with every document alive.
    pub(super) fn read(&self, pointer: &Pointer) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for (path, of) in self.list() {
            if of != (pointer.key, pointer.edition) {
                continue;
            }
            if let Some(segment) = fs::read(&path).ok().and_then(|bytes| decode(&bytes, &pointer.space.embedder)) {
                parts.push(Part::whole(Indexed::new(segment, pointer.edition, Some(path))));
            } else {
                tracing::info!(file = %path.display(), "a segment file cannot be used; its documents are indexed again");
                remove(&path);
            }
        }
        parts.sort_by_key(|part| std::cmp::Reverse(part.segment().rows()));
        parts
    }

    /// Writes a segment, unless it is there already, and gives where.
    pub(super) fn write(&self, segment: &Segment, pointer: &Pointer) -> io::Result<PathBuf> {
        let embedder = pointer.space.embedder.as_bytes();
        let mut bytes = [MAGIC.as_slice(), &[0; 4]].concat();
        bytes.extend_from_slice(&(embedder.len() as u32).to_le_bytes());
        bytes.extend_from_slice(embedder);
        segment.write_to(&mut bytes);
        let checksum = crc32fast::hash(&bytes[12..]);
        bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(format!("{}-{}-{checksum:08x}.{ENDING}", pointer.key, pointer.edition));
        let temporary = path.with_extension(format!("{}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&temporary).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)
        });
        if let Err(error) = written {
            remove(&temporary);
            return Err(error);
        }
        // The name is on disk once the folder is; a file that is lost is only made again.
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(path)
    }

    /// Removes a collection's files but for these.
    pub(super) fn keep_only(&self, key: i64, kept: &[PathBuf]) {
        self.remove_where(|path, of| of.0 == key && !kept.iter().any(|kept| kept == path));
    }

    /// Removes every file that is not of one of these collections, by key and edition.
    pub(super) fn sweep(&self, editions: &BTreeMap<i64, u64>) {
        self.remove_where(|_, (key, edition)| editions.get(&key) != Some(&edition));
        let unfinished = |path: &Path| path.extension().is_some_and(|ending| ending == "new");
        self.paths().into_iter().filter(|path| unfinished(path)).for_each(|path| remove(&path));
    }

    fn remove_where(&self, goes: impl Fn(&Path, (i64, u64)) -> bool) {
        self.list().into_iter().filter(|(path, of)| goes(path, *of)).for_each(|(path, _)| remove(&path));
    }

    /// The files with the collection's key and the edition in their names.
    fn list(&self) -> Vec<(PathBuf, (i64, u64))> {
        let named = |path: PathBuf| {
            let name = path.file_name()?.to_str()?.strip_suffix(&format!(".{ENDING}"))?.to_owned();
            let mut fields = name.split('-');
            let of = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
            Some((path, of))
        };
        self.paths().into_iter().filter_map(named).collect()
    }

    fn paths(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
    }
}

fn remove(path: &Path) {
    // Another process may have been quicker; and what cannot be removed now is found again at the next start.
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(file = %path.display(), %error, "a segment file cannot be removed");
    }
}

fn decode(bytes: &[u8], embedder: &str) -> Option<Segment> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (checksum, rest) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(rest) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (identity, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    if identity != embedder.as_bytes() {
        return None;
    }
    Segment::read_from(rest).ok()
}
