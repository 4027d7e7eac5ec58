//! The values that were taken out of one request, and the placeholders that stand for them.
//!
//! A vault lives as long as its request and is never shared between requests, so one person's values cannot turn up in
//! another's answer. A placeholder names its kind, a number and the vault's nonce: `[EMAIL_1_k3f9]`. The nonce is drawn
//! at random for each vault, so nobody can write a placeholder of a vault before it exists; and a text that holds one
//! all the same (by chance, or because a model's earlier words come back) has that very text put into the vault, so
//! that it is restored to itself and never to somebody's value.
//!
//! Secrets are restored like personal data: they belong to the one who sent them, and an answer such as a corrected
//! configuration file is of no use with a hole in it. What matters is that neither reaches the provider.
//!
//! The vault's `Debug` shows how many values it holds and none of them; their memory is overwritten when it is dropped.

use crate::restore::{self, Restorer};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// RFC 4648 base32 in lower case: no letter pairs that a model "corrects", no upper case to lose.
const NONCE_ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
pub(crate) const NONCE_LENGTH: usize = 4;

/// One value and what stands for it. The text of the value is overwritten on drop.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) kind: &'static str,
    pub(crate) number: usize,
    pub(crate) value: String,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.value).into_bytes();
        bytes.fill(0);
        std::hint::black_box(&bytes);
    }
}

/// What the restorer needs; shared with it, because a stream outlives the borrow of a request.
#[derive(Clone, Default)]
pub(crate) struct Entries {
    pub(crate) nonce: String,
    pub(crate) list: Vec<Entry>,
    /// The kinds in use, each once; the restorer looks for these only.
    pub(crate) kinds: Vec<&'static str>,
}

/// The values of one request.
#[derive(Clone)]
pub struct Vault {
    entries: Arc<Entries>,
    numbers: HashMap<(&'static str, String), usize>,
}

impl Vault {
    pub fn new() -> Self {
        let entries = Entries { nonce: random_nonce(), ..Entries::default() };
        Self { entries: Arc::new(entries), numbers: HashMap::new() }
    }

    /// How many different values were taken out.
    pub fn len(&self) -> usize {
        self.entries.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.list.is_empty()
    }

    /// Puts a value away and returns its placeholder. The same value of the same kind gets the same placeholder.
    pub(crate) fn placeholder(&mut self, kind: &'static str, value: &str) -> String {
        if let Some(number) = self.numbers.get(&(kind, value.to_owned())) {
            return written(kind, *number, &self.entries.nonce);
        }
        let entries = Arc::make_mut(&mut self.entries);
        let number = entries.list.iter().filter(|entry| entry.kind == kind).count() + 1;
        entries.list.push(Entry { kind, number, value: value.to_owned() });
        if !entries.kinds.contains(&kind) {
            entries.kinds.push(kind);
        }
        self.numbers.insert((kind, value.to_owned()), number);
        written(kind, number, &self.entries.nonce)
    }

    /// Draws another nonce while `text` contains the present one and no placeholder has been handed out yet.
    pub(crate) fn avoid(&mut self, text: &str) {
        while self.is_empty() && restore::contains_nonce(text, &self.entries.nonce) {
            Arc::make_mut(&mut self.entries).nonce = random_nonce();
        }
    }

    pub(crate) fn nonce(&self) -> &str {
        &self.entries.nonce
    }

    /// Replaces every placeholder of this vault by its value.
    pub fn restore(&self, text: &str) -> String {
        restore::whole(&self.entries, text, false)
    }

    /// As `restore`, for text inside a JSON string literal, such as a tool call's `arguments`: values are escaped, so
    /// that a quotation mark or line break in one cannot end the literal.
    pub fn restore_json_string(&self, text: &str) -> String {
        restore::whole(&self.entries, text, true)
    }

    /// The text without any placeholder of this vault, for a search: a placeholder says nothing about what is asked.
    pub fn without_placeholders(&self, text: &str) -> String {
        let blank = |entry: &Entry| Entry { kind: entry.kind, number: entry.number, value: String::new() };
        let list = self.entries.list.iter().map(blank).collect();
        restore::whole(&Entries { list, ..Entries::clone(&self.entries) }, text, false)
    }

    /// Restores a streamed text piece by piece.
    pub fn restorer(&self) -> Restorer {
        Restorer::new(Arc::clone(&self.entries), false)
    }

    /// As `restorer`, for streamed text inside a JSON string literal.
    pub fn json_restorer(&self) -> Restorer {
        Restorer::new(Arc::clone(&self.entries), true)
    }

    #[cfg(test)]
    pub(crate) fn with_nonce(nonce: &str) -> Self {
        let entries = Entries { nonce: nonce.to_owned(), ..Entries::default() };
        Self { entries: Arc::new(entries), numbers: HashMap::new() }
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
        for ((_, value), _) in self.numbers.drain() {
            let mut bytes = value.into_bytes();
            bytes.fill(0);
            std::hint::black_box(&bytes);
        }
    }
}

fn written(kind: &str, number: usize, nonce: &str) -> String {
    format!("[{kind}_{number}_{nonce}]")
}

fn random_nonce() -> String {
    let mut bytes = [0_u8; NONCE_LENGTH];
    if getrandom::fill(&mut bytes).is_err() {
        // Without the system's random source the standard library's hash keys are the next best thing to guess at.
        bytes.copy_from_slice(&RandomState::new().hash_one("nonce").to_le_bytes()[..NONCE_LENGTH]);
    }
    bytes.iter().map(|byte| char::from(NONCE_ALPHABET[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests;
