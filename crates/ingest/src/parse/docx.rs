//! DOCX (Office Open XML, ECMA-376): a zip of XML parts. Headings, lists, tables and notes of the main part become
//! Markdown, so that the chunker sees them; the properties of the file become fields, its custom properties too (which
//! is where a Word file can say its access groups). Headers, footers, comments, deleted and hidden words are left out.

mod body;
mod package;
mod styles;
mod xml;

use super::field::{self, Found};
use super::guarded::{TIME_LIMIT, guarded};
use super::{Parsed, ParsedDocument, stem};
use crate::blocks::first_heading;
use body::Body;
use package::Package;
use serde_json::{Map, Value};
use styles::Styles;
use xml::{Piece, attribute, walk};

/// The properties that become fields, by the name of their element and of the field.
const PROPERTIES: &[(&str, &str)] = &[
    ("title", "title"),
    ("creator", "author"),
    ("subject", "subject"),
    ("description", "description"),
    ("keywords", "keywords"),
    ("category", "category"),
    ("language", "language"),
    ("created", "created"),
    ("modified", "modified"),
];

pub(super) fn parse(path: &str, bytes: &[u8]) -> Parsed {
    let (name, owned) = (path.to_owned(), bytes.to_vec());
    Parsed::whole(path, guarded(TIME_LIMIT, move || read(&name, &owned)))
}

fn read(path: &str, bytes: &[u8]) -> Result<ParsedDocument, String> {
    let mut package = Package::open(bytes)?;
    let styles =
        Styles::read(package.part("word/styles.xml")?.as_deref(), package.part("word/numbering.xml")?.as_deref())?;
    let main = package.part("word/document.xml")?.ok_or("it is not a Word file: it has no word/document.xml")?;
    let mut body = Body::new(&styles);
    walk(&main, |piece| body.take(&piece))?;
    if let Some(notes) = package.part("word/footnotes.xml")? {
        walk(&notes, |piece| body.take(&piece))?;
    }
    let text = body.text();
    let mut fields = Map::new();
    properties(&mut package, &mut fields)?;
    custom_properties(&mut package, &mut fields)?;
    field::document(fields, Found { place: path, title: first_heading(&text), name: stem(path), text: &text })
}

fn properties(package: &mut Package<'_>, fields: &mut Map<String, Value>) -> Result<(), String> {
    let Some(core) = package.part("docProps/core.xml")? else { return Ok(()) };
    let mut within = None;
    walk(&core, |piece| match piece {
        Piece::Open(name, _) => {
            within = PROPERTIES.iter().find(|(element, _)| *element == name).map(|(_, field)| *field);
        }
        Piece::Close(_) => within = None,
        Piece::Text(words) => append(fields, within, words),
    })
}

/// `<property name="groups"><vt:lpwstr>staff</vt:lpwstr></property>`
fn custom_properties(package: &mut Package<'_>, fields: &mut Map<String, Value>) -> Result<(), String> {
    let Some(custom) = package.part("docProps/custom.xml")? else { return Ok(()) };
    let mut within: Option<String> = None;
    walk(&custom, |piece| match piece {
        Piece::Open("property", tag) => within = attribute(tag, "name"),
        Piece::Close("property") => within = None,
        Piece::Text(words) => append(fields, within.as_deref(), words),
        _ => {}
    })
}

fn append(fields: &mut Map<String, Value>, name: Option<&str>, words: &str) {
    let Some(name) = name.filter(|_| !words.trim().is_empty()) else { return };
    match fields.get_mut(name) {
        Some(Value::String(before)) => before.push_str(words),
        _ => {
            fields.insert(name.to_owned(), Value::from(words));
        }
    }
}

#[cfg(test)]
mod tests;
