//! `equals`: the very text, or, for a table or list, the same JSON whatever the order of its keys.

use super::{Observed, Rejected, Seen, Written, quoted, short};
use serde_json::Value;

#[derive(Debug)]
pub(super) enum Equals {
    Text(String),
    Json(Value),
}

impl Equals {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        match &written.value {
            Some(Value::String(text)) => Ok(Self::Text(text.clone())),
            Some(json @ (Value::Array(_) | Value::Object(_))) => Ok(Self::Json(json.clone())),
            Some(other) => Ok(Self::Text(other.to_string())),
            None => Err(Rejected::value("`equals` needs a value", "a text, a number, a list or a table")),
        }
    }

    pub(super) fn look(&self, observed: &Observed) -> Seen {
        let got = quoted(&observed.text);
        match self {
            Self::Text(wanted) => Seen::new(*wanted == observed.text, got),
            Self::Json(wanted) => match serde_json::from_str::<Value>(&observed.text) {
                Ok(found) => Seen::new(same(wanted, &found), got),
                Err(_) => Seen::because(false, got, "the answer is not JSON"),
            },
        }
    }

    pub(super) fn expected(&self) -> String {
        match self {
            Self::Text(text) => format!("to equal {}", quoted(text)),
            Self::Json(json) => format!("to equal the JSON {}", short(&json.to_string())),
        }
    }
}

/// Deep equality as JavaScript has it: 1 and 1.0 are one number, the order of keys does not matter.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}
