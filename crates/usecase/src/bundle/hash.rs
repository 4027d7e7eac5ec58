//! The digest of a bundle's content. Changing anything here renames every bundle that exists; the tests hold a golden
//! name against it.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The first bytes of what is hashed: says which encoding follows.
const ENCODING: &str = "shipway bundle 1";

/// SHA-256 over every part, each preceded by its length, so that no two contents have one encoding.
pub(super) fn digest(use_case: &str, files: &BTreeMap<String, Vec<u8>>, settings: &Value) -> [u8; 32] {
    let mut hasher = Sha256::new();
    add(&mut hasher, ENCODING.as_bytes());
    add(&mut hasher, use_case.as_bytes());
    hasher.update((files.len() as u64).to_be_bytes());
    for (path, content) in files {
        add(&mut hasher, path.as_bytes());
        add(&mut hasher, content);
    }
    add(&mut hasher, canonical(settings).to_string().as_bytes());
    hasher.finalize().into()
}

fn add(hasher: &mut Sha256, part: &[u8]) {
    hasher.update((part.len() as u64).to_be_bytes());
    hasher.update(part);
}

/// The same value with the keys of every object in order, whatever order they were made or stored in.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(canonical).collect(),
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, Value> = fields.iter().map(|(key, value)| (key, canonical(value))).collect();
            sorted.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        scalar => scalar.clone(),
    }
}
