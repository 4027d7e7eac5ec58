//! What changed from one bundle to the next, in the words of the files: `usecase.toml: model.use changed from … to …`.

use super::Bundle;
use crate::project::USE_CASE_FILE;
use serde_json::Value;
use std::collections::BTreeSet;

/// Longer values are not shown: the line says that they changed.
const SHOWN: usize = 60;

pub(super) fn between(before: &Bundle, after: &Bundle) -> Vec<String> {
    let mut lines = Vec::new();
    if before.use_case != after.use_case {
        lines.push(format!("the use case is {} instead of {}", after.use_case, before.use_case));
    }
    let paths: BTreeSet<&String> = before.files.keys().chain(after.files.keys()).collect();
    for path in paths {
        match (before.files.get(path), after.files.get(path)) {
            (None, _) => lines.push(format!("{path} added")),
            (_, None) => lines.push(format!("{path} removed")),
            (Some(old), Some(new)) if old != new && path == USE_CASE_FILE => lines.extend(in_declaration(old, new)),
            (Some(old), Some(new)) if old != new => lines.push(format!("{path} changed")),
            _ => {}
        }
    }
    let mut settings = Vec::new();
    compare("", &before.settings, &after.settings, &mut settings);
    lines.extend(settings.into_iter().map(|line| format!("shipway.toml: {line}")));
    lines
}

/// Which keys of the use case's own file changed.
fn in_declaration(old: &[u8], new: &[u8]) -> Vec<String> {
    let read = |bytes: &[u8]| toml::from_str::<Value>(std::str::from_utf8(bytes).ok()?).ok();
    let (Some(old), Some(new)) = (read(old), read(new)) else { return vec![format!("{USE_CASE_FILE} changed")] };
    let mut keys = Vec::new();
    compare("", &old, &new, &mut keys);
    if keys.is_empty() {
        keys.push("only comments or spacing changed".to_owned());
    }
    keys.into_iter().map(|line| format!("{USE_CASE_FILE}: {line}")).collect()
}

fn compare(name: &str, before: &Value, after: &Value, lines: &mut Vec<String>) {
    if let (Value::Object(old), Value::Object(new)) = (before, after) {
        let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for key in keys {
            let below = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            compare(&below, old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null), lines);
        }
    } else if before != after {
        lines.push(match (shown(name, before), shown(name, after)) {
            _ if before.is_null() => format!("{name} added"),
            _ if after.is_null() => format!("{name} removed"),
            (Some(old), Some(new)) => format!("{name} changed from {old} to {new}"),
            _ => format!("{name} changed"),
        });
    }
}

/// A value short enough to be shown. The webhook that wakes whoever is on call is as good as a password.
fn shown(name: &str, value: &Value) -> Option<String> {
    let text = value.to_string();
    (text.chars().count() <= SHOWN && !name.ends_with("oncall")).then_some(text)
}
