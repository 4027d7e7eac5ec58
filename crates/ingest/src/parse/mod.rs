//! Bytes in, documents out. One file per format, all with the same anatomy: `parse(file, bytes) -> Parsed`. A format
//! never fails a run: what it cannot read comes back as `Rejected`, with a reason that its author can act on; what it
//! read with some loss comes with a warning.

mod csv;
mod docx;
mod encoding;
mod field;
mod format;
mod grid;
mod guarded;
mod html;
mod json;
pub(crate) mod line;
mod mail;
mod markdown;
mod pdf;
mod text;

pub(crate) use field::as_text;

use encoding::Decoded;
use format::{File, Format};
use serde_json::{Map, Value};

/// Part of every content hash: raise it when any format extracts other text from the same bytes, and every document
/// is indexed anew.
pub(crate) const PARSER_VERSION: u32 = 3;

/// Longer ids are refused: they are keys, and a key that long is a field of the wrong column.
const MAX_ID_CHARS: usize = 500;

/// What a file may inflate to while it is read, and so the longest text of one document, in bytes.
const MAX_INFLATED_BYTES: u64 = 64 * 1024 * 1024;

/// So many reasons are given for one file; a file of a million broken rows is told apart from a good one by fewer.
const MAX_REJECTED: usize = 1_000;

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
    /// Where each page begins, in code points of `text`, the first page first; empty where a format has no pages.
    pub(crate) pages: Vec<usize>,
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
    /// What was read with some loss; sentences about the file, without its path.
    pub(crate) warnings: Vec<String>,
}

impl Parsed {
    /// A file that is one document, or none.
    fn whole(path: &str, result: Result<ParsedDocument, String>) -> Self {
        let mut parsed = Self::default();
        match result {
            Ok(document) => parsed.take(document),
            Err(reason) => parsed.reject(path.to_owned(), false, reason),
        }
        parsed
    }

    /// A text file that is one document, or none.
    fn text(
        path: &str,
        decoded: Result<Decoded<'_>, String>,
        read: impl FnOnce(&str) -> Result<ParsedDocument, String>,
    ) -> Self {
        match decoded {
            Ok(Decoded { text, warning }) => {
                let mut parsed = Self::whole(path, read(&text));
                parsed.warnings.extend(warning);
                parsed
            }
            Err(reason) => Self::whole(path, Err(reason)),
        }
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
        match self.rejected.len() {
            ..MAX_REJECTED => self.rejected.push(Rejected { document, identified, reason }),
            MAX_REJECTED => {
                let reason =
                    format!("it has more than {MAX_REJECTED} documents that cannot be read; the first are listed");
                // Not identified: whatever stands below may be any document of the file.
                self.rejected.push(Rejected { document, identified: false, reason });
            }
            _ => {}
        }
    }
}

/// Reads a file's documents. The name's ending tells the format, and `media`, the type that a source may name for it
/// (RFC 9110, `text/html; charset=…`), where the ending does not.
pub(crate) fn parse(name: &str, media: Option<&str>, bytes: &[u8]) -> Parsed {
    let file = File { path: name, charset: media.and_then(format::charset) };
    match Format::of(name, media, bytes) {
        Some(Format::Markdown) => markdown::parse(file, bytes),
        Some(Format::Text) => text::parse(file, bytes),
        Some(Format::Html) => html::parse(file, bytes),
        Some(Format::Csv) => csv::parse(file, bytes),
        Some(Format::Json) => json::parse(file, bytes),
        Some(Format::JsonLines) => json::parse_lines(file, bytes),
        Some(Format::Pdf) => pdf::parse(file.path, bytes),
        Some(Format::Docx) => docx::parse(file.path, bytes),
        Some(Format::Mail) => mail::parse(file.path, bytes),
        None => Parsed::whole(name, Err(format::unknown(media))),
    }
}

/// A piece of HTML as Markdown: what a source gives as the text of a document.
///
/// # Errors
/// It is nested too deep, or takes too long.
pub(crate) fn html_text(html: &str) -> Result<String, String> {
    html::to_markdown(html).map(|page| page.text)
}

/// The file's name without folders and ending: the title of last resort.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests;
