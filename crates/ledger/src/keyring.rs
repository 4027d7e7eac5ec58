//! The keys that payloads are sealed with: one a subject, kept in the database wrapped under the master key, which
//! lies in a file of its own. A database that leaks alone leaks no payload; a subject's key that is destroyed erases
//! the subject. A request that names nobody has a key made from one wrapped key for all such requests and a random salt in
//! its own row; destroying the salt erases that request.

use crate::error::{Error, Result};
use crate::run::{read_if_there, write_new};
use crate::seal::{self, Handle, Owner, Salt, Secret};
use crate::store;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use storage::Storage;

/// Unwrapped keys kept in memory. When they are more, all are forgotten and read again as they are needed: simpler
/// than an order of use, and as good when subjects come at random.
const MOST_KNOWN: usize = 10_000;

/// A job found that the key it sealed with is no longer, or not yet, the subject's key: seal again and retry.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the subject's key changed in the meantime")]
pub(crate) struct StaleKey;

/// What a writing job says about the key it used, for the store to confirm within the transaction.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) handle: Handle,
    pub(crate) wrapped: Vec<u8>,
    /// Read from the database or confirmed by it. Such a key is never inserted again: if it is gone, it was destroyed.
    pub(crate) saved: bool,
}

#[derive(Clone)]
pub(crate) struct DataKey {
    pub(crate) secret: Secret,
    pub(crate) claim: Claim,
}

/// What stands beside a sealed payload to find its key again.
#[derive(Clone, Debug)]
pub(crate) enum SealedWith {
    /// A subject's or a conversation's key.
    Key(Claim),
    /// The key of a request that names nobody, made from the records' key, its trace and this salt: it needs no row of
    /// its own, and is destroyed with the salt.
    Salt {
        salt: Salt,
        /// The records' key, as long as no commit confirmed it.
        unconfirmed: Option<Claim>,
    },
}

pub(crate) struct Keyring {
    file: PathBuf,
    wrapping: Secret,
    naming: Secret,
    /// Where the keys of requests that name nobody come from; made with the first of them.
    records: OnceLock<Secret>,
    /// Its row stands among those of the subjects, under a name that no owner can have.
    records_handle: Handle,
    known: Mutex<HashMap<Handle, DataKey>>,
}

impl Keyring {
    /// Reads `<folder>/master.key`, or makes it when no record needs one yet. The caller holds the folder's lock.
    pub(crate) fn open(storage: &Storage) -> Result<Self> {
        let file = key_file(storage.folder());
        let sample = storage.read(store::keys::any_wrapped)?;
        let text = match read_if_there(&file)? {
            Some(text) => text,
            None if sample.is_some() => return Err(Error::MasterKeyMissing(file)),
            None => {
                let text = usecase::ids::hex(&seal::random::<{ seal::KEY_BYTES }>());
                write_new(&file, &text)?;
                text
            }
        };
        warn_if_others_may_read(&file);
        let master =
            parse_key(text.trim()).map_err(|problem| Error::MasterKeyMalformed { file: file.clone(), problem })?;
        let naming = seal::hmac(&master, &[b"shipway pseudonym key 1"]);
        let keyring = Self {
            file,
            wrapping: seal::hmac(&master, &[b"shipway wrapping key 1"]),
            records_handle: short(&seal::hmac(&naming, &[b"records"])),
            naming,
            records: OnceLock::new(),
            known: Mutex::new(HashMap::new()),
        };
        if let Some((handle, wrapped)) = sample {
            keyring.unwrap(&handle, &wrapped)?;
        }
        keyring.find_records_key(storage)?;
        Ok(keyring)
    }

    pub(crate) fn handle(&self, owner: &Owner) -> Handle {
        let digest = match owner {
            Owner::Subject(name) => seal::hmac(&self.naming, &[b"subject:", name.as_bytes()]),
            Owner::Conversation(name) => seal::hmac(&self.naming, &[b"conversation:", name.as_bytes()]),
            Owner::Trace(trace) => seal::hmac(&self.naming, &[b"trace:", trace.to_string().as_bytes()]),
        };
        short(&digest)
    }

    /// What stands for a conversation's name in rows and events.
    pub(crate) fn conversation(&self, name: &str) -> String {
        usecase::ids::hex(&self.handle(&Owner::Conversation(name.to_owned())))
    }

    /// A key for whoever must derive the same stand-ins in every request of a conversation, on this node.
    pub(crate) fn of_vaults(&self) -> [u8; 32] {
        seal::hmac(&self.naming, &[b"vaults:"])
    }

    /// What stands for a client's idempotency key.
    pub(crate) fn idempotency(&self, key: &str) -> Vec<u8> {
        seal::hmac(&self.naming, &[b"idempotency:", key.as_bytes()])[..16].to_vec()
    }

