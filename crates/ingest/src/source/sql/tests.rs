//! Queries to SQLite, and to a real Postgres where there is one.

mod postgres;
mod sqlite;

use super::SqlRows;
use crate::source::Content;
use crate::source::walked::Seen;
use serde_json::{Value, json};
use std::path::Path;
use usecase::declared::SqlSource;

/// A source with these keys of `[feeds.x.sql]`.
fn rows(folder: &Path, url: &str, query: &str, more: &Value) -> SqlRows {
    let mut declared = json!({ "url": url, "query": query });
    for (key, value) in more.as_object().into_iter().flatten() {
        declared[key] = value.clone();
    }
    let declared: SqlSource = serde_json::from_value(declared).expect("a good declaration");
    SqlRows::new(&declared, folder).expect("the database is there")
}

/// Every item as a line.
fn all(seen: &Seen) -> Vec<String> {
    let lines = seen.items.iter().map(|item| match &item.content {
        Content::Bytes { bytes, .. } => format!("{}: {}", item.name, String::from_utf8_lossy(bytes)),
        Content::Refused(reason) => format!("{}: refused, {reason}", item.name),
        other => format!("{}: {other:?}", item.name),
    });
    lines.collect()
}

fn failure(source: &SqlRows) -> String {
    match Seen::default().try_again(source) {
        Ok(seen) => panic!("it can be read: {:?}", all(&seen)),
        Err(error) => error.to_string(),
    }
}
