//! Where documents come from. A source lists what it has and reads one item at a time; it never decides what a document
//! is (`parse`) or whether it is good (`contract`).

pub(crate) mod files;

use crate::error::Result;

/// What a source has to give now.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Names of the items (for files: the path relative to the use case's folder, with `/`), sorted.
    pub(crate) items: Vec<String>,
    /// Items that are there but may not be read, with the reason: each is quarantined.
    pub(crate) refused: Vec<(String, String)>,
    pub(crate) warnings: Vec<String>,
    /// False when a part of the source could not be listed: what is missing may then still exist, so nothing that
    /// is not listed may be deleted.
    pub(crate) complete: bool,
}

/// What became of reading one listed item.
#[derive(Debug)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// It was listed and is gone; the next listing will tell whether for good.
    Vanished,
    /// It is there and cannot be taken, with the reason.
    Refused(String),
}

pub(crate) trait Source {
    /// # Errors
    /// The source cannot be listed at all.
    fn list(&self) -> Result<Listing>;

    fn read(&self, item: &str) -> Content;
}
