//! CSV (RFC 4180): the first line names the columns, every further row is a document, every column a field. The text is
//! each column as a line `Column: value`, then the column `text`, `body`, `content` or `answer` as it stands.
//! The title is the column `title`, else the first value that is no id.
//! A tab separates in `.tsv`; a semicolon is told by a header that has one and no comma.

use super::field::{self, Found};
use super::text::decode;
use super::{Parsed, ParsedDocument, as_text};
use ::csv::{ReaderBuilder, StringRecord, Trim};
use serde_json::{Map, Value};

/// Columns whose value is the text itself, in order of preference.
const BODY_COLUMNS: &[&str] = &["text", "body", "content", "answer"];

pub(super) fn parse(path: &str, bytes: &[u8]) -> Parsed {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(reason) => return Parsed::whole(Err(reason), path),
    };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(path, &text))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let columns = match reader.headers().map_err(|error| error.to_string()).and_then(columns) {
        Ok(columns) => columns,
        Err(reason) => return Parsed::whole(Err(reason), path),
    };
    let mut parsed = Parsed::default();
    for (index, record) in reader.records().enumerate() {
        let place = format!("{path}#{}", index + 1);
        match record.map_err(|error| error.to_string()).and_then(|record| row(&columns, &record, &place)) {
            Ok(document) => parsed.take(document),
            Err(reason) => parsed.reject(place, false, reason),
        }
    }
    parsed
}

fn delimiter(path: &str, text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    if path.to_ascii_lowercase().ends_with(".tsv") {
        b'\t'
    } else if header.contains(';') && !header.contains(',') {
        b';'
    } else {
        b','
    }
}

fn columns(header: &StringRecord) -> Result<Vec<String>, String> {
    let columns: Vec<String> = header.iter().map(str::to_owned).collect();
    for (index, name) in columns.iter().enumerate() {
        if name.is_empty() {
            return Err(format!("line 1: column {} has no name", index + 1));
        }
        if columns[..index].contains(name) {
            return Err(format!("line 1: the column `{name}` stands twice"));
        }
    }
    Ok(columns)
}

fn row(columns: &[String], record: &StringRecord, place: &str) -> Result<ParsedDocument, String> {
    if record.len() != columns.len() {
        let line = record.position().map_or(0, ::csv::Position::line);
        return Err(format!("line {line}: {} values for {} columns", record.len(), columns.len()));
    }
    let cells = columns.iter().zip(record.iter());
    let fields: Map<String, Value> = cells.map(|(name, cell)| (name.clone(), Value::from(cell))).collect();
    let body = BODY_COLUMNS.iter().find(|body| as_text(fields.get(**body)).is_some()).copied();
    let text = text_of(&fields, body);
    // A question, a name: what people put first says what the row is about. An id does not.
    let first = fields.iter().filter(|(name, _)| *name != "id").find_map(|(_, value)| as_text(Some(value)));
    field::document(fields, Found { place, title: first, name: place, text: &text })
}

fn text_of(fields: &Map<String, Value>, body: Option<&str>) -> String {
    let spoken = |name: &str| name != "id" && Some(name) != body;
    let mut text = String::new();
    for (name, value) in fields.iter().filter(|(name, _)| spoken(name)) {
        if let Some(value) = as_text(Some(value)) {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    if let Some(body) = body.and_then(|body| as_text(fields.get(body))) {
        text.push('\n');
        text.push_str(&body);
    }
    text
}
