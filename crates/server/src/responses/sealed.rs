//! A provider's signed thoughts, which only it can read, in the one field that this dialect has for such things: the
//! `encrypted_content` of a reasoning item. The app carries them, so that the provider has them back in the next turn.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Tells our content from another provider's.
const OURS: &str = "shipway.";

pub(super) fn seal(blocks: &[Value]) -> String {
    let json = Value::Array(blocks.to_vec()).to_string();
    format!("{OURS}{}", STANDARD.encode(json))
}

/// The thoughts; `None` when the content is not ours or was changed.
pub(super) fn open(content: &str) -> Option<Vec<Value>> {
    let json = STANDARD.decode(content.strip_prefix(OURS)?).ok()?;
    let blocks: Vec<Value> = serde_json::from_slice(&json).ok()?;
    blocks.iter().all(Value::is_object).then_some(blocks)
}
