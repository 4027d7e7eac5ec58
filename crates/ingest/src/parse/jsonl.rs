//! JSON lines: every line that is not blank is an object and a document; its keys are the fields. The text is `text`,
//! `body` or `content`, else every key whose value is text, as `key: value` lines.

use super::field::{self, Found};
use super::text::decode;
use super::{Parsed, ParsedDocument, as_text};
use serde_json::{Map, Value};

const BODY_KEYS: &[&str] = &["text", "body", "content"];

/// A title taken from the text is cut to this many characters.
const TITLE_CHARS: usize = 80;

pub(super) fn parse(path: &str, bytes: &[u8]) -> Parsed {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(reason) => return Parsed::whole(Err(reason), path),
    };
    let mut parsed = Parsed::default();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{path}#{}", index + 1);
        match read(line, &place) {
            Ok(document) => parsed.take(document),
            Err(reason) => parsed.reject(place, false, format!("line {}: {reason}", index + 1)),
        }
    }
    parsed
}

fn read(line: &str, place: &str) -> Result<ParsedDocument, String> {
    let fields: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| format!("it is not a JSON object ({error})"))?;
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
