//! API keys: `sk-shipway-<id>-<secret>`, the id 8 hex digits, the secret 32 random bytes in base64url. The id is
//! public and finds the key; only the secret proves anything.

use crate::error::{Error, Result};
use crate::limits::KeyLimits;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use usecase::{MicroUsd, Principal, PrincipalRole, Timestamp};

const PREFIX: &str = "sk-shipway-";
const ID_DIGITS: usize = 8;
/// 32 bytes in base64 without padding.
const SECRET_DIGITS: usize = 43;
/// Longest name of a key, in bytes.
const LONGEST_NAME: usize = 100;

pub(crate) type SecretHash = [u8; 32];

/// What a new key may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// For people: which app, which team.
    pub name: String,
    pub role: PrincipalRole,
    /// `None` allows all; bare models are allowed by `*models`.
    pub use_cases: Option<Vec<String>>,
    /// Access groups for retrieval.
    pub groups: Vec<String>,
    /// In micro-dollars a day (UTC).
    pub budget_per_day: Option<MicroUsd>,
    pub limits: KeyLimits,
}

impl NewKey {
    pub(crate) fn check(&self) -> Result<()> {
        let name = self.name.trim();
        if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(Error::InvalidKey(format!("its name must be 1 to {LONGEST_NAME} bytes of plain text")));
        }
        if self.use_cases.as_ref().is_some_and(Vec::is_empty) {
            let reason = "it would be allowed no use case at all; name some, or leave the list out to allow all";
            return Err(Error::InvalidKey(reason.to_owned()));
        }
        if self.budget_per_day.is_some_and(|budget| budget < MicroUsd::ZERO) {
            return Err(Error::InvalidKey("its budget is negative".to_owned()));
        }
        let limits = [self.limits.requests_per_minute, self.limits.tokens_per_minute, self.limits.concurrency];
        if limits.contains(&Some(0)) {
            let reason = "with a limit of 0 it could not be used; leave the limit out, or revoke the key";
            return Err(Error::InvalidKey(reason.to_owned()));
        }
        Ok(())
    }
}

/// A key that was just made. The secret exists only here; it cannot be shown again.
#[derive(Clone, PartialEq, Eq)]
pub struct CreatedKey {
    pub principal: Principal,
    /// The whole key, as the app sends it.
    pub secret: String,
}

impl std::fmt::Debug for CreatedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedKey").field("principal", &self.principal).finish_non_exhaustive()
    }
}

/// A key as it is listed: everything but the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    pub id: String,
    pub name: String,
    pub role: PrincipalRole,
    pub use_cases: Option<Vec<String>>,
    pub groups: Vec<String>,
    pub budget_per_day: Option<MicroUsd>,
    #[serde(flatten)]
    pub limits: KeyLimits,
    pub created: Timestamp,
    pub revoked: Option<Timestamp>,
}

impl KeyInfo {
    pub(crate) fn principal(&self) -> Principal {
        Principal {
            key: self.id.clone(),
            name: self.name.clone(),
            role: self.role,
            use_cases: self.use_cases.clone(),
            groups: self.groups.clone(),
            budget_per_day: self.budget_per_day,
        }
    }
}

/// Fresh id, whole key, and the hash to store.
///
/// # Panics
/// When the operating system cannot give random bytes: a guessable key would be worse than none.
pub(crate) fn generate() -> (String, String, SecretHash) {
    let mut bytes = [0; 36];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let (id, secret) = (usecase::ids::hex(&bytes[..4]), URL_SAFE_NO_PAD.encode(&bytes[4..]));
    let hash = hash(&secret);
    let whole = format!("{PREFIX}{id}-{secret}");
    (id, whole, hash)
}

/// Id and secret of a key as it was sent; `None` when it does not have the form of one.
pub(crate) fn parse(sent: &str) -> Option<(&str, &str)> {
    let (id, rest) = sent.strip_prefix(PREFIX)?.split_at_checked(ID_DIGITS)?;
    let secret = rest.strip_prefix('-')?;
    let is_id = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_secret = secret.len() == SECRET_DIGITS
        && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (is_id && is_secret).then_some((id, secret))
}

/// The text is hashed, not the bytes it stands for: two spellings of the same bytes are two keys.
pub(crate) fn hash(secret: &str) -> SecretHash {
    Sha256::digest(secret.as_bytes()).into()
}

/// Takes the same time wherever the two differ. `None` (no such key) is compared with nothing that could match, so
/// that an unknown id takes as long as a wrong secret.
pub(crate) fn matches(stored: Option<&SecretHash>, secret: &str) -> bool {
    let sent = hash(secret);
    let known = stored.is_some();
    let same: bool = stored.unwrap_or(&[0; 32]).ct_eq(&sent).into();
    known & same
}
