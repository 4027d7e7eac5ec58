//! Bodies to the letter: which wire format they are in, and the bytes as they came, kept as long as nothing was changed.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The wire format that a request came in, or that a provider speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// OpenAI's chat completions, and every server compatible with it.
    #[default]
    Chat,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Messages,
}

/// A body as it came over the wire. Where both sides speak one dialect, it is passed on to the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    pub dialect: Dialect,
    pub bytes: Bytes,
}

/// What of a body the inner form has no word for. A provider that gets the body to the letter gets it all the same; for any
/// other it is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// What the answer can do without, a clause each: the app is told.
    pub named: Vec<String>,
    /// What would make it another answer, a clause each: such a provider cannot be asked.
    pub refused: Vec<String>,
    /// What it is, where it may hold text: guards read it, because the body to the letter still says it.
    pub unseen: Vec<Value>,
}

impl Raw {
    /// Keeps a body whose parsed form is `value`, unless a key stands twice in one of its objects: what was read (and
    /// guarded) is the last of the two, and the next reader may take the first.
    pub fn keep(dialect: Dialect, bytes: Bytes, value: &Value) -> Option<Self> {
        (members_written(&bytes) == members(value)).then_some(Self { dialect, bytes })
    }
}

impl Raw {
    /// Keeps a body on the same terms, or else its parsed form written anew.
    pub fn kept_or_anew(dialect: Dialect, bytes: Bytes, value: &Value) -> Self {
        Self::keep(dialect, bytes, value).unwrap_or_else(|| Self { dialect, bytes: value.to_string().into() })
    }
}

/// Members of all objects of a JSON text: its colons outside of strings.
fn members_written(json: &[u8]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < json.len() {
        match json[at] {
            b':' => count += 1,
            b'"' => at = end_of_string(json, at + 1),
            _ => {}
        }
        at += 1;
    }
    count
}

/// The place of the quotation mark that ends a string.
fn end_of_string(json: &[u8], mut at: usize) -> usize {
    while at < json.len() && json[at] != b'"' {
        at += if json[at] == b'\\' { 2 } else { 1 };
    }
    at
}

/// Members of all objects of a parsed value.
fn members(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields.len() + fields.values().map(members).sum::<usize>(),
        Value::Array(items) => items.iter().map(members).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept(json: &str) -> bool {
        let value = serde_json::from_str(json).expect("JSON");
        Raw::keep(Dialect::Chat, Bytes::copy_from_slice(json.as_bytes()), &value).is_some()
    }

    #[test]
    fn a_key_that_stands_twice_is_not_passed_on() {
        for (json, whole) in [
            (r#"{"a": 1, "b": {"a": ":\"{:", "c": [{"a": null}]}}"#, true),
            (r#"{"a": 1, "a": 2}"#, false),
            (r#"{"m": [{"content": "harmless", "content": "secret"}]}"#, false),
            (r#"{"\u0061": 1, "a": 2}"#, false),
            (r#"{"a\\": 1, "a": "x\\"}"#, true),
        ] {
            assert_eq!(kept(json), whole, "{json}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), any::<String>().prop_map(Value::from)];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_stands_once_is_kept(value in any_json()) {
            prop_assert!(kept(&value.to_string()));
        }
    }
}
