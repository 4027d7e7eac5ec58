//! One retrievable piece of a document, with its place in it, so that a citation opens the very words.

use serde::{Deserialize, Serialize};

/// Where a passage comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DocumentRef {
    pub collection: String,
    /// The document's id within the collection: the `id` of its front matter, else its path below the feed's root.
    pub document: String,
    /// Title shown to people.
    pub title: String,
    /// Where a person can open it, when the document says so (front matter `url`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// One retrieved passage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    pub source: DocumentRef,
    /// Position of the passage in its document, from 0.
    pub ordinal: u32,
    /// First code point of the passage in the document's extracted text.
    pub start: usize,
    /// One past its last code point.
    pub end: usize,
    pub text: String,
    /// The header of the table whose rows these are, where it stands elsewhere in the document; shown before the text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub header: String,
    /// Fused score of the search, comparable within one result list only.
    pub score: f32,
}
