//! Making a segment: documents in order of id, each followed by its passages.

use super::rights::RightsBuilder;
use super::vectors::{Planes, Vectors};
use super::words::WordsBuilder;
use super::{Documents, Segment};
use serde_json::{Map, Value};

/// Takes documents and passages one after the other.
pub(crate) struct Builder {
    documents: Documents,
    rights: RightsBuilder,
    words: WordsBuilder,
    planes: Planes,
}

impl Builder {
    pub(super) fn new(dimensions: usize) -> Self {
        let (rights, words, planes) = (RightsBuilder::default(), WordsBuilder::default(), Planes::new(dimensions));
        Self { documents: Documents::default(), rights, words, planes }
    }

    /// Adds a document; `row_id` is the store's number of it. `groups` of `None` means everyone, an empty list nobody.
    pub(crate) fn document(&mut self, row_id: i64, id: &str, groups: Option<&[String]>, metadata: &Map<String, Value>) {
        self.documents.first_rows.push(self.documents.ordinals.len() as u32);
        self.documents.row_ids.push(row_id);
        self.documents.ids.push(id);
        self.rights.push(groups, metadata);
    }

    /// Adds a passage to the document that was added last. A passage without a vector is found by its words alone.
    pub(crate) fn passage(&mut self, ordinal: u32, indexed: &str, vector: Option<&[f32]>) {
        self.documents.ordinals.push(ordinal);
        self.words.push(indexed);
        self.planes.push(vector);
    }

    pub(crate) fn finish(self) -> Segment {
        let Self { mut documents, rights, words, mut planes } = self;
        documents.first_rows.push(documents.ordinals.len() as u32);
        documents.row_ids.shrink_to_fit();
        documents.ids.shrink();
        documents.first_rows.shrink_to_fit();
        documents.ordinals.shrink_to_fit();
        planes.shrink();
        let (rights, words, vectors) = (rights.finish(), words.finish(), Vectors::new(planes));
        let segment = Segment { documents, rights, words, vectors };
        segment.tell();
        segment
    }
}
