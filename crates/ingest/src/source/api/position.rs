//! Where a walk left off, as the cursor that is kept with the feed: `{"since": …}`, and in the midst of the pages also
//! `next` and `number` (the question that comes next) and `largest` (what `since` will be in the end).

use super::paging::Step;
use reqwest::Url;
use serde_json::{Value, json};
use std::cmp::Ordering;

#[derive(Debug, Default)]
pub(super) struct Position {
    pub(super) since: Option<Value>,
    pub(super) largest: Option<Value>,
    pub(super) next: Option<Step>,
}

impl Position {
    pub(super) fn read(cursor: Option<&Value>) -> Self {
        let field = |name: &str| cursor.and_then(|cursor| cursor.get(name)).filter(|value| !value.is_null());
        let url = field("next").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
        let number = field("number").and_then(Value::as_u64).unwrap_or(0);
        let next = url.map(|url| Step { url, number });
        Self { since: field("since").cloned(), largest: field("largest").cloned(), next }
    }

    pub(super) fn write(&self) -> Value {
        let mut cursor = json!({ "since": self.since });
        if let Some(step) = &self.next {
            cursor["largest"] = json!(self.largest);
            cursor["next"] = json!(step.url.as_str());
            cursor["number"] = json!(step.number);
        }
        cursor
    }
}

/// Whether one mark of change lies after another: numbers by size, moments by time, other texts by their letters.
pub(super) fn later(mark: &Value, than: Option<&Value>) -> bool {
    let Some(than) = than else { return !mark.is_null() };
    let order = match (mark, than) {
        (Value::Number(one), Value::Number(other)) => one.as_f64().partial_cmp(&other.as_f64()),
        (Value::String(one), Value::String(other)) => {
            let moment = |text: &str| chrono::DateTime::parse_from_rfc3339(text).ok();
            match (moment(one), moment(other)) {
                (Some(one), Some(other)) => Some(one.cmp(&other)),
                _ => Some(one.cmp(other)),
            }
        }
        _ => None,
    };
    order == Some(Ordering::Greater)
}
