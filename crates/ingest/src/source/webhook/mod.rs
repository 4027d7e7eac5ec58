//! Documents that are pushed. A message is signed as Standard Webhooks says (<https://www.standardwebhooks.com>):
//! HMAC-SHA-256 over `id.timestamp.body`. Only a message that was verified is read, and each only once.

mod body;
mod replay;

pub use body::{PushedItem, Refused};
pub use replay::Remembered;

use crate::error::Result;
use crate::source::{Content, Item, Since, Source, Taker, Walked};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::HashSet;
use subtle::{Choice, ConstantTimeEq};
use usecase::{Period, Timestamp};

/// More signatures than anybody sends while a secret is changed are not compared.
const MAX_SIGNATURES: usize = 16;

/// Longer ids are no ids of messages: in bytes.
const MAX_ID_BYTES: usize = 256;

/// The three headers of a message.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// `webhook-id`
    pub id: &'a str,
    /// `webhook-timestamp`: seconds since 1970.
    pub timestamp: &'a str,
    /// `webhook-signature`: `v1,<base64>`, several divided by blanks.
    pub signature: &'a str,
}

/// A message that is what its sender sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    pub id: String,
    pub items: Vec<PushedItem>,
}

/// Why a message is not taken. None of the reasons tells anything about the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header is missing or cannot be read: the caller's fault.
    #[error("the header `{0}` is missing or malformed")]
    Header(&'static str),
    /// The clocks differ, or an old message is sent once more.
    #[error("the message was signed more than {0} from now; check the clocks, or sign it anew")]
    Time(Period),
    #[error("no signature fits: it is made with HMAC-SHA-256 over `id.timestamp.body` and the feed's secret")]
    Signature,
    /// The feed's secret is no secret that could sign: the operator's fault.
    #[error("the feed's secret cannot be used: after `whsec_` it must be base64, and not empty")]
    Secret,
    /// Signed well, and not a message of documents.
    #[error("the message cannot be read: {0}")]
    Body(Refused),
}

/// Verifies a message and reads its documents. Whether its id came before is for [`Remembered`] to say.
///
/// `secret` is `whsec_<base64>`, or any other bytes, which then are the key themselves.
///
/// # Errors
/// See [`Refusal`]. The body is not looked at before its signature fits.
pub fn verify(
    secret: &[u8],
    signed: Signed<'_>,
    body: &[u8],
    now: Timestamp,
    tolerance: Period,
) -> std::result::Result<Pushed, Refusal> {
    let key = key_of(secret)?;
    let id = signed.id.trim();
    if id.is_empty() || id.len() > MAX_ID_BYTES {
        return Err(Refusal::Header("webhook-id"));
    }
    let timestamp = signed.timestamp.trim();
    let seconds: i64 = timestamp.parse().map_err(|_| Refusal::Header("webhook-timestamp"))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| Refusal::Secret)?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    if !one_fits(signed.signature, &mac.finalize().into_bytes()) {
        return Err(Refusal::Signature);
    }
    let distance = now.0.saturating_sub(seconds.saturating_mul(1_000_000)).saturating_abs();
    if distance > tolerance.micros() {
        return Err(Refusal::Time(tolerance));
    }
    let items = body::read(body).map_err(Refusal::Body)?;
    Ok(Pushed { id: id.to_owned(), items })
}

fn key_of(secret: &[u8]) -> std::result::Result<Vec<u8>, Refusal> {
    let secret = secret.trim_ascii();
    let key = match secret.strip_prefix(b"whsec_") {
        Some(encoded) => STANDARD.decode(encoded).map_err(|_| Refusal::Secret)?,
        None => secret.to_vec(),
    };
    if key.is_empty() { Err(Refusal::Secret) } else { Ok(key) }
}

/// Compares every signature with the right one, in a time that does not depend on how much of one fits.
fn one_fits(signatures: &str, right: &[u8]) -> bool {
    let given = signatures.split_whitespace().take(MAX_SIGNATURES).filter_map(|one| one.strip_prefix("v1,"));
    let decoded = given.filter_map(|one| STANDARD.decode(one).ok());
    decoded.fold(Choice::from(0), |fits, one| fits | one.ct_eq(right)).into()
}

/// Walks through what was received.
pub(crate) struct WebhookSource {
    items: Vec<PushedItem>,
}

impl WebhookSource {
    /// In the order in which they came: where one document came twice, the later one counts.
    pub(crate) fn new(received: Vec<PushedItem>) -> Self {
        let mut known = HashSet::new();
        let mut items: Vec<PushedItem> =
            received.into_iter().rev().filter(|item| known.insert(item.id.clone())).collect();
        items.reverse();
        Self { items }
    }
}

impl Source for WebhookSource {
    fn walk(&self, _: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        taker.expect(self.items.len());
        for item in &self.items {
            let content = match &item.document {
                None => Content::Deleted,
                Some(document) => {
                    let bytes = serde_json::Value::Object(document.clone()).to_string().into_bytes();
                    Content::Bytes { bytes, media: Some("application/json".to_owned()), url: None }
                }
            };
            taker.take(Item { name: item.id.clone(), version: None, content })?;
        }
        Ok(Walked::default())
    }
}

#[cfg(test)]
mod tests;
