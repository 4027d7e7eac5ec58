//! What makes a document another one: the hash by which unchanged documents are skipped. It covers everything that
//! can change what is found: text, title, address, fields, rights, the size of passages, and the parser's version. Not
//! the path: a moved file with an `id` of its own is the same document.

use crate::contract::Checked;
use crate::parse::PARSER_VERSION;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use usecase::ids::hex;

/// SHA-256 in hex.
pub(crate) fn content_hash(checked: &Checked, passage_chars: usize) -> String {
    let document = checked.document();
    // In the order of the names, so that moving a line of front matter changes nothing.
    let fields: BTreeMap<&String, &Value> = document.fields.iter().collect();
    let parts = [
        PARSER_VERSION.to_string(),
        passage_chars.to_string(),
        document.id.clone(),
        document.title.clone(),
        document.url.clone().unwrap_or_default(),
        document.text.clone(),
        fields.iter().map(|(name, value)| format!("{name:?}:{value}\n")).collect(),
        checked.groups().as_ref().map_or("everyone".to_owned(), |groups| format!("{groups:?}")),
    ];
    let mut hash = Sha256::new();
    for part in parts {
        // Lengths keep ("ab", "c") and ("a", "bc") apart.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}
