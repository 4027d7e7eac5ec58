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

use crate::restore::{self, Form, Restorer};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// RFC 4648 base32 in lower case: no letter pairs that a model "corrects", no upper case to lose.
const NONCE_ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
pub(crate) const NONCE_LENGTH: usize = 4;
/// Nonces drawn for one text at most.
const MOST_DRAWS: usize = 8;

/// One value. Its text is overwritten on drop.
#[derive(Clone)]
pub(crate) struct Entry {
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
    pub(crate) kinds: Vec<Kind>,
}

/// One kind and its values. Numbers count from 1 without gaps, so number `n` is at place `n - 1`.
#[derive(Clone)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Indices into the list of entries.
    places: Vec<usize>,
}

impl Kind {
    /// The index of the entry with this number.
    pub(crate) fn entry(&self, number: usize) -> Option<usize> {
        self.places.get(number.checked_sub(1)?).copied()
    }
}

impl Entries {
    /// Appends a value and returns its number among those of its kind.
    fn add(&mut self, kind: &'static str, value: &str) -> usize {
        let known = self.kinds.iter().position(|known| known.name == kind);
        let known = known.unwrap_or_else(|| {
            self.kinds.push(Kind { name: kind, places: Vec::new() });
            self.kinds.len() - 1
        });
        self.kinds[known].places.push(self.list.len());
        self.list.push(Entry { value: value.to_owned() });
        self.kinds[known].places.len()
    }
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
        let number = Arc::make_mut(&mut self.entries).add(kind, value);
        self.numbers.insert((kind, value.to_owned()), number);
        written(kind, number, &self.entries.nonce)
    }

    /// Draws another nonce while `text` contains the present one and no placeholder has been handed out yet. A text of
    /// 1 MB can contain every nonce there is, so the draws are counted; `restore::nonce_places` sees to what is left.
    pub(crate) fn avoid(&mut self, text: &str) {
        for _ in 0..MOST_DRAWS {
            if !self.is_empty() || !restore::contains_nonce(text, &self.entries.nonce) {
                return;
            }
            Arc::make_mut(&mut self.entries).nonce = random_nonce();
        }
    }

    pub(crate) fn nonce(&self) -> &str {
        &self.entries.nonce
    }

    /// Replaces every placeholder of this vault by its value.
    pub fn restore(&self, text: &str) -> String {
        restore::whole(&self.entries, text, Form::Plain)
    }

    /// As `restore`, for text inside a JSON string literal, such as a tool call's `arguments`: values are escaped, so
    /// that a quotation mark or line break in one cannot end the literal.
    pub fn restore_json_string(&self, text: &str) -> String {
        restore::whole(&self.entries, text, Form::Json)
    }

    /// The text without any placeholder of this vault, for a search: a placeholder says nothing about what is asked.
    pub fn without_placeholders(&self, text: &str) -> String {
        restore::whole(&self.entries, text, Form::Nothing)
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
