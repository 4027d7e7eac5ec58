//! The parts of a zip, with limits on what they may inflate to. Only parts that are asked for by name are read, so
//! nothing that lies beside them (a zip within the zip) is ever opened.

use crate::parse::MAX_INFLATED_BYTES;
use crate::parse::encoding::{declared_inside, decode};
use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// Word files have some dozens.
const MAX_ENTRIES: usize = 10_000;

/// Deflate can reach 1,032; the XML of real documents reaches 50.
const MAX_RATIO: u64 = 200;

/// A part that inflates to less may have any ratio.
const SMALL_BYTES: u64 = 4 * 1024 * 1024;

/// The end of a zip's directory and its comment are at most so long (APPNOTE 4.3.16).
const TAIL_BYTES: usize = 22 + 65_535;

/// The first bytes of Microsoft's compound files: Word before 2007, and files behind a password.
const COMPOUND_FILE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Bytes that are left of the limit for all parts together.
    room: u64,
    size: u64,
}

impl<'a> Package<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        if bytes.starts_with(COMPOUND_FILE) {
            return Err(
                "it is a Word file of the old kind, or behind a password; save it as .docx without one".to_owned()
            );
        }
        // Word's files never need the extension for more than 65,535 entries; reading such a directory costs memory.
        let tail = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
        if tail.windows(4).any(|mark| mark == b"PK\x06\x07") {
            return Err(format!("it is a zip of more than {MAX_ENTRIES} entries, or larger than a document is"));
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| format!("it is not a Word file: {error}"))?;
        if archive.len() > MAX_ENTRIES {
            return Err(format!("it has {} entries; at most {MAX_ENTRIES} are read", archive.len()));
        }
        Ok(Self { archive, room: MAX_INFLATED_BYTES, size: bytes.len() as u64 })
    }

    /// The text of one part; `None` when there is no such part.
    ///
    /// # Errors
    /// It is broken, or inflates to more than the limits allow.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<String>, String> {
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(format!("its part {name} cannot be read: {error}")),
        };
        // The directory may say anything about sizes; what is read is counted.
        let by_ratio = (file.compressed_size().min(self.size) * MAX_RATIO).max(SMALL_BYTES);
        let allowed = self.room.min(by_ratio);
        let mut bytes = Vec::new();
        let read = file.take(allowed + 1).read_to_end(&mut bytes);
        if bytes.len() as u64 > allowed {
            let mib = allowed / 1024 / 1024;
            return Err(format!("its part {name} inflates to more than {mib} MiB, which no document of its size does"));
        }
        read.map_err(|error| format!("its part {name} cannot be read: {error}"))?;
        self.room -= bytes.len() as u64;
        let declared = declared_inside(&bytes);
        let decoded = decode(&bytes, declared.as_deref()).map_err(|reason| format!("its part {name}: {reason}"))?;
        Ok(Some(decoded.text.into_owned()))
    }
}
