//! PDF: the text that its pages show, and where in the text each page begins. The format is read by a library that panics
//! on some broken files, loops on others and inflates whatever it is given; so what a file would inflate to and draw is
//! measured first (`inflation`, `drawings`), the text is taken out page by page with limits (`pages`), and all of it runs
//! guarded. A file that fails is quarantined like any other.

mod drawings;
mod inflation;
mod pages;

use super::guarded::{TIME_LIMIT, guarded};
use super::{Parsed, ParsedDocument, as_text, field, stem};
use field::Found;
use pages::Pages;
use pdf_extract::{Document, Object, decode_text_string};
use serde_json::{Map, Value};
use std::time::Instant;

/// What the file says of itself (ISO 32000-2, 14.3.3), by the name of the field that it becomes.
const INFORMATION: &[(&[u8], &str)] =
    &[(b"Title", "title"), (b"Author", "author"), (b"Subject", "subject"), (b"Keywords", "keywords")];

pub(super) fn parse(path: &str, bytes: &[u8]) -> Parsed {
    // The library would search megabytes of anything else for a table of objects.
    if !bytes[..bytes.len().min(1024)].windows(5).any(|window| window == b"%PDF-") {
        return Parsed::whole(path, Err("it is not a PDF: it does not begin with %PDF-".to_owned()));
    }
    let owned = bytes.to_vec();
    match guarded(TIME_LIMIT, move || read(&owned)) {
        Ok((pages, fields)) => {
            let warnings = pages.warnings.clone();
            let mut parsed = Parsed::whole(path, document(path, pages, fields));
            parsed.warnings = warnings;
            parsed
        }
        Err(reason) => Parsed::whole(path, Err(reason)),
    }
}

fn read(bytes: &[u8]) -> Result<(Pages, Map<String, Value>), String> {
    // Half of the time limit, so that a reader that can be stopped is stopped before it is given up.
    let until = Instant::now() + TIME_LIMIT / 2;
    inflation::of_file(bytes)?;
    let mut pdf = Document::load_mem(bytes).map_err(|error| format!("the PDF cannot be read: {error}"))?;
    if pdf.is_encrypted() {
        pdf.decrypt("").map_err(|_| "the PDF is behind a password; save it without one".to_owned())?;
    }
    inflation::of_streams(&mut pdf)?;
    drawings::measure(&pdf)?;
    Ok((pages::read(&pdf, until)?, information(&pdf)))
}

fn document(path: &str, pages: Pages, fields: Map<String, Value>) -> Result<ParsedDocument, String> {
    if pages.text.is_empty() {
        return Err("no text (a scanned PDF holds pictures of text; run it through text recognition first)".to_owned());
    }
    let found = Found { place: path, title: None, name: stem(path), text: &pages.text };
    let mut document = field::document(fields, found)?;
    document.pages = pages.starts;
    Ok(document)
}

fn information(pdf: &Document) -> Map<String, Value> {
    let info = pdf.trailer.get(b"Info").and_then(|info| pdf.dereference(info)).and_then(|(_, info)| info.as_dict());
    let Ok(info) = info else { return Map::new() };
    let said = |key: &[u8]| {
        let (_, value) = info.get(key).and_then(|value| pdf.dereference(value)).ok()?;
        as_text(Some(&Value::from(text(value)?)))
    };
    let fields = INFORMATION.iter().filter_map(|(key, name)| Some(((*name).to_owned(), Value::from(said(key)?))));
    fields.filter(|(name, value)| name != "title" || !made_by_program(value)).collect()
}

fn text(value: &Object) -> Option<String> {
    Some(decode_text_string(value).ok()?.replace('\0', ""))
}

/// Titles that a program filled in say less than the file's name.
fn made_by_program(title: &Value) -> bool {
    let title = title.as_str().unwrap_or_default().to_ascii_lowercase();
    let file = [".doc", ".docx", ".pdf", ".indd", ".ppt", ".pptx", ".xls", ".xlsx", ".tex", ".dvi"];
    title.starts_with("microsoft ")
        || title.starts_with("untitled")
        || file.iter().any(|ending| title.ends_with(ending))
}

#[cfg(test)]
mod tests;
