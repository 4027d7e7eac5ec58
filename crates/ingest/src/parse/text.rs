//! Plain text: the file is the document. And the one place that turns bytes into characters, for all text formats.

use super::field::{self, Found};
use super::{Parsed, ParsedDocument, stem};
use serde_json::Map;
use std::borrow::Cow;

pub(super) fn parse(path: &str, bytes: &[u8]) -> Parsed {
    let result = decode(bytes).and_then(|text| plain(path, &text));
    Parsed::whole(result, path)
}

/// A document that is nothing but its text.
pub(super) fn plain(path: &str, text: &str) -> Result<ParsedDocument, String> {
    field::document(Map::new(), Found { place: path, title: None, name: stem(path), text })
}

/// UTF-8, or UTF-16 when a byte order mark says so. Anything else is refused rather than guessed: a wrong guess would
/// be indexed as mangled words that nobody finds.
///
/// # Errors
/// One sentence: why these bytes are not text.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8(rest),
        _ => decode_utf8(bytes),
    }
}

fn decode_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        format!("it is not UTF-8 (line {line}, byte {}); save it as UTF-8", error.valid_up_to())
    })?;
    if text.contains('\0') {
        return Err("it holds zero bytes, so it is no text; if it is UTF-16, save it as UTF-8".to_owned());
    }
    Ok(Cow::Borrowed(text))
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    let broken = || "its byte order mark says UTF-16, but it is not; save it as UTF-8".to_owned();
    let text = String::from_utf16(&units).map_err(|_| broken())?;
    if rest.is_empty() && !text.contains('\0') { Ok(Cow::Owned(text)) } else { Err(broken()) }
}
