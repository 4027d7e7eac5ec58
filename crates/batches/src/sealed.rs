//! The cryptography: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha). Every file has a key of its own, kept wrapped under
//! the room's key, which lies in a file of the data folder that only its owner may read. A file's content is sealed in
//! segments, so that it can be read as it streams; their nonces are a counter and a mark on the last (the STREAM
//! construction: Hoang, Reyhanitabar, Rogaway, Vizár 2015), so that segments can be neither moved nor cut off.

use crate::error::{Error, Result};
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub(crate) type Secret = [u8; 32];

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// Plain bytes of a segment.
const SEGMENT_BYTES: usize = 64 * 1024;

/// Random bytes from the operating system.
///
/// # Panics
/// When there are none: nothing that follows would be safe.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A fresh key for one file or batch.
pub(crate) fn fresh() -> Secret {
    random()
}

/// Seals a small piece: ciphertext, tag, nonce. `bound_to` must be given again to open it.
pub(crate) fn seal(key: &Secret, bound_to: &str, plain: &[u8]) -> Vec<u8> {
    let nonce = random::<NONCE_BYTES>();
    let mut bytes = plain.to_vec();
    encrypt(&XChaCha20Poly1305::new(&Key::from(*key)), nonce, bound_to.as_bytes(), &mut bytes);
    bytes.extend_from_slice(&nonce);
    bytes
}

/// The piece again, when key, bytes and what it is bound to belong together.
pub(crate) fn open(key: &Secret, bound_to: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (bytes, nonce) = sealed.split_at_checked(sealed.len().checked_sub(NONCE_BYTES)?)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let mut bytes = bytes.to_vec();
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    cipher.decrypt_in_place(&XNonce::from(nonce), bound_to.as_bytes(), &mut bytes).ok()?;
    Some(bytes)
}

/// # Panics
/// Never: it fails above 256 GiB only, and no piece of ours comes near.
fn encrypt(cipher: &XChaCha20Poly1305, nonce: [u8; NONCE_BYTES], bound_to: &[u8], bytes: &mut Vec<u8>) {
    cipher.encrypt_in_place(&XNonce::from(nonce), bound_to, bytes).expect("a piece of a few megabytes is sealed");
}

/// The nonce of a segment: its number, and whether it is the last. A file's key seals one file only, so that no nonce
/// comes twice.
fn nonce_of(number: u64, last: bool) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    nonce[NONCE_BYTES - 9..NONCE_BYTES - 1].copy_from_slice(&number.to_be_bytes());
    nonce[NONCE_BYTES - 1] = u8::from(last);
    nonce
}

/// Writes a file segment by segment.
pub(crate) struct SealingWriter {
    file: File,
    cipher: XChaCha20Poly1305,
    segment: Vec<u8>,
    number: u64,
    /// Plain bytes so far.
    pub(crate) bytes: u64,
}

impl SealingWriter {
    /// Makes the file, which must not be there yet, for its owner's eyes only.
    pub(crate) fn create(path: &Path, key: &Secret) -> io::Result<Self> {
        let file = private().write(true).create_new(true).open(path)?;
        let cipher = XChaCha20Poly1305::new(&Key::from(*key));
        Ok(Self { file, cipher, segment: Vec::with_capacity(SEGMENT_BYTES + TAG_BYTES), number: 0, bytes: 0 })
    }

    pub(crate) fn write(&mut self, mut plain: &[u8]) -> io::Result<()> {
        while !plain.is_empty() {
            if self.segment.len() == SEGMENT_BYTES {
                self.put(false)?;
            }
            let (now, later) = plain.split_at(plain.len().min(SEGMENT_BYTES - self.segment.len()));
            self.segment.extend_from_slice(now);
            self.bytes += now.len() as u64;
            plain = later;
        }
        Ok(())
    }

    /// Writes the last segment and waits until the disk has it all.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.put(true)?;
        self.file.sync_all()?;
        Ok(self.bytes)
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        encrypt(&self.cipher, nonce_of(self.number, last), b"", &mut self.segment);
        self.file.write_all(&self.segment)?;
        self.segment.clear();
        self.number += 1;
        Ok(())
    }
}

/// Reads such a file. An error of kind `InvalidData` says that it was changed, cut, or sealed with another key.
pub(crate) struct OpeningReader {
    file: File,
    cipher: XChaCha20Poly1305,
    /// Sealed bytes of the file that were not read yet.
    left: u64,
    number: u64,
    segment: Vec<u8>,
    at: usize,
    over: bool,
}

impl OpeningReader {
    pub(crate) fn open(path: &Path, key: &Secret) -> io::Result<Self> {
        let file = File::open(path)?;
        let left = file.metadata()?.len();
        let cipher = XChaCha20Poly1305::new(&Key::from(*key));
        Ok(Self { file, cipher, left, number: 0, segment: Vec::new(), at: 0, over: false })
    }

    fn next_segment(&mut self) -> io::Result<()> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(SEGMENT_BYTES + TAG_BYTES);
        self.segment.resize(length, 0);
        self.file.read_exact(&mut self.segment)?;
        self.left -= length as u64;
        self.over = self.left == 0;
        let nonce = XNonce::from(nonce_of(self.number, self.over));
        let damaged = |_| io::Error::new(io::ErrorKind::InvalidData, "the file was changed, or its key is another");
        self.cipher.decrypt_in_place(&nonce, b"", &mut self.segment).map_err(damaged)?;
        (self.number, self.at) = (self.number + 1, 0);
        Ok(())
    }
}

impl Read for OpeningReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.segment.len() && !self.over {
            self.next_segment()?;
        }
        let count = into.len().min(self.segment.len() - self.at);
        into[..count].copy_from_slice(&self.segment[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// The key that wraps all others of the room.
pub(crate) struct RoomKey {
    file: PathBuf,
    secret: Secret,
}

impl RoomKey {
    /// Reads `<folder>/files.key`; makes it when nothing is `sealed` yet.
    pub(crate) fn open(folder: &Path, sealed: bool) -> Result<Self> {
        let file = folder.join("files.key");
        let at = |cause| Error::folder("opening", &file, cause);
        if !file.try_exists().map_err(at)? {
            if sealed {
                return Err(Error::KeyMissing(file));
            }
            make(&file).map_err(at)?;
        }
        let bytes = std::fs::read(&file).map_err(at)?;
        let Ok(secret) = Secret::try_from(bytes.as_slice()) else { return Err(Error::KeyWrong(file)) };
        Ok(Self { file, secret })
    }

    pub(crate) fn seal(&self, bound_to: &str, plain: &[u8]) -> Vec<u8> {
        seal(&self.secret, bound_to, plain)
    }

    pub(crate) fn open_sealed(&self, bound_to: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        open(&self.secret, bound_to, sealed).ok_or_else(|| Error::KeyWrong(self.file.clone()))
    }

    pub(crate) fn unwrap(&self, bound_to: &str, wrapped: &[u8]) -> Result<Secret> {
        let secret = self.open_sealed(bound_to, wrapped)?;
        secret.try_into().map_err(|_| Error::Damaged(bound_to.to_owned()))
    }
}

/// Written whole under another name and linked into place: of two processes that make it at once, one wins, and both
/// read the winner's.
fn make(path: &Path) -> io::Result<()> {
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut file = private().write(true).create(true).truncate(true).open(&draft)?;
    file.write_all(&random::<32>())?;
    file.sync_all()?;
    let linked = match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    std::fs::remove_file(&draft)?;
    linked?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
