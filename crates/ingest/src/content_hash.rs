//! What makes a document another one: the hash by which unchanged documents are skipped. It covers everything that
//! can change what is found: text, title, address, fields, rights, the size of passages, and the parser's version. Not
//! the path: a moved file with an `id` of its own is the same document.

use crate::contract::Checked;
use crate::parse::PARSER_VERSION;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use usecase::declared::Feed;
use usecase::ids::hex;

/// SHA-256 in hex.
pub(crate) fn content_hash(checked: &Checked, feed: &Feed) -> String {
    let document = checked.document();
    // In the order of the names, so that moving a line of front matter changes nothing.
    let fields: BTreeMap<&String, &Value> = document.fields.iter().collect();
    let parts = [
        PARSER_VERSION.to_string(),
        feed.passage_chars.to_string(),
        format!("{:?} {:?}", feed.pii, feed.injection),
        format!("{:?}", document.pages),
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

/// SHA-256, in hex, of everything that decides what becomes of an item beside the item itself.
pub(crate) fn contract_hash(feed: &Feed) -> String {
    // When a feed runs, who answers for it, and when a run as a whole is refused says nothing about an item.
    let plain = Feed::of_files("");
    let deciding = Feed {
        every: None,
        cron: None,
        fresh_within: None,
        access_fresh_within: None,
        access_grace: None,
        owner: None,
        max_drop: plain.max_drop,
        on_violation: plain.on_violation,
        ..feed.clone()
    };
    let declared = serde_json::to_string(&deciding).unwrap_or_default();
    hex(&Sha256::digest(format!("{PARSER_VERSION}\n{declared}")))
}
