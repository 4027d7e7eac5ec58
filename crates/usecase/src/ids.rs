//! Names of things: of the moment and random for what happens (a trace), derived from content for what is declared (a bundle).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// 16 bytes as 32 lower-case hex digits: the trace id of W3C Trace Context, and the name of one request. As in UUIDv7
/// (RFC 9562) the first 48 bits are the ms since 1970 and the rest is random, so that what is kept by trace lies in the
/// order of time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// A fresh id: the moment, and 79 bits from the operating system's generator.
    ///
    /// # Panics
    /// When the operating system cannot give random bytes: nothing that follows would be safe.
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes[6..]).expect("the operating system gives random bytes");
        let milliseconds = crate::Timestamp::now().0 / 1_000;
        bytes[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        bytes[15] |= 1; // All zeroes is the invalid id of the specification.
        Self(bytes)
    }

    /// Reads 32 hex digits, not all of them zero; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        // Digit by digit, because the standard library also reads `+f` as a number.
        if text.len() != 32
            || !text.bytes().all(|byte| byte.is_ascii_hexdigit())
            || text.bytes().all(|byte| byte == b'0')
        {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&hex_digits(byte));
        }
        f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl Serialize for TraceId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a trace id is 32 hex digits"))
    }
}

/// The hash of a bundle's content: `b-` and the first 16 hex digits of SHA-256. Equal content, equal id, on every machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BundleId(Arc<str>);

impl BundleId {
    /// Names content by its SHA-256 digest.
    pub fn of_digest(digest: &[u8; 32]) -> Self {
        Self(format!("b-{}", &hex(digest)[..16]).into())
    }

    /// Takes over an id that was stored or typed; whether such a bundle exists is for the caller to find out.
    pub fn from_stored(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for BundleId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for BundleId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from_stored)
    }
}

/// Bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|byte| hex_digits(*byte)).map(char::from));
    text
}

fn hex_digits(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}
