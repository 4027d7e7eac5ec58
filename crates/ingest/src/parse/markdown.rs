//! Markdown with front matter: YAML between a first line `---` and the next line `---`. The body stays as it was
//! written, marks and all, so that offsets point into the file's own words.

use super::encoding::decode;
use super::field::{self, Found};
use super::{File, Parsed, ParsedDocument, stem};
use crate::blocks::first_heading;
use serde_json::{Map, Value};
use serde_saphyr::{MessageFormatter, UserMessageFormatter};

pub(super) fn parse(file: File<'_>, bytes: &[u8]) -> Parsed {
    Parsed::text(file.path, decode(bytes, file.charset), |text| read(file.path, text))
}

fn read(path: &str, text: &str) -> Result<ParsedDocument, String> {
    let (front, body) = split(text)?;
    let fields = front.map_or(Ok(Map::new()), fields)?;
    field::document(fields, Found { place: path, title: first_heading(body), name: stem(path), text: body })
}

/// The front matter, if there is any, and the body.
fn split(text: &str) -> Result<(Option<&str>, &str), String> {
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else {
        return Ok((None, text));
    };
    let mut end = first.len();
    for line in lines {
        if matches!(line.trim_end(), "---" | "...") {
            return Ok((Some(&text[first.len()..end]), &text[end + line.len()..]));
        }
        end += line.len();
    }
    // Taken for a body it would publish what was meant as settings, access groups among them.
    Err("front matter, line 1: it is never closed by a line `---`".to_owned())
}

fn fields(front: &str) -> Result<Map<String, Value>, String> {
    let value: Value = serde_saphyr::from_str(front).map_err(|error| reason(&error))?;
    match value {
        Value::Object(fields) => Ok(fields),
        Value::Null => Ok(Map::new()),
        _ => Err("front matter, line 2: it is not a list of `key: value` lines".to_owned()),
    }
}

fn reason(error: &serde_saphyr::Error) -> String {
    let message = UserMessageFormatter.format_message(error.without_snippet()).into_owned();
    let message: Vec<&str> = message.split_whitespace().collect();
    // The first line of the front matter is the second of the file.
    let line = error.location().map_or(1, |location| location.line() + 1);
    format!("front matter, line {line}: {}", message.join(" "))
}
