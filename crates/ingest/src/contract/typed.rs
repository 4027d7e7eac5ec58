//! What a field is declared to hold, and values that come in another form: a CSV has only texts, front matter writes a
//! date as it likes. What can be converted without guessing is; everything else is a reason to refuse the document.

use super::check::quoted;
use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use usecase::declared::FieldType;

/// Converts the declared fields of a document in place; gives one reason for each that cannot be.
pub(super) fn convert(fields: &mut Map<String, Value>, declared: &BTreeMap<String, FieldType>) -> Vec<String> {
    let mut reasons = Vec::new();
    for (name, kind) in declared {
        let Some(value) = fields.get_mut(name) else { continue };
        match converted(value, *kind) {
            Ok(Some(good)) => *value = good,
            Ok(None) => {
                fields.shift_remove(name);
            }
            Err(expected) => {
                reasons.push(format!("`{name}` is {}; it is declared as {expected}", quoted(&shown(value))));
            }
        }
    }
    reasons
}

/// The value as its kind is kept; nothing for an empty one.
fn converted(value: &Value, kind: FieldType) -> Result<Option<Value>, &'static str> {
    if matches!(value, Value::Null) || value.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Ok(None);
    }
    let good = match kind {
        FieldType::Keyword => keyword(value).ok_or("a keyword: one text"),
        FieldType::Number => number(value).ok_or("a number"),
        FieldType::Date => value.as_str().and_then(date).map(Value::String).ok_or("a date, like 2026-11-20"),
        FieldType::Bool => flag(value).ok_or("true or false"),
        FieldType::List => list(value).ok_or("a list of texts"),
    };
    good.map(Some)
}

fn keyword(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(text.trim().into()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string().into()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => {
            let text = text.trim();
            let whole = text.parse::<i64>().ok().map(Value::from);
            whole.or_else(|| text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from))
        }
        _ => None,
    }
}

fn flag(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(_) => Some(value.clone()),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true.into()),
            "false" | "no" | "0" => Some(false.into()),
            _ => None,
        },
        _ => None,
    }
}

fn list(value: &Value) -> Option<Value> {
    let items: Option<Vec<Value>> = match value {
        Value::Array(items) => items.iter().map(keyword).collect(),
        Value::String(text) => {
            Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect())
        }
        _ => None,
    };
    items.map(Value::Array)
}

/// A day as `2026-11-20`; a moment in UTC, to the second, as `2026-11-20T09:30:00Z`. In this form the order of the texts is
/// the order in time.
pub(super) fn date(text: &str) -> Option<String> {
    let text = text.trim();
    let day = |form: &str| NaiveDate::parse_from_str(text, form).ok().map(|day| day.format("%Y-%m-%d").to_string());
    let moment = |moment: DateTime<Utc>| moment.to_rfc3339_opts(SecondsFormat::Secs, true);
    let without_zone = || {
        let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
        forms
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(|local| moment(local.and_utc()))
    };
    day("%Y-%m-%d")
        .or_else(|| day("%Y/%m/%d"))
        .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|read| moment(read.to_utc())))
        .or_else(without_zone)
        .or_else(|| DateTime::parse_from_rfc2822(text).ok().map(|read| moment(read.to_utc())))
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