    /// The key to seal with: remembered, read, or fresh.
    pub(crate) fn key_of(&self, storage: &Storage, owner: &Owner) -> Result<DataKey> {
        self.key_under(storage, self.handle(owner))
    }

    fn key_under(&self, storage: &Storage, handle: Handle) -> Result<DataKey> {
        if let Some(known) = self.lock().get(&handle) {
            return Ok(known.clone());
        }
        match storage.read(|connection| store::keys::wrapped_of(connection, &handle))? {
            Some(wrapped) => {
                let secret = self.unwrap(&handle, &wrapped)?;
                Ok(DataKey { secret, claim: Claim { handle, wrapped, saved: true } })
            }
            None => {
                let secret = seal::random();
                let wrapped = seal::wrap(&self.wrapping, &handle, &secret)?;
                Ok(DataKey { secret, claim: Claim { handle, wrapped, saved: false } })
            }
        }
    }

    /// A key for one payload, the salt to find it again by, and the records' key as long as no commit confirmed it.
    pub(crate) fn key_of_record(&self, storage: &Storage, trace: &str) -> Result<(Secret, Salt, Option<DataKey>)> {
        let salt = seal::random();
        if let Some(records) = self.records.get() {
            return Ok((seal::key_of_record(records, trace, &salt), salt, None));
        }
        let records = self.key_under(storage, self.records_handle)?;
        Ok((seal::key_of_record(&records.secret, trace, &salt), salt, Some(records)))
    }

    /// The key of a payload that was sealed so; `None` when there is no records' key.
    pub(crate) fn key_from_salt(&self, storage: &Storage, trace: &str, salt: &[u8]) -> Result<Option<Secret>> {
        if self.records.get().is_none() {
            // Another process may have made it after this one began.
            self.find_records_key(storage)?;
        }
        Ok(self.records.get().map(|records| seal::key_of_record(records, trace, salt)))
    }

    fn find_records_key(&self, storage: &Storage) -> Result<()> {
        let handle = &self.records_handle;
        if let Some(wrapped) = storage.read(|connection| store::keys::wrapped_of(connection, handle))? {
            let _ = self.records.set(self.unwrap(handle, &wrapped)?);
        }
        Ok(())
    }

    /// After a commit confirmed the key.
    pub(crate) fn remember(&self, mut key: DataKey) {
        if key.claim.handle == self.records_handle {
            let _ = self.records.set(key.secret);
            return;
        }
        key.claim.saved = true;
        let mut known = self.lock();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.entry(key.claim.handle).or_insert(key);
    }

    pub(crate) fn forget(&self, handle: &Handle) {
        self.lock().remove(handle);
    }

    /// # Errors
    /// `MasterKeyWrong` when it does not open.
    pub(crate) fn unwrap(&self, handle: &[u8], wrapped: &[u8]) -> Result<Secret> {
        self.try_unwrap(handle, wrapped).ok_or_else(|| Error::MasterKeyWrong(self.file.clone()))
    }

    pub(crate) fn try_unwrap(&self, handle: &[u8], wrapped: &[u8]) -> Option<Secret> {
        seal::unwrap(&self.wrapping, handle, wrapped)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Handle, DataKey>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn short(digest: &Secret) -> Handle {
    let mut handle = Handle::default();
    handle.copy_from_slice(&digest[..16]);
    handle
}

/// Refuses a folder that lost its database: without the tables there are no keys to check callers against and no
/// records, and a door that should be locked would stand open. The key is made only after the tables are committed,
/// so whoever sees the key first and looks for the tables then finds them, also while others open the same new folder.
pub(crate) fn refuse_lost_database(storage: &Storage) -> Result<()> {
    let file = key_file(storage.folder());
    let key = file.try_exists().map_err(|error| Error::folder("looking at", &file, &error))?;
    if key && !storage.read(store::tables_exist)? {
        return Err(Error::DatabaseLost(storage.folder().to_owned()));
    }
    Ok(())
}

fn key_file(folder: &Path) -> PathBuf {
    folder.join("master.key")
}

/// The problem tells of lengths only: the text may be most of a key.
fn parse_key(text: &str) -> std::result::Result<Secret, String> {
    const DIGITS: usize = seal::KEY_BYTES * 2;
    let length = text.chars().count();
    if length != DIGITS {
        return Err(format!("it holds {length} characters, a key has {DIGITS} hexadecimal digits"));
    }
    let not_digits = || format!("it holds other characters than the {DIGITS} hexadecimal digits of a key");
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(not_digits());
    }
    let mut key = Secret::default();
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(pair).map_err(|_| not_digits())?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| not_digits())?;
    }
    Ok(key)
}

#[cfg(unix)]
fn warn_if_others_may_read(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let open = std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o077 != 0);
    if open {
        tracing::warn!(file = %file.display(), "the master key can be read by others; run chmod 600 on it");
    }
}

#[cfg(not(unix))]
fn warn_if_others_may_read(_: &Path) {}
