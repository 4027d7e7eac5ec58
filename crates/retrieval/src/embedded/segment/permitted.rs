//! What one caller may see of a segment under one filter: documents, their rows, and the counts that BM25 needs.

use super::Segment;
use super::bits::Bits;
use crate::filter::Filter;
use roaring::RoaringBitmap;

/// The permitted documents and rows of one segment. It belongs to the segment that made it.
pub(crate) struct Permitted {
    documents: Bits,
    document_count: u64,
    /// `None` when every row is permitted, which lets much be skipped.
    rows: Option<Bits>,
    row_count: u64,
    words: u64,
}

impl Permitted {
    pub(super) fn of(segment: &Segment, groups: &[String], filter: &Filter, live: Option<&RoaringBitmap>) -> Self {
        let (total, all_words) = (segment.documents(), segment.words.total());
        let mut documents = segment.rights.permitted(groups, filter);
        if let Some(live) = live {
            documents.and(&live_bits(live, total));
        }
        let document_count = documents.count();
        if document_count == u64::from(total) {
            return Self { documents, document_count, rows: None, row_count: segment.rows().into(), words: all_words };
        }
        // The smaller of the two sides is gone through.
        let inverted = document_count > u64::from(total) / 2;
        let mut few = documents.clone();
        if inverted {
            few.invert();
        }
        let mut rows = Bits::none(segment.rows() as usize);
        few.iter().for_each(|document| rows.insert_range(segment.rows_of(document)));
        let mut words = rows.iter().map(|row| u64::from(segment.words.length(row))).sum();
        if inverted {
            rows.invert();
            words = all_words - words;
        }
        Self { document_count, row_count: rows.count(), words, documents, rows: Some(rows) }
    }

    /// How many documents are permitted.
    pub(crate) fn documents(&self) -> u64 {
        self.document_count
    }

    /// How many rows are permitted.
    pub(crate) fn rows(&self) -> u64 {
        self.row_count
    }

    /// Terms in all permitted rows.
    pub(crate) fn words(&self) -> u64 {
        self.words
    }

    /// Whether a row is permitted.
    pub(crate) fn has_row(&self, row: u32) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.contains(row))
    }

    pub(super) fn document_bits(&self) -> &Bits {
        &self.documents
    }

    /// `None` when every row is permitted.
    pub(super) fn row_bits(&self) -> Option<&Bits> {
        self.rows.as_ref()
    }
}

fn live_bits(live: &RoaringBitmap, documents: u32) -> Bits {
    let mut bits = Bits::none(documents as usize);
    // Mostly nearly all are live: then those that are not are quicker gone through.
    if live.len() > u64::from(documents) / 2 {
        let mut dead = RoaringBitmap::new();
        dead.insert_range(0..documents);
        dead -= live;
        dead.iter().for_each(|document| bits.insert(document));
        bits.invert();
    } else {
        live.iter().for_each(|document| bits.insert(document));
    }
    bits
}
