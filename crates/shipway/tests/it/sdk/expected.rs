//! What every SDK must make of the answers.

use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn of(_script: &str, _models: &[&str]) -> BTreeMap<String, Value> {
    BTreeMap::new()
}
