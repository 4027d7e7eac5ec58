//! The values that were taken out of one request, and the stand-ins that went out in their place.
//!
//! A **placeholder** names its kind, a number and the vault's nonce: `[EMAIL_1_k3f9]`. Number and nonce alone say which value
//! it is, so that a model may translate the kind. The nonce is drawn at random for each vault, so nobody can write a
//! placeholder of a vault before it exists; and a text that holds one all the same (by chance, or because a model's earlier
//! words come back) has that very text put into the vault, so that it is restored to itself and never to somebody's value.
//!
//! A vault lives as long as its request, or means the same for a whole **conversation**: then its nonce follows from the
//! conversation's name and a key that only this server knows, and values get their numbers in the order in which the
//! conversation says them, so that every turn gives them the placeholders that the last one gave; no value is kept
//! between requests. Whoever has seen a placeholder of the conversation can write it again: it is then their own text,
//! and comes back as such.
//!
//! A **made-up value** (`replace`) is restored where a model says it, as a whole word. A **digest** (`hash`) is keyed and
//! never restored.
//!
//! Secrets are restored like personal data: they belong to the one who sent them, and an answer such as a corrected
//! configuration file is of no use with a hole in it. What matters is that neither reaches the provider.
//!
//! The vault's `Debug` shows how many values it holds and none of them; their memory is overwritten when it is dropped.

use crate::restore::{self, Form, Restorer};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// RFC 4648 base32 in lower case: no letter pairs that a model "corrects", no upper case to lose.
const NONCE_ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
pub(crate) const NONCE_LENGTH: usize = 4;
/// Letters of a digest: 60 bits, so that a million values of a kind collide with a chance below one in a million.
const DIGEST_LENGTH: usize = 12;
/// Nonces drawn for one text at most.
const MOST_DRAWS: usize = 8;
/// Made-up values tried until one is not in the caller's text.
const MOST_FAKES: u64 = 8;

/// One value. Its text is overwritten on drop.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) kind: &'static str,
    pub(crate) value: String,
}

impl Drop for Entry {
    fn drop(&mut self) {
        overwrite(std::mem::take(&mut self.value));
    }
}

fn overwrite(text: String) {
    let mut bytes = text.into_bytes();
    bytes.fill(0);
    std::hint::black_box(&bytes);
}

/// What the restorer needs; shared with it, because a stream outlives the borrow of a request.
#[derive(Clone, Default)]
pub(crate) struct Entries {
    pub(crate) nonce: String,
    /// Number `n` is at place `n - 1`.
    pub(crate) list: Vec<Entry>,
    /// The kinds in use, each once.
    pub(crate) kinds: Vec<&'static str>,
    /// Made-up values in lower case, each with its entry's place, by their first code point.
    pub(crate) fakes: HashMap<char, Vec<(String, usize)>>,
}

impl Entries {
    /// Appends a value and returns its place.
    fn add(&mut self, kind: &'static str, value: &str) -> usize {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
        self.list.push(Entry { kind, value: value.to_owned() });
        self.list.len() - 1
    }
}

/// The made-up values of a vault.
#[derive(Clone)]
pub(crate) struct MadeUp(Arc<Entries>);

impl MadeUp {
    /// Whether a value is one of them, in any case.
    pub(crate) fn holds(&self, value: &str) -> bool {
        let value = value.to_lowercase();
        let known = value.chars().next().and_then(|first| self.0.fakes.get(&first));
        known.is_some_and(|known| known.iter().any(|(fake, _)| *fake == value))
    }
}

impl fmt::Debug for MadeUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeUp").finish_non_exhaustive()
    }
}

/// The values of one request.
#[derive(Clone)]
pub struct Vault {
    entries: Arc<Entries>,
    /// The stand-in of each value that has one.
    given: HashMap<(&'static str, String), String>,
    key: [u8; 32],
    /// The nonce follows from a conversation and stays.
    keeps_nonce: bool,
}

impl Vault {
    pub fn new() -> Self {
        let entries = Entries { nonce: random_nonce(), ..Entries::default() };
        let mut key = [0_u8; 32];
        if getrandom::fill(&mut key).is_err() {
            key[..8].copy_from_slice(&RandomState::new().hash_one("key").to_le_bytes());
        }
        Self { entries: Arc::new(entries), given: HashMap::new(), key, keeps_nonce: false }
    }

    /// A vault whose stand-ins mean the same in every request of a conversation. The key is this server's own: who knew it
    /// could write placeholders.
    pub fn for_conversation(key: &[u8; 32], conversation: &str) -> Self {
        let key = mac(key, &["vault", conversation]);
        let nonce = spelled(&mac(&key, &["nonce"]), NONCE_LENGTH);
        let entries = Entries { nonce, ..Entries::default() };
        Self { entries: Arc::new(entries), given: HashMap::new(), key, keeps_nonce: true }
    }

    /// How many different values were taken out.
    pub fn len(&self) -> usize {
        self.given.len()
    }

    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Puts a value away and returns its placeholder. The same value of the same kind gets the same placeholder.
    pub(crate) fn placeholder(&mut self, kind: &'static str, value: &str) -> String {
        if let Some(given) = self.given.get(&(kind, value.to_owned())) {
            return given.clone();
        }
        let place = Arc::make_mut(&mut self.entries).add(kind, value);
        let written = format!("[{kind}_{}_{}]", place + 1, self.entries.nonce);
        self.given.insert((kind, value.to_owned()), written.clone());
        written
    }

