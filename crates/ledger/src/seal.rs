//! The cryptography, and nothing else: HMAC-SHA-256 (RFC 2104) for pseudonyms and derived keys, XChaCha20-Poly1305
//! (draft-irtf-cfrg-xchacha) for payloads and for the keys that they are sealed with. Its 24-byte nonces may be random
//! without counting how many were used.

use crate::error::{Error, Result};
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use usecase::TraceId;

pub(crate) const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const SALT_BYTES: usize = 16;
/// SHA-256 works on blocks of 64 bytes; HMAC pads its key to one.
const BLOCK_BYTES: usize = 64;

pub(crate) type Secret = [u8; KEY_BYTES];
/// What makes a single request's key unlike all others.
pub(crate) type Salt = [u8; KEY_BYTES];
/// A keyed pseudonym of a name: 128 bits.
pub(crate) type Handle = [u8; 16];

/// Whose key a payload is sealed with, and so who is erased when that key is destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A person, by the app's name for them.
    Subject(String),
    /// A conversation whose requests named no subject, by the app's name for it.
    Conversation(String),
    /// A single request that named neither.
    Trace(TraceId),
}

/// A payload ready to be stored.
pub(crate) struct Sealed {
    /// SHA-256 of salt and plaintext, in hex: this goes into the chain. The salt is inside the ciphertext, so that once
    /// the key is gone nobody can test a guess against the digest.
    pub(crate) digest: String,
    /// Ciphertext, tag, nonce.
    pub(crate) bytes: Vec<u8>,
}

/// Random bytes from the operating system.
///
/// # Panics
/// When there are none: nothing that follows would be safe.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

pub(crate) fn seal_payload(key: &Secret, json: &[u8]) -> Result<Sealed> {
    // One call of the operating system for both: a request waits for it.
    let drawn = random::<{ SALT_BYTES + NONCE_BYTES }>();
    let (salt, nonce) = drawn.split_at(SALT_BYTES);
    let mut bytes = Vec::with_capacity(SALT_BYTES + json.len() + 16 + NONCE_BYTES);
    bytes.extend_from_slice(salt);
    bytes.extend_from_slice(json);
    let digest = usecase::ids::hex(&Sha256::digest(&bytes));
    encrypt_with(key, nonce, digest.as_bytes(), &mut bytes)?;
    Ok(Sealed { digest, bytes })
}

/// The JSON of a payload, when key, bytes and digest belong together.
pub(crate) fn open_payload(key: &Secret, sealed: &[u8], digest: &str) -> Option<Vec<u8>> {
    let mut plain = decrypt(key, digest.as_bytes(), sealed)?;
    let same = usecase::ids::hex(&Sha256::digest(&plain)) == digest;
    (same && plain.len() >= SALT_BYTES).then(|| plain.split_off(SALT_BYTES))
}

/// Wraps a subject's key under the master's; bound to the subject's handle, so that two rows cannot change places.
pub(crate) fn wrap(wrapping: &Secret, handle: &Handle, key: &Secret) -> Result<Vec<u8>> {
    let mut bytes = key.to_vec();
    encrypt(wrapping, handle, &mut bytes)?;
    Ok(bytes)
}

pub(crate) fn unwrap(wrapping: &Secret, handle: &[u8], wrapped: &[u8]) -> Option<Secret> {
    decrypt(wrapping, handle, wrapped)?.try_into().ok()
}

/// The key of a request that names nobody. The salt has as many random bytes as a key: without it nothing is left to
/// guess from.
pub(crate) fn key_of_record(records: &Secret, trace: &str, salt: &[u8]) -> Secret {
    hmac(records, &[b"shipway record key 1:", trace.as_bytes(), salt])
}

pub(crate) fn hmac(key: &Secret, parts: &[&[u8]]) -> Secret {
    let mut inner = [0x36_u8; BLOCK_BYTES];
    let mut outer = [0x5c_u8; BLOCK_BYTES];
    for (position, byte) in key.iter().enumerate() {
        inner[position] ^= byte;
        outer[position] ^= byte;
    }
    let mut hasher = Sha256::new_with_prefix(inner);
    parts.iter().for_each(|part| hasher.update(part));
    Sha256::new_with_prefix(outer).chain_update(hasher.finalize()).finalize().into()
}

fn encrypt(key: &Secret, bound_to: &[u8], bytes: &mut Vec<u8>) -> Result<()> {
    encrypt_with(key, &random::<NONCE_BYTES>(), bound_to, bytes)
}

fn encrypt_with(key: &Secret, nonce: &[u8], bound_to: &[u8], bytes: &mut Vec<u8>) -> Result<()> {
    let too_large = || Error::Unreadable("a payload is too large to be encrypted".to_owned());
    let fixed: [u8; NONCE_BYTES] = nonce.try_into().map_err(|_| too_large())?;
    XChaCha20Poly1305::new(&Key::from(*key))
        .encrypt_in_place(&XNonce::from(fixed), bound_to, bytes)
        .map_err(|_| too_large())?;
    bytes.extend_from_slice(nonce);
    Ok(())
}

fn decrypt(key: &Secret, bound_to: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (bytes, nonce) = sealed.split_at_checked(sealed.len().checked_sub(NONCE_BYTES)?)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    let mut bytes = bytes.to_vec();
    XChaCha20Poly1305::new(&Key::from(*key)).decrypt_in_place(&XNonce::from(nonce), bound_to, &mut bytes).ok()?;
    Some(bytes)
}
