//! Plain text: the file is the document.

use super::encoding::decode;
use super::field::{self, Found};
use super::{File, Parsed, ParsedDocument, stem};
use serde_json::Map;

pub(super) fn parse(file: File<'_>, bytes: &[u8]) -> Parsed {
    Parsed::text(file.path, decode(bytes, file.charset), |text| plain(file.path, text))
}

/// A document that is nothing but its text.
pub(super) fn plain(path: &str, text: &str) -> Result<ParsedDocument, String> {
    field::document(Map::new(), Found { place: path, title: None, name: stem(path), text })
}
