//! Bytes in, documents out. One file per format, all with the same anatomy: `parse(path, bytes) -> Parsed`. A format
//! never fails a run: what it cannot read comes back as `Rejected`, with a reason that its author can act on.

mod csv;
mod field;
mod guarded;
mod html;
mod jsonl;
mod markdown;
mod pdf;
mod text;

pub(crate) use field::as_text;

use serde_json::{Map, Value};

/// Part of every content hash: raise it when any format extracts other text from the same bytes, and every document
/// is indexed anew.
pub(crate) const PARSER_VERSION: u32 = 1;

/// Longer ids are refused: they are keys, and a key that long is a field of the wrong column.
const MAX_ID_CHARS: usize = 500;

/// One document as its format gives it, before anyone has judged it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ParsedDocument {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Whether the document itself names its title; else the title is its file's name or the like.
    pub(crate) titled: bool,
    pub(crate) url: Option<String>,
    /// The extracted text that all offsets count in: line breaks are `\n`, no white space at either end.
    pub(crate) text: String,
    /// Front matter, columns, keys or meta tags; they become the passages' metadata.
    pub(crate) fields: Map<String, Value>,
}

/// What could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    /// The id where it could be read, else the path, with `#row` where a file holds many.
    pub(crate) document: String,
    /// Whether `document` is surely the id. If not, any document of the file may be the one that is meant.
    pub(crate) identified: bool,
    pub(crate) reason: String,
}

#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) documents: Vec<ParsedDocument>,
    pub(crate) rejected: Vec<Rejected>,
}

impl Parsed {
    fn whole(result: Result<ParsedDocument, String>, path: &str) -> Self {
        let mut parsed = Self::default();
        match result {
            Ok(document) => parsed.take(document),
            Err(reason) => parsed.reject(path.to_owned(), false, reason),
        }
        parsed
    }

    /// Takes a document over when it has an id and a text.
    fn take(&mut self, document: ParsedDocument) {
        if document.text.is_empty() {
            self.reject(document.id, true, "no text".to_owned());
        } else {
            self.documents.push(document);
        }
    }

    fn reject(&mut self, document: String, identified: bool, reason: String) {
        self.rejected.push(Rejected { document, identified, reason });
    }
}

/// Reads a file's documents. The format is told by the name's ending.
pub(crate) fn parse(path: &str, bytes: &[u8]) -> Parsed {
    let ending = path.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase());
    match ending.as_str() {
        "md" | "markdown" => markdown::parse(path, bytes),
        "txt" | "text" => text::parse(path, bytes),
        "html" | "htm" => html::parse(path, bytes),
        "csv" | "tsv" => csv::parse(path, bytes),
        "jsonl" | "ndjson" => jsonl::parse(path, bytes),
        "pdf" => pdf::parse(path, bytes),
        _ => Parsed::whole(
            Err("its format is not known by its name; known are .md, .txt, .html, .csv, .tsv, .jsonl and .pdf"
                .to_owned()),
            path,
        ),
    }
}

/// The file's name without folders and ending: the title of last resort.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests;
