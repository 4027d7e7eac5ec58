//! CSV (RFC 4180): the first line names the columns, every further row is a document, every column a field. The text is
//! each column as a line `Column: value`, then the column `text`, `body`, `content` or `answer` as it stands.
//! The title is the column `title`, else the first value that is no id.
//! A tab separates in `.tsv`; a tab or a semicolon is told by a header that has one and no comma.
//!
//! A row with more or fewer cells than the header is rejected by its line; when most rows are so, the file is refused
//! whole, because then the header is what does not fit.

use super::encoding::{Decoded, decode};
use super::field::{self, Found};
use super::{File, Parsed, ParsedDocument, as_text};
use ::csv::{ReaderBuilder, StringRecord, Trim};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Columns whose value is the text itself, in order of preference.
const BODY_COLUMNS: &[&str] = &["text", "body", "content", "answer"];

/// More columns are no table of documents.
const MAX_COLUMNS: usize = 2_000;

pub(super) fn parse(file: File<'_>, bytes: &[u8]) -> Parsed {
    match decode(bytes, file.charset) {
        Ok(Decoded { text, warning }) => {
            let mut parsed = rows(file.path, &text);
            parsed.warnings.extend(warning);
            parsed
        }
        Err(reason) => Parsed::whole(file.path, Err(reason)),
    }
}

fn rows(path: &str, text: &str) -> Parsed {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(path, text))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let columns = match reader.headers().map_err(|error| error.to_string()).and_then(columns) {
        Ok(columns) => columns,
        Err(reason) => return Parsed::whole(path, Err(reason)),
    };
    let mut parsed = Parsed::default();
    let (mut seen, mut shifted) = (0_usize, 0_usize);
    for record in reader.records() {
        seen += 1;
        let place = format!("{path}#{seen}");
        let record = record.map_err(|error| error.to_string()).and_then(|record| {
            shifted += usize::from(record.len() != columns.len());
            row(&columns, &record, &place)
        });
        match record {
            Ok(document) => parsed.take(document),
            Err(reason) => parsed.reject(place, false, reason),
        }
    }
    if shifted * 2 > seen {
        let columns = columns.len();
        let reason = format!("{shifted} of its {seen} rows do not have the {columns} values that its header names");
        return Parsed::whole(path, Err(format!("{reason}; the header or the separator is wrong")));
    }
    parsed
}

fn delimiter(path: &str, text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let named = path.to_ascii_lowercase().ends_with(".tsv");
    match (header.contains(','), header.contains('\t'), header.contains(';')) {
        _ if named => b'\t',
        (false, true, _) => b'\t',
        (false, false, true) => b';',
        _ => b',',
    }
}

fn columns(header: &StringRecord) -> Result<Vec<String>, String> {
    if header.len() > MAX_COLUMNS {
        return Err(format!("line 1: it names more than {MAX_COLUMNS} columns"));
    }
    let mut before = BTreeSet::new();
    for (index, name) in header.iter().enumerate() {
        if name.is_empty() {
            return Err(format!("line 1: column {} has no name", index + 1));
        }
        if !before.insert(name) {
            return Err(format!("line 1: the column `{name}` stands twice"));
        }
    }
    Ok(header.iter().map(str::to_owned).collect())
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
