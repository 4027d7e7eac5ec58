//! JSON: a file is one document, an array of documents, or an object that wraps such an array; in JSON lines every line
//! that is not blank is a document. A document is an object; its keys are the fields, with the types they have. The text
//! is `text`, `body` or `content`, else every key whose value is text, as `key: value` lines.

use super::encoding::{Decoded, decode};
use super::field::{self, Found};
use super::{File, Parsed, ParsedDocument, as_text};
use serde_json::{Map, Value};

const BODY_KEYS: &[&str] = &["text", "body", "content"];

/// An object with one of these is a document, whatever lists it has beside.
const DOCUMENT_KEYS: &[&str] = &["id", "title", "text", "body", "content", "question", "answer", "name"];

/// A title taken from the text is cut to this many characters.
const TITLE_CHARS: usize = 80;

pub(super) fn parse_lines(file: File<'_>, bytes: &[u8]) -> Parsed {
    decoded(file, bytes, lines)
}

pub(super) fn parse(file: File<'_>, bytes: &[u8]) -> Parsed {
    decoded(file, bytes, |path, text| match serde_json::from_str(text) {
        Ok(value) => documents(path, value),
        Err(_) if begins_with_an_object_a_line(text) => lines(path, text),
        Err(error) => Parsed::whole(path, Err(format!("it is not JSON ({error})"))),
    })
}

fn decoded(file: File<'_>, bytes: &[u8], read: impl FnOnce(&str, &str) -> Parsed) -> Parsed {
    match decode(bytes, file.charset) {
        Ok(Decoded { text, warning }) => {
            let mut parsed = read(file.path, &text);
            parsed.warnings.extend(warning);
            parsed
        }
        Err(reason) => Parsed::whole(file.path, Err(reason)),
    }
}

/// JSON lines in a file that is called `.json`.
fn begins_with_an_object_a_line(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    serde_json::from_str::<Map<String, Value>>(first).is_ok()
}

fn lines(path: &str, text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{path}#{}", index + 1);
        let fields = serde_json::from_str(line).map_err(|error| format!("it is not a JSON object ({error})"));
        match fields.and_then(|fields| document(fields, &place)) {
            Ok(document) => parsed.take(document),
            Err(reason) => parsed.reject(place, false, format!("line {}: {reason}", index + 1)),
        }
    }
    parsed
}

/// The documents of a whole JSON file.
fn documents(path: &str, value: Value) -> Parsed {
    let entries = match value {
        Value::Array(entries) => entries,
        Value::Object(fields) => match unwrapped(fields) {
            Ok(entries) => entries,
            Err(fields) => return Parsed::whole(path, document(fields, path)),
        },
        _ => return Parsed::whole(path, Err("it is neither an object nor an array of objects".to_owned())),
    };
    let mut parsed = Parsed::default();
    for (index, entry) in entries.into_iter().enumerate() {
        let place = format!("{path}#{}", index + 1);
        let result = match entry {
            Value::Object(fields) => document(fields, &place),
            _ => Err("it is not an object".to_owned()),
        };
        match result {
            Ok(document) => parsed.take(document),
            Err(reason) => parsed.reject(place, false, format!("entry {}: {reason}", index + 1)),
        }
    }
    parsed
}

/// The one array of objects in an object that is no document itself: `{"items": [{…}, {…}], "next": 2}`.
fn unwrapped(mut fields: Map<String, Value>) -> Result<Vec<Value>, Map<String, Value>> {
    let of_objects = |value: &Value| {
        value.as_array().is_some_and(|entries| !entries.is_empty() && entries.iter().all(Value::is_object))
    };
    let mut arrays = fields.iter().filter(|(_, value)| of_objects(value)).map(|(name, _)| name.clone());
    let (first, second) = (arrays.next(), arrays.next());
    if second.is_some() || DOCUMENT_KEYS.iter().any(|key| fields.contains_key(*key)) {
        return Err(fields);
    }
    match first.and_then(|name| fields.remove(&name)) {
        Some(Value::Array(entries)) => Ok(entries),
        _ => Err(fields),
    }
}

fn document(fields: Map<String, Value>, place: &str) -> Result<ParsedDocument, String> {
    let text = text_of(&fields)?;
    let first_line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or(place);
    let title: String = first_line.trim().chars().take(TITLE_CHARS).collect();
    field::document(fields, Found { place, title: None, name: &title, text: &text })
}

fn text_of(fields: &Map<String, Value>) -> Result<String, String> {
    for key in BODY_KEYS {
        match fields.get(*key) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => return Ok(text.clone()),
            Some(_) => return Err(format!("`{key}` is not text")),
        }
    }
    let spoken = fields.iter().filter(|(key, value)| key.as_str() != "id" && value.is_string());
    let lines = spoken.filter_map(|(key, value)| Some(format!("{key}: {}", as_text(Some(value))?)));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}
