//! What goes into a collection: documents with their places for passages, and changes of many of them.

use serde_json::{Map, Value};

/// A stretch of a document's text, in code points: first, and one past the last.
pub type Span = (usize, usize);

/// One document with its place for every passage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentPut {
    /// Unique within the collection.
    pub id: String,
    pub title: String,
    pub url: Option<String>,
    /// The extracted text that passages and citations point into.
    pub text: String,
    /// Fields to filter by: texts, numbers, booleans, lists of these. Anything else is kept but not found.
    pub metadata: Map<String, Value>,
    /// Who may see it: `None` is everyone, an empty list nobody.
    pub groups: Option<Vec<String>>,
    /// The reader's own hash, given back by [`crate::Collections::document_hashes`].
    pub content_hash: String,
    pub passages: Vec<Place>,
}

/// Where a passage lies in its document, and what stands around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Position among the document's passages, from 0.
    pub ordinal: u32,
    /// First code point.
    pub start: usize,
    /// One past the last code point.
    pub end: usize,
    /// The whole section (a heading and all below it) that the passage is a part of, where there is one.
    pub section: Option<Span>,
    /// What is indexed in front of the passage beside the title: headings above it, "Returns > Cold chain".
    pub heading: String,
    /// The header of the table whose rows the passage holds, where it stands elsewhere.
    pub header: Option<Span>,
}

impl Place {
    /// A place without surroundings.
    pub fn new(ordinal: u32, start: usize, end: usize) -> Self {
        Self { ordinal, start, end, ..Self::default() }
    }
}

/// One change of a collection, applied whole or not at all. A document both deleted and put is put.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    pub upsert: Vec<DocumentPut>,
    /// Ids; one that is not there is no error.
    pub delete: Vec<String>,
}

/// What is indexed of a passage, in both legs: its document's title, the headings above it and the header of its
/// table stand before its own text, so that a passage that never names its subject is still found by it.
pub(crate) fn indexed_text(title: &str, heading: &str, header: &str, passage: &str) -> String {
    let parts = [title, heading, header, passage];
    let mut text = String::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(part);
    }
    text
}