    /// Puts a value away behind a made-up one. `fake` makes one from a seed; one that `said` (what the caller wrote) holds
    /// already is not taken, nor one that stands for another value. Where none is found the value gets a placeholder.
    pub(crate) fn stand_in(
        &mut self,
        kind: &'static str,
        value: &str,
        said: &str,
        fake: impl Fn(u64) -> String,
    ) -> String {
        if let Some(given) = self.given.get(&(kind, value.to_owned())) {
            return given.clone();
        }
        let seed = mac(&self.key, &["fake", kind, value]);
        let seed = u64::from_le_bytes(seed[..8].try_into().unwrap_or_default());
        let said = said.to_lowercase();
        for again in 0..MOST_FAKES {
            let made = fake(seed.wrapping_add(again));
            let lower = made.to_lowercase();
            let Some(first) = lower.chars().next() else { break };
            let taken = self.entries.fakes.get(&first).is_some_and(|known| known.iter().any(|(one, _)| *one == lower));
            if taken || said.contains(&lower) || lower == value.to_lowercase() {
                continue;
            }
            let entries = Arc::make_mut(&mut self.entries);
            let place = entries.add(kind, value);
            let known = entries.fakes.entry(first).or_default();
            known.push((lower, place));
            // The longest first: one may begin like another.
            known.sort_by_key(|(fake, _)| std::cmp::Reverse(fake.len()));
            self.given.insert((kind, value.to_owned()), made.clone());
            return made;
        }
        self.placeholder(kind, value)
    }

    /// A keyed digest of a value, such as `[EMAIL_h7k2m9q4xabc]`, that nobody restores. Equal values of a conversation
    /// have equal digests.
    pub(crate) fn hashed(&mut self, kind: &'static str, value: &str) -> String {
        let digest = spelled(&mac(&self.key, &["hash", kind, value]), DIGEST_LENGTH);
        let written = format!("[{kind}_h{digest}]");
        self.given.insert((kind, value.to_owned()), written.clone());
        written
    }

    /// Draws another nonce while `text` contains the present one and no placeholder has been handed out yet. A text of
    /// 1 MB can contain every nonce there is, so the draws are counted; `restore::nonce_places` sees to what is left.
    pub(crate) fn avoid(&mut self, text: &str) {
        for _ in 0..MOST_DRAWS {
            if self.keeps_nonce || !self.is_empty() || !restore::contains_nonce(text, &self.entries.nonce) {
                return;
            }
            Arc::make_mut(&mut self.entries).nonce = random_nonce();
        }
    }

    pub(crate) fn nonce(&self) -> &str {
        &self.entries.nonce
    }

    /// Puts every value back whose placeholder or made-up value stands in the text.
    pub fn restore(&self, text: &str) -> String {
        restore::whole(&self.entries, text, Form::Plain)
    }

    /// As `restore`, for text inside a JSON string literal, such as a tool call's `arguments`: values are escaped, so
    /// that a quotation mark or line break in one cannot end the literal.
    pub fn restore_json_string(&self, text: &str) -> String {
        restore::whole(&self.entries, text, Form::Json)
    }

    /// The text without any stand-in of this vault, for a search: a placeholder says nothing about what is asked.
    pub fn without_placeholders(&self, text: &str) -> String {
        restore::whole(&self.entries, text, Form::Nothing)
    }

    /// Knows the made-up values of this vault; `None` where it has none.
    pub(crate) fn made_up(&self) -> Option<MadeUp> {
        (!self.entries.fakes.is_empty()).then(|| MadeUp(Arc::clone(&self.entries)))
    }

    /// Restores a streamed text piece by piece.
    pub fn restorer(&self) -> Restorer {
        Restorer::new(Arc::clone(&self.entries), Form::Plain)
    }

    /// As `restorer`, for streamed text inside a JSON string literal.
    pub fn json_restorer(&self) -> Restorer {
        Restorer::new(Arc::clone(&self.entries), Form::Json)
    }

    #[cfg(test)]
    pub(crate) fn with_nonce(nonce: &str) -> Self {
        let entries = Entries { nonce: nonce.to_owned(), ..Entries::default() };
        Self { entries: Arc::new(entries), given: HashMap::new(), key: [7; 32], keeps_nonce: false }
    }
}

impl Default for Vault {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("values", &self.len()).finish_non_exhaustive()
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        self.given.drain().for_each(|((_, value), _)| overwrite(value));
        self.key.fill(0);
    }
}

/// HMAC-SHA256 (RFC 2104) of parts, each with its length before it so that no two lists of parts are one text.
fn mac(key: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

fn spelled(bytes: &[u8], length: usize) -> String {
    bytes[..length].iter().map(|byte| char::from(NONCE_ALPHABET[usize::from(byte % 32)])).collect()
}

fn random_nonce() -> String {
    let mut bytes = [0_u8; NONCE_LENGTH];
    if getrandom::fill(&mut bytes).is_err() {
        // Without the system's random source the standard library's hash keys are the next best thing to guess at.
        bytes.copy_from_slice(&RandomState::new().hash_one("nonce").to_le_bytes()[..NONCE_LENGTH]);
    }
    spelled(&bytes, NONCE_LENGTH)
}

#[cfg(test)]
mod tests;
